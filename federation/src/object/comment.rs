//! Comments as Notes, and what is left of deleted ones.

use db::{Comment, Video};
use serde_json::{Value, json};

use super::iso;
use crate::{PUBLIC, Site, context};

/// A comment of somebody here. `ancestors` are the comments above it, the one it answers first.
pub fn note(comment: &Comment, video: &Video, ancestors: &[Comment], site: &Site) -> Value {
    let mut note = bare(comment, video, ancestors, site);
    if let Some(fields) = note.as_object_mut() {
        fields.insert("@context".to_owned(), context::comment());
    }
    note
}

/// The Note inside of an activity, which has the context.
pub(crate) fn bare(comment: &Comment, video: &Video, ancestors: &[Comment], site: &Site) -> Value {
    let id = site.comment(comment);
    let author = comment.account.as_ref().map(|account| site.account(account));
    let approval = if video.is_local() {
        (!comment.held).then(|| site.approval(comment.video.uuid, comment.id))
    } else {
        comment.approval_url.clone()
    };
    json!({
        "to": [PUBLIC],
        "cc": cc(comment, video, ancestors, site),
        "type": "Note",
        "id": id,
        "content": comment.text,
        "mediaType": "text/markdown",
        "inReplyTo": in_reply_to(video, ancestors, site),
        "updated": iso(comment.updated_at),
        "published": iso(comment.created_at),
        "url": id,
        "attributedTo": author,
        "replyApproval": approval,
        "tag": mentions(comment, ancestors, site),
    })
}

pub fn tombstone(comment: &Comment, video: &Video, ancestors: &[Comment], site: &Site) -> Value {
    json!({
        "@context": context::comment(),
        "type": "Tombstone",
        "formerType": "Note",
        "id": site.comment(comment),
        "inReplyTo": in_reply_to(video, ancestors, site),
        "published": iso(comment.created_at),
        "updated": iso(comment.updated_at),
        "deleted": iso(comment.deleted_at.unwrap_or(comment.updated_at)),
    })
}

fn in_reply_to(video: &Video, ancestors: &[Comment], site: &Site) -> String {
    ancestors
        .first()
        .map_or_else(|| site.video(video), |parent| site.comment(parent))
}

/// Those who follow the author, those who are answered, and whose video it is.
pub(crate) fn cc(comment: &Comment, video: &Video, ancestors: &[Comment], site: &Site) -> Vec<String> {
    let followers = comment
        .account
        .iter()
        .map(|account| format!("{}/followers", site.account(account)));
    let answered = ancestors
        .iter()
        .filter_map(|above| Some(site.account(above.account.as_ref()?)));
    let owner = site.account(&video.channel.account);
    let mut cc: Vec<String> = Vec::new();
    for url in followers.chain(answered).chain([owner]) {
        if !cc.contains(&url) {
            cc.push(url);
        }
    }
    cc
}

/// Mastodon notifies those who are mentioned.
fn mentions(comment: &Comment, ancestors: &[Comment], site: &Site) -> Vec<Value> {
    let author = comment.account.as_ref().map(|account| account.id);
    let mut mentioned = Vec::new();
    let mut mentions = Vec::new();
    for account in ancestors.iter().filter_map(|above| above.account.as_ref()) {
        if Some(account.id) == author || mentioned.contains(&account.id) {
            continue;
        }
        mentioned.push(account.id);
        let host = account.actor.host.as_deref().unwrap_or(&site.host);
        mentions.push(json!({
            "type": "Mention",
            "href": site.account(account),
            "name": format!("@{}@{host}", account.actor.name),
        }));
    }
    mentions
}
