//! What PeerTube 6.3 servers said to each other, as it is understood here.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::Path;

use db::{ActorKind, CommentsPolicy, LatencyMode, VideoState};
use federation::protocol::{
    self, Activity, Actor, Audience, CacheLocation, Collection, Embedding, Item, Kind, Markup, Object,
    PlaylistElement, Presence, Reason, Rules, Video, nodeinfo, parse_chapters, webfinger,
};
use serde_json::Value;

/// The servers were on loopback.
const RULES: Rules = Rules { allow_http: true };
const A: &str = "http://127.0.0.1:9000";
const B: &str = "http://127.0.0.1:9002";
const VIDEO: &str = "http://127.0.0.1:9000/videos/watch/65adcf8a-1447-4195-a92a-e73eba873eb8";

fn exchanges(folder: &str) -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/peertube-6.3")
        .join(folder);
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (
                name,
                serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap(),
            )
        })
        .collect()
}

fn sent(name: &str) -> Value {
    let exchange = exchanges("by-type").remove(name).unwrap();
    protocol::document(exchange["request_body_raw"].as_str().unwrap().as_bytes()).unwrap()
}

fn answer(folder: &str, name: &str) -> Value {
    exchanges(folder).remove(name).unwrap()["response_body"].take()
}

fn activity(name: &str) -> Activity {
    Activity::parse(&sent(name), RULES).unwrap()
}

fn video(folder: &str, name: &str) -> Video {
    Video::parse(&answer(folder, name), RULES).unwrap()
}

