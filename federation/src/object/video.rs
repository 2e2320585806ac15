//! The Video object: recordings, and lives that wait, are on air or have ended.

use db::{CommentsPolicy, LiveSettings, Privacy, StreamingPlaylist, Video, VideoFile};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Map, Value, json};

use super::iso;
use crate::{PUBLIC, Site, context};

/// Everything that is told about a local video.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub video: &'a Video,
    pub tags: &'a [String],
    /// Set for lives.
    pub live: Option<&'a LiveSettings>,
    pub playlist: Option<&'a StreamingPlaylist>,
    /// Names of the numbers and codes in `video`.
    pub category: Option<&'a str>,
    pub licence: Option<&'a str>,
    pub language: Option<&'a str>,
    /// Smallest first.
    pub pictures: &'a [Picture],
}

/// A still of a video, as JPEG: PeerTube 6.3 reads nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub url: String,
    pub width: u32,
    pub height: u32,
}

pub fn describe(facts: &Facts<'_>, site: &Site) -> Value {
    let video = facts.video;
    let id = site.video(video);
    let account = site.account(&video.channel.account);
    let mut object = Map::new();
    let mut set = |name: &str, value: Value| {
        object.insert(name.to_owned(), value);
    };

    set("@context", context::video());
    // Whoever is told of an unlisted video has its address; it is addressed to nobody.
    let public = video.privacy == Privacy::Public;
    set("to", if public { json!([PUBLIC]) } else { json!([]) });
    set(
        "cc",
        if public {
            json!([format!("{account}/followers")])
        } else {
            json!([])
        },
    );
    set("type", json!("Video"));
    set("id", json!(id));
    set("name", json!(video.name));
    // Seconds only: PeerTube 6.3 drops everything that is no digit.
    set("duration", json!(format!("PT{}S", video.duration_s)));
    set("uuid", json!(video.uuid));
    // PeerTube leaves out what is not set.
    let identifier = video.category.map(|id| id.to_string());
    labelled(&mut set, "category", identifier, facts.category);
    let identifier = video.licence.map(|id| id.to_string());
    labelled(&mut set, "licence", identifier, facts.licence);
    labelled(&mut set, "language", video.language.clone(), facts.language);
    set("views", json!(video.views));
    set("sensitive", json!(video.nsfw));
    set("waitTranscoding", json!(video.wait_transcoding));
    set("state", json!(video.state.id()));
    let policy = video.comments_policy;
    set("commentsEnabled", json!(policy != CommentsPolicy::Disabled));
    let can_reply = match policy {
        CommentsPolicy::Enabled => Value::Null,
        CommentsPolicy::Disabled | CommentsPolicy::RequiresApproval => json!(PUBLIC),
    };
    set("canReply", can_reply);
    set("commentsPolicy", json!(policy.id()));
    set("downloadEnabled", json!(video.download_enabled));
    set("published", json!(iso(video.published_at)));
    set(
        "originallyPublishedAt",
        json!(video.originally_published_at.map(iso)),
    );
    if let Some(at) = video.uploaded_at {
        set("uploadDate", json!(iso(at)));
    }
    set("updated", json!(iso(video.updated_at)));
    set(
        "tag",
        facts
            .tags
            .iter()
            .map(|tag| json!({ "type": "Hashtag", "name": tag }))
            .collect(),
    );
    set("mediaType", json!("text/markdown"));
    set("content", json!(video.description));
    set("support", json!(video.support));
    set("subtitleLanguage", json!([]));
    set("icon", facts.pictures.iter().map(icon).collect());
    if let Some(ratio) = video.aspect_ratio {
        set("aspectRatio", json!(ratio));
    }
    set("url", links(facts, &id, site));
    for (name, folder) in [
        ("likes", "likes"),
        ("dislikes", "dislikes"),
        ("shares", "announces"),
        ("comments", "comments"),
        ("hasParts", "chapters"),
    ] {
        set(name, json!(format!("{id}/{folder}")));
    }
    // With their types: all versions of PeerTube read that, the newer form only some.
    set(
        "attributedTo",
        json!([
            { "type": "Person", "id": account },
            { "type": "Group", "id": site.channel(&video.channel) },
        ]),
    );
    set("isLiveBroadcast", json!(video.is_live));
    // For a live that is over for good its wishes are gone, as for a recording.
    set("liveSaveReplay", json!(facts.live.map(|live| live.save_replay)));
    set("permanentLive", json!(facts.live.map(|live| live.permanent)));
    set(
        "latencyMode",
        json!(facts.live.map(|live| live.latency_mode.id())),
    );
    Value::Object(object)
}

