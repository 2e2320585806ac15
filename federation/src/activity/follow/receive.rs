//! Somebody elsewhere wants to follow, does not any more, or answers.

use db::{Actor, ActorKind, Blocklist, Follow, FollowState, Job, Notification};
use jiff::Timestamp;

use super::{answer, follow_actor};
use crate::protocol::{FollowRef, HttpUrl};
use crate::remote::outbox::CRAWL_JOB;
use crate::{Error, Federation, Followers, INSTANCE_ACTOR, remote};

/// `Follow`, with its id.
pub(in crate::activity) async fn receive(
    federation: &Federation,
    sender: &Actor,
    id: &HttpUrl,
    target: &HttpUrl,
) -> Result<(), Error> {
    let target = here(federation, target).await?;
    let before = Follow::between(&federation.db, sender.id, target.id).await?;
    let is_blocked = Blocklist::has_actor(&federation.db, sender.id).await?
        || Blocklist::has_between(&federation.db, target.id, sender.id).await?;
    let is_instance = target.kind == ActorKind::Application;
    let policy = federation.follow_policy();
    let state = match (before.map(|before| before.state), policy.followers) {
        // Once rejected, always rejected: until somebody here accepts.
        (Some(FollowState::Rejected), _) => Some(FollowState::Rejected),
        _ if is_blocked => None,
        (Some(FollowState::Accepted), _) => Some(FollowState::Accepted),
        (_, Followers::Nobody) if is_instance => None,
        (_, Followers::Manual) if is_instance => Some(FollowState::Pending),
        _ => Some(FollowState::Accepted),
    };
    put(federation, sender, &target, id, state).await?;
    if is_instance && state == Some(FollowState::Accepted) && policy.follow_back {
        follow_back(federation, sender, &target).await?;
    }
    Ok(())
}

/// Keeps a follow in this state (`None`: it is not kept) and answers, unless somebody has to decide first.
async fn put(
    federation: &Federation,
    follower: &Actor,
    target: &Actor,
    url: &HttpUrl,
    state: Option<FollowState>,
) -> Result<(), Error> {
    let now = Timestamp::now();
    let mut tx = federation.db.begin().await?;
    let pair = (follower.id, target.id);
    let id = Follow::put(
        &mut tx,
        pair,
        state.unwrap_or(FollowState::Rejected),
        Some(url),
        now,
    )
    .await?;
    let follow = Follow {
        id,
        follower: follower.clone(),
        target: target.clone(),
        state: state.unwrap_or(FollowState::Rejected),
        url: Some(url.to_string()),
        created_at: now,
        updated_at: now,
    };
    if follow.state != FollowState::Pending {
        let accepted = follow.state == FollowState::Accepted;
        answer(federation, &mut tx, &follow, accepted, now).await?;
    }
    if state.is_none() {
        Follow::delete(&mut tx, id).await?;
    }
    let notified = Notification::of_follow(&mut tx, id, now).await?;
    tx.commit().await?;
    federation.deliveries.notify_one();
    federation.tell_users(notified);
    Ok(())
}

/// Servers that follow this one are followed too. People who do are not: that would be odd.
async fn follow_back(federation: &Federation, sender: &Actor, instance: &Actor) -> Result<(), Error> {
    if sender.kind != ActorKind::Application || sender.name != INSTANCE_ACTOR {
        return Ok(());
    }
    if Follow::between(&federation.db, instance.id, sender.id)
        .await?
        .is_none()
    {
        follow_actor(federation, instance, sender).await?;
    }
    Ok(())
}

/// `Undo` of a `Follow`.
pub(in crate::activity) async fn receive_undo(
    federation: &Federation,
    sender: &Actor,
    target: &HttpUrl,
) -> Result<(), Error> {
    let target = here(federation, target).await?;
    match Follow::between(&federation.db, sender.id, target.id).await? {
        Some(follow) => forget(federation, follow.id).await,
        None => Ok(()),
    }
}

/// `Undo` that only names what it undoes.
pub(in crate::activity) async fn receive_undo_by_id(
    federation: &Federation,
    sender: &Actor,
    url: &HttpUrl,
) -> Result<(), Error> {
    match Follow::by_url(&federation.db, url).await? {
        Some(follow) if follow.follower.id == sender.id => forget(federation, follow.id).await,
        _ => Ok(()),
    }
}

async fn forget(federation: &Federation, id: i64) -> Result<(), Error> {
    let mut tx = federation.db.begin().await?;
    Follow::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(())
}

/// `Accept` of a follow of somebody here. What the target did before is looked up then.
pub(in crate::activity) async fn receive_accept(
    federation: &Federation,
    sender: &Actor,
    reference: &FollowRef,
) -> Result<(), Error> {
    let follow = ours(federation, sender, reference).await?;
    let now = Timestamp::now();
    let mut tx = federation.db.begin().await?;
    if Follow::set_state(&mut tx, follow.id, FollowState::Accepted, now).await? {
        Job::enqueue_once(&mut tx, CRAWL_JOB, &sender.id.to_string(), now).await?;
    }
    tx.commit().await?;
    federation.jobs.notify_one();
    Ok(())
}

/// `Reject`, at once or after it was accepted.
pub(in crate::activity) async fn receive_reject(
    federation: &Federation,
    sender: &Actor,
    reference: &FollowRef,
) -> Result<(), Error> {
    let follow = ours(federation, sender, reference).await?;
    let mut tx = federation.db.begin().await?;
    Follow::set_state(&mut tx, follow.id, FollowState::Rejected, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(())
}

/// The follow of `sender` that is meant: by who follows, or by its id, which ends in our number.
async fn ours(federation: &Federation, sender: &Actor, reference: &FollowRef) -> Result<Follow, Error> {
    let mut follower = reference.follower.as_ref().map(ToString::to_string);
    if follower.is_none() {
        let id = reference.id.as_ref().and_then(|id| id.rsplit_once("/follows/"));
        follower = id.map(|(follower, _)| follower.to_owned());
    }
    let not_asked = || Error::refused("nobody here asked to follow it");
    let follower = follower.ok_or_else(not_asked)?;
    let follower = remote::actor::local(federation, &follower)
        .await?
        .ok_or_else(not_asked)?;
    let follow = Follow::between(&federation.db, follower.id, sender.id).await?;
    follow.ok_or_else(not_asked)
}

async fn here(federation: &Federation, url: &HttpUrl) -> Result<Actor, Error> {
    let actor = remote::actor::local(federation, url).await?;
    actor.ok_or_else(|| Error::refused("whom it follows does not live here"))
}
