//! Redundancy: servers that keep copies of a video tell where, and take it back.

use db::{Actor, Redundancy};
use jiff::Timestamp;

use super::video::forward;
use crate::protocol::{CacheFile, CacheLocation, HttpUrl};
use crate::{Error, Federation, remote};

/// A copy was made, or is kept for longer. That it lies on the sender's server was seen when it was read.
pub(crate) async fn receive(
    federation: &Federation,
    sender: &Actor,
    copy: &CacheFile,
    raw: &str,
) -> Result<(), Error> {
    // Players look for segments beside a playlist; there is nobody to tell of copies of plain files.
    let CacheLocation::Hls { base } = &copy.location else {
        return Ok(());
    };
    let Some(video) = remote::video::known(federation, &copy.video).await? else {
        return Ok(());
    };
    let now = Timestamp::now();
    let row = Redundancy {
        url: copy.id.to_string(),
        actor_id: sender.id,
        video_id: video.id,
        base_url: base.to_string(),
        expires_at: copy.expires,
    };
    let mut tx = federation.db.begin().await?;
    Redundancy::remove_expired(&mut tx, now).await?;
    if !Redundancy::put(&mut tx, &row, now).await? {
        return Err(Error::refused(
            "the copy is somebody else's, or of something else",
        ));
    }
    tx.commit().await?;
    forward(federation, &video, sender, raw).await
}

/// It is not kept any more.
pub(crate) async fn receive_undo(
    federation: &Federation,
    sender: &Actor,
    url: &HttpUrl,
    raw: &str,
) -> Result<(), Error> {
    let mut tx = federation.db.begin().await?;
    let video_id = Redundancy::remove(&mut tx, url, sender.id).await?;
    tx.commit().await?;
    let video = match video_id {
        Some(id) => db::Video::by_ref(&federation.db, id).await?,
        None => None,
    };
    match video {
        Some(video) => forward(federation, &video, sender, raw).await,
        None => Ok(()),
    }
}
