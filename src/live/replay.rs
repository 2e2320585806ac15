//! From a finished recording to a video on the channel. The files are there already: this writes a multivariant
//! playlist and the rows, and takes as long for four hours as for ten seconds.

use std::io;
use std::path::Path;
use std::time::Duration;

use db::{Live, LiveSession, RecordedFile, Uuid, Video};
use jiff::Timestamp;
use packager::archive::{Index, Summary, index_name, media_name};
use packager::vod;

use super::recording::Recording;
use crate::app::App;
use crate::jobs::{federate, live_note};
use crate::pictures;
use crate::storage::Access;

/// A database that is busy or restarting gets this many tries, each after twice the time; after that the next start
/// publishes.
const TRIES: u32 = 6;
const FIRST_RETRY: Duration = Duration::from_millis(100);
/// Name of the digests beside the playlists, as PeerTube has it.
const HASHES: &str = "segments-sha256.json";

/// Ends a session. Gives back the video it left.
pub(super) async fn finish(
    app: &App,
    live: &Live,
    session: &LiveSession,
    recording: Recording,
    fps: u32,
    now: Timestamp,
) -> Option<Uuid> {
    let summary = recording.finish().await;
    if let Ok(None) = Live::by_video(&app.db, live.video.id).await {
        if let Err(error) = discard(app, session, now).await {
            tracing::error!(%error, session = session.id, "cannot clear up after a deleted live; the next start tries again");
        }
        return None;
    }
    publish(app, live, session, summary, fps, now).await
}

/// Publishes what was recorded, or, if nothing was, only ends the session. Used at the end of a live and, for those a
/// crash interrupted, at the next start.
pub(super) async fn publish(
    app: &App,
    live: &Live,
    session: &LiveSession,
    summary: Summary,
    fps: u32,
    now: Timestamp,
) -> Option<Uuid> {
    let uuid = session.replay_uuid.filter(|_| summary.segments > 0);
    let recorded = match uuid {
        Some(uuid) => {
            let storage = app.storage.clone();
            let written = tokio::task::spawn_blocking(move || {
                let folder = storage.find(uuid).ok_or(io::ErrorKind::NotFound)?;
                describe(&folder, uuid, &summary, fps)
            })
            .await;
            match written {
                Ok(Ok(recorded)) => Some(recorded),
                Ok(Err(error)) => {
                    tracing::error!(%error, session = session.id, "cannot write the playlist of a replay; the next start tries again");
                    return None;
                }
                Err(_) => return None,
            }
        }
        None => None,
    };
    pictures::before_replay(app, live.video.uuid, uuid, access(session)).await;
    let mut retry = FIRST_RETRY;
    for attempt in 1..=TRIES {
        match rows(app, live, session, recorded.as_ref(), now).await {
            Ok(()) => break,
            Err(error) if attempt == TRIES => {
                tracing::error!(%error, session = session.id, "cannot publish a replay; the next start tries again");
                return None;
            }
            Err(error) => {
                tracing::warn!(%error, session = session.id, attempt, "publishing a replay");
                tokio::time::sleep(retry).await;
                retry *= 2;
            }
        }
    }
    if let Some(uuid) = uuid {
        pictures::after_replay(app, uuid, access(session));
    }
    if let (Some(empty), None) = (session.replay_uuid, uuid)
        && let Err(error) = app.storage.remove(empty)
    {
        tracing::warn!(%error, "cannot remove an empty recording");
    }
    uuid
}

/// Ends a session whose live was deleted while it was on air: what it recorded goes with it.
pub(super) async fn discard(app: &App, session: &LiveSession, now: Timestamp) -> Result<(), DiscardError> {
    let mut tx = app.db.begin().await?;
    LiveSession::end(&mut tx, session.id, None, now).await?;
    LiveSession::processed(&mut tx, session.id).await?;
    tx.commit().await?;
    if let Some(uuid) = session.replay_uuid {
        app.storage.remove(uuid)?;
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub(super) enum DiscardError {
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error("cannot remove a recording: {0}")]
    Files(#[from] io::Error),
}

fn access(session: &LiveSession) -> Access {
    session.replay_privacy.map_or(Access::Public, Access::of)
}

#[derive(Debug, thiserror::Error)]
enum PublishError {
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error("cannot move a recording to where it is served: {0}")]
    Files(#[from] io::Error),
}

/// Everything that others must see together, in one transaction, with the files: until here they were private.
async fn rows(
    app: &App,
    live: &Live,
    session: &LiveSession,
    recorded: Option<&db::Recording>,
    now: Timestamp,
) -> Result<(), PublishError> {
    let tags = Video::tags(&app.db, live.video.id).await?;
    let mut tx = app.db.begin().await?;
    LiveSession::end(&mut tx, session.id, None, now).await?;
    match recorded {
        Some(recorded) => {
            let replay = Video::create_replay(&mut tx, live, session, &tags, recorded, now).await?;
            federate::enqueue(&mut tx, replay, now).await?;
        }
        None => LiveSession::processed(&mut tx, session.id).await?,
    }
    federate::enqueue(&mut tx, live.video.id, now).await?;
    live_note::enqueue(&mut tx, session.id, now).await?;
    if let (Some(_), Some(uuid)) = (recorded, session.replay_uuid) {
        let (storage, access) = (app.storage.clone(), access(session));
        // A crash after this leaves the session open, and the next start publishes it.
        tokio::task::spawn_blocking(move || storage.set_file_access(uuid, access))
            .await
            .map_err(io::Error::other)??;
    }
    tx.commit().await?;
    app.federation.jobs.notify_one();
    Ok(())
}

/// Writes the multivariant playlist and the digests beside a finished recording.
fn describe(folder: &Path, uuid: Uuid, summary: &Summary, fps: u32) -> io::Result<db::Recording> {
    let name = uuid.to_string();
    let file_name = media_name(&name, summary.resolution);
    let text = std::fs::read_to_string(folder.join(index_name(&name, summary.resolution)))?;
    let index = Index::parse(&text, &file_name);
    let rendition = [vod::Rendition {
        summary,
        index: &index,
    }];
    let playlist_file = vod::master_name(&name);
    std::fs::write(folder.join(&playlist_file), vod::multivariant(&name, &rendition))?;
    std::fs::write(folder.join(HASHES), vod::hashes(&name, &rendition))?;

    let tracks = summary.tracks.as_ref();
    let (width, height) = tracks.and_then(|t| t.resolution).unwrap_or_default();
    Ok(db::Recording {
        duration_s: (summary.duration_us + 500_000) / 1_000_000,
        playlist_file,
        sha256_file: HASHES.to_owned(),
        files: vec![RecordedFile {
            file_name,
            size_bytes: i64::try_from(summary.bytes).unwrap_or(i64::MAX),
            width,
            height,
            fps,
            has_audio: tracks.is_some_and(|t| t.codecs.contains("mp4a") || t.codecs.contains("opus")),
            has_video: width > 0,
        }],
    })
}
