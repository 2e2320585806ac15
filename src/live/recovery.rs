//! After a crash: sessions that were on air are ended, and what they recorded is published. Nobody has to do anything.

use db::{Live, LiveSession};
use jiff::Timestamp;
use packager::archive::{self, Summary};

use super::replay;
use crate::app::App;

/// Repairs every session that was not ended in order. A session that cannot be repaired is left for the next start, and
/// keeps nobody else from starting.
pub(crate) async fn recover(app: &App) {
    let sessions = match LiveSession::open(&app.db).await {
        Ok(sessions) => sessions,
        Err(error) => {
            tracing::error!(%error, "cannot look for interrupted sessions");
            return;
        }
    };
    for session in sessions {
        match one(app, &session).await {
            Ok(Some(replay)) => {
                tracing::warn!(session = session.id, %replay, "published the replay of an interrupted session")
            }
            Ok(None) => tracing::warn!(
                session = session.id,
                "ended an interrupted session that recorded nothing"
            ),
            Err(error) => tracing::error!(
                session = session.id,
                error = &*error,
                "cannot repair an interrupted session"
            ),
        }
    }
}

async fn one(
    app: &App,
    session: &LiveSession,
) -> Result<Option<db::Uuid>, Box<dyn std::error::Error + Send + Sync>> {
    let live = match session.live_video_id {
        Some(video) => Live::by_video(&app.db, video).await?,
        None => None,
    };
    let Some(live) = live else {
        replay::discard(app, session, Timestamp::now()).await?;
        return Ok(None);
    };
    let mut recorded = Summary::default();
    if let Some(uuid) = session.replay_uuid {
        let storage = app.storage.clone();
        let name = uuid.to_string();
        recorded = tokio::task::spawn_blocking(move || {
            let Some(folder) = storage.find(uuid) else {
                return Ok(Summary::default());
            };
            let Some(resolution) = archive::find(&folder, &name)?.pop() else {
                return Ok(Summary::default());
            };
            archive::repair(&folder, &name, resolution).map(|repaired| repaired.summary)
        })
        .await??;
    }
    let ended = session.started_at.checked_add(std::time::Duration::from_micros(
        u64::try_from(recorded.duration_us).unwrap_or_default(),
    ))?;
    // What nobody measured is not made up: the frame rate of a repaired recording stays unknown.
    Ok(replay::publish(app, &live, session, recorded, 0, ended).await)
}
