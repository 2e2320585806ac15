//! Videos of other servers: found by address, fetched, checked, kept whole, and fetched again when what is known is old.

mod extras;
mod row;

use std::time::Instant;

use db::{
    ActorKind, Blocklist, Channel, Notification, NotificationKind, RemoteVideo, Uuid, Video, VideoRef,
    VideoState,
};
use jiff::{SignedDuration, Timestamp};

use super::actor;
use crate::protocol::{self, Audience, HttpUrl};
use crate::{Error, Federation, News};

/// As PeerTube: what is older is asked for again when somebody looks at it.
const FRESH: SignedDuration = SignedDuration::from_hours(48);
/// Those a video is attributed to are an account and a channel; of more, these are looked at.
const MAX_ATTRIBUTIONS: usize = 4;
const NO_SUCH: &str = "no video here has this address";

/// The video with this id: one from here, one that is known, or one that is fetched now.
pub async fn video(federation: &Federation, url: &str) -> Result<Video, Error> {
    if federation.site.is_here(url) {
        return local(federation, url)
            .await?
            .ok_or_else(|| Error::refused(NO_SUCH));
    }
    match Video::by_url(&federation.db, url).await? {
        Some(video) => {
            refresh_if_old(federation, &video);
            Ok(video)
        }
        None => fetch(federation, url).await,
    }
}

/// The video from here with this address: its id, or that of its page.
pub async fn local(federation: &Federation, url: &str) -> Result<Option<Video>, Error> {
    let Some(path) = url.strip_prefix(&federation.site.url) else {
        return Ok(None);
    };
    let uuid = ["/videos/watch/", "/w/", "/videos/embed/"]
        .into_iter()
        .find_map(|folder| path.strip_prefix(folder))
        .and_then(|id| id.split(['?', '#', ';']).next())
        .and_then(|id| id.parse::<Uuid>().ok());
    let Some(uuid) = uuid else { return Ok(None) };
    let video = Video::by_ref(&federation.db, VideoRef::Uuid(uuid)).await?;
    Ok(video.filter(Video::is_local))
}

/// One that is known already, wherever it is from.
pub(crate) async fn known(federation: &Federation, url: &str) -> Result<Option<Video>, Error> {
    if federation.site.is_here(url) {
        return local(federation, url).await;
    }
    Ok(Video::by_url(&federation.db, url).await?)
}

/// Asks for a new one. Those who ask for the same one at the same time wait for one answer.
async fn fetch(federation: &Federation, url: &str) -> Result<Video, Error> {
    let _alone = federation.lookups.alone(url).await;
    if let Some(video) = Video::by_url(&federation.db, url).await? {
        return Ok(video);
    }
    if federation.lookups.asked_lately(url, Instant::now()) {
        return Err(Error::Unfinished(
            "it was asked for a moment ago, in vain".to_owned(),
        ));
    }
    let told = description(federation, url).await?;
    let video = keep(federation, told).await?;
    federation.lookups.succeeded(url);
    Ok(video)
}

/// Asks again. `None`: it is gone, and so is what was known of it.
pub async fn refresh(federation: &Federation, video: &Video) -> Result<Option<Video>, Error> {
    let Some(url) = &video.url else {
        return Ok(Some(video.clone()));
    };
    let _alone = federation.lookups.alone(url).await;
    let told = match description(federation, url).await {
        Ok(told) if told.id == url.as_str() => keep(federation, told).await,
        Ok(_) => Err(Error::refused("it has another id now")),
        Err(error) => Err(error),
    };
    match told {
        Ok(video) => Ok(Some(video)),
        Err(error) if error.is_gone() => {
            remove(federation, video).await?;
            Ok(None)
        }
        Err(error) => {
            let mut tx = federation.db.begin().await?;
            Video::mark_refreshed(&mut tx, video.id, Timestamp::now()).await?;
            tx.commit().await?;
            Err(error)
        }
    }
}

/// On the side, if there is a place: for whoever looks at a video.
pub fn refresh_if_old(federation: &Federation, video: &Video) {
    let is_fresh = |at: Timestamp| Timestamp::now().duration_since(at) < FRESH;
    if video.is_local() || video.refreshed_at.is_some_and(is_fresh) {
        return;
    }
    if let Some(place) = federation.lookups.refresh() {
        let (federation, video) = (federation.clone(), video.clone());
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = refresh(&federation, &video).await {
                tracing::debug!(video = video.url, %error, "cannot refresh a video");
            }
        });
    }
}

