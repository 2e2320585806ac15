//! Collections and their pages, and the chapters of a video.

use serde_json::{Value, json};

use crate::context;

/// Members on a page, as PeerTube has it.
pub const PAGE_SIZE: i64 = 10;
/// PeerTube reads no further.
pub const MAX_PAGES: i64 = 2_000;

/// A collection whose members are not told: likes. An empty one is complete.
pub fn counted(id: &str, total: i64) -> Value {
    json!({
        "@context": context::plain(),
        "id": id,
        "type": "OrderedCollection",
        "totalItems": total,
    })
}

/// A collection whose members are on pages, if there are any.
pub fn paged(id: &str, total: i64) -> Value {
    let mut collection = counted(id, total);
    if total > 0
        && let Some(fields) = collection.as_object_mut()
    {
        fields.insert("first".to_owned(), json!(page_id(id, 1)));
    }
    collection
}

/// A page of a collection of that many in all; the first has the number 1.
pub fn page(id: &str, number: i64, total: i64, members: Vec<Value>) -> Value {
    let mut page = json!({
        "@context": context::plain(),
        "id": page_id(id, number),
        "type": "OrderedCollectionPage",
        "partOf": id,
        "orderedItems": members,
        "totalItems": total,
    });
    if let Some(fields) = page.as_object_mut() {
        if number > 1 {
            fields.insert("prev".to_owned(), json!(page_id(id, number - 1)));
        }
        if number < MAX_PAGES && number.saturating_mul(PAGE_SIZE) < total {
            fields.insert("next".to_owned(), json!(page_id(id, number + 1)));
        }
    }
    page
}

fn page_id(id: &str, number: i64) -> String {
    format!("{id}?page={number}")
}

/// The chapters of a video; there are none yet.
pub fn chapters(id: &str) -> Value {
    json!({ "@context": context::chapters(), "id": id, "hasPart": [] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lead_to_those_beside_them() {
        let id = "https://tube.example/accounts/ana/followers";
        assert_eq!(paged(id, 0).get("first"), None);
        assert_eq!(paged(id, 11)["first"], format!("{id}?page=1"));
        let links = |number, total| {
            let page = page(id, number, total, Vec::new());
            ["prev", "next"].map(|link| page.get(link).map(|url| url.as_str().unwrap().replace(id, "")))
        };
        assert_eq!(links(1, 10), [None, None]);
        assert_eq!(links(1, 11), [None, Some("?page=2".to_owned())]);
        assert_eq!(links(2, 11), [Some("?page=1".to_owned()), None]);
        assert_eq!(links(MAX_PAGES, i64::MAX)[1], None);
    }
}
