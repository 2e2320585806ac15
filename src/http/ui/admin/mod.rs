//! Pages for administrators.

pub(crate) mod blocklist;
pub(crate) mod federation;
pub(crate) mod queues;

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

/// `GET /admin`
pub(crate) async fn home(visit: Visit) -> Result<Redirect, PageError> {
    administrator(&visit)?;
    Ok(Redirect::to("/admin/federation"))
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
    Redirect::to(&format!("{path}?done={what}"))
}
