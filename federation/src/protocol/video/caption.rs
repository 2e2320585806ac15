//! Captions: one per language.

use serde_json::Value;

use super::super::HttpUrl;
use super::super::read::Node;

/// More than PeerTube has languages.
const MAX_CAPTIONS: usize = 300;
/// WebVTT, and a playlist of it.
const MAX_LINKS: usize = 10;
const MAX_LANGUAGE_CHARS: usize = 20;
const MAX_LANGUAGE_NAME_CHARS: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    pub language: String,
    /// As people call it.
    pub label: Option<String>,
    pub automatic: bool,
    /// WebVTT.
    pub url: HttpUrl,
    /// A playlist of it (PeerTube 8).
    pub hls: Option<HttpUrl>,
}

pub(super) fn captions(node: Node<'_>) -> Vec<Caption> {
    node.nodes("subtitleLanguage", MAX_CAPTIONS)
        .filter_map(Caption::of)
        .collect()
}

impl Caption {
    fn of(node: Node<'_>) -> Option<Self> {
        let of_type = |media_type: &str| {
            node.nodes("url", MAX_LINKS)
                .find(|link| link.str("mediaType") == Some(media_type))
                .and_then(|link| link.optional_url("href"))
        };
        Some(Self {
            language: node
                .str("identifier")
                .and_then(|code| language(code.to_owned()))?,
            label: node.optional_text("name", MAX_LANGUAGE_NAME_CHARS),
            automatic: node.flag("automaticallyGenerated").unwrap_or(false),
            // 8.x: an array of links; before: the address.
            url: of_type("text/vtt").or_else(|| {
                let text = node.each("url", 1).find_map(Value::as_str)?;
                HttpUrl::parse(text, "url", node.rules).ok()
            })?,
            hls: of_type("application/x-mpegURL"),
        })
    }
}

/// The code of a language, if it looks like one.
pub(super) fn language(code: String) -> Option<String> {
    let fits = (1..=MAX_LANGUAGE_CHARS).contains(&code.len());
    let plain = code
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (fits && plain).then_some(code)
}