fn labelled(set: &mut impl FnMut(&str, Value), field: &str, identifier: Option<String>, name: Option<&str>) {
    if let Some(identifier) = identifier {
        let name = name.unwrap_or(&identifier);
        set(field, json!({ "identifier": identifier, "name": name }));
    }
}

fn icon(picture: &Picture) -> Value {
    json!({
        "type": "Image",
        "url": picture.url,
        "mediaType": "image/jpeg",
        "width": picture.width,
        "height": picture.height,
    })
}

/// The page first, where Mastodon looks for it; then the playlist with its files.
fn links(facts: &Facts<'_>, id: &str, site: &Site) -> Value {
    let mut links = vec![json!({ "type": "Link", "mediaType": "text/html", "href": id })];
    if let Some(playlist) = facts.playlist {
        let folder = format!("{}/static/streaming-playlists/hls/{}", site.url, facts.video.uuid);
        let master = format!("{folder}/{}", playlist.playlist_file);
        // A live on air tells of no files; it has one rendition all the same.
        let mut tags: Vec<Value> = (0..playlist.files.len().max(1))
            .map(|rendition| json!({ "type": "Infohash", "name": infohash(&master, rendition) }))
            .collect();
        tags.push(json!({
            "type": "Link",
            "name": "sha256",
            "mediaType": "application/json",
            "href": format!("{folder}/{}", playlist.sha256_file),
        }));
        tags.extend(playlist.files.iter().map(|file| media(file, &folder)));
        links.push(json!({
            "type": "Link",
            "mediaType": "application/x-mpegURL",
            "href": master,
            "tag": tags,
        }));
    }
    Value::Array(links)
}

/// The swarm of the viewers of one rendition, as players of PeerTube up to 6 have it. Receivers work it out themselves.
fn infohash(master: &str, rendition: usize) -> String {
    let swarm = format!("2{master}+V{rendition}");
    digest(&SHA1_FOR_LEGACY_USE_ONLY, swarm.as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// One rendition: a fragmented MP4.
fn media(file: &VideoFile, folder: &str) -> Value {
    let property = |name: &str, value: &str| json!({ "type": "PropertyValue", "name": name, "value": value });
    let mut attachment = Vec::new();
    if file.has_audio {
        attachment.push(property("ffprobe_codec_type", "audio"));
    }
    if file.has_video {
        attachment.push(property("ffprobe_codec_type", "video"));
    }
    attachment.push(property("peertube_format_flag", "fragmented"));
    json!({
        "type": "Link",
        "mediaType": if file.has_video { "video/mp4" } else { "audio/mp4" },
        "href": format!("{folder}/{}", file.file_name),
        // PeerTube means its id of the resolution by it: 0 is audio only.
        "height": file.resolution,
        "width": file.width.unwrap_or(0),
        "size": file.size_bytes,
        "fps": file.fps,
        "attachment": attachment,
    })
}

#[cfg(test)]
mod tests {
    use super::infohash;

    #[test]
    fn swarms_are_named_as_peertube_names_them() {
        let master = "https://tube.example/static/streaming-playlists/hls/\
                      9c9de5e8-0a1e-484a-b099-e80766180a6d/master.m3u8";
        assert_eq!(infohash(master, 0), "f2db4c4219a4e9d3a29cdd4b080ef8df5c82e5fb");
    }
}
