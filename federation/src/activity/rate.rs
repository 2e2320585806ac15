//! Likes and dislikes. The server of a video counts them; how many there are it tells with the video.

use db::{Account, Actor, Job, Privacy, Rate, Rating, Video};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::video::FEDERATE_JOB;
use crate::outbox::{self, Recipients};
use crate::protocol::HttpUrl;
use crate::{Error, Federation, PUBLIC, Site, context, remote};

/// What somebody here thinks of a video from now on; `None` takes it back.
pub async fn rate(
    federation: &Federation,
    account: &Account,
    video: &Video,
    rating: Option<Rating>,
) -> Result<(), Error> {
    let (site, now) = (&federation.site, Timestamp::now());
    let mut tx = federation.db.begin().await?;
    let before = Rate::set(&mut tx, (account.id, video.id), rating, None, now).await?;
    if before == rating {
        return Ok(());
    }
    if video.is_local() {
        Job::enqueue_once(&mut tx, FEDERATE_JOB, &video.id.to_string(), now).await?;
    } else {
        let origin = &video.channel.account.actor;
        let to = Recipients::new().shared_inbox_of(origin);
        let undone = before.map(|before| undo(account, video, before, site));
        let done = rating.map(|rating| addressed(account, video, rating, site));
        for body in undone.into_iter().chain(done) {
            outbox::write(&mut tx, account.actor.id, &body, &to, now).await?;
        }
    }
    tx.commit().await?;
    federation.jobs.notify_one();
    federation.deliveries.notify_one();
    Ok(())
}

/// `Like` or `Dislike`, of a video of here; others are counted where they are from.
pub(super) async fn receive(
    federation: &Federation,
    sender: &Actor,
    id: &HttpUrl,
    object: &HttpUrl,
    rating: Rating,
) -> Result<(), Error> {
    let Some((account, video)) = rated(federation, sender, object).await? else {
        return Ok(());
    };
    let owner = &video.channel.account.actor;
    if db::Blocklist::has_between(&federation.db, owner.id, sender.id).await? {
        return Err(Error::refused("whose video it is does not want to hear of it"));
    }
    keep(federation, &account, &video, Some(rating), Some(id)).await
}

/// `Undo` of it. What was undone already, or changed since, stays as it is.
pub(super) async fn receive_undo(
    federation: &Federation,
    sender: &Actor,
    object: &HttpUrl,
    rating: Rating,
) -> Result<(), Error> {
    let Some((account, video)) = rated(federation, sender, object).await? else {
        return Ok(());
    };
    if Rate::of(&federation.db, account.id, video.id).await? != Some(rating) {
        return Ok(());
    }
    keep(federation, &account, &video, None, None).await
}

/// Only accounts rate, and only what others may see.
async fn rated(
    federation: &Federation,
    sender: &Actor,
    object: &HttpUrl,
) -> Result<Option<(Account, Video)>, Error> {
    let video = remote::video::local(federation, object).await?;
    let is_open = |video: &Video| matches!(video.privacy, Privacy::Public | Privacy::Unlisted);
    let Some(video) = video.filter(is_open) else {
        return Ok(None);
    };
    let account = Account::by_actor(&federation.db, sender.id).await?;
    Ok(account.map(|account| (account, video)))
}

async fn keep(
    federation: &Federation,
    account: &Account,
    video: &Video,
    rating: Option<Rating>,
    id: Option<&HttpUrl>,
) -> Result<(), Error> {
    let now = Timestamp::now();
    let mut tx = federation.db.begin().await?;
    let url = id.map(HttpUrl::as_str);
    let before = Rate::set(&mut tx, (account.id, video.id), rating, url, now).await?;
    if before != rating {
        Job::enqueue_once(&mut tx, FEDERATE_JOB, &video.id.to_string(), now).await?;
    }
    tx.commit().await?;
    federation.jobs.notify_one();
    Ok(())
}

/// The address of what an account here thinks of a video, the number of which ends it.
pub fn id(account: &Actor, video_id: i64, rating: Rating, site: &Site) -> String {
    let folder = match rating {
        Rating::Like => "likes",
        Rating::Dislike => "dislikes",
    };
    format!("{}/{folder}/{video_id}", site.actor(account))
}

/// The Like or Dislike as its address tells it.
pub fn object(account: &Account, video: &Video, rating: Rating, site: &Site) -> Value {
    let mut object = bare(account, video, rating, site);
    if let Some(fields) = object.as_object_mut() {
        fields.insert("@context".to_owned(), context::plain());
    }
    object
}

fn bare(account: &Account, video: &Video, rating: Rating, site: &Site) -> Value {
    let actor = site.account(account);
    json!({
        "to": [PUBLIC],
        "cc": [format!("{actor}/followers")],
        "id": id(&account.actor, video.id, rating, site),
        "type": match rating {
            Rating::Like => "Like",
            Rating::Dislike => "Dislike",
        },
        "actor": actor,
        "object": site.video(video),
    })
}

/// As it is sent: to whose video it is.
fn addressed(account: &Account, video: &Video, rating: Rating, site: &Site) -> Value {
    let mut object = object(account, video, rating, site);
    if let Some(fields) = object.as_object_mut() {
        fields.insert("to".to_owned(), json!([site.account(&video.channel.account)]));
        fields.insert("cc".to_owned(), json!([]));
    }
    object
}

fn undo(account: &Account, video: &Video, rating: Rating, site: &Site) -> Value {
    json!({
        "@context": context::plain(),
        "to": [site.account(&video.channel.account)],
        "cc": [],
        "type": "Undo",
        "id": format!("{}/undo", id(&account.actor, video.id, rating, site)),
        "actor": site.account(account),
        "object": bare(account, video, rating, site),
    })
}
