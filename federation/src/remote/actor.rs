//! Actors of other servers: found by address or handle, fetched, checked, and fetched again when what is known is old.

use std::time::Instant;

use db::{Account, Actor, ActorKind, Blocklist, Handle, RemoteActor};
use jiff::{SignedDuration, Timestamp};

use crate::key::PublicKey;
use crate::protocol::{self, Collection, HttpUrl};
use crate::{Error, Federation, INSTANCE_ACTOR};

/// As PeerTube: what is older is asked for again when it is next needed.
const FRESH: SignedDuration = SignedDuration::from_hours(48);
/// Owners of a Group that are looked at. A channel has one; communities of Lemmy list their moderators.
const MAX_OWNERS: usize = 3;
/// As in the descriptions of actors.
const MAX_NAME_BYTES: usize = 120;
/// As wide as they are shown on a sharp screen.
const AVATAR_PX: u32 = 120;
const BANNER_PX: u32 = 1_920;
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
    let url = HttpUrl::parse(&origin, "host", federation.rules())?;
    if url.host().eq_ignore_ascii_case(host) {
        Ok(origin)
    } else {
        Err(Error::refused("that is no name of a server"))
    }
}

/// Asks for someone new. Those who ask for the same one at the same time wait for one answer.
async fn fetch(federation: &Federation, url: &str) -> Result<Actor, Error> {
    let _alone = federation.lookups.alone(url).await;
    if let Some(actor) = Actor::by_url(&federation.db, url).await? {
        return Ok(actor);
    }
    if federation.lookups.asked_lately(url, Instant::now()) {
        return Err(Error::refused("it was asked for a moment ago, in vain"));
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
    let what = format!("key {}", actor.id);
    if federation.lookups.asked_lately(&what, Instant::now()) {
        return Ok(None);
    }
    refresh(federation, actor).await
}

/// On the side, if there is a place.
fn refresh_if_old(federation: &Federation, actor: &Actor) {
    let is_fresh = |at: Timestamp| Timestamp::now().duration_since(at) < FRESH;
    if actor.is_local() || actor.refreshed_at.is_some_and(is_fresh) {
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

/// A checked description of an actor.
struct Told {
    actor: protocol::Actor,
    /// Of a channel: the person it belongs to.
    owner: Option<Owner>,
}

enum Owner {
    Known(Account),
    New(Box<protocol::Actor>),
}

impl Told {
    async fn fetch(federation: &Federation, url: &str) -> Result<Self, Error> {
        let actor = description(federation, url).await?;
        Self::check(federation, actor).await
    }

    async fn check(federation: &Federation, actor: protocol::Actor) -> Result<Self, Error> {
        let owner = match actor.kind {
            ActorKind::Group => Some(owner(federation, &actor).await?),
            _ => None,
        };
        PublicKey::from_pem(&actor.public_key.pem).map_err(|_| Error::refused("its key cannot be read"))?;
        Ok(Self { actor, owner })
    }

    async fn keep(self, federation: &Federation) -> Result<Actor, Error> {
        let known = Actor::by_url(&federation.db, &self.actor.id).await?;
        let is_group = self.actor.kind == ActorKind::Group;
        if known.is_some_and(|known| (known.kind == ActorKind::Group) != is_group) {
            return Err(Error::refused(
                "people do not become channels, nor the other way round",
            ));
        }
        let now = Timestamp::now();
        let mut tx = federation.db.begin().await?;
        let owner = match self.owner {
            Some(Owner::Known(account)) => Some(account.id),
            Some(Owner::New(person)) => Some(save_person(&mut tx, &person, now).await?),
            None => None,
        };
        let id = remote(&self.actor)
            .save(&mut tx, owner, now)
            .await
            .map_err(|error| {
                if error.is_conflict() {
                    Error::refused("another actor of its server has its name")
                } else {
                    error.into()
                }
            })?;
        tx.commit().await?;
        count(federation, id, &self.actor);
        let actor = Actor::by_id(&federation.db, id).await?;
        actor.ok_or_else(|| Error::refused("it was deleted meanwhile"))
    }
}

async fn save_person(tx: &mut db::Tx, person: &protocol::Actor, now: Timestamp) -> Result<i64, Error> {
    let actor_id = remote(person).save(tx, None, now).await?;
    Ok(Account::id_of_actor(tx, actor_id).await?)
}

/// What an actor says of itself at its own address. A document that is found elsewhere may name an id; it proves nothing.
async fn description(federation: &Federation, url: &str) -> Result<protocol::Actor, Error> {
    let mut url = HttpUrl::parse(url, "id", federation.rules())?;
    // The second time, the id was taken from the first answer.
    for _ in 0..2 {
        check_host(federation, &url).await?;
        let fetched = federation.fetch(&url).await?;
        let actor = protocol::Actor::parse(&fetched.body, federation.rules())?;
        if protocol::host(&fetched.url).as_deref() != Some(actor.id.host().as_str()) {
            return Err(Error::refused(
                "its id is of another server than the one that told it",
            ));
        }
        if fetched.url == actor.id.as_str() || url == actor.id {
            check_host(federation, &actor.id).await?;
            return Ok(actor);
        }
        url = actor.id;
    }
    Err(Error::refused("its id leads to an actor with another id"))
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

/// A channel belongs to a person of its own server: the first that is one.
async fn owner(federation: &Federation, group: &protocol::Actor) -> Result<Owner, Error> {
    let beside = group.owners.iter().filter(|owner| owner.is_beside(&group.id));
    for url in beside.take(MAX_OWNERS) {
        if let Some(actor) = Actor::by_url(&federation.db, url).await? {
            if let Some(account) = Account::by_actor(&federation.db, actor.id).await?
                && actor.kind == ActorKind::Person
            {
                return Ok(Owner::Known(account));
            }
            continue;
        }
        match description(federation, url).await {
            Ok(person) if person.kind == ActorKind::Person && person.id.is_beside(&group.id) => {
                PublicKey::from_pem(&person.public_key.pem)
                    .map_err(|_| Error::refused("the key of its owner cannot be read"))?;
                return Ok(Owner::New(Box::new(person)));
            }
            Ok(_) => {}
            Err(error) if error.is_temporary() => return Err(error),
            Err(error) => tracing::debug!(%url, %error, "no owner of a channel"),
        }
    }
    Err(Error::refused("no person of its server owns the channel"))
}

fn remote(actor: &protocol::Actor) -> RemoteActor {
    let text = |url: &Option<HttpUrl>| url.as_ref().map(ToString::to_string);
    RemoteActor {
        url: actor.id.to_string(),
        host: actor.id.host(),
        kind: actor.kind,
        name: actor.name.clone(),
        display_name: actor.display_name.clone(),
        description: actor.summary.clone(),
        inbox: actor.inbox.to_string(),
        // Else one server could have us flood another one.
        shared_inbox: text(
            &actor
                .shared_inbox
                .clone()
                .filter(|url| url.is_beside(&actor.inbox)),
        ),
        outbox: text(&actor.outbox.clone().filter(|url| url.is_beside(&actor.id))),
        followers_url: text(&actor.followers),
        public_pem: actor.public_key.pem.clone(),
        icon_url: picture(&actor.avatars, AVATAR_PX),
        banner_url: picture(&actor.banners, BANNER_PX),
        published: actor.published,
        support: actor.support.clone(),
    }
}

/// The smallest that fills its place, or else the largest.
fn picture(images: &[protocol::Image], place: u32) -> Option<String> {
    let width = |image: &&protocol::Image| image.width.unwrap_or_default();
    let filling = images.iter().filter(|image| width(image) >= place);
    let best = filling
        .min_by_key(width)
        .or_else(|| images.iter().max_by_key(width));
    best.map(|image| image.url.to_string())
}

/// Asks on the side how many follow and are followed. It is only shown: that it cannot be told is nobody's problem.
fn count(federation: &Federation, id: i64, actor: &protocol::Actor) {
    let Some(place) = federation.lookups.refresh() else {
        return;
    };
    let federation = federation.clone();
    let [followers, following] = [&actor.followers, &actor.following].map(|url| {
        url.as_ref()
            .filter(|url| url.is_beside(&actor.id))
            .map(ToString::to_string)
    });
    tokio::spawn(async move {
        let _place = place;
        let followers = total(&federation, followers).await;
        let following = total(&federation, following).await;
        if let Err(error) = keep_counts(&federation, id, followers, following).await {
            tracing::debug!(id, %error, "cannot keep the counts of an actor");
        }
    });
}

async fn total(federation: &Federation, url: Option<String>) -> Option<i64> {
    let fetched = federation.fetch(&url?).await.ok()?;
    Collection::parse(&fetched.body, federation.rules())
        .ok()?
        .total_items
}

async fn keep_counts(
    federation: &Federation,
    id: i64,
    followers: Option<i64>,
    following: Option<i64>,
) -> Result<(), Error> {
    if followers.is_none() && following.is_none() {
        return Ok(());
    }
    let mut tx = federation.db.begin().await?;
    Actor::set_told_counts(&mut tx, id, followers, following).await?;
    tx.commit().await?;
    Ok(())
}
