//! Comments: said, edited and deleted, here and elsewhere.
//!
//! The server of a video is the hub. A comment goes there, to whom it answers and to whoever follows its author; from there it
//! goes on, as it came, to everyone involved in the video. What needs approval goes no further before it has it.

mod receive;

use db::{Account, Actor, Comment, Commented, CommentsPolicy, Markup, NewComment, Notification, Tx, Video};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) use self::receive::{receive, receive_approval, receive_delete, receive_update};
use super::video::Involved;
use crate::object::comment as object;
use crate::outbox::{self, Recipients};
use crate::{Error, Federation, PUBLIC, Site, context};

/// Somebody here comments on a video, or answers a comment on it.
pub async fn publish(
    federation: &Federation,
    author: &Account,
    video: &Video,
    parent: Option<&Comment>,
    text: &str,
) -> Result<Comment, Error> {
    if video.comments_policy == CommentsPolicy::Disabled {
        return Err(Error::refused("Nobody can comment on this video"));
    }
    if parent.is_some_and(|parent| parent.video.id != video.id || parent.is_deleted()) {
        return Err(Error::refused("What is answered is not there any more"));
    }
    // Told to the millisecond, and kept so.
    let now = millisecond(Timestamp::now());
    let ancestors = ancestors(federation, parent).await?;
    let involved = involved(federation, video).await?;
    let mut comment = Comment {
        id: 0,
        video: Commented {
            id: video.id,
            uuid: video.uuid,
            url: video.url.clone(),
            name: video.name.clone(),
            account_id: video.channel.account.id,
        },
        account: Some(author.clone()),
        url: None,
        in_reply_to_id: parent.map(|parent| parent.id),
        thread_id: parent.map(Comment::root_id),
        text: text.to_owned(),
        markup: Markup::Markdown,
        held: needs_approval(video, author),
        approval_url: None,
        deleted_at: None,
        created_at: now,
        updated_at: now,
    };
    let mut tx = federation.db.begin().await?;
    let new = NewComment {
        video_id: video.id,
        account_id: author.id,
        url: None,
        reply_to: comment.in_reply_to_id.zip(comment.thread_id),
        text,
        markup: comment.markup,
        held: comment.held,
        approval_url: None,
        created_at: now,
        updated_at: now,
    };
    let id = Comment::insert(&mut tx, &new).await?;
    comment.id = id.ok_or_else(|| Error::Unfinished("the comment was not kept".to_owned()))?;
    // Who approves a comment on a remote video gets to see it; who approves one on a video of here sees it here.
    if !comment.held || !video.is_local() {
        send(
            federation,
            &mut tx,
            &comment,
            video,
            &ancestors,
            involved.as_ref(),
            now,
        )
        .await?;
    }
    let notified = Notification::of_comment(&mut tx, comment.id, now).await?;
    tx.commit().await?;
    federation.deliveries.notify_one();
    federation.tell_users(notified);
    Ok(comment)
}

/// Takes a comment back, for its author or for whose video it is. What others hear of it is told in the name of either.
pub async fn remove(federation: &Federation, comment: &Comment, video: &Video) -> Result<(), Error> {
    let now = Timestamp::now();
    let parents = Comment::ancestors(&federation.db, comment.id).await?;
    let involved = involved(federation, video).await?;
    let author = comment.account.as_ref().map(|account| &account.actor);
    let owner = &video.channel.account.actor;
    // One that was held on a video of here was never told to anybody.
    let is_told = !comment.held || !video.is_local();
    let signer = author
        .filter(|author| author.is_local())
        .or_else(|| owner.is_local().then_some(owner))
        .filter(|_| is_told);
    let mut tx = federation.db.begin().await?;
    let was_there = Comment::remove(&mut tx, comment.id, now).await?;
    if let Some(signer) = signer.filter(|_| was_there) {
        let mut to = recipients(comment, video, &parents, involved.as_ref());
        if let Some(author) = author {
            to = to.shared_inbox_of(author);
        }
        let body = delete(comment, video, &parents, signer, &federation.site);
        outbox::write(&mut tx, signer.id, &body, &to, now).await?;
    }
    tx.commit().await?;
    federation.deliveries.notify_one();
    Ok(())
}

