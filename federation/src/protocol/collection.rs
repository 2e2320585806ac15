//! Collections and their pages: followers, outboxes, comments, playlists.

use serde_json::Value;

use super::read::{Node, id_of};
use super::{HttpUrl, Invalid, Rules};

/// PeerTube's pages have 10 items, its largest 50, Mastodon's 40; pages far above are cut.
const MAX_ITEMS: usize = 500;

/// A collection or one page of it: both may have items, and both may go on elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// Embedded ones may have none.
    pub id: Option<HttpUrl>,
    pub total_items: Option<i64>,
    pub first: Option<First>,
    pub next: Option<HttpUrl>,
    /// Of a page: the whole.
    pub part_of: Option<HttpUrl>,
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum First {
    Id(HttpUrl),
    Page(Box<Collection>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Id(HttpUrl),
    /// To be parsed as what is expected there.
    Embedded(Value),
}

impl Collection {
    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        Self::read(value, rules, true)
    }

    /// `outer`: this is not the first page in another one.
    fn read(value: &Value, rules: Rules, outer: bool) -> Result<Self, Invalid> {
        let node = Node::new(value, rules)?;
        match node.kind() {
            "Collection" | "OrderedCollection" | "CollectionPage" | "OrderedCollectionPage" => {}
            // A page of a playlist, or a playlist as the collection it is.
            "Playlist" => {}
            _ => return Err(Invalid::new("type", "is not that of a collection")),
        }
        Ok(Self {
            id: node.optional_url("id"),
            total_items: node.count("totalItems"),
            first: first(node, outer)?,
            next: node.optional_url("next"),
            part_of: node.optional_url("partOf"),
            items: ["orderedItems", "items"]
                .into_iter()
                .flat_map(|field| node.each(field, MAX_ITEMS))
                .take(MAX_ITEMS)
                .filter_map(|value| Item::of(value, rules))
                .collect(),
        })
    }
}

fn first(node: Node<'_>, outer: bool) -> Result<Option<First>, Invalid> {
    match node.each("first", 1).next() {
        None => Ok(None),
        Some(page @ Value::Object(_)) if outer => {
            let page = Collection::read(page, node.rules, false)?;
            Ok(Some(First::Page(Box::new(page))))
        }
        Some(_) => node.url("first").map(First::Id).map(Some),
    }
}

impl Item {
    fn of(value: &Value, rules: Rules) -> Option<Self> {
        if value.is_object() {
            return Some(Self::Embedded(value.clone()));
        }
        HttpUrl::parse(id_of(value)?, "items", rules).ok().map(Self::Id)
    }

    /// The id of either form.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Id(id) => Some(id),
            Self::Embedded(value) => id_of(value),
        }
    }
}
