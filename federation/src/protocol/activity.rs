//! Activities: what is posted to inboxes and listed in outboxes.

use serde_json::Value;

use super::read::{MAX_KIND_CHARS, MISSING, Node, id_of, type_of};
use super::{Flag, HttpUrl, Invalid, Object, Recipients, Rules, View};

#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    pub id: HttpUrl,
    /// Who says it did this. It is the caller's to check that the signature is theirs.
    pub actor: HttpUrl,
    pub recipients: Recipients,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// The object is of the actor's server; other than by id, it is as the actor describes it.
    Create(Object),
    /// As with `Create`; an actor updates nobody but itself.
    Update(Object),
    /// `former_type` is known if a Tombstone was sent that tells.
    Delete {
        object: HttpUrl,
        former_type: Option<String>,
    },
    Follow {
        object: HttpUrl,
    },
    Accept(FollowRef),
    Reject(FollowRef),
    /// `activity` is set if what is announced is an activity and embedded, as Lemmy's communities do.
    Announce {
        object: HttpUrl,
        activity: Option<String>,
    },
    /// Of an activity of the same actor. It is never an `Undo` itself.
    Undo(Box<Activity>),
    /// Of an activity that is only named.
    UndoId(HttpUrl),
    Like {
        object: HttpUrl,
    },
    Dislike {
        object: HttpUrl,
    },
    Flag(Flag),
    View(View),
    ApproveReply {
        object: HttpUrl,
        in_reply_to: Option<HttpUrl>,
    },
    RejectReply {
        object: HttpUrl,
        in_reply_to: Option<HttpUrl>,
    },
    /// Somebody downloaded a video (PeerTube 8.2).
    Download {
        object: HttpUrl,
    },
    /// Of a type nothing is done with; nothing more of it is read.
    Unknown(String),
}

/// The Follow that is accepted or rejected: some send its id only, and those who embed it may leave the id out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FollowRef {
    pub id: Option<HttpUrl>,
    pub follower: Option<HttpUrl>,
    pub followed: Option<HttpUrl>,
}

impl Activity {
    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        Self::read(value, rules, true)
    }

    /// `outer`: this is not the object of another activity.
    fn read(value: &Value, rules: Rules, outer: bool) -> Result<Self, Invalid> {
        let node = Node::new(value, rules)?;
        if node.kind().is_empty() {
            return Err(Invalid::new("type", MISSING));
        }
        let actor = node.url("actor")?;
        Ok(Self {
            id: node.id()?,
            recipients: Recipients::of(node),
            kind: Kind::of(node, &actor, outer)?,
            actor,
        })
    }
}

impl Kind {
    fn of(node: Node<'_>, actor: &HttpUrl, outer: bool) -> Result<Self, Invalid> {
        let object = || node.url("object");
        Ok(match node.kind() {
            "Create" => Self::Create(carried(node, actor)?),
            "Update" => Self::Update(carried(node, actor)?),
            "Delete" => Self::Delete {
                object: object()?,
                former_type: node
                    .node("object")
                    .and_then(|object| object.optional_text("formerType", MAX_KIND_CHARS)),
            },
            "Follow" => Self::Follow { object: object()? },
            "Accept" => Self::Accept(FollowRef::of(node)?),
            "Reject" => Self::Reject(FollowRef::of(node)?),
            "Announce" => Self::Announce {
                object: object()?,
                activity: embedded_activity(node),
            },
            "Undo" if outer => undone(node, actor)?,
            "Like" => Self::Like { object: object()? },
            "Dislike" => Self::Dislike { object: object()? },
            "Flag" => Self::Flag(Flag::of(node)?),
            "View" => Self::View(View::of(node)?),
            "ApproveReply" => Self::ApproveReply {
                object: object()?,
                in_reply_to: node.optional_url("inReplyTo"),
            },
            "RejectReply" => Self::RejectReply {
                object: object()?,
                in_reply_to: node.optional_url("inReplyTo"),
            },
            "Download" => Self::Download { object: object()? },
            _ => Self::Unknown(node.kind_name()),
        })
    }
}

/// The object of a Create or Update. What somebody makes lives on their server: PeerTube 6.3 does not check that, and lets
/// anyone rewrite anything.
fn carried(node: Node<'_>, actor: &HttpUrl) -> Result<Object, Invalid> {
    let value = first_object(node)?;
    let object = Object::parse(value, node.rules)?;
    let invalid = |problem| Err(Invalid::new("object", problem));
    match &object {
        Object::Actor(object) if object.id != *actor => return invalid("is another actor than the sender"),
        Object::CacheFile(file) if !file.location.url().is_beside(actor) => {
            return invalid("keeps its files on another server");
        }
        _ => {}
    }
    match object.id() {
        Some(id) if !id.is_beside(actor) => invalid("is of another server than the sender"),
        _ => Ok(object),
    }
}

fn undone(node: Node<'_>, actor: &HttpUrl) -> Result<Kind, Invalid> {
    let value = first_object(node)?;
    if type_of(value).is_empty() {
        return Ok(Kind::UndoId(node.url("object")?));
    }
    let activity = Activity::read(value, node.rules, false)?;
    if activity.actor != *actor {
        return Err(Invalid::new("object", "was done by another actor"));
    }
    Ok(Kind::Undo(Box::new(activity)))
}

/// Announced objects have no `actor`; Pleroma's notes do, and an `attributedTo` as well.
fn embedded_activity(node: Node<'_>) -> Option<String> {
    let object = node.node("object")?;
    (object.has("actor") && object.has("object")).then(|| object.kind_name())
}

fn first_object<'a>(node: Node<'a>) -> Result<&'a Value, Invalid> {
    node.each("object", 1)
        .next()
        .ok_or(Invalid::new("object", MISSING))
}

impl FollowRef {
    /// The answer to anything else than a Follow is not read: its fields are those of no Follow.
    fn of(node: Node<'_>) -> Result<Self, Invalid> {
        let value = first_object(node)?;
        let Some(follow) = Node::find(value, node.rules) else {
            let id = id_of(value).ok_or(Invalid::new("object", "is not an address"))?;
            let id = HttpUrl::parse(id, "object", node.rules)?;
            return Ok(Self {
                id: Some(id),
                ..Self::default()
            });
        };
        if !matches!(follow.kind(), "Follow" | "") {
            return Err(Invalid::new("object", "is not a Follow"));
        }
        Ok(Self {
            id: follow.optional_url("id"),
            follower: follow.optional_url("actor"),
            followed: follow.optional_url("object"),
        })
    }
}
