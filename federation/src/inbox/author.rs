//! Activities that somebody else passes on: is the actor they name the one who did them?
//!
//! PeerTube forwards comments, views and the like to the followers of a video, signed inside by who did them. Where that signature
//! is missing or cannot be checked, the server they are from is asked.

use std::sync::Arc;

use db::{Actor, Arrival, Signer};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::sender::{key, renewed, signer};
use super::{Refused, arrival};
use crate::key::PublicKey;
use crate::protocol::{Activity, Kind, Object, ids_of, type_of};
use crate::signature::{Refusal, ld};
use crate::{Error, Federation};

/// Signatures inside of documents name no receiver and stay valid: what is older could be the replay of something forgotten here.
/// Less than what [`super::work`] keeps.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(3 * 24);

/// What is to be kept of a forwarded activity, once it is proved.
pub(super) async fn prove(
    federation: &Federation,
    activity: Activity,
    document: Value,
    body: &[u8],
    now: Timestamp,
) -> Result<Arrival, Refused> {
    // These are between two; nobody has a reason to pass them on.
    if matches!(
        activity.kind,
        Kind::Follow { .. } | Kind::Accept(_) | Kind::Reject(_)
    ) {
        return Err(Refused::forbidden("it is not from its actor"));
    }
    let author = signer(federation, &activity.actor).await?;
    let document = Arc::new(document);
    match check(federation, &author, &document, now).await {
        Ok(()) => arrival(&activity, author.actor.id, &document, body),
        Err(refused) => {
            tracing::debug!(id = %activity.id, %refused, "a forwarded activity is asked for");
            let Some(_place) = federation.lookups.unknown_signer() else {
                return Err(Refused::busy("too many unknown activities at once"));
            };
            let document = ask(federation, &activity, &author.actor).await?;
            let body = document.to_string();
            arrival(&activity, author.actor.id, &document, body.as_bytes())
        }
    }
}

async fn check(
    federation: &Federation,
    author: &Signer,
    document: &Arc<Value>,
    now: Timestamp,
) -> Result<(), Refused> {
    let created = document.pointer("/signature/created").and_then(Value::as_str);
    let created: Timestamp = created
        .and_then(|text| text.parse().ok())
        .ok_or(Refusal::Unsigned)?;
    if now.duration_since(created).abs() > MAX_AGE {
        return Err(Refusal::Skew.into());
    }
    match verify(document, key(author)?).await {
        Err(Refusal::Wrong) => {
            let renewed = renewed(federation, author).await?.ok_or(Refusal::Wrong)?;
            Ok(verify(document, key(&renewed)?).await?)
        }
        checked => Ok(checked?),
    }
}

/// Takes a millisecond of computing, which is no work for those who wait for sockets.
async fn verify(document: &Arc<Value>, key: PublicKey) -> Result<(), Refusal> {
    let document = Arc::clone(document);
    let checked = tokio::task::spawn_blocking(move || ld::verify(&document, &key));
    checked.await.unwrap_or(Err(Refusal::Plain("checking it failed")))
}

/// Has the author's server confirm an activity; as it should have been sent.
async fn ask(federation: &Federation, activity: &Activity, author: &Actor) -> Result<Value, Refused> {
    let unproved = || Refused::forbidden("its actor's server knows nothing of it");
    let wrapped = |kind: &str, object: Value| {
        json!({
            "id": activity.id.as_str(),
            "type": kind,
            "actor": activity.actor.as_str(),
            "object": object,
        })
    };
    let document = match &activity.kind {
        Kind::Create(object) => wrapped("Create", told(federation, object, author).await?),
        Kind::Update(object) => wrapped("Update", told(federation, object, author).await?),
        Kind::Delete { object, .. } => match federation.fetch(object).await.map_err(Error::from) {
            Err(error) if error.is_gone() => wrapped("Delete", json!(object.as_str())),
            Ok(found) if type_of(&found.body) == "Tombstone" => wrapped("Delete", json!(object.as_str())),
            Ok(_) => return Err(unproved()),
            Err(error) => return Err(error.into()),
        },
        // An id of another server is for that one to tell about.
        Kind::Announce { .. } | Kind::Like { .. } | Kind::Dislike { .. } | Kind::ApproveReply { .. }
            if activity.id.is_beside(&activity.actor) =>
        {
            federation.fetch(&activity.id).await.map_err(Error::from)?.body
        }
        _ => return Err(unproved()),
    };
    let confirmed = Activity::parse(&document, federation.rules()).map_err(Refused::forbidden)?;
    let is_same = confirmed.id == activity.id
        && confirmed.actor == activity.actor
        && std::mem::discriminant(&confirmed.kind) == std::mem::discriminant(&activity.kind);
    if is_same { Ok(document) } else { Err(unproved()) }
}

/// An object as its own server has it: made by the author.
async fn told(federation: &Federation, object: &Object, author: &Actor) -> Result<Value, Refused> {
    let unproved = || Refused::forbidden("it cannot be looked up");
    let id = object.id().ok_or_else(unproved)?;
    let found = federation.fetch(id).await.map_err(Error::from)?;
    let author = author.url.as_deref().ok_or_else(unproved)?;
    let is_theirs = found.body.get("id").and_then(Value::as_str) == Some(author)
        || ["attributedTo", "actor"]
            .iter()
            .filter_map(|field| found.body.get(field))
            .any(|field| ids_of(field).any(|id| id == author));
    let is_that = found.body.get("id").and_then(Value::as_str) == Some(id.as_str());
    if is_theirs && is_that {
        Ok(found.body)
    } else {
        Err(Refused::forbidden("its server says that somebody else made it"))
    }
}
