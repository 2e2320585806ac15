//! Comments.

use std::collections::HashMap;

use db::{Comment, Thread};
use serde::Serialize;
use utoipa::ToSchema;

use super::actor::AccountShape;
use super::{Site, iso};

/// A comment as those who watch read it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommentShape {
    pub id: i64,
    pub url: String,
    /// As its author wrote it: Markdown, or HTML that has to be cleaned. Empty when it is deleted.
    pub text: String,
    pub thread_id: i64,
    pub in_reply_to_comment_id: Option<i64>,
    pub video_id: i64,
    pub created_at: String,
    pub updated_at: String,
    pub deleted_at: Option<String>,
    pub is_deleted: bool,
    pub held_for_review: bool,
    pub total_replies_from_video_author: i64,
    pub total_replies: i64,
    pub account: Option<AccountShape>,
}

impl CommentShape {
    pub(crate) fn new(comment: &Comment, url: String, site: &Site) -> Self {
        let account = comment.account.as_ref().filter(|_| !comment.is_deleted());
        Self {
            id: comment.id,
            url,
            text: comment.text.clone(),
            thread_id: comment.root_id(),
            in_reply_to_comment_id: comment.in_reply_to_id,
            video_id: comment.video.id,
            created_at: iso(comment.created_at),
            updated_at: iso(comment.updated_at),
            deleted_at: comment.deleted_at.map(iso),
            is_deleted: comment.is_deleted(),
            held_for_review: comment.held,
            total_replies_from_video_author: 0,
            total_replies: 0,
            account: account.map(|account| AccountShape::new(account, site)),
        }
    }

    pub(crate) fn of_thread(thread: &Thread, url: String, site: &Site) -> Self {
        Self {
            total_replies: thread.replies,
            total_replies_from_video_author: thread.replies_from_author,
            ..Self::new(&thread.comment, url, site)
        }
    }
}

/// A comment with the replies to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommentTree {
    pub comment: CommentShape,
    #[schema(no_recursion)]
    pub children: Vec<CommentTree>,
}

/// Deeper replies stand beside each other: whoever reads them nests calls as deep.
const MAX_DEPTH: usize = 50;

impl CommentTree {
    /// Of a thread and its replies, in the order they were made. Replies to what is not shown are not shown either.
    pub(crate) fn grow(root: CommentShape, replies: Vec<CommentShape>) -> Self {
        let mut places = HashMap::from([(
            root.id,
            Place {
                index: 0,
                depth: 0,
                under: 0,
            },
        )]);
        let mut children: Vec<(usize, Self)> = Vec::with_capacity(replies.len());
        for comment in replies {
            let above = comment.in_reply_to_comment_id.and_then(|id| places.get(&id));
            let Some(above) = above else { continue };
            let place = Place {
                index: children.len() + 1,
                depth: (above.depth + 1).min(MAX_DEPTH),
                under: if above.depth < MAX_DEPTH {
                    above.index
                } else {
                    above.under
                },
            };
            children.push((place.under, Self::leaf(comment)));
            places.insert(children.last().map_or(0, |(_, node)| node.comment.id), place);
        }
        // From the last to the first: whoever answers comes after what is answered.
        let mut root = Self::leaf(root);
        while let Some((under, mut node)) = children.pop() {
            node.children.reverse();
            let parent = match under.checked_sub(1) {
                Some(index) => children.get_mut(index).map(|(_, parent)| parent),
                None => Some(&mut root),
            };
            if let Some(parent) = parent {
                parent.comment.total_replies += 1 + node.comment.total_replies;
                parent.children.push(node);
            }
        }
        root.children.reverse();
        root
    }

    fn leaf(comment: CommentShape) -> Self {
        Self {
            comment,
            children: Vec::new(),
        }
    }
}

/// Where a comment is in a tree: its number in the order they were made, and that of the one it is shown under.
#[derive(Debug, Clone, Copy)]
struct Place {
    index: usize,
    depth: usize,
    under: usize,
}

/// The video of a comment in a list of comments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommentedShape {
    pub id: i64,
    pub uuid: String,
    pub name: String,
}

/// A comment as those who look after videos read it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManagedComment {
    pub id: i64,
    pub url: String,
    pub text: String,
    pub held_for_review: bool,
    pub thread_id: i64,
    pub in_reply_to_comment_id: Option<i64>,
    pub created_at: String,
    pub updated_at: String,
    pub account: Option<AccountShape>,
    pub video: CommentedShape,
    /// None are given here.
    pub automatic_tags: Vec<String>,
}

impl ManagedComment {
    pub(crate) fn new(comment: &Comment, url: String, site: &Site) -> Self {
        Self {
            id: comment.id,
            url,
            text: comment.text.clone(),
            held_for_review: comment.held,
            thread_id: comment.root_id(),
            in_reply_to_comment_id: comment.in_reply_to_id,
            created_at: iso(comment.created_at),
            updated_at: iso(comment.updated_at),
            account: comment
                .account
                .as_ref()
                .map(|account| AccountShape::new(account, site)),
            video: CommentedShape {
                id: comment.video.id,
                uuid: comment.video.uuid.to_string(),
                name: comment.video.name.clone(),
            },
            automatic_tags: Vec::new(),
        }
    }
}
