//! Actors change, and go.

use db::{Account, Actor, ActorKey, Channel, Job, Page, Tx};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::object::{self, iso};
use crate::outbox::{self, Recipients};
use crate::{Error, Federation, PUBLIC, context, protocol, remote, signature};

/// The job that tells of an actor's change; its payload is the number of the actor.
pub const UPDATE_JOB: &str = "federate-actor";

/// An account may have twenty channels; administrators may allow more.
const MAX_CHANNELS: i64 = 1_000;

/// Somebody describes itself anew; who sends it was compared with whom it describes when it was read.
pub(super) async fn receive_update(
    federation: &Federation,
    sender: &Actor,
    told: &protocol::Actor,
) -> Result<(), Error> {
    if sender.url.as_deref() != Some(told.id.as_str()) {
        return Err(Error::refused("nobody updates others"));
    }
    remote::actor::keep(federation, told.clone()).await?;
    Ok(())
}

/// Somebody leaves, with everything it made.
pub(super) async fn receive_delete(federation: &Federation, sender: &Actor) -> Result<(), Error> {
    remote::actor::remove(federation, sender).await
}

/// Notes in the transaction that changes an actor here that others are to be told. Ring the federation's `jobs` after it.
pub async fn enqueue_update(tx: &mut Tx, actor_id: i64, now: Timestamp) -> Result<(), Error> {
    Ok(Job::enqueue_once(tx, UPDATE_JOB, &actor_id.to_string(), now).await?)
}

/// Does an [`UPDATE_JOB`]: tells those who follow an actor what it is like now, and finishes the job.
pub async fn send_update(federation: &Federation, actor_id: i64, job_id: i64) -> Result<(), Error> {
    let now = Timestamp::now();
    let update = match describe(federation, actor_id).await? {
        // Nobody can know who never showed a key.
        Some(object) if ActorKey::of(&federation.db, actor_id).await?.is_some() => Some(update(&object, now)),
        _ => None,
    };
    let mut tx = federation.db.begin().await?;
    if let Some(update) = update {
        let instance = federation.instance_actor().await?;
        let to = Recipients::new().followers_of(actor_id).followers_of(instance);
        outbox::write(&mut tx, actor_id, &update, &to, now).await?;
    }
    Job::finish(&mut tx, job_id).await?;
    tx.commit().await?;
    federation.deliveries.notify_one();
    Ok(())
}

/// An account, a channel or the server as others read it; `None` for who does not live here.
pub async fn describe(federation: &Federation, actor_id: i64) -> Result<Option<Value>, Error> {
    let (db, site) = (&federation.db, &federation.site);
    let Some(actor) = Actor::by_id(db, actor_id).await?.filter(Actor::is_local) else {
        return Ok(None);
    };
    let pem = federation.keys.public_pem(db, actor_id).await?;
    Ok(Some(
        if let Some(account) = Account::by_actor(db, actor_id).await? {
            object::actor::account(&account, &pem, site)
        } else if let Some(channel) = Channel::by_actor(db, actor_id).await? {
            object::actor::channel(&channel, &pem, site)
        } else {
            object::actor::instance(&actor, &pem, site)
        },
    ))
}

fn update(object: &Value, now: Timestamp) -> Value {
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    json!({
        "@context": context::actor(),
        "type": "Update",
        "id": format!("{id}/updates/{}", iso(now)),
        "actor": id,
        "to": [PUBLIC],
        "cc": [format!("{id}/followers")],
        "object": object,
    })
}

/// That an actor here is no more. Its key goes with it, so this is signed before, and the server passes it on.
#[derive(Debug)]
pub struct Farewell {
    actor_id: i64,
    instance_actor: i64,
    /// `None` if nobody elsewhere can know it.
    body: Option<String>,
}

impl Farewell {
    /// To be made before the transaction that deletes the actor.
    pub async fn of(federation: &Federation, actor: &Actor) -> Result<Self, Error> {
        let mut body = None;
        if ActorKey::of(&federation.db, actor.id).await?.is_some() {
            let signer = federation.signer(actor.id).await?;
            let delete = delete(&signer.url);
            let now = Timestamp::now();
            let signed = tokio::task::spawn_blocking(move || {
                signature::ld::sign(&delete, &signer.url, &signer.key, now)
            });
            let signed = signed.await.map_err(|error| Error::Key(error.to_string()))??;
            body = Some(signed.to_string());
        }
        Ok(Self {
            actor_id: actor.id,
            instance_actor: federation.instance_actor().await?,
            body,
        })
    }

    /// As [`Farewell::of`], of an account and its channels.
    pub async fn of_account(federation: &Federation, account: &Account) -> Result<Vec<Self>, Error> {
        let channels = Channel::list(
            &federation.db,
            Some(account.id),
            None,
            false,
            Page::first(MAX_CHANNELS),
        )
        .await?;
        let mut farewells = vec![Self::of(federation, &account.actor).await?];
        for channel in channels.data {
            farewells.push(Self::of(federation, &channel.actor).await?);
        }
        Ok(farewells)
    }

    /// In the transaction that deletes the actor, before it does: those who follow it are told. Ring `deliveries` after it.
    pub async fn write(&self, tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
        let Some(body) = &self.body else {
            return Ok(());
        };
        let to = Recipients::new()
            .followers_of(self.actor_id)
            .followers_of(self.instance_actor);
        outbox::forward(tx, self.instance_actor, body, &to, now).await
    }
}

fn delete(actor: &str) -> Value {
    json!({
        "@context": context::plain(),
        "type": "Delete",
        "id": format!("{actor}/delete"),
        "actor": actor,
        "object": actor,
        "to": [PUBLIC],
        "cc": [format!("{actor}/followers")],
    })
}
