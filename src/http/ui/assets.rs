//! The built scripts and styles: in the program, under names that carry a hash, so that browsers keep them for ever.

use std::collections::HashMap;
use std::io::Write;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;

#[derive(rust_embed::RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

const MANIFEST: &str = "manifest.json";
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The pages cannot be shown without what `npm run build` makes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the web assets are missing: run `npm ci && npm run build` in web/, then build again")]
    Missing,
    #[error(
        "the manifest of the web assets cannot be read ({0}): run `npm run build` in web/, then build again"
    )]
    Manifest(#[from] serde_json::Error),
    #[error("the web assets lack {0}: run `npm run build` in web/, then build again")]
    Incomplete(&'static str),
}

/// What pages link to, by their names in `web/`.
const ENTRIES: [&str; 6] = [
    "src/icon.svg",
    "src/site/main.ts",
    "src/studio/main.ts",
    "src/styles/main.css",
    "src/styles/player.css",
    "src/watch.ts",
];

/// A line of Vite's manifest.
#[derive(Debug, Deserialize)]
struct Chunk {
    file: String,
}

struct Asset {
    content_type: HeaderValue,
    plain: Bytes,
    /// Only where it is worth it.
    gzip: Option<Bytes>,
}

/// Source name to address, read once: an unreadable manifest was reported by [`check`] at the start.
static ADDRESSES: LazyLock<HashMap<String, String>> = LazyLock::new(|| addresses().unwrap_or_default());
static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(load);

/// Reports at the start what would otherwise be a page without styles.
pub(crate) fn check() -> Result<(), Error> {
    let addresses = addresses()?;
    match ENTRIES.into_iter().find(|entry| !addresses.contains_key(*entry)) {
        Some(entry) => Err(Error::Incomplete(entry)),
        None => Ok(()),
    }
}

fn addresses() -> Result<HashMap<String, String>, Error> {
    let manifest = Dist::get(MANIFEST).ok_or(Error::Missing)?;
    let chunks: HashMap<String, Chunk> = serde_json::from_slice(&manifest.data)?;
    Ok(chunks
        .into_iter()
        .map(|(source, chunk)| (source, format!("/assets/{}", chunk.file)))
        .collect())
}

/// The address of a source file's built form.
pub(crate) fn address(source: &str) -> &'static str {
    ADDRESSES.get(source).map_or("/assets/missing", String::as_str)
}

fn load() -> HashMap<String, Asset> {
    Dist::iter()
        .filter(|name| name != MANIFEST)
        .filter_map(|name| {
            let file = Dist::get(&name)?;
            let mime = file.metadata.mimetype();
            let text = mime.starts_with("text/") || mime.contains("javascript") || mime.ends_with("+xml");
            let content_type = if text {
                format!("{mime}; charset=utf-8")
            } else {
                mime.to_owned()
            };
            let gzip = if text { compress(&file.data) } else { None };
            let asset = Asset {
                content_type: content_type.parse().ok()?,
                plain: Bytes::from(file.data.into_owned()),
                gzip,
            };
            Some((name.into_owned(), asset))
        })
        .collect()
}

fn compress(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    Some(Bytes::from(encoder.finish().ok()?))
}

/// `GET /assets/{name}`
pub(crate) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.get(&name) else {
        return (StatusCode::NOT_FOUND, "no such asset\n").into_response();
    };
    let accepts_gzip = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("gzip"));
    let fixed = [
        (header::CONTENT_TYPE, asset.content_type.clone()),
        (header::CACHE_CONTROL, IMMUTABLE),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    match &asset.gzip {
        Some(gzip) if accepts_gzip => {
            let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
            (fixed, encoding, gzip.clone()).into_response()
        }
        _ => (fixed, asset.plain.clone()).into_response(),
    }
}
