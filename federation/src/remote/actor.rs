//! Actors of other servers: found by address or handle, fetched, and fetched again when what is known is old.

mod counts;
mod told;

use std::time::Instant;

use db::{Actor, ActorKind, Handle};
use jiff::{SignedDuration, Timestamp};

use self::told::Told;
use crate::protocol::{self, HttpUrl};
use crate::{Error, Federation, INSTANCE_ACTOR};

/// As PeerTube: what is older is asked for again when it is next needed.
const FRESH: SignedDuration = SignedDuration::from_hours(48);
/// As in the descriptions of actors.
const MAX_NAME_BYTES: usize = 120;
const NO_SUCH: &str = "nobody here has this address";

/// The actor with this id: who lives here, who is known, or who is fetched now.
pub async fn actor(federation: &Federation, url: &str) -> Result<Actor, Error> {
    if federation.site.is_here(url) {
        let local = local(federation, url).await?;
        return local.ok_or_else(|| Error::refused(NO_SUCH));
    }
    match Actor::by_url(&federation.db, url).await? {
        Some(actor) => {
            refresh_if_old(federation, &actor);
            Ok(actor)
        }
        None => fetch(federation, url).await,
    }
}

/// Who lives here at this address.
pub async fn local(federation: &Federation, url: &str) -> Result<Option<Actor>, Error> {
    let Some(path) = url.strip_prefix(&federation.site.url) else {
        return Ok(None);
    };
    let (is_group, name) = match path.trim_start_matches('/').split_once('/') {
        Some(("accounts" | "account" | "a", name)) => (false, name),
        Some(("video-channels" | "c", name)) => (true, name),
        _ => return Ok(None),
    };
    let actor = Actor::by_handle(&federation.db, &Handle::local(name)).await?;
    Ok(actor.filter(|actor| (actor.kind == ActorKind::Group) == is_group))
}

/// Whoever is meant by `name@host` (with or without `@` or `acct:` in front), a server's name, or an address.
pub async fn resolve(federation: &Federation, text: &str) -> Result<Actor, Error> {
    let text = text.trim();
    if text.contains("://") {
        return actor(federation, text).await;
    }
    let handle = text.strip_prefix("acct:").unwrap_or(text).trim_start_matches('@');
    match handle.split_once('@') {
        Some((name, host)) => by_handle(federation, name, host).await,
        None => instance(federation, handle).await,
    }
}

/// Whoever is known there by this name, or else found by WebFinger.
pub async fn by_handle(federation: &Federation, name: &str, host: &str) -> Result<Actor, Error> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(is_name) {
        return Err(Error::refused("that is nobody's name"));
    }
    let origin = origin(federation, host)?;
    let handle = Handle::parse(&format!("{name}@{host}"), &federation.site.host);
    if let Some(actor) = Actor::by_handle(&federation.db, &handle).await? {
        refresh_if_old(federation, &actor);
        return Ok(actor);
    }
    if handle.host.is_none() {
        return Err(Error::refused("nobody here has this name"));
    }
    let url = format!("{origin}/.well-known/webfinger?resource=acct:{name}@{host}");
    let found = federation.client.get_json(&url).await?;
    let url = protocol::webfinger::actor(&found.body, federation.rules())?;
    actor(federation, &url).await
}

/// The page of a server from which people there follow `whom`. `handle` is somebody there, or the name of the server alone.
pub async fn subscribe_page(federation: &Federation, handle: &str, whom: &str) -> Result<HttpUrl, Error> {
    let handle = handle.trim().trim_start_matches('@');
    let (name, host) = handle.split_once('@').unwrap_or((INSTANCE_ACTOR, handle));
    let origin = origin(federation, host)?;
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let url = format!("{origin}/.well-known/webfinger?resource=acct:{name}@{host}");
    let found = federation.client.get_json(&url).await?;
    Ok(protocol::webfinger::subscribe(
        &found.body,
        whom,
        federation.rules(),
    )?)
}