/// The owner of a video of here lets everyone read a comment.
pub async fn approve(federation: &Federation, comment: &Comment, video: &Video) -> Result<(), Error> {
    let now = Timestamp::now();
    let parents = Comment::ancestors(&federation.db, comment.id).await?;
    let involved = involved(federation, video).await?;
    let author = comment.account.as_ref().map(|account| &account.actor);
    let approved = Comment {
        held: false,
        ..comment.clone()
    };
    let mut tx = federation.db.begin().await?;
    let mut notified = Vec::new();
    if Comment::approve(&mut tx, comment.id).await? {
        if comment.is_local() {
            send(
                federation,
                &mut tx,
                &approved,
                video,
                &parents,
                involved.as_ref(),
                now,
            )
            .await?;
        } else {
            if let Some(author) = author {
                let url = federation.site.comment(comment);
                send_approval(federation, &mut tx, video, (comment.id, &url), author, now).await?;
            }
        }
        notified = Notification::of_comment(&mut tx, comment.id, now).await?;
    }
    tx.commit().await?;
    federation.deliveries.notify_one();
    federation.tell_users(notified);
    Ok(())
}

/// Whether a comment waits for the owner of the video.
fn needs_approval(video: &Video, author: &Account) -> bool {
    video.comments_policy == CommentsPolicy::RequiresApproval && author.id != video.channel.account.id
}

fn millisecond(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

async fn ancestors(federation: &Federation, parent: Option<&Comment>) -> Result<Vec<Comment>, Error> {
    let Some(parent) = parent else {
        return Ok(Vec::new());
    };
    let mut ancestors = vec![parent.clone()];
    ancestors.extend(Comment::ancestors(&federation.db, parent.id).await?);
    Ok(ancestors)
}

/// Who hears of what happens to a video of here; those of others are their servers' to tell.
async fn involved(federation: &Federation, video: &Video) -> Result<Option<Involved>, Error> {
    if video.is_local() {
        Ok(Some(Involved::of(federation, video).await?))
    } else {
        Ok(None)
    }
}

async fn send(
    federation: &Federation,
    tx: &mut Tx,
    comment: &Comment,
    video: &Video,
    ancestors: &[Comment],
    involved: Option<&Involved>,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(author) = &comment.account else {
        return Ok(());
    };
    let body = create(comment, video, ancestors, &federation.site);
    let to = recipients(comment, video, ancestors, involved);
    outbox::write(tx, author.actor.id, &body, &to, now).await
}

fn recipients(
    comment: &Comment,
    video: &Video,
    ancestors: &[Comment],
    involved: Option<&Involved>,
) -> Recipients {
    let hub = match involved {
        Some(involved) => involved.recipients(),
        None => Recipients::new().shared_inbox_of(&video.channel.account.actor),
    };
    if comment.held {
        return hub;
    }
    let answered = ancestors.iter().filter_map(|above| above.account.as_ref());
    let to = answered.fold(hub, |to, account| to.shared_inbox_of(&account.actor));
    match &comment.account {
        Some(author) => to.followers_of(author.actor.id),
        None => to,
    }
}

/// Tells the author of a remote comment that it is shown.
async fn send_approval(
    federation: &Federation,
    tx: &mut Tx,
    video: &Video,
    (id, url): (i64, &str),
    author: &Actor,
    now: Timestamp,
) -> Result<(), Error> {
    let body = approval(video, id, url, &federation.site);
    let to = Recipients::new().inbox_of(author);
    outbox::write(tx, video.channel.account.actor.id, &body, &to, now).await
}

/// The Create of a comment of here. Its id is an address: that of the comment and `/activity`.
pub fn create(comment: &Comment, video: &Video, ancestors: &[Comment], site: &Site) -> Value {
    json!({
        "@context": context::comment(),
        "to": [PUBLIC],
        "cc": object::cc(comment, video, ancestors, site),
        "type": "Create",
        "id": format!("{}/activity", site.comment(comment)),
        "actor": comment.account.as_ref().map(|account| site.account(account)),
        "object": object::bare(comment, video, ancestors, site),
    })
}

/// That the account of a video of here approves the comment with this number and address.
pub fn approval(video: &Video, id: i64, url: &str, site: &Site) -> Value {
    json!({
        "@context": context::approval(),
        "type": "ApproveReply",
        "id": site.approval(video.uuid, id),
        "actor": site.account(&video.channel.account),
        "inReplyTo": site.video(video),
        "object": url,
    })
}

fn delete(comment: &Comment, video: &Video, ancestors: &[Comment], by: &Actor, site: &Site) -> Value {
    let id = site.comment(comment);
    // Of a comment of another server, this is the address here.
    let at = site.local_comment(comment.video.uuid, comment.id);
    json!({
        "@context": context::plain(),
        "to": [PUBLIC],
        "cc": object::cc(comment, video, ancestors, site),
        "type": "Delete",
        "id": format!("{at}/delete"),
        "actor": site.actor(by),
        "object": id,
    })
}
