//! Pictures of actors and videos.

use super::super::read::Node;
use super::super::{HttpUrl, Invalid};

/// A video has two; more are for other sizes of screens.
const MAX_ICONS: usize = 20;
/// Narrower ones are too small for a list, as PeerTube sees it.
const MIN_THUMBNAIL_WIDTH: u32 = 150;
const TYPES: [&str; 5] = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"];
const MAX_MEDIA_TYPE_CHARS: usize = 100;
/// A storyboard is one sheet of 11 by 11 tiles; PeerTube looks at the first only.
const MAX_STORYBOARDS: usize = 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub url: HttpUrl,
    pub media_type: Option<String>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// A sheet of small pictures, one for each moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storyboard {
    pub url: HttpUrl,
    pub width: u32,
    pub height: u32,
    pub tile_width: u32,
    pub tile_height: u32,
    pub tile_duration_s: u32,
}

impl Image {
    /// Most software says no type. Other types than these are no pictures, or, as SVG, can run scripts.
    pub(in crate::protocol) fn of(node: Node<'_>) -> Option<Self> {
        let media_type = node.optional_text("mediaType", MAX_MEDIA_TYPE_CHARS);
        if let Some(media_type) = &media_type
            && !TYPES.contains(&media_type.as_str())
        {
            return None;
        }
        Some(Self {
            url: node.optional_url("url").or_else(|| node.optional_url("href"))?,
            media_type,
            width: node.small("width"),
            height: node.small("height"),
        })
    }
}

/// The smallest that is large enough for a list, and the largest.
pub(super) fn thumbnail_and_preview(node: Node<'_>) -> Result<(Image, Image), Invalid> {
    let images: Vec<_> = node.nodes("icon", MAX_ICONS).filter_map(Image::of).collect();
    let width = |image: &&Image| image.width.unwrap_or_default();
    images
        .iter()
        .max_by_key(width)
        .map(|largest| {
            let thumbnail = images
                .iter()
                .filter(|image| width(image) > MIN_THUMBNAIL_WIDTH)
                .min_by_key(width)
                .unwrap_or(largest);
            (thumbnail.clone(), largest.clone())
        })
        .ok_or(Invalid::new("icon", "has no picture"))
}

impl Storyboard {
    /// Nothing if a number is missing or makes no sense: a player would divide by it.
    pub(super) fn of(node: Node<'_>) -> Option<Self> {
        let sheet = node
            .nodes("preview", MAX_STORYBOARDS)
            .find(|preview| {
                preview
                    .each("rel", MAX_STORYBOARDS)
                    .any(|rel| rel == "storyboard")
            })?
            .node("url")?;
        let size = |field| sheet.small(field).filter(|&size| size > 0);
        let board = Self {
            url: sheet.optional_url("href")?,
            width: size("width")?,
            height: size("height")?,
            tile_width: size("tileWidth")?,
            tile_height: size("tileHeight")?,
            tile_duration_s: sheet
                .seconds("tileDuration")
                .ok()
                .filter(|&seconds| seconds > 0)?,
        };
        (board.tile_width <= board.width && board.tile_height <= board.height).then_some(board)
    }
}
