//! Files of finished recordings and uploads: playlists, fragmented MP4, hashes.

use std::path::Path;

use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::wants::Wants;
use super::{JSON, MP4, PLAYLIST, body, missing, stored};

/// Playlists and digests of a video change when a rendition is added; a minute is short enough for that.
const DESCRIPTION_CACHING: HeaderValue = HeaderValue::from_static("public, max-age=60");

/// A file of a video's folder.
pub(super) async fn respond(folder: &Path, name: &str, wants: &Wants) -> Response {
    let Some(content_type) = content_type(name) else {
        return missing();
    };
    match stored::open(&folder.join(name)).await {
        Ok((file, len)) => {
            let may_change = content_type != MP4;
            let mut response = body::file(file, len, wants, content_type);
            if may_change && response.status().is_success() {
                response
                    .headers_mut()
                    .insert(header::CACHE_CONTROL, DESCRIPTION_CACHING);
            }
            response
        }
        Err(_) => missing(),
    }
}

/// The kinds of files a video's folder holds; nothing else is served, and no name leaves the folder.
fn content_type(name: &str) -> Option<HeaderValue> {
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
        && !name.starts_with('.');
    match name.rsplit_once('.')?.1 {
        _ if !plain => None,
        "m3u8" => Some(PLAYLIST),
        "mp4" => Some(MP4),
        "json" => Some(JSON),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_the_folder() {
        for name in [
            "../secret.mp4",
            "..%2fsecret.mp4",
            "/etc/passwd",
            ".hidden.mp4",
            "a/b.mp4",
            "x",
            "x.txt",
            "a\0.mp4",
        ] {
            assert_eq!(content_type(name), None, "{name}");
        }
        assert_eq!(
            content_type("65adcf8a-1447-4195-a92a-e73eba873eb8-720-fragmented.mp4"),
            Some(MP4)
        );
    }
}
