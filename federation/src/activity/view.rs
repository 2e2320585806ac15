//! Views and viewers. The server of a video counts; others tell it who watches there, and are told how many watch in all.

use db::{Actor, Video};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::object::iso;
use crate::protocol::{HttpUrl, Presence, View};
use crate::{Error, Federation, News, PUBLIC, Site, context, remote};

/// Ids of views tell viewers apart; longer ones are cut.
const MAX_VIEWER_CHARS: usize = 500;

/// Somebody elsewhere watched or watches. Only what concerns a video known here is of interest.
pub(crate) async fn receive(
    federation: &Federation,
    sender: &Actor,
    id: &HttpUrl,
    view: &View,
) -> Result<(), Error> {
    let Some(video) = remote::video::known(federation, &view.video).await? else {
        return Ok(());
    };
    let viewer = || id.chars().take(MAX_VIEWER_CHARS).collect();
    match (view.presence, video.is_local()) {
        (Presence::Viewed, true) => federation.tell(News::View {
            video_id: video.id,
            viewer: viewer(),
        }),
        (Presence::Watching { until }, _) => federation.tell(News::Viewer {
            video_id: video.id,
            viewer: viewer(),
            until: until.as_millisecond(),
        }),
        // Only the server of a video knows all of them.
        (Presence::Total { viewers, .. }, false) if sender.host == video.channel.actor.host => {
            federation.tell(News::Viewers {
                video_id: video.id,
                total: viewers,
            });
        }
        (Presence::Viewed, false) | (Presence::Total { .. }, _) => {}
    }
    Ok(())
}

/// To the server of a video: somebody here watched it, or, with `until`, watches it.
pub fn view(video: &Video, viewer: &str, until: Option<Timestamp>, site: &Site) -> Value {
    let mut body = json!({
        "@context": context::view(),
        "to": [site.account(&video.channel.account)],
        "cc": [],
        "id": format!("{}/views/videos/{}/{viewer}-{}", site.instance_actor(), video.id, video.uuid),
        "type": "View",
        "actor": site.instance_actor(),
        "object": site.video(video),
    });
    if let (Some(until), Some(fields)) = (until, body.as_object_mut()) {
        fields.insert("expires".to_owned(), json!(iso(until)));
    }
    body
}

/// To everyone: how many watch a video of here, wherever they are.
pub fn total(video: &Video, viewers: u64, until: Timestamp, site: &Site, now: Timestamp) -> Value {
    json!({
        "@context": context::view(),
        "to": [PUBLIC],
        "cc": [format!("{}/followers", site.channel(&video.channel))],
        "id": format!("{}/views/videos/{}/{}", site.instance_actor(), video.id, now.as_millisecond()),
        "type": "View",
        "actor": site.instance_actor(),
        "object": site.video(video),
        "expires": iso(until),
        "result": {
            "type": "InteractionCounter",
            "interactionType": "WatchAction",
            "userInteractionCount": viewers,
        },
    })
}
