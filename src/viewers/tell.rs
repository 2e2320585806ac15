//! Viewers and other servers: those who watch a video of another server here are told to it, one by one; how many watch a video of
//! here is told to everyone who heard of it, and what others tell is taken in.

use std::time::{Duration, Instant};

use db::{Tx, Video};
use federation::activity::video::Involved;
use federation::activity::view;
use federation::{News, Recipients, outbox};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::{PRESENCE, Watching};
use crate::app::App;
use crate::jobs::federate;

/// Views of one video that are told in one go: one activity each, as PeerTube reads it.
const MAX_VIEWS_TOLD: i64 = 50;

/// Takes in what other servers say.
pub(crate) async fn listen(app: App, stop: CancellationToken) {
    let mut news = app.federation.news();
    loop {
        let heard = tokio::select! {
            () = stop.cancelled() => return,
            heard = news.recv() => heard,
        };
        let taken = match heard {
            Ok(News::View { video_id, viewer }) => {
                app.viewers.viewed_elsewhere(video_id, viewer, Instant::now());
                Ok(())
            }
            Ok(News::Viewer {
                video_id,
                viewer,
                until,
            }) => watches(&app, video_id, viewer, until).await,
            Ok(News::Viewers { video_id, total }) => counted(&app, video_id, total).await,
            // What was missed is said again in two minutes.
            Ok(_) | Err(RecvError::Lagged(_)) => Ok(()),
            Err(RecvError::Closed) => return,
        };
        if let Err(error) = taken {
            tracing::warn!(%error, "cannot count viewers of another server");
        }
    }
}

async fn watches(app: &App, video_id: i64, viewer: String, until: i64) -> Result<(), db::Error> {
    let left = Timestamp::from_millisecond(until)
        .ok()
        .and_then(|until| Duration::try_from(until.duration_since(Timestamp::now())).ok());
    if let (Some(left), Some(video)) = (left, Video::by_ref(&app.db, video_id).await?) {
        app.viewers
            .watches_elsewhere(video.uuid, viewer, left, Instant::now());
    }
    Ok(())
}

async fn counted(app: &App, video_id: i64, total: i64) -> Result<(), db::Error> {
    if let Some(video) = Video::by_ref(&app.db, video_id).await? {
        let total = u64::try_from(total).unwrap_or_default();
        app.viewers.counted_elsewhere(video.uuid, total, Instant::now());
    }
    Ok(())
}

/// Writes views: those of videos of here are counted, those of others told to their servers.
pub(super) async fn views(app: &App, views: &[(i64, i64)]) -> Result<(), federation::Error> {
    let now = Timestamp::now();
    let instance = app.federation.instance_actor().await?;
    let mut videos = Vec::new();
    for &(id, count) in views {
        if let Some(video) = Video::by_ref(&app.db, id).await? {
            videos.push((video, count));
        }
    }
    let mut tx = app.db.begin().await?;
    for (video, count) in &videos {
        if video.is_local() {
            Video::add_views(&mut tx, &[(video.id, *count)]).await?;
            federate::enqueue_views(&mut tx, video.id, now).await?;
        } else if app.federation.settings.enabled {
            for number in 0..(*count).min(MAX_VIEWS_TOLD) {
                let viewer = format!("{}-{number}", now.as_millisecond());
                tell(app, &mut tx, instance, video, &viewer, None, now).await?;
            }
        }
    }
    tx.commit().await?;
    app.federation.deliveries.notify_one();
    Ok(())
}

/// Tells of those who watch now: each viewer of a video of another server to that one, the number of those of a video of here to
/// everyone.
pub(super) async fn presence(app: &App, watching: &[Watching]) -> Result<(), federation::Error> {
    let now = Timestamp::now();
    let until = now + SignedDuration::try_from(PRESENCE).unwrap_or_default();
    let instance = app.federation.instance_actor().await?;
    let site = &app.federation.site;
    for Watching { uuid, viewers } in watching {
        let Some(video) = Video::by_ref(&app.db, *uuid).await? else {
            continue;
        };
        if !video.is_local() {
            let mut tx = app.db.begin().await?;
            for viewer in viewers {
                tell(app, &mut tx, instance, &video, viewer, Some(until), now).await?;
            }
            tx.commit().await?;
        } else if federate::is_told(app, video.privacy, video.state) {
            let involved = Involved::of(&app.federation, &video).await?;
            let body = view::total(&video, app.viewers.count(*uuid), until, site, now);
            let mut tx = app.db.begin().await?;
            outbox::write(&mut tx, instance, &body, &involved.recipients(), now).await?;
            tx.commit().await?;
        }
    }
    app.federation.deliveries.notify_one();
    Ok(())
}

async fn tell(
    app: &App,
    tx: &mut Tx,
    instance: i64,
    video: &Video,
    viewer: &str,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), federation::Error> {
    let to = Recipients::new().shared_inbox_of(&video.channel.account.actor);
    let body = view::view(video, viewer, until, &app.federation.site);
    outbox::write(tx, instance, &body, &to, now).await
}
