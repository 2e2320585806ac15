//! Pages for administrators, and for moderators those of reports.

pub(crate) mod blocklist;
pub(crate) mod federation;
pub(crate) mod queues;
pub(crate) mod reports;

use axum::response::Redirect;
use serde::Deserialize;

use super::error::PageError;
use super::frame::Visit;

/// Lets administrators in.
fn administrator(visit: &Visit) -> Result<(), PageError> {
    match visit.user() {
        None => Err(PageError::SignInFirst),
        Some(user) if user.is_admin() => Ok(()),
        Some(_) => Err(PageError::Forbidden),
    }
}

/// Lets moderators and administrators in.
fn moderator(visit: &Visit) -> Result<(), PageError> {
    match visit.user() {
        None => Err(PageError::SignInFirst),
        Some(user) if user.is_moderator() => Ok(()),
        Some(_) => Err(PageError::Forbidden),
    }
}

/// `GET /admin`: the first page that is for this visitor.
pub(crate) async fn home(visit: Visit) -> Result<Redirect, PageError> {
    moderator(&visit)?;
    Ok(Redirect::to(if administrator(&visit).is_ok() {
        "/admin/federation"
    } else {
        "/admin/reports"
    }))
}

/// What a form did, said on the page it leads back to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DoneQuery {
    done: String,
    page: String,
}

impl DoneQuery {
    /// The key of the sentence, if it is one of ours.
    fn key(&self, known: &[&'static str]) -> Option<&'static str> {
        known
            .iter()
            .find(|key| key.strip_prefix("admin-done-") == Some(self.done.as_str()))
            .copied()
    }
}

/// Where a form leads back to, and what it did.
fn done(path: &str, what: &str) -> Redirect {
    let join = if path.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{path}{join}done={what}"))
}
