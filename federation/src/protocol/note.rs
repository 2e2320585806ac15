//! Comments, and what else may be found in a thread.

use jiff::Timestamp;
use serde_json::Value;

use super::read::{MAX_KIND_CHARS, Node};
use super::{HttpUrl, Invalid, Recipients, Rules};

/// PeerTube's bound for comments.
const MAX_CONTENT_CHARS: usize = 10_000;
const MAX_TITLE_CHARS: usize = 120;
const MAX_MENTIONS: usize = 100;
const MAX_HANDLE_CHARS: usize = 300;

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// What PeerTube sends.
    Markdown,
    /// What everyone else sends. It has to be sanitised before it is shown.
    Html,
}

/// A comment. Its author is of the server it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub id: HttpUrl,
    pub author: HttpUrl,
    pub content: String,
    pub markup: Markup,
    /// A video, or another comment. Without, it is no comment.
    pub in_reply_to: Option<HttpUrl>,
    pub published: Timestamp,
    pub updated: Option<Timestamp>,
    /// The page for people.
    pub page: Option<HttpUrl>,
    pub mentions: Vec<Mention>,
    /// The ApproveReply of who the video belongs to.
    pub reply_approval: Option<HttpUrl>,
    pub recipients: Recipients,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub actor: HttpUrl,
    /// `@name@host`, if it is said.
    pub handle: Option<String>,
}

/// What a comment may be a reply to without being a comment or a video: a Page, an Article, a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub id: HttpUrl,
    /// Its type.
    pub kind: String,
    pub author: HttpUrl,
    pub title: Option<String>,
    pub in_reply_to: Option<HttpUrl>,
    pub recipients: Recipients,
}

/// What is left of something deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    pub id: HttpUrl,
    pub former_type: Option<String>,
    pub in_reply_to: Option<HttpUrl>,
    pub deleted: Option<Timestamp>,
}

impl Note {
    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        let node = Node::new(value, rules)?;
        node.expect_kind("Note")?;
        let id = node.id()?;
        let content = node.text("content", 1..=MAX_CONTENT_CHARS)?;
        if content.trim().is_empty() {
            return Err(Invalid::new("content", "is blank"));
        }
        Ok(Self {
            author: author(node, &id)?,
            markup: match node.str("mediaType") {
                Some("text/markdown") => Markup::Markdown,
                _ => Markup::Html,
            },
            content,
            in_reply_to: in_reply_to(node)?,
            published: node.time("published")?,
            updated: node.optional_time("updated"),
            page: node.optional_url("url"),
            mentions: mentions(node),
            reply_approval: node.optional_url("replyApproval"),
            recipients: Recipients::of(node),
            id,
        })
    }
}

impl Post {
    pub(super) fn is_one(kind: &str) -> bool {
        matches!(
            kind,
            "Article" | "Page" | "Question" | "Event" | "Image" | "Audio" | "Document"
        )
    }

    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        let node = Node::new(value, rules)?;
        if !Self::is_one(node.kind()) {
            return Err(Invalid::new("type", "is not that of a post"));
        }
        let id = node.id()?;
        Ok(Self {
            kind: node.kind_name(),
            author: author(node, &id)?,
            title: node.optional_text("name", MAX_TITLE_CHARS),
            in_reply_to: in_reply_to(node)?,
            recipients: Recipients::of(node),
            id,
        })
    }
}

impl Tombstone {
    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        let node = Node::new(value, rules)?;
        node.expect_kind("Tombstone")?;
        Ok(Self {
            id: node.id()?,
            former_type: node.optional_text("formerType", MAX_KIND_CHARS),
            in_reply_to: node.optional_url("inReplyTo"),
            deleted: node.optional_time("deleted"),
        })
    }
}

fn author(node: Node<'_>, id: &HttpUrl) -> Result<HttpUrl, Invalid> {
    let author = node.url("attributedTo")?;
    if author.is_beside(id) {
        Ok(author)
    } else {
        Err(Invalid::new(
            "attributedTo",
            "is of another server than the object",
        ))
    }
}

/// A parent that cannot be read is not the same as none.
fn in_reply_to(node: Node<'_>) -> Result<Option<HttpUrl>, Invalid> {
    node.get("inReplyTo").map(|_| node.url("inReplyTo")).transpose()
}

fn mentions(node: Node<'_>) -> Vec<Mention> {
    node.nodes("tag", MAX_MENTIONS)
        .filter(|tag| tag.kind() == "Mention")
        .filter_map(|tag| {
            Some(Mention {
                actor: tag.optional_url("href")?,
                handle: tag.optional_text("name", MAX_HANDLE_CHARS),
            })
        })
        .collect()
}
