//! Announces: a channel or a server shares a video with its followers. That is how videos get around.

use db::{Actor, ActorKind, Privacy, Share};
use jiff::Timestamp;

use super::video::forward;
use crate::protocol::HttpUrl;
use crate::{Error, Federation, remote};

/// Whoever announces a video that is not known yet makes us look at it.
pub(crate) async fn receive(
    federation: &Federation,
    sender: &Actor,
    id: &HttpUrl,
    object: &HttpUrl,
    raw: &str,
) -> Result<(), Error> {
    // What people boost is between them and their followers.
    if !matches!(sender.kind, ActorKind::Application | ActorKind::Group) {
        return Ok(());
    }
    let video = remote::video::video(federation, object).await?;
    if !matches!(video.privacy, Privacy::Public | Privacy::Unlisted) {
        return Err(Error::refused("no video here has this address"));
    }
    let mut tx = federation.db.begin().await?;
    let is_new = Share::record(&mut tx, sender.id, video.id, Some(id), Timestamp::now()).await?;
    tx.commit().await?;
    if is_new {
        forward(federation, &video, sender, raw).await?;
    }
    Ok(())
}

/// A share is taken back.
pub(crate) async fn receive_undo(
    federation: &Federation,
    sender: &Actor,
    object: &HttpUrl,
    raw: &str,
) -> Result<(), Error> {
    let Some(video) = remote::video::known(federation, object).await? else {
        return Ok(());
    };
    let mut tx = federation.db.begin().await?;
    let was_there = Share::remove(&mut tx, sender.id, video.id).await?;
    tx.commit().await?;
    if was_there {
        forward(federation, &video, sender, raw).await?;
    }
    Ok(())
}
