//! What an actor says of itself, and whether it may.

use db::{Account, Actor, ActorKind, Blocklist, RemoteActor};
use jiff::Timestamp;

use super::{NO_SUCH, counts};
use crate::key::PublicKey;
use crate::protocol::{self, HttpUrl};
use crate::{Error, Federation};

/// Owners of a Group that are looked at. A channel has one; communities of Lemmy list their moderators.
const MAX_OWNERS: usize = 3;
/// As wide as they are shown on a sharp screen.
const AVATAR_PX: u32 = 120;
const BANNER_PX: u32 = 1_920;

/// A checked description of an actor.
pub(super) struct Told {
    actor: protocol::Actor,
    /// Of a channel: the person it belongs to.
    owner: Option<Owner>,
}

enum Owner {
    /// The number of the account.
    Known(i64),
    New(Box<protocol::Actor>),
}

impl Told {
    pub(super) async fn fetch(federation: &Federation, url: &str) -> Result<Self, Error> {
        let actor = description(federation, url).await?;
        Self::check(federation, actor).await
    }

    pub(super) async fn check(federation: &Federation, actor: protocol::Actor) -> Result<Self, Error> {
        let owner = match actor.kind {
            ActorKind::Group => Some(owner(federation, &actor).await?),
            _ => None,
        };
        PublicKey::from_pem(&actor.public_key.pem).map_err(|_| Error::refused("its key cannot be read"))?;
        Ok(Self { actor, owner })
    }

    pub(super) async fn keep(self, federation: &Federation) -> Result<Actor, Error> {
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
            Some(Owner::Known(account_id)) => Some(account_id),
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
        let actor = Actor::by_id(&federation.db, id).await?;
        let actor = actor.ok_or_else(|| Error::refused("it was deleted meanwhile"))?;
        counts::ask(federation, &actor, &self.actor);
        Ok(actor)
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
                return Ok(Owner::Known(account.id));
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
