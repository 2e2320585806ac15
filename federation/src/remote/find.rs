//! What somebody typed: a handle, the name of a server, or the address of an actor or a video, from wherever it is.

use db::{Actor, Video};

use super::{actor, video};
use crate::protocol::type_of;
use crate::{Error, Federation};

/// The longest text that is looked at.
const MAX_BYTES: usize = 2_000;

#[derive(Debug, Clone)]
pub enum Found {
    Actor(Box<Actor>),
    Video(Box<Video>),
}

/// Whoever or whatever is meant; looked for here first, and where it lives if it is not known.
pub async fn find(federation: &Federation, text: &str) -> Result<Found, Error> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return Err(Error::refused("that is too long for an address"));
    }
    if !text.contains("://") {
        return Ok(Found::Actor(Box::new(actor::resolve(federation, text).await?)));
    }
    if let Some(known) = known(federation, text).await? {
        return Ok(known);
    }
    if federation.site.is_here(text) {
        return Err(Error::refused("nothing here has this address"));
    }
    // The page of something is where people copy addresses from; what it is, its server says.
    let fetched = federation.fetch(text).await?;
    let id = fetched.body.get("id").and_then(serde_json::Value::as_str);
    let id = id.unwrap_or(&fetched.url).to_owned();
    if type_of(&fetched.body) == "Video" {
        Ok(Found::Video(Box::new(video::video(federation, &id).await?)))
    } else {
        Ok(Found::Actor(Box::new(actor::actor(federation, &id).await?)))
    }
}

/// Without asking anyone.
pub async fn known(federation: &Federation, text: &str) -> Result<Option<Found>, Error> {
    if let Some(actor) = actor::local(federation, text).await? {
        return Ok(Some(Found::Actor(Box::new(actor))));
    }
    if let Some(video) = video::local(federation, text).await? {
        return Ok(Some(Found::Video(Box::new(video))));
    }
    if let Some(actor) = Actor::by_url(&federation.db, text).await? {
        return Ok(Some(Found::Actor(Box::new(actor))));
    }
    let video = Video::by_url(&federation.db, text).await?;
    Ok(video.map(|video| Found::Video(Box::new(video))))
}
