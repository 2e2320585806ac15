//! What an actor did before it was followed: read from its outbox, as PeerTube does after an Accept.

use std::collections::HashSet;

use db::{Actor, Blocklist, Job};
use jiff::Timestamp;

use crate::protocol::{Activity, Collection, First, HttpUrl, Item, Kind, Object};
use crate::{Error, Federation};

/// The job that reads an outbox; its payload is the number of the actor.
pub const CRAWL_JOB: &str = "crawl-outbox";
/// PeerTube reads up to 2,000 pages of ten. The newest hundreds are what people look for; older ones come as they are asked for.
const MAX_PAGES: usize = 20;
const MAX_VIDEOS: usize = 200;

/// Does a [`CRAWL_JOB`]: the addresses of videos that an actor published or announced, newest first. The caller looks them up, and
/// finishes the job then.
pub async fn crawl(federation: &Federation, actor_id: i64) -> Result<Vec<String>, Error> {
    let Some(actor) = Actor::by_id(&federation.db, actor_id).await? else {
        return Ok(Vec::new());
    };
    let (Some(outbox), Some(url)) = (Actor::outbox(&federation.db, actor_id).await?, actor.url) else {
        return Ok(Vec::new());
    };
    if Blocklist::has_actor(&federation.db, actor_id).await? {
        return Ok(Vec::new());
    }
    let rules = federation.rules();
    let outbox = HttpUrl::parse(&outbox, "outbox", rules)?;
    let mut pages = HashSet::new();
    let mut found = Vec::new();
    let mut next = Some(outbox.clone());
    while let Some(page) = next.take() {
        // Pages of another server could say anything; a page twice is a circle.
        if !page.is_beside(&outbox) || pages.len() >= MAX_PAGES || !pages.insert(page.to_string()) {
            break;
        }
        let fetched = federation.fetch(&page).await?;
        let mut collection = Collection::parse(&fetched.body, rules)?;
        if let Some(First::Page(first)) = collection.first {
            collection = *first;
        } else if let Some(First::Id(first)) = collection.first {
            next = Some(first);
        }
        for item in &collection.items {
            let video = video(item, &url, federation);
            if let Some(video) = video.filter(|video| !found.contains(video)) {
                found.push(video);
            }
        }
        if found.len() >= MAX_VIDEOS {
            break;
        }
        next = next.or(collection.next);
    }
    found.truncate(MAX_VIDEOS);
    Ok(found)
}

/// The video that an item creates or announces. Nothing else of it is believed: nobody signed it.
fn video(item: &Item, actor: &str, federation: &Federation) -> Option<String> {
    let Item::Embedded(value) = item else {
        return None;
    };
    let activity = Activity::parse(value, federation.rules()).ok()?;
    if activity.actor != actor {
        return None;
    }
    match activity.kind {
        Kind::Create(Object::Video(video)) => Some(video.id.into_string()),
        Kind::Announce {
            object,
            activity: None,
        } => Some(object.into_string()),
        _ => None,
    }
}

/// Finishes a [`CRAWL_JOB`].
pub async fn finish(federation: &Federation, job_id: i64) -> Result<(), Error> {
    let mut tx = federation.db.begin().await?;
    Job::finish(&mut tx, job_id).await?;
    tx.commit().await?;
    Ok(())
}

/// Notes that the outbox of an actor is to be read again.
pub async fn enqueue(tx: &mut db::Tx, actor_id: i64, now: Timestamp) -> Result<(), Error> {
    Ok(Job::enqueue_once(tx, CRAWL_JOB, &actor_id.to_string(), now).await?)
}
