//! What other servers post: verified at the door, kept, and worked off later.
//!
//! [`receive`] writes nothing but one row, and only for what is proved to be its actor's: by the signature of the request, by the
//! one inside of a forwarded document, or by asking the actor's server. [`run`] applies the rows.

mod author;
mod sender;
mod store;
mod work;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use db::{Actor, Arrival, Blocklist};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub use self::sender::authenticate;
pub(crate) use self::store::Store;
use self::store::Stored;
pub use self::work::run;
use crate::protocol::{self, Activity, Kind};
use crate::signature::{Claim, Refusal, Request};
use crate::{Error, Federation};

/// Activities posted here, by `outcome`.
pub const ACTIVITIES: &str = "tributary_inbox_activities_total";

/// The largest activity: as PeerTube.
pub const MAX_BODY_BYTES: usize = 500_000;
/// When there are too many of something, in a minute there will be fewer.
const COME_BACK: Duration = Duration::from_secs(60);

/// What became of an activity that is answered with 204.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It will be worked off.
    Stored,
    /// It came before.
    Known,
    /// There is nothing to do about it.
    Ignored,
}

/// Why an activity, or a request, is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {reason}")]
pub struct Refused {
    pub status: StatusCode,
    pub reason: String,
    pub retry_after: Option<Duration>,
}

impl Refused {
    fn new(status: StatusCode, reason: impl ToString) -> Self {
        Self {
            status,
            reason: reason.to_string(),
            retry_after: None,
        }
    }

    fn forbidden(reason: impl ToString) -> Self {
        Self::new(StatusCode::FORBIDDEN, reason)
    }

    /// Not now.
    fn busy(reason: impl ToString) -> Self {
        Self {
            retry_after: Some(COME_BACK),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, reason)
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::forbidden(refusal)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        if error.is_temporary() {
            tracing::debug!(%error, "an activity has to come again");
            Self::busy("who sends this cannot be looked up just now")
        } else {
            Self::forbidden(error)
        }
    }
}

impl From<db::Error> for Refused {
    fn from(error: db::Error) -> Self {
        tracing::warn!(%error, "cannot take in an activity");
        Self::busy("the database is not available")
    }
}

/// Takes in what was posted to the inbox of an actor here, or to the one they share. The request has its body.
pub async fn receive(
    federation: &Federation,
    request: &Request<'_>,
    now: Timestamp,
) -> Result<Taken, Refused> {
    let taken = take(federation, request, now).await;
    let outcome = match &taken {
        Ok(Taken::Stored) => "stored",
        Ok(Taken::Known) => "known",
        Ok(Taken::Ignored) => "ignored",
        Err(refused) if refused.retry_after.is_some() => "busy",
        Err(refused) => {
            tracing::debug!(%refused, "an activity is refused");
            "refused"
        }
    };
    metrics::counter!(ACTIVITIES, "outcome" => outcome).increment(1);
    taken
}

async fn take(federation: &Federation, request: &Request<'_>, now: Timestamp) -> Result<Taken, Refused> {
    let body = request.body.unwrap_or_default();
    if body.len() > MAX_BODY_BYTES {
        return Err(Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "it is too large"));
    }
    let claim = Claim::parse(request.headers)?;
    let invalid = |invalid| Refused::new(StatusCode::BAD_REQUEST, invalid);
    let document = protocol::document(body).map_err(invalid)?;
    let activity = Activity::parse(&document, federation.rules()).map_err(invalid)?;
    if federation.site.is_here(&activity.actor) {
        return Err(Refused::new(StatusCode::CONFLICT, "whoever did this lives here"));
    }
    if is_kept_by_id(&activity.kind) && !activity.id.is_beside(&activity.actor) {
        return Err(Refused::forbidden("its id is of another server than its actor"));
    }
    let is_farewell = matches!(&activity.kind, Kind::Delete { object, .. } if *object == activity.actor);
    // Servers tell everyone of accounts that go, also those who never heard of them: there is no key to check it with any more.
    if is_farewell && Actor::by_url(&federation.db, &activity.actor).await?.is_none() {
        return Ok(Taken::Ignored);
    }
    let sender = match sender::of(federation, &claim, request, Some(&activity.actor), now).await {
        Ok(sender) => sender,
        // Whoever left may have taken the key along: then it is gone here by now, too.
        Err(refused) if is_farewell && refused.retry_after.is_none() => return Ok(Taken::Ignored),
        Err(refused) => return Err(refused),
    };
    let is_harmless = is_harmless(&activity.kind);
    check_block(federation, sender.id, is_harmless).await?;
    if matches!(activity.kind, Kind::Unknown(_)) {
        return Ok(Taken::Ignored);
    }
    let arrival = if sender.url.as_deref() == Some(activity.actor.as_str()) {
        arrival(&activity, sender.id, &document, body)?
    } else {
        author::prove(federation, activity, document, body, now).await?
    };
    if arrival.actor_id != sender.id {
        check_block(federation, arrival.actor_id, is_harmless).await?;
    }
    match federation.inbox.store(federation, arrival, now).await? {
        Stored::New => {
            federation.arrivals.notify_one();
            Ok(Taken::Stored)
        }
        Stored::Before => Ok(Taken::Known),
        Stored::Full => Err(Refused::busy("too much is waiting to be worked off")),
    }
}

/// Somebody else's id would keep theirs from being taken. Of what is only done the id says little: PeerTube makes that of an
/// ApproveReply, or of the Delete of a comment by whose video it is, of the id of the comment, which lives elsewhere.
fn is_kept_by_id(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Follow { .. } | Kind::Like { .. } | Kind::Dislike { .. }
    )
}

/// What makes less of somebody, and follows, which are answered, is taken from those who are blocked as well.
fn is_harmless(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Follow { .. } | Kind::Undo(_) | Kind::UndoId(_) | Kind::Delete { .. } | Kind::Reject(_)
    )
}

async fn check_block(federation: &Federation, actor_id: i64, is_harmless: bool) -> Result<(), Refused> {
    if !is_harmless && Blocklist::has_actor(&federation.db, actor_id).await? {
        return Err(Refused::forbidden("you are blocked here"));
    }
    Ok(())
}

fn arrival(activity: &Activity, actor_id: i64, document: &Value, body: &[u8]) -> Result<Arrival, Refused> {
    let body = str::from_utf8(body).map_err(|error| Refused::new(StatusCode::BAD_REQUEST, error))?;
    Ok(Arrival {
        url: activity.id.to_string(),
        digest: digest(document),
        actor_id,
        body: body.to_owned(),
    })
}

/// The same for two copies of an activity that differ in white space or escapes only, as forwarded ones may.
fn digest(document: &Value) -> String {
    STANDARD.encode(Sha256::digest(document.to_string()))
}
