//! Somebody elsewhere commented, thought again, or approved.

use db::{Actor, Comment, CommentsPolicy, Instance, Notification, Video};
use jiff::Timestamp;

use super::{involved, needs_approval, send, send_approval};
use crate::activity::video::{Involved, forward};
use crate::protocol::{HttpUrl, Note};
use crate::remote::comment::{known, markup, resolve};
use crate::{Error, Federation, outbox};

/// `Create` of a Note. Those that are no comments are nobody's business here.
pub(in crate::activity) async fn receive(
    federation: &Federation,
    sender: &Actor,
    note: &Note,
    raw: &str,
) -> Result<(), Error> {
    by_author(sender, note)?;
    if let Some(comment) = Comment::by_url(&federation.db, &note.id).await? {
        return again(federation, sender, &comment, note, raw).await;
    }
    let thread = resolve(federation, note).await?;
    let video = &thread.video;
    if video.comments_policy == CommentsPolicy::Disabled {
        return Err(Error::refused("nobody can comment on this video"));
    }
    let involved = involved(federation, video).await?;
    let from = instance(federation, sender).await?;
    // Comments on videos of others come by their servers: those have approved them.
    let held = |account: &db::Account| video.is_local() && needs_approval(video, account);
    let now = Timestamp::now();
    let mut notified = Vec::new();
    let mut tx = federation.db.begin().await?;
    let ids = thread.insert(&mut tx, held).await?;
    for (id, (note, account)) in ids.iter().zip(thread.new_ones()) {
        notified.extend(Notification::of_comment(&mut tx, *id, now).await?);
        if video.is_local() && !held(account) {
            let approval = federation.site.approval(video.uuid, *id);
            Comment::set_approval(&mut tx, *id, &approval).await?;
            let comment = (*id, note.id.as_str());
            send_approval(federation, &mut tx, video, comment, &account.actor, now).await?;
        }
    }
    let is_shown = thread
        .new_ones()
        .last()
        .is_some_and(|(_, account)| !held(account));
    if let Some(involved) = involved.filter(|_| is_shown) {
        pass_on(federation, &mut tx, &involved, from, raw, now).await?;
    }
    tx.commit().await?;
    federation.deliveries.notify_one();
    federation.tell_users(notified);
    Ok(())
}

fn by_author(sender: &Actor, note: &Note) -> Result<(), Error> {
    if sender.url.as_deref() == Some(note.author.as_str()) {
        Ok(())
    } else {
        Err(Error::refused("somebody else wrote this"))
    }
}

/// PeerTube sends a comment again when it was approved; now it is for everyone involved.
async fn again(
    federation: &Federation,
    sender: &Actor,
    comment: &Comment,
    note: &Note,
    raw: &str,
) -> Result<(), Error> {
    let video = video(federation, comment).await?;
    let is_own = comment.account.as_ref().map(|account| account.actor.id) == Some(sender.id);
    if !is_own || comment.held || comment.is_deleted() || comment.approval_url.is_some() {
        return Ok(());
    }
    let approval = if video.is_local() {
        Some(federation.site.approval(video.uuid, comment.id))
    } else {
        note.reply_approval.as_ref().map(ToString::to_string)
    };
    let Some(approval) = approval else {
        return Ok(());
    };
    let involved = involved(federation, &video).await?;
    let from = instance(federation, sender).await?;
    let mut tx = federation.db.begin().await?;
    Comment::set_approval(&mut tx, comment.id, &approval).await?;
    if let Some(involved) = involved {
        pass_on(federation, &mut tx, &involved, from, raw, Timestamp::now()).await?;
    }
    tx.commit().await?;
    federation.deliveries.notify_one();
    Ok(())
}

/// `Update` of a Note, as Mastodon sends when somebody edits. Whoever is involved in the video hears of it as well.
pub(in crate::activity) async fn receive_update(
    federation: &Federation,
    sender: &Actor,
    note: &Note,
    raw: &str,
) -> Result<(), Error> {
    by_author(sender, note)?;
    let Some(comment) = Comment::by_url(&federation.db, &note.id).await? else {
        return Ok(());
    };
    if comment.account.as_ref().map(|account| account.actor.id) != Some(sender.id) {
        return Err(Error::refused("the comment is somebody else's"));
    }
    let mut tx = federation.db.begin().await?;
    let at = note.updated.unwrap_or_else(Timestamp::now);
    let is_new = Comment::edit(&mut tx, comment.id, (&note.content, markup(note)), at).await?;
    tx.commit().await?;
    if is_new && !comment.held {
        forward(federation, &video(federation, &comment).await?, sender, raw).await?;
    }
    Ok(())
}

/// `Delete`, by who wrote the comment or whose video it is. `false`: no comment of this address is known here.
pub(in crate::activity) async fn receive_delete(
    federation: &Federation,
    sender: &Actor,
    url: &HttpUrl,
    raw: &str,
) -> Result<bool, Error> {
    let Some(comment) = known(federation, url).await? else {
        return Ok(false);
    };
    let video = video(federation, &comment).await?;
    let is_own = comment.account.as_ref().map(|account| account.actor.id) == Some(sender.id);
    if !is_own && video.channel.account.actor.id != sender.id {
        return Err(Error::refused("the comment is somebody else's"));
    }
    let mut tx = federation.db.begin().await?;
    let was_there = Comment::remove(&mut tx, comment.id, Timestamp::now()).await?;
    tx.commit().await?;
    if was_there && !comment.held {
        forward(federation, &video, sender, raw).await?;
    }
    Ok(true)
}

/// `ApproveReply`: the account of a remote video shows a comment of somebody here. Everyone else may have it now.
pub(in crate::activity) async fn receive_approval(
    federation: &Federation,
    sender: &Actor,
    id: &HttpUrl,
    url: &HttpUrl,
) -> Result<(), Error> {
    let Some(comment) = known(federation, url).await? else {
        return Ok(());
    };
    let video = video(federation, &comment).await?;
    if video.is_local() || video.channel.account.actor.id != sender.id {
        return Err(Error::refused("the video is somebody else's"));
    }
    let parents = Comment::ancestors(&federation.db, comment.id).await?;
    let now = Timestamp::now();
    let mut tx = federation.db.begin().await?;
    Comment::set_approval(&mut tx, comment.id, id).await?;
    if Comment::approve(&mut tx, comment.id).await? && comment.is_local() && !comment.is_deleted() {
        let approved = Comment {
            held: false,
            approval_url: Some(id.to_string()),
            ..comment
        };
        send(federation, &mut tx, &approved, &video, &parents, None, now).await?;
    }
    tx.commit().await?;
    federation.deliveries.notify_one();
    Ok(())
}

async fn video(federation: &Federation, comment: &Comment) -> Result<Video, Error> {
    let video = Video::by_ref(&federation.db, comment.video.id).await?;
    video.ok_or_else(|| Error::refused("the video was deleted meanwhile"))
}

async fn instance(federation: &Federation, sender: &Actor) -> Result<Option<i64>, Error> {
    let Some(host) = &sender.host else {
        return Ok(None);
    };
    let instance = Instance::by_host(&federation.db, host).await?;
    Ok(instance.map(|instance| instance.id))
}

/// To whoever is involved in a video of here, but not back to where it came from.
async fn pass_on(
    federation: &Federation,
    tx: &mut db::Tx,
    involved: &Involved,
    from: Option<i64>,
    raw: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let mut to = involved.recipients();
    if let Some(instance) = from {
        to = to.except_instance(instance);
    }
    let signer = federation.instance_actor().await?;
    outbox::forward(tx, signer, raw, &to, now).await
}