fn kind(activity: &Activity) -> String {
    let object = |object: &Object| match object {
        Object::Video(_) => "Video".to_owned(),
        Object::Note(_) => "Note".to_owned(),
        Object::Playlist(_) => "Playlist".to_owned(),
        Object::CacheFile(_) => "CacheFile".to_owned(),
        Object::Actor(actor) => format!("{:?}", actor.kind),
        other => format!("{other:?}"),
    };
    match &activity.kind {
        Kind::Create(created) => format!("Create-{}", object(created)),
        Kind::Update(updated) => format!("Update-{}", object(updated)),
        Kind::Undo(undone) => format!("Undo-{}", kind(undone)),
        Kind::Accept(_) => "Accept-Follow".to_owned(),
        Kind::Reject(_) => "Reject-Follow".to_owned(),
        Kind::Delete { .. } => "Delete".to_owned(),
        Kind::Follow { .. } => "Follow".to_owned(),
        Kind::Announce { activity: None, .. } => "Announce".to_owned(),
        Kind::Like { .. } => "Like".to_owned(),
        Kind::Dislike { .. } => "Dislike".to_owned(),
        Kind::Flag(_) => "Flag".to_owned(),
        Kind::View(_) => "View".to_owned(),
        Kind::ApproveReply { .. } => "ApproveReply".to_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn every_post_is_of_the_kind_it_was_recorded_as() {
    let mut read = 0;
    for name in exchanges("by-type").keys() {
        let Some(expected) = name.strip_prefix("POST_") else {
            continue;
        };
        let body = sent(name);
        let activity = Activity::parse(&body, RULES).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(kind(&activity), expected);
        assert_eq!(activity.id, body["id"].as_str().unwrap());
        assert_eq!(activity.actor, body["actor"].as_str().unwrap());
        for (field, list) in [("to", &activity.recipients.to), ("cc", &activity.recipients.cc)] {
            let said = body[field].as_array().map_or(0, Vec::len);
            assert_eq!(list.len(), said, "{name} {field}");
        }
        // Nothing of this is for servers that are not under test.
        assert!(
            Activity::parse(&body, Rules::default()).is_err(),
            "{name} over http"
        );
        read += 1;
    }
    assert_eq!(read, 22);
}

#[test]
fn every_object_fetched_is_of_the_kind_it_was_recorded_as() {
    for name in exchanges("by-type").keys() {
        let body = answer("by-type", name);
        let object = || Object::parse(&body, RULES).unwrap();
        match name.strip_prefix("GET_") {
            Some("Announce" | "Like") => assert_eq!(
                format!("GET_{}", kind(&Activity::parse(&body, RULES).unwrap())),
                *name
            ),
            Some("Application") => {
                assert!(matches!(object(), Object::Actor(actor) if actor.kind == ActorKind::Application));
            }
            Some("Group") => {
                assert!(matches!(object(), Object::Actor(actor) if actor.kind == ActorKind::Group))
            }
            Some("Person") => {
                assert!(matches!(object(), Object::Actor(actor) if actor.kind == ActorKind::Person))
            }
            Some("Note") => assert!(matches!(object(), Object::Note(_))),
            Some("Video") => assert!(matches!(object(), Object::Video(_))),
            Some("OrderedCollection" | "OrderedCollectionPage") => {
                Collection::parse(&body, RULES).unwrap();
            }
            // A page of one: it has the type of the whole.
            Some("Playlist") => {
                assert_eq!(Object::parse(&body, RULES).unwrap_err().field, "partOf");
                assert_eq!(Collection::parse(&body, RULES).unwrap().items.len(), 1);
            }
            Some("PlaylistElement") => {
                let element = PlaylistElement::parse(&body, RULES).unwrap();
                assert_eq!(element.video, VIDEO);
                assert_eq!(
                    (element.position, element.start_s, element.stop_s),
                    (1, None, None)
                );
            }
            Some("chapters") => assert_eq!(parse_chapters(&body, RULES).unwrap().len(), 2),
            Some("nodeinfo") => assert!(nodeinfo::links(&body, RULES).unwrap().application.is_some()),
            Some("webfinger") => assert_eq!(
                webfinger::actor(&body, RULES).unwrap(),
                format!("{A}/video-channels/dave_channel").as_str()
            ),
            Some(other) => panic!("{other} is not looked at"),
            None => {}
        }
    }
}

#[test]
fn a_channel_has_its_key_its_pictures_and_its_owner() {
    let body = answer("by-type", "GET_Group");
    let channel = Actor::parse(&body, RULES).unwrap();
    assert_eq!(channel.id, format!("{A}/video-channels/carol_channel").as_str());
    assert_eq!(channel.name, "carol_channel");
    assert_eq!(channel.inbox, format!("{}/inbox", channel.id).as_str());
    assert_eq!(channel.shared_inbox.unwrap(), format!("{A}/inbox").as_str());
    assert_eq!(
        channel.followers.unwrap(),
        format!("{}/followers", channel.id).as_str()
    );
    assert_eq!(channel.page.unwrap(), channel.id);
    assert_eq!(
        channel.public_key.pem,
        body["publicKey"]["publicKeyPem"].as_str().unwrap()
    );
    let widths: Vec<_> = channel
        .avatars
        .iter()
        .map(|avatar| avatar.width.unwrap())
        .collect();
    assert_eq!(widths, [48, 120, 600, 1500]);
    assert_eq!(channel.owners, [format!("{A}/accounts/carol").as_str()]);
    assert_eq!((channel.summary, channel.support), (None, None));
}

#[test]
fn a_recording_is_read_to_the_last_link() {
    let body = answer("by-type", "GET_Video");
    let video = video("by-type", "GET_Video");
    assert_eq!(video.id, VIDEO);
    assert_eq!(video.uuid.to_string(), body["uuid"].as_str().unwrap());
    assert_eq!(video.name, "federated video (renamed)");
    assert_eq!(video.duration_s, 10);
    assert_eq!(video.published.to_string(), "2026-11-22T12:32:14.476Z");
    assert_eq!((video.originally_published, video.uploaded), (None, None));
    assert_eq!((video.views, video.downloads), (0, None));
    let attributed: Vec<_> = video
        .attributed_to
        .iter()
        .map(|who| (who.id.as_str(), who.kind))
        .collect();
    assert_eq!(
        attributed,
        [
            (format!("{A}/accounts/alice").as_str(), Some(ActorKind::Person)),
            (
                format!("{A}/video-channels/alice_channel").as_str(),
                Some(ActorKind::Group)
            ),
        ]
    );
    assert_eq!(video.recipients.audience(), Audience::Public);
    assert_eq!(video.description.as_deref(), Some("new description"));
    assert_eq!(video.support.as_deref(), Some("please support"));
    assert_eq!((video.category, video.licence), (Some(2), Some(1)));
    assert_eq!(video.language.as_deref(), Some("en"));
    assert_eq!(video.tags, ["tag3"]);
    assert_eq!(video.sensitive, None);
    assert_eq!(video.state, VideoState::Published);
    assert!(!video.wait_transcoding && video.download_enabled);
    assert_eq!(video.comments_policy, CommentsPolicy::RequiresApproval);
    assert_eq!(video.live, None);
    assert_eq!(video.aspect_ratio, Some(1.7778));
    assert_eq!(video.thumbnail.url, body["icon"][0]["url"].as_str().unwrap());
    assert_eq!(video.preview.url, body["icon"][1]["url"].as_str().unwrap());
    let board = video.storyboard.unwrap();
    assert_eq!((board.width, board.height), (1920, 108));
    assert_eq!(
        (board.tile_width, board.tile_height, board.tile_duration_s),
        (192, 108, 1)
    );
    assert_eq!(video.captions.len(), 1);
    assert_eq!(video.captions[0].language, "en");
    assert_eq!(
        video.captions[0].url,
        body["subtitleLanguage"][0]["url"].as_str().unwrap()
    );
    assert_eq!(video.page.unwrap(), VIDEO);
    assert_eq!(video.embedding, Embedding::Unsaid);
    assert!(video.web_videos.is_empty());
    let trackers: Vec<_> = video
        .trackers
        .iter()
        .map(|tracker| (tracker.url.as_str(), tracker.websocket))
        .collect();
    assert_eq!(
        trackers,
        [
            ("http://127.0.0.1:9000/tracker/announce", false),
            ("ws://127.0.0.1:9000/tracker/socket", true),
        ]
    );
    for (url, name) in [
        (&video.likes, "likes"),
        (&video.dislikes, "dislikes"),
        (&video.shares, "announces"),
        (&video.comments, "comments"),
        (&video.chapters, "chapters"),
    ] {
        assert_eq!(url.as_deref(), Some(format!("{VIDEO}/{name}").as_str()));
    }
}

#[test]
fn links_find_the_file_of_their_resolution() {
    let body = answer("get", "vod-ap-video-2res");
    let video = video("get", "vod-ap-video-2res");
    let hls = video.hls.unwrap();
    let tags = &body["url"][1]["tag"];
    assert_eq!(hls.playlist, body["url"][1]["href"].as_str().unwrap());
    assert_eq!(hls.infohashes.len(), 2);
    assert_eq!(hls.segments_sha256.unwrap(), tags[2]["href"].as_str().unwrap());
    assert_eq!(hls.files.len(), 2);
    for (file, links) in hls.files.iter().zip([3, 7]) {
        assert_eq!(file.url, tags[links]["href"].as_str().unwrap());
        assert_eq!(file.size, tags[links]["size"].as_i64().unwrap());
        assert_eq!(file.metadata.as_deref(), tags[links + 1]["href"].as_str());
        assert_eq!(file.torrent.as_deref(), tags[links + 2]["href"].as_str());
        let magnet = file.magnet.as_ref().unwrap();
        assert_eq!(Some(magnet.uri.as_str()), tags[links + 3]["href"].as_str());
        assert!(magnet.uri.contains(magnet.infohash.as_deref().unwrap()));
        assert_eq!(file.fps, Some(30));
        assert!(file.has_audio && file.has_video && file.fragmented);
    }
    assert_eq!((hls.files[0].height, hls.files[0].width), (720, Some(1280)));
    assert_eq!((hls.files[1].height, hls.files[1].width), (480, Some(854)));
}

#[test]
fn a_live_is_on_air_or_waits() {
    let live = video("get", "live-ap-video-while-streaming");
    assert_eq!((live.state, live.duration_s), (VideoState::Published, 0));
    assert!(live.is_showable());
    let settings = live.live.unwrap();
    assert!(settings.permanent && !settings.save_replay);
    assert_eq!(settings.latency, LatencyMode::Small);
    assert_eq!((settings.dvr_window_s, settings.schedules.len()), (None, 0));
    let hls = live.hls.unwrap();
    assert!(hls.files.is_empty() && hls.segments_sha256.is_some());
    assert_eq!(hls.infohashes.len(), 1);

    let waiting = video("get", "live-ap-video-after-stop");
    assert_eq!(waiting.state, VideoState::WaitingForLive);
    assert!(waiting.is_showable() && waiting.live.is_some());
}

#[test]
fn a_comment_is_a_reply_of_its_author() {
    let created = activity("POST_Create-Note");
    let Kind::Create(Object::Note(note)) = created.kind else {
        panic!("not a comment");
    };
    assert_eq!(note.author, created.actor);
    assert_eq!(note.content, "Thanks @bob@127.0.0.1:9002");
    assert_eq!(note.markup, Markup::Markdown);
    assert!(note.in_reply_to.unwrap().starts_with(B));
    assert_eq!(
        note.reply_approval.unwrap(),
        format!("{}/approve-reply", note.id).as_str()
    );
    assert_eq!(note.mentions.len(), 1);
    assert_eq!(note.mentions[0].actor, format!("{B}/accounts/bob").as_str());
    assert_eq!(note.mentions[0].handle.as_deref(), Some("@bob@127.0.0.1:9002"));
    assert_eq!(note.recipients.audience(), Audience::Public);

    let Kind::ApproveReply { object, in_reply_to } = activity("POST_ApproveReply").kind else {
        panic!("not an approval");
    };
    assert!(object.starts_with(B));
    assert!(object.starts_with(B) && in_reply_to.unwrap().starts_with(A));
    let Kind::Delete { object, former_type } = activity("POST_Delete").kind else {
        panic!("not a deletion");
    };
    assert_eq!(
        object,
        format!("{B}/videos/watch/65adcf8a-1447-4195-a92a-e73eba873eb8/comments/1").as_str()
    );
    assert_eq!(former_type, None);
}

#[test]
fn follows_are_answered_by_who_is_followed() {
    let follow = activity("POST_Follow");
    let Kind::Follow { object: followed } = follow.kind else {
        panic!("not a follow");
    };
    let accept = activity("POST_Accept-Follow");
    let Kind::Accept(accepted) = accept.kind else {
        panic!("not an accept");
    };
    assert_eq!(accept.actor, followed);
    assert_eq!(accepted.id, Some(follow.id));
    assert_eq!(accepted.follower, Some(follow.actor));
    assert_eq!(accepted.followed, Some(followed));
}

#[test]
fn copies_are_a_directory_for_a_while() {
    let activity = activity("POST_Create-CacheFile");
    let Kind::Create(Object::CacheFile(file)) = activity.kind else {
        panic!("not a copy");
    };
    assert!(file.video.starts_with(A) && file.expires.is_some());
    let CacheLocation::Hls { base } = file.location else {
        panic!("not of a playlist");
    };
    assert!(base.is_beside(&activity.actor));
    assert!(base.ends_with("/static/redundancy/hls/3d39311d-5077-41de-8fe3-e558423e45b0"));
}

#[test]
fn the_rest_says_what_it_says() {
    let Kind::View(view) = activity("POST_View").kind else {
        panic!("not a view");
    };
    assert_eq!(view.video, VIDEO);
    let until = "2026-11-22T12:31:12.503Z".parse().unwrap();
    assert_eq!(view.presence, Presence::Watching { until });

    let Kind::Flag(flag) = activity("POST_Flag").kind else {
        panic!("not a report");
    };
    assert_eq!(flag.objects, [VIDEO]);
    assert_eq!(flag.text.as_deref(), Some("test report"));
    assert_eq!(flag.reasons, [Reason::SpamOrMisleading]);
    assert_eq!((flag.start_s, flag.end_s), (Some(1), Some(2)));

    let Kind::Update(Object::Playlist(playlist)) = activity("POST_Update-Playlist").kind else {
        panic!("not a playlist");
    };
    assert_eq!(playlist.name, "My playlist");
    assert_eq!(
        playlist.channel,
        format!("{A}/video-channels/alice_channel").as_str()
    );
    assert_eq!(playlist.total_items, Some(1));
    assert_eq!(
        playlist.first.unwrap(),
        format!("{}?page=1", playlist.id).as_str()
    );
    assert_eq!(playlist.icon.unwrap().width, Some(280));
}

#[test]
fn collections_have_ids_activities_or_a_number() {
    let parse = |name| Collection::parse(&answer("get", name), RULES).unwrap();
    assert_eq!(parse("video-likes").total_items, Some(0));
    let followers = parse("actor-accounts-carol-followers");
    assert!(followers.items.is_empty());
    let page = parse("actor-accounts-peertube-followers-page-1");
    assert_eq!(
        page.items[0].id(),
        Some(format!("{B}/accounts/peertube").as_str())
    );
    assert!(page.part_of.is_some() && page.next.is_none());
    assert_eq!(parse("video-announces-page-1").items.len(), 2);
    assert_eq!(parse("video-comments-page-1").items.len(), 1);

    let outbox = parse("actor-accounts-carol-outbox-page-1");
    assert_eq!(outbox.items.len(), 3);
    for item in outbox.items {
        let Item::Embedded(value) = item else {
            panic!("an outbox has activities");
        };
        assert_eq!(kind(&Activity::parse(&value, RULES).unwrap()), "Create-Video");
    }
}

#[test]
fn a_server_says_what_it_runs_and_who_stands_for_it() {
    let links = nodeinfo::links(&answer("get", "wellknown-nodeinfo"), RULES).unwrap();
    assert_eq!(
        links.application.unwrap(),
        format!("{A}/accounts/peertube").as_str()
    );
    assert_eq!(links.document.unwrap(), format!("{A}/nodeinfo/2.0.json").as_str());
    let software = nodeinfo::software(&answer("get", "nodeinfo-2.0"), RULES).unwrap();
    assert_eq!(software.name, "peertube");
    assert_eq!(software.version.as_deref(), Some("6.3.0"));
    let actor = webfinger::actor(&answer("get", "webfinger-account"), RULES).unwrap();
    assert_eq!(actor, format!("{A}/accounts/carol").as_str());
    assert!(
        parse_chapters(&answer("get", "video-chapters"), RULES)
            .unwrap()
            .is_empty()
    );
}
