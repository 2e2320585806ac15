//! oEmbed (https://oembed.com): what other sites show when somebody pastes a link to a video.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::frame::Visit;
use super::watch::Urls;
use crate::app::App;
use crate::http::extract;
use crate::storage::Picture;

/// Without a wish from the consumer; PeerTube's size.
const WIDTH: u32 = 560;
const HEIGHT: u32 = 315;
/// Below this the player is not usable.
const SMALLEST: u32 = 120;
/// What a link may wish of the player it is embedded with.
const PLAYER_WISHES: [&str; 11] = [
    "autoplay",
    "controlBar",
    "controls",
    "loop",
    "muted",
    "peertubeLink",
    "playbackRate",
    "start",
    "stop",
    "subtitle",
    "title",
];
/// Longer than any wish.
const MAX_WISH_LENGTH: usize = 32;

#[derive(Debug, Deserialize)]
pub(crate) struct OembedQuery {
    url: String,
    #[serde(default)]
    format: Option<String>,
    #[serde(default, rename = "maxwidth")]
    max_width: Option<u32>,
    #[serde(default, rename = "maxheight")]
    max_height: Option<u32>,
}

/// oEmbed 2.3.4.2, the video type.
#[derive(Debug, Serialize)]
struct Oembed {
    #[serde(rename = "type")]
    kind: &'static str,
    version: &'static str,
    title: String,
    author_name: String,
    author_url: String,
    provider_name: String,
    provider_url: String,
    html: String,
    width: u32,
    height: u32,
    #[serde(flatten)]
    thumbnail: Option<Thumbnail>,
}

/// oEmbed 2.3.4: all three or none.
#[derive(Debug, Serialize)]
struct Thumbnail {
    thumbnail_url: String,
    thumbnail_width: u32,
    thumbnail_height: u32,
}

/// `GET /services/oembed`
pub(crate) async fn describe(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<OembedQuery>,
) -> Result<Response, Response> {
    if query.format.as_deref().is_some_and(|format| format != "json") {
        return Err((StatusCode::NOT_IMPLEMENTED, Json("Only JSON is spoken here")).into_response());
    }
    let base = app.config.public_url();
    let id = video_id(&query.url, &base).ok_or_else(|| {
        (
            StatusCode::NOT_FOUND,
            Json("No video of this server has that address"),
        )
            .into_response()
    })?;
    let video = extract::visible_video(&app, &visit.viewer, id)
        .await
        .map_err(IntoResponse::into_response)?;
    let (width, height) = fit(query.max_width, query.max_height);
    let Urls { embed, picture, .. } = Urls::of(&app, &video);
    let (thumbnail_width, thumbnail_height) = Picture::Preview.size();
    let title = escape(&video.name);
    let src = escape(&format!("{embed}{}", wishes(&query.url)));
    let oembed = Oembed {
        kind: "video",
        version: "1.0",
        html: format!(
            "<iframe title=\"{title}\" width=\"{width}\" height=\"{height}\" src=\"{src}\" \
             style=\"border: 0\" allow=\"fullscreen; picture-in-picture\" loading=\"lazy\"></iframe>"
        ),
        title: video.name.clone(),
        author_name: video.channel.actor.display_name.clone(),
        author_url: format!("{base}/c/{}", video.channel.actor.name),
        provider_name: app.settings.instance().name.clone(),
        provider_url: base,
        width,
        height,
        thumbnail: picture.map(|thumbnail_url| Thumbnail {
            thumbnail_url,
            thumbnail_width,
            thumbnail_height,
        }),
    };
    Ok(([("access-control-allow-origin", "*")], Json(oembed)).into_response())
}

/// The id in the address of a page of this server.
fn video_id<'a>(address: &'a str, base: &str) -> Option<&'a str> {
    let path = address.strip_prefix(base)?;
    let id = ["/w/", "/videos/watch/", "/videos/embed/"]
        .iter()
        .find_map(|prefix| path.strip_prefix(prefix))?;
    let id = id.split(['?', '#', '/', ';']).next()?;
    (!id.is_empty()).then_some(id)
}

/// The query with which the player does as the link says; empty if it says nothing.
fn wishes(address: &str) -> String {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let mut kept = url::form_urlencoded::Serializer::new(String::new());
    for name in PLAYER_WISHES {
        let said = url::form_urlencoded::parse(query.as_bytes()).find(|(said, _)| said == name);
        if let Some((_, value)) = said.filter(|(_, value)| value.len() <= MAX_WISH_LENGTH) {
            kept.append_pair(name, &value);
        }
    }
    let kept = kept.finish();
    if kept.is_empty() { kept } else { format!("?{kept}") }
}

/// The largest 16:9 within the consumer's wish.
fn fit(max_width: Option<u32>, max_height: Option<u32>) -> (u32, u32) {
    let mut width = max_width.map_or(WIDTH, |max| max.clamp(SMALLEST, WIDTH));
    let mut height = width * HEIGHT / WIDTH;
    if let Some(max) = max_height.map(|max| max.clamp(SMALLEST, HEIGHT))
        && height > max
    {
        height = max;
        width = height * WIDTH / HEIGHT;
    }
    (width, height)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_videos_of_this_server_are_described() {
        let base = "https://live.example.org";
        assert_eq!(
            video_id("https://live.example.org/w/abc?start=3", base),
            Some("abc")
        );
        assert_eq!(
            video_id("https://live.example.org/videos/watch/u-u", base),
            Some("u-u")
        );
        assert_eq!(video_id("https://elsewhere.example/w/abc", base), None);
        assert_eq!(
            video_id("https://live.example.org.evil.example/w/abc", base),
            None
        );
        assert_eq!(video_id("https://live.example.org/w/", base), None);
    }

    #[test]
    fn frames_do_what_the_link_says() {
        let base = "https://live.example.org/w/abc";
        assert_eq!(wishes(base), "");
        assert_eq!(
            wishes(&format!("{base}?start=1m2s&api=1&loop=1#x")),
            "?loop=1&start=1m2s"
        );
        assert_eq!(wishes(&format!("{base}?title=%22%3E")), "?title=%22%3E");
        assert_eq!(wishes(&format!("{base}?title={}", "x".repeat(33))), "");
    }

    #[test]
    fn frames_fit_what_the_consumer_wants() {
        assert_eq!(fit(None, None), (560, 315));
        assert_eq!(fit(Some(320), None), (320, 180));
        assert_eq!(fit(None, Some(180)), (320, 180));
        assert_eq!(fit(Some(4_000_000_000), Some(0)), (213, 120));
    }
}
