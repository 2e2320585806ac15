//! Collections, which today are counts only, and the chapters of a video.

use serde_json::{Value, json};

use crate::context;

/// A collection whose members are not told: followers, likes. An empty one is complete.
pub fn counted(id: &str, total: i64) -> Value {
    json!({
        "@context": context::plain(),
        "id": id,
        "type": "OrderedCollection",
        "totalItems": total,
    })
}

/// The chapters of a video; there are none yet.
pub fn chapters(id: &str) -> Value {
    json!({ "@context": context::chapters(), "id": id, "hasPart": [] })
}
