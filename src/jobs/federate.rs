//! Tells other servers of a video here: that it is there, or that it changed.
//!
//! The job carries nothing but the number of the video. It tells what is so when it runs, so several changes in a row are one.

use db::{Job, Privacy, Tx, Video, VideoState};
use federation::Error;
use federation::activity::video::{self, Involved};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::app::App;
use crate::http::federation::describe;

pub(crate) const KIND: &str = video::FEDERATE_JOB;

pub(crate) const VIEWS_KIND: &str = "federate-views";

/// As PeerTube, which counts views for half an hour.
const TELL_VIEWS_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// One is told at a time: of two that tell of one video, the last one has looked last.
static TELLING: Mutex<()> = Mutex::const_new(());

/// In the transaction of the change. Ring `federation.jobs` after the commit.
pub(crate) async fn enqueue(tx: &mut Tx, video_id: i64, now: Timestamp) -> Result<(), db::Error> {
    Job::enqueue_once(tx, KIND, &video_id.to_string(), now).await
}

/// Views are told of once in a while: not each of them is worth a message to every follower.
pub(crate) async fn enqueue_views(tx: &mut Tx, video_id: i64, now: Timestamp) -> Result<(), db::Error> {
    Job::enqueue_once(tx, VIEWS_KIND, &video_id.to_string(), now + TELL_VIEWS_AFTER).await
}

/// Whether others may hear of a video that is for these people and in this state.
pub(crate) fn is_told(app: &App, privacy: Privacy, state: VideoState) -> bool {
    let settings = &app.federation.settings;
    let for_others = match privacy {
        Privacy::Public => true,
        Privacy::Unlisted => settings.federate_unlisted,
        Privacy::Private | Privacy::Internal | Privacy::PasswordProtected => false,
    };
    let ready = matches!(
        state,
        VideoState::Published | VideoState::WaitingForLive | VideoState::LiveEnded
    );
    settings.enabled && for_others && ready
}

/// Does the job: the activities and the end of the job are one transaction.
pub(super) async fn run(app: &App, video_id: i64, job_id: i64) -> Result<(), super::Error> {
    Ok(tell(app, video_id, job_id).await?)
}

async fn tell(app: &App, video_id: i64, job_id: i64) -> Result<(), Error> {
    let _alone = TELLING.lock().await;
    let now = Timestamp::now();
    let video = Video::by_ref(&app.db, video_id).await?;
    let told = match video.filter(|video| video.is_local() && is_told(app, video.privacy, video.state)) {
        Some(video) => {
            let object = describe(app, &video).await?;
            let involved = Involved::of(&app.federation, &video).await?;
            Some((video, object, involved))
        }
        None => None,
    };
    let mut tx = app.db.begin().await?;
    if let Some((video, object, involved)) = &told {
        video::tell(&app.federation, &mut tx, video, object, involved, now).await?;
    }
    Job::finish(&mut tx, job_id).await?;
    tx.commit().await?;
    app.federation.deliveries.notify_one();
    Ok(())
}
