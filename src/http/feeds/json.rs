//! JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/).

use serde_json::{Value, json};

use super::Feed;
use super::entry::{Entry, HLS};

pub(super) fn render(feed: &Feed) -> Value {
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.link,
        "feed_url": feed.itself,
        "description": feed.description,
        "icon": feed.icon,
        "items": feed.entries.iter().map(item).collect::<Vec<_>>(),
    })
}

fn item(entry: &Entry) -> Value {
    json!({
        "id": entry.page,
        "url": entry.page,
        "title": entry.title,
        "content_text": entry.description,
        "image": entry.preview,
        "date_published": entry.iso(),
        "authors": [{ "name": entry.channel, "url": entry.channel_page }],
        "attachments": attachments(entry),
    })
}

fn attachments(entry: &Entry) -> Vec<Value> {
    let files = entry.files.iter().map(|file| {
        json!({
            "url": file.url,
            "mime_type": "video/mp4",
            "size_in_bytes": file.bytes,
            "duration_in_seconds": entry.duration_s,
        })
    });
    let playlist = entry
        .playlist
        .iter()
        .map(|url| json!({ "url": url, "mime_type": HLS }));
    files.chain(playlist).collect()
}
