//! Whatever may be fetched, or carried by a Create or an Update.

use serde_json::Value;

use super::read::{Node, id_of};
use super::{Actor, CacheFile, HttpUrl, Invalid, Note, Playlist, Post, Rules, Tombstone, Video, WatchAction};

#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    Video(Box<Video>),
    Note(Box<Note>),
    /// A text that is no comment but may be somewhere in a thread.
    Post(Box<Post>),
    Tombstone(Tombstone),
    Playlist(Box<Playlist>),
    CacheFile(CacheFile),
    WatchAction(Box<WatchAction>),
    Actor(Box<Actor>),
    /// Only its id is told: it has to be fetched.
    Id(HttpUrl),
    /// Of a type nothing is done with.
    Other {
        id: Option<HttpUrl>,
        kind: String,
    },
}

impl Object {
    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        let Some(node) = Node::find(value, rules) else {
            let id = id_of(value).ok_or(Invalid::new("object", "is neither an object nor an id"))?;
            return HttpUrl::parse(id, "object", rules).map(Self::Id);
        };
        Ok(match node.kind() {
            "Video" => Self::Video(Box::new(Video::parse(value, rules)?)),
            "Note" => Self::Note(Box::new(Note::parse(value, rules)?)),
            kind if Post::is_one(kind) => Self::Post(Box::new(Post::parse(value, rules)?)),
            "Tombstone" => Self::Tombstone(Tombstone::parse(value, rules)?),
            "Playlist" => Self::Playlist(Box::new(Playlist::parse(value, rules)?)),
            "CacheFile" => Self::CacheFile(CacheFile::parse(value, rules)?),
            "WatchAction" => Self::WatchAction(Box::new(WatchAction::parse(value, rules)?)),
            kind if Actor::is_one(kind) => Self::Actor(Box::new(Actor::parse(value, rules)?)),
            // A Link, or an object of which nothing but the id is said.
            "" => Self::Id(node.id()?),
            _ => Self::Other {
                id: node.optional_url("id"),
                kind: node.kind_name(),
            },
        })
    }

    pub fn id(&self) -> Option<&HttpUrl> {
        match self {
            Self::Video(video) => Some(&video.id),
            Self::Note(note) => Some(&note.id),
            Self::Post(post) => Some(&post.id),
            Self::Tombstone(tombstone) => Some(&tombstone.id),
            Self::Playlist(playlist) => Some(&playlist.id),
            Self::CacheFile(file) => Some(&file.id),
            Self::WatchAction(action) => Some(&action.id),
            Self::Actor(actor) => Some(&actor.id),
            Self::Id(id) => Some(id),
            Self::Other { id, .. } => id.as_ref(),
        }
    }
}
