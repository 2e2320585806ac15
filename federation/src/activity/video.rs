//! Videos: made, changed and deleted, here and elsewhere.

mod involved;

use db::{Actor, Notification, NotificationKind, Share, Tx, Video, VideoState};
use jiff::Timestamp;
use serde_json::{Value, json};

pub use self::involved::Involved;
pub(crate) use self::involved::forward;
use crate::object::iso;
use crate::protocol::{self, HttpUrl};
use crate::{Error, Federation, Site, context, outbox, remote};

/// The job of the program that tells others of a video; its payload is the number of the video.
pub const FEDERATE_JOB: &str = "federate-video";

/// A video was made or changed. It is told by somebody of its own server: that is whose word counts, whoever it is there.
pub(crate) async fn receive(
    federation: &Federation,
    sender: &Actor,
    told: &protocol::Video,
) -> Result<(), Error> {
    if sender.host.as_deref() != Some(told.id.host().as_str()) {
        return Err(Error::refused("a video is told by its own server"));
    }
    let known = Video::by_url(&federation.db, &told.id).await?;
    // It was fetched since this was sent.
    if known
        .as_ref()
        .is_some_and(|known| known.updated_at > told.updated)
    {
        return Ok(());
    }
    match (remote::video::keep(federation, told.clone()).await, known) {
        (Ok(_), _) => Ok(()),
        // What we had of it must not be shown any longer.
        (Err(Error::Refused(why)), Some(known)) if !remote::video::is_for_everyone(told) => {
            remote::video::remove(federation, &known).await?;
            Err(Error::Refused(why))
        }
        (Err(error), _) => Err(error),
    }
}

/// A video is gone, says the account that owned it (or its channel). `false`: no video of this address is known here.
pub(crate) async fn receive_delete(
    federation: &Federation,
    sender: &Actor,
    url: &HttpUrl,
) -> Result<bool, Error> {
    let Some(video) = Video::by_url(&federation.db, url).await? else {
        return Ok(false);
    };
    if ![video.channel.account.actor.id, video.channel.actor.id].contains(&sender.id) {
        return Err(Error::refused("the video is somebody else's"));
    }
    remote::video::remove(federation, &video).await?;
    Ok(true)
}

/// Tells others of a video here, as it is now: that it is there if they do not know it, else that it changed. `object` is the
/// whole of it. Ring `deliveries` after the commit.
pub async fn tell(
    federation: &Federation,
    tx: &mut Tx,
    video: &Video,
    object: &Value,
    involved: &Involved,
    now: Timestamp,
) -> Result<(), Error> {
    let site = &federation.site;
    let instance = federation.instance_actor().await?;
    let (account, channel) = (&video.channel.account.actor, &video.channel.actor);
    let is_new = Share::record(tx, channel.id, video.id, None, now).await?;
    if !is_new {
        let body = update(video, object, site, now);
        return outbox::write(tx, account.id, &body, &involved.recipients(), now).await;
    }
    if video.state == VideoState::Published && !video.is_live {
        let notified = Notification::of_video(tx, video.id, NotificationKind::NewVideo, now).await?;
        federation.tell_users(notified);
    }
    let followers = outbox::Recipients::new().followers_of(account.id);
    outbox::write(tx, account.id, &create(video, object, site), &followers, now).await?;
    Share::record(tx, instance, video.id, None, now).await?;
    for (actor_id, url) in [
        (instance, site.instance_actor()),
        (channel.id, site.channel(&video.channel)),
    ] {
        let body = announce(video, actor_id, &url, involved, site);
        outbox::write(tx, actor_id, &body, &involved.recipients(), now).await?;
    }
    Ok(())
}

/// Tells others that a video of here is gone, or is not for them any more. In the transaction in which it goes, before it does:
/// whom to tell is known from its rows. Nothing happens if they never heard of it.
pub async fn withdraw(
    federation: &Federation,
    tx: &mut Tx,
    video: &Video,
    involved: &Involved,
    now: Timestamp,
) -> Result<(), Error> {
    if !video.is_local() || !involved.is_known_elsewhere() {
        return Ok(());
    }
    let body = delete(video, involved, &federation.site);
    let recipients = involved.recipients();
    outbox::write(tx, video.channel.account.actor.id, &body, &recipients, now).await?;
    // Public once more, it is a new one to them.
    Share::remove_all(tx, video.id).await?;
    Ok(())
}

pub fn create(video: &Video, object: &Value, site: &Site) -> Value {
    let id = format!("{}/activity", site.video(video));
    carry("Create", &id, video, object, site)
}

pub fn update(video: &Video, object: &Value, site: &Site, now: Timestamp) -> Value {
    let id = format!("{}/updates/{}", site.video(video), iso(now));
    carry("Update", &id, video, object, site)
}

/// Addressed to whom the video is.
fn carry(kind: &str, id: &str, video: &Video, object: &Value, site: &Site) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("@context");
    }
    json!({
        "@context": context::video(),
        "to": object.get("to"),
        "cc": object.get("cc"),
        "type": kind,
        "id": id,
        "actor": site.account(&video.channel.account),
        "object": object,
    })
}

/// That an actor here shares a video. The id is that of the share as well: `announces/ACTOR`.
pub fn announce(video: &Video, actor_id: i64, actor: &str, involved: &Involved, site: &Site) -> Value {
    let url = site.video(video);
    json!({
        "@context": context::plain(),
        "to": involved.everyone(site),
        "cc": [],
        "type": "Announce",
        "id": format!("{url}/announces/{actor_id}"),
        "actor": actor,
        "object": url,
    })
}

fn delete(video: &Video, involved: &Involved, site: &Site) -> Value {
    let url = site.video(video);
    json!({
        "@context": context::plain(),
        "to": involved.everyone(site),
        "cc": [],
        "type": "Delete",
        "id": format!("{url}/delete"),
        "actor": site.account(&video.channel.account),
        "object": url,
    })
}
