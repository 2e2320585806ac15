//! What actors do, one kind per file, both directions: what others did is applied here, what happens here is put into words.
//!
//! Whatever gets to [`receive`] was done by its `sender`, proved by a signature. Whether the sender may do that is decided where
//! it is done.

pub mod actor;
pub mod announce;
pub mod cache_file;
pub mod comment;
pub mod flag;
pub mod follow;
pub mod live_note;
pub mod playlist;
pub mod rate;
pub mod video;
pub mod view;

use db::{Actor, Rating};

use crate::protocol::{Activity, HttpUrl, Kind, Object};
use crate::{Error, Federation};

/// Applies what somebody elsewhere did. `raw` is the activity as it came, to be passed on to others.
///
/// The same may be applied twice, by another copy of it or after a crash: the second time must change nothing.
pub(crate) async fn receive(
    federation: &Federation,
    sender: &Actor,
    activity: &Activity,
    raw: &str,
) -> Result<(), Error> {
    match &activity.kind {
        Kind::Follow { object } => follow::receive(federation, sender, &activity.id, object).await,
        Kind::Accept(reference) => follow::receive_accept(federation, sender, reference).await,
        Kind::Reject(reference) => follow::receive_reject(federation, sender, reference).await,
        Kind::Undo(undone) => undo(federation, sender, undone, raw).await,
        Kind::UndoId(url) => follow::receive_undo_by_id(federation, sender, url).await,
        Kind::Update(Object::Actor(told)) => actor::receive_update(federation, sender, told).await,
        Kind::Create(Object::Video(told)) | Kind::Update(Object::Video(told)) => {
            video::receive(federation, sender, told).await
        }
        Kind::Create(Object::CacheFile(copy)) | Kind::Update(Object::CacheFile(copy)) => {
            cache_file::receive(federation, sender, copy, raw).await
        }
        Kind::Create(Object::Playlist(told)) | Kind::Update(Object::Playlist(told)) => {
            playlist::receive(federation, sender, told).await
        }
        Kind::Create(Object::Note(note)) => comment::receive(federation, sender, note, raw).await,
        Kind::Update(Object::Note(note)) => comment::receive_update(federation, sender, note, raw).await,
        Kind::ApproveReply { object, .. } => {
            comment::receive_approval(federation, sender, &activity.id, object).await
        }
        Kind::Flag(told) => flag::receive(federation, sender, &activity.id, told).await,
        Kind::Like { object } => rate::receive(federation, sender, &activity.id, object, Rating::Like).await,
        Kind::Dislike { object } => {
            rate::receive(federation, sender, &activity.id, object, Rating::Dislike).await
        }
        Kind::Announce { object, .. } => {
            announce::receive(federation, sender, &activity.id, object, raw).await
        }
        Kind::View(seen) => view::receive(federation, sender, &activity.id, seen).await,
        Kind::Delete { object, .. } => delete(federation, sender, object, raw).await,
        kind => {
            tracing::debug!(id = %activity.id, ?kind, bytes = raw.len(), "nothing is done about this");
            Ok(())
        }
    }
}

async fn undo(federation: &Federation, sender: &Actor, undone: &Activity, raw: &str) -> Result<(), Error> {
    match &undone.kind {
        Kind::Follow { object } => follow::receive_undo(federation, sender, object).await,
        Kind::Announce { object, .. } => announce::receive_undo(federation, sender, object, raw).await,
        Kind::Like { object } => rate::receive_undo(federation, sender, object, Rating::Like).await,
        Kind::Dislike { object } => rate::receive_undo(federation, sender, object, Rating::Dislike).await,
        Kind::Create(Object::CacheFile(copy)) => {
            cache_file::receive_undo(federation, sender, &copy.id, raw).await
        }
        kind => {
            tracing::debug!(id = %undone.id, ?kind, bytes = raw.len(), "nothing is done about an Undo of this");
            Ok(())
        }
    }
}

async fn delete(federation: &Federation, sender: &Actor, object: &HttpUrl, raw: &str) -> Result<(), Error> {
    if sender.url.as_deref() == Some(object.as_str()) {
        return actor::receive_delete(federation, sender).await;
    }
    if video::receive_delete(federation, sender, object).await?
        || playlist::receive_delete(federation, sender, object).await?
        || comment::receive_delete(federation, sender, object, raw).await?
    {
        return Ok(());
    }
    tracing::debug!(%object, bytes = raw.len(), "deleted elsewhere, unknown here");
    Ok(())
}