/// Forgets a video of another server.
pub(crate) async fn remove(federation: &Federation, video: &Video) -> Result<(), Error> {
    if video.is_local() {
        return Ok(());
    }
    let mut tx = federation.db.begin().await?;
    Video::delete(&mut tx, video.id).await?;
    tx.commit().await?;
    federation.tell(News::Video { id: video.id });
    Ok(())
}

/// What a server says of a video at its own address. A page's address leads to the id, which is asked then.
async fn description(federation: &Federation, url: &str) -> Result<protocol::Video, Error> {
    let mut url = HttpUrl::parse(url, "id", federation.rules())?;
    for _ in 0..2 {
        check_host(federation, &url).await?;
        let fetched = federation.fetch(&url).await?;
        let told = protocol::Video::parse(&fetched.body, federation.rules())?;
        if fetched.url == told.id.as_str() || url == told.id {
            return Ok(told);
        }
        url = told.id;
    }
    Err(Error::refused("its id leads to a video with another id"))
}

async fn check_host(federation: &Federation, url: &HttpUrl) -> Result<(), Error> {
    if federation.site.is_here(url) {
        return Err(Error::refused(NO_SUCH));
    }
    if Blocklist::has_host(&federation.db, &url.host()).await? {
        return Err(Error::refused("its server is blocked"));
    }
    Ok(())
}

/// Keeps what a video's server says of it, fetched or signed: the caller has made sure that it is this server that says so.
pub(crate) async fn keep(federation: &Federation, told: protocol::Video) -> Result<Video, Error> {
    check_host(federation, &told.id).await?;
    if !is_for_everyone(&told) {
        return Err(Error::refused("the video is not ready, or not for everyone"));
    }
    let channel = channel(federation, &told).await?;
    let row = row::remote(&told, channel.id);
    let now = Timestamp::now();
    let mut tx = federation.db.begin().await?;
    let upserted = Video::upsert_remote(&mut tx, &row, now).await.map_err(|error| {
        if error.is_conflict() {
            Error::refused("another video has its UUID")
        } else {
            error.into()
        }
    })?;
    let notified = match news(&row, upserted.before, now) {
        Some(kind) => Notification::of_video(&mut tx, upserted.id, kind, now).await?,
        None => Vec::new(),
    };
    tx.commit().await?;
    federation.tell_users(notified);
    if upserted.before != Some((row.state, row.live.is_some())) {
        federation.tell(News::Video { id: upserted.id });
    }
    extras::fetch_aside(federation, upserted.id, &told);
    let video = Video::by_ref(&federation.db, upserted.id).await?;
    video.ok_or_else(|| Error::refused("it was deleted meanwhile"))
}

/// What those who follow the channel are told, given how the video was before: that it is there, or that a live is on air.
fn news(
    now_known: &RemoteVideo,
    before: Option<(VideoState, bool)>,
    now: Timestamp,
) -> Option<NotificationKind> {
    let is_live = now_known.live.is_some();
    if now_known.state != VideoState::Published || before == Some((VideoState::Published, is_live)) {
        return None;
    }
    // What was published long ago and is only now looked up is no news.
    if now.duration_since(now_known.published_at) > FRESH {
        return None;
    }
    Some(if is_live {
        NotificationKind::NewLive
    } else {
        NotificationKind::NewVideo
    })
}

/// Whether a video may be shown at all.
pub(crate) fn is_for_everyone(told: &protocol::Video) -> bool {
    told.is_showable() && told.recipients.audience() != Audience::Private
}

/// The channel of a video is the first Group of the video's own server.
async fn channel(federation: &Federation, told: &protocol::Video) -> Result<Channel, Error> {
    let groups = told
        .attributed_to
        .iter()
        .filter(|named| named.id.is_beside(&told.id))
        .filter(|named| named.kind.is_none_or(|kind| kind == ActorKind::Group));
    for named in groups.take(MAX_ATTRIBUTIONS) {
        let actor = actor::actor(federation, &named.id).await?;
        if let Some(channel) = Channel::by_actor(&federation.db, actor.id).await? {
            return Ok(channel);
        }
    }
    Err(Error::refused("no channel of its server has it"))
}