/// The actor that stands for a server: the one its NodeInfo names, or else the one PeerTube's are called.
pub async fn instance(federation: &Federation, host: &str) -> Result<Actor, Error> {
    let origin = origin(federation, host)?;
    let nodeinfo = federation
        .client
        .get_json(&format!("{origin}/.well-known/nodeinfo"))
        .await;
    let application = nodeinfo
        .ok()
        .and_then(|found| protocol::nodeinfo::links(&found.body, federation.rules()).ok())
        .and_then(|links| links.application)
        .filter(|url| url.host().eq_ignore_ascii_case(host));
    match application {
        Some(url) => actor(federation, &url).await,
        None => by_handle(federation, INSTANCE_ACTOR, host).await,
    }
}

/// `https://host`, if that is the name of a host and nothing more.
fn origin(federation: &Federation, host: &str) -> Result<String, Error> {
    let scheme = if federation.rules().allow_http {
        "http"
    } else {
        "https"
    };
    let origin = format!("{scheme}://{host}");
    let no_server = || Error::refused("that is no name of a server");
    let url = HttpUrl::parse(&origin, "host", federation.rules()).map_err(|_| no_server())?;
    if url.host().eq_ignore_ascii_case(host) {
        Ok(origin)
    } else {
        Err(no_server())
    }
}

/// Asks for someone new. Those who ask for the same one at the same time wait for one answer.
async fn fetch(federation: &Federation, url: &str) -> Result<Actor, Error> {
    let _alone = federation.lookups.alone(url).await;
    if let Some(actor) = Actor::by_url(&federation.db, url).await? {
        return Ok(actor);
    }
    if federation.lookups.asked_lately(url, Instant::now()) {
        return Err(Error::Unfinished(
            "it was asked for a moment ago, in vain".to_owned(),
        ));
    }
    let actor = Told::fetch(federation, url).await?.keep(federation).await?;
    federation.lookups.succeeded(url);
    Ok(actor)
}

/// Asks again. `None`: it is gone, and so is what was known of it.
pub async fn refresh(federation: &Federation, actor: &Actor) -> Result<Option<Actor>, Error> {
    let Some(url) = &actor.url else {
        return Ok(Some(actor.clone()));
    };
    let _alone = federation.lookups.alone(url).await;
    let told = match Told::fetch(federation, url).await {
        Ok(told) => told.keep(federation).await,
        Err(error) => Err(error),
    };
    match told {
        Ok(actor) => Ok(Some(actor)),
        Err(error) if error.is_gone() => {
            remove(federation, actor).await?;
            Ok(None)
        }
        Err(error) => {
            let mut tx = federation.db.begin().await?;
            Actor::put_off_refresh(&mut tx, actor.id, Timestamp::now()).await?;
            tx.commit().await?;
            Err(error)
        }
    }
}

/// Once in a while, however often signatures do not fit: the actor as it is now, `None` when it is not time or it is gone.
pub(crate) async fn refresh_key(federation: &Federation, actor: &Actor) -> Result<Option<Actor>, Error> {
    if refreshed_lately(federation, "key", actor.id) {
        return Ok(None);
    }
    refresh(federation, actor).await
}

fn refreshed_lately(federation: &Federation, what: &str, id: i64) -> bool {
    federation
        .lookups
        .refreshed_lately(&format!("{what} {id}"), Instant::now())
}

/// On the side, if there is a place.
pub(crate) fn refresh_if_old(federation: &Federation, actor: &Actor) {
    let is_fresh = |at: Timestamp| Timestamp::now().duration_since(at) < FRESH;
    if actor.is_local()
        || actor.refreshed_at.is_some_and(is_fresh)
        || refreshed_lately(federation, "actor", actor.id)
    {
        return;
    }
    if let Some(place) = federation.lookups.refresh() {
        let (federation, actor) = (federation.clone(), actor.clone());
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = refresh(&federation, &actor).await {
                tracing::debug!(actor = actor.url, %error, "cannot refresh an actor");
            }
        });
    }
}

/// Forgets an actor of another server and everything it owns.
pub(crate) async fn remove(federation: &Federation, actor: &Actor) -> Result<(), Error> {
    let mut tx = federation.db.begin().await?;
    Actor::delete_remote(&mut tx, actor.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps what an actor says of itself, signed or fetched: `told` is its own description.
pub(crate) async fn keep(federation: &Federation, told: protocol::Actor) -> Result<Actor, Error> {
    Told::check(federation, told).await?.keep(federation).await
}
