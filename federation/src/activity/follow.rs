//! Following: people, channels and servers.
//!
//! `Follow` goes to the target's own inbox and `Accept` or `Reject` to the follower's: PeerTube takes neither at a shared one. All
//! who are not blocked may follow people and channels; who may follow the server is a setting.

mod receive;

use db::{Actor, ActorKind, Blocklist, Follow, FollowState, Notification, Tx};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) use self::receive::{receive, receive_accept, receive_reject, receive_undo, receive_undo_by_id};
use crate::object::iso;
use crate::outbox::{self, Recipients};
use crate::{Error, Federation, Site, context, remote};

/// Follows whoever is meant by `target`: a handle, the name of a server, or an address. Who lives here accepts at once; of others
/// the answer is waited for.
pub async fn follow(federation: &Federation, follower: &Actor, target: &str) -> Result<Follow, Error> {
    let target = remote::actor::resolve(federation, target).await?;
    follow_actor(federation, follower, &target).await
}

/// As [`follow`], of somebody known.
pub async fn follow_actor(
    federation: &Federation,
    follower: &Actor,
    target: &Actor,
) -> Result<Follow, Error> {
    if !follower.is_local() {
        return Err(Error::refused("who lives elsewhere follows from there"));
    }
    if follower.id == target.id {
        return Err(Error::refused("nobody follows itself"));
    }
    if target.is_local() && target.kind == ActorKind::Application {
        return Err(Error::refused("who lives here need not follow this server"));
    }
    if Blocklist::has_actor(&federation.db, target.id).await? {
        return Err(Error::refused("the account or its server is blocked"));
    }
    let before = Follow::between(&federation.db, follower.id, target.id).await?;
    let id = match before {
        Some(before) if before.state == FollowState::Accepted => before.id,
        _ => {
            let now = Timestamp::now();
            let state = if target.is_local() {
                FollowState::Accepted
            } else {
                FollowState::Pending
            };
            let mut tx = federation.db.begin().await?;
            let id = Follow::put(&mut tx, (follower.id, target.id), state, None, now).await?;
            if !target.is_local() {
                let mut body = object(
                    &federation.site,
                    follower,
                    target,
                    &local_id(&federation.site, follower, id),
                );
                if let Some(fields) = body.as_object_mut() {
                    fields.insert("@context".to_owned(), context::plain());
                }
                let to = Recipients::new().inbox_of(target);
                outbox::write(&mut tx, follower.id, &body, &to, now).await?;
            }
            let notified = Notification::of_follow(&mut tx, id, now).await?;
            tx.commit().await?;
            federation.deliveries.notify_one();
            federation.tell_users(notified);
            id
        }
    };
    let follow = Follow::by_id(&federation.db, id).await?;
    follow.ok_or_else(|| Error::refused("it was undone meanwhile"))
}

/// Ends a follow of somebody here.
pub async fn unfollow(federation: &Federation, follow: &Follow) -> Result<(), Error> {
    let (site, now) = (&federation.site, Timestamp::now());
    let mut tx = federation.db.begin().await?;
    let was_there = Follow::delete(&mut tx, follow.id).await?;
    if was_there && follow.follower.is_local() && !follow.target.is_local() {
        let id = id_of(site, follow);
        let undo = json!({
            "@context": context::plain(),
            "type": "Undo",
            "id": format!("{id}/undo"),
            "actor": site.actor(&follow.follower),
            "object": object(site, &follow.follower, &follow.target, &id),
        });
        let to = Recipients::new().inbox_of(&follow.target);
        outbox::write(&mut tx, follow.follower.id, &undo, &to, now).await?;
    }
    tx.commit().await?;
    federation.deliveries.notify_one();
    Ok(())
}

/// Lets somebody follow who asked to, or was rejected before.
pub async fn accept_follower(federation: &Federation, follow: &Follow) -> Result<(), Error> {
    decide(federation, follow, FollowState::Accepted).await
}

/// Somebody may not follow, and is told so again when it asks again.
pub async fn reject_follower(federation: &Federation, follow: &Follow) -> Result<(), Error> {
    decide(federation, follow, FollowState::Rejected).await
}

async fn decide(federation: &Federation, follow: &Follow, state: FollowState) -> Result<(), Error> {
    let now = Timestamp::now();
    let mut tx = federation.db.begin().await?;
    if Follow::set_state(&mut tx, follow.id, state, now).await? && !follow.follower.is_local() {
        answer(federation, &mut tx, follow, state == FollowState::Accepted, now).await?;
    }
    tx.commit().await?;
    federation.deliveries.notify_one();
    Ok(())
}

/// Somebody does not follow any more, but may ask again.
pub async fn remove_follower(federation: &Federation, follow: &Follow) -> Result<(), Error> {
    let now = Timestamp::now();
    let mut tx = federation.db.begin().await?;
    if Follow::delete(&mut tx, follow.id).await? && !follow.follower.is_local() {
        answer(federation, &mut tx, follow, false, now).await?;
    }
    tx.commit().await?;
    federation.deliveries.notify_one();
    Ok(())
}

/// The `Accept` or `Reject` of who is followed here.
async fn answer(
    federation: &Federation,
    tx: &mut Tx,
    follow: &Follow,
    accepted: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let site = &federation.site;
    let (kind, id) = if accepted {
        ("Accept", format!("{}/accepts/follows/{}", site.url, follow.id))
    } else {
        ("Reject", format!("{}/rejects/follows/{}", site.url, iso(now)))
    };
    let body = json!({
        "@context": context::plain(),
        "type": kind,
        "id": id,
        "actor": site.actor(&follow.target),
        "object": object(site, &follow.follower, &follow.target, &id_of(site, follow)),
    });
    let to = Recipients::new().inbox_of(&follow.follower);
    outbox::write(tx, follow.target.id, &body, &to, now).await
}

fn id_of(site: &Site, follow: &Follow) -> String {
    let url = follow.url.clone();
    url.unwrap_or_else(|| local_id(site, &follow.follower, follow.id))
}

fn local_id(site: &Site, follower: &Actor, id: i64) -> String {
    format!("{}/follows/{id}", site.actor(follower))
}

fn object(site: &Site, follower: &Actor, target: &Actor, id: &str) -> Value {
    json!({
        "type": "Follow",
        "id": id,
        "actor": site.actor(follower),
        "object": site.actor(target),
    })
}
