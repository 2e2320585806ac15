//! The post about a live for followers on Mastodon and the like (`federation.live_notes`): one per time on air, told when it
//! starts and again when it is over.

use db::{Job, LiveSession, Privacy, Tx, Video};
use federation::activity::live_note::{self, LiveNote};
use jiff::Timestamp;

use crate::app::App;
use crate::http::pictures;
use crate::storage::Picture;

pub(crate) const KIND: &str = "live-note";

/// In the transaction in which a session starts or ends. Ring `federation.jobs` after the commit.
pub(crate) async fn enqueue(tx: &mut Tx, session_id: i64, now: Timestamp) -> Result<(), db::Error> {
    Job::enqueue_once(tx, KIND, &session_id.to_string(), now).await
}

/// A session of a public live, and what belongs to it.
pub(crate) struct Told {
    video: Video,
    tags: Vec<String>,
    session: LiveSession,
    replay: Option<Video>,
    picture: String,
}

impl Told {
    pub(crate) fn is_of(&self, video_id: i64) -> bool {
        self.video.id == video_id
    }

    pub(crate) fn note(&self) -> LiveNote<'_> {
        LiveNote {
            video: &self.video,
            tags: &self.tags,
            session: &self.session,
            replay: self.replay.as_ref(),
            picture: &self.picture,
        }
    }
}

/// `None` if there is nothing to tell everyone.
pub(crate) async fn load(app: &App, session_id: i64) -> Result<Option<Told>, db::Error> {
    let settings = &app.federation.settings;
    let Some(session) = LiveSession::by_id(&app.db, session_id).await? else {
        return Ok(None);
    };
    let Some(video_id) = session.live_video_id else {
        return Ok(None);
    };
    let is_public = |video: &Video| video.privacy == Privacy::Public;
    let video = Video::by_ref(&app.db, video_id).await?.filter(is_public);
    let Some(video) = video.filter(|_| settings.enabled && settings.live_notes) else {
        return Ok(None);
    };
    let replay = match session.replay_video_id {
        Some(id) => Video::by_ref(&app.db, id).await?.filter(is_public),
        None => None,
    };
    Ok(Some(Told {
        tags: Video::tags(&app.db, video.id).await?,
        picture: format!(
            "{}{}",
            app.federation.site.url,
            pictures::path(Picture::Preview, video.uuid)
        ),
        video,
        session,
        replay,
    }))
}

/// Does the job: the activities and the end of the job are one transaction.
pub(super) async fn run(app: &App, session_id: i64, job_id: i64) -> Result<(), super::Error> {
    let told = load(app, session_id).await.map_err(federation::Error::from)?;
    tell(app, told, job_id).await?;
    app.federation.deliveries.notify_one();
    Ok(())
}

async fn tell(app: &App, told: Option<Told>, job_id: i64) -> Result<(), federation::Error> {
    let now = Timestamp::now();
    let mut tx = app.db.begin().await?;
    if let Some(told) = &told {
        live_note::tell(&app.federation, &mut tx, told.note(), now).await?;
    }
    Job::finish(&mut tx, job_id).await?;
    tx.commit().await?;
    Ok(())
}
