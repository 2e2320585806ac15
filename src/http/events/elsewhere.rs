//! Lives of other servers: what happens to them comes with their activities, and goes on to the pages that show them.

use axum::response::sse::Event;
use db::{StreamingPlaylist, Video, VideoState};
use federation::News;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::{LiveStatus, VIEWERS_EVERY, state_event, state_name, viewers_event};
use crate::app::App;
use crate::live::State;

/// Where a live of another server stands, as that server last said.
pub(crate) async fn status(db: &db::Db, video: &Video) -> Result<LiveStatus, db::Error> {
    let on_air = video.is_live && video.state == VideoState::Published;
    let state = match (video.is_live, video.state) {
        (true, VideoState::Published) => State::OnAir,
        (true, VideoState::LiveEnded) | (false, _) => State::Ended,
        (true, _) => State::Waiting,
    };
    let playlist = match on_air {
        true => StreamingPlaylist::of_video(db, video.id).await?,
        false => None,
    };
    Ok(LiveStatus {
        state: state_name(state),
        since: video.published_at.to_string(),
        // A live is published anew each time it goes on air: that tells one time from the next.
        session: on_air.then(|| video.published_at.as_millisecond()),
        // The same video is its replay once it is no live any more.
        replay: (!video.is_live).then(|| format!("/w/{}", video.uuid.short())),
        grace_ends_at: None,
        playlist: playlist.and_then(|playlist| playlist.url),
    })
}

pub(super) struct Following {
    app: App,
    id: i64,
    uuid: db::Uuid,
    news: broadcast::Receiver<News>,
    told: Option<LiveStatus>,
    viewers_told: Option<u64>,
    look: tokio::time::Interval,
}

impl Following {
    pub(super) fn new(app: App, video: &Video) -> Self {
        Self {
            id: video.id,
            uuid: video.uuid,
            // Before the first look: nothing is missed in between.
            news: app.federation.news(),
            told: None,
            viewers_told: None,
            look: tokio::time::interval(VIEWERS_EVERY),
            app,
        }
    }

    /// The next thing worth telling; `None` when the server stops or the live is deleted.
    pub(super) async fn next(&mut self) -> Option<Event> {
        if self.told.is_none() {
            return self.state().await;
        }
        loop {
            tokio::select! {
                () = self.app.stopping.cancelled() => return None,
                news = self.news.recv() => match news {
                    Ok(News::Video { id }) if id != self.id => {}
                    Ok(News::Video { .. }) | Err(RecvError::Lagged(_)) => {
                        let before = self.told.take();
                        let event = self.state().await;
                        if event.is_none() || self.told != before {
                            return event;
                        }
                    }
                    Ok(_) => {}
                    Err(RecvError::Closed) => return None,
                },
                _ = self.look.tick() => {
                    let viewers = self.app.viewers.count(self.uuid);
                    if self.viewers_told.replace(viewers) != Some(viewers) {
                        return viewers_event(viewers);
                    }
                }
            }
        }
    }

    async fn state(&mut self) -> Option<Event> {
        let video = match Video::by_ref(&self.app.db, self.id).await {
            Ok(video) => video?,
            Err(error) => {
                // The page connects again by itself.
                tracing::warn!(%error, "cannot look at a live of another server");
                return None;
            }
        };
        let status = status(&self.app.db, &video).await.ok()?;
        let event = state_event(&status);
        self.told = Some(status);
        event
    }
}
