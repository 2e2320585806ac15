//! What other software says, as it is understood here. The files are test data of other projects and are not part of this one:
//! the folder is taken from `TRIBUTARY_OTHER_SOFTWARE`, and without it there is nothing to check.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use federation::protocol::{self, Activity, Collection, Invalid, Kind, Object, Rules, Video, type_of};
use serde_json::Value;

/// Some are of servers under test.
const RULES: Rules = Rules { allow_http: true };

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("TRIBUTARY_OTHER_SOFTWARE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures/other-software"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

fn files(folder: &Path, found: &mut BTreeMap<String, PathBuf>, root: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found, root);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.strip_prefix(root).unwrap().with_extension("");
            found.insert(name.to_str().unwrap().replace('\\', "/"), path);
        }
    }
}

fn document(path: &Path) -> Value {
    let value = protocol::document(&std::fs::read(path).unwrap()).unwrap();
    // A request along with its body.
    value.get("body").cloned().unwrap_or(value)
}

fn said(value: &Value) -> Result<String, Invalid> {
    let kind = type_of(value);
    if value.get("actor").is_some() && value.get("object").is_some() {
        return Activity::parse(value, RULES).map(|activity| of_activity(&activity));
    }
    if kind.contains("Collection") {
        return Collection::parse(value, RULES)
            .map(|collection| format!("Collection of {}", collection.items.len()));
    }
    Object::parse(value, RULES).map(|object| of_object(&object))
}

fn of_activity(activity: &Activity) -> String {
    match &activity.kind {
        Kind::Create(object) => format!("Create {}", of_object(object)),
        Kind::Update(object) => format!("Update {}", of_object(object)),
        Kind::Undo(activity) => format!("Undo {}", of_activity(activity)),
        Kind::UndoId(_) => "Undo an id".to_owned(),
        Kind::Delete { .. } => "Delete".to_owned(),
        Kind::Follow { .. } => "Follow".to_owned(),
        Kind::Accept(follow) => match follow.follower {
            Some(_) => "Accept a Follow".to_owned(),
            None => "Accept an id".to_owned(),
        },
        Kind::Reject(_) => "Reject".to_owned(),
        Kind::Announce {
            activity: Some(kind), ..
        } => format!("Announce {kind}"),
        Kind::Announce { activity: None, .. } => "Announce".to_owned(),
        Kind::Like { .. } => "Like".to_owned(),
        Kind::Dislike { .. } => "Dislike".to_owned(),
        Kind::Flag(flag) => format!("Flag of {}", flag.objects.len()),
        Kind::View(_) => "View".to_owned(),
        Kind::ApproveReply { .. } => "ApproveReply".to_owned(),
        Kind::RejectReply { .. } => "RejectReply".to_owned(),
        Kind::Download { .. } => "Download".to_owned(),
        Kind::Unknown(kind) => format!("nothing done with {kind}"),
    }
}

fn of_object(object: &Object) -> String {
    match object {
        Object::Video(_) => "Video".to_owned(),
        Object::Note(note) => format!(
            "{:?} {}",
            note.recipients.audience(),
            if note.in_reply_to.is_some() {
                "reply"
            } else {
                "Note"
            }
        ),
        Object::Post(post) => format!("{:?} {}", post.recipients.audience(), post.kind),
        Object::Tombstone(_) => "Tombstone".to_owned(),
        Object::Playlist(_) => "Playlist".to_owned(),
        Object::CacheFile(_) => "CacheFile".to_owned(),
        Object::WatchAction(_) => "WatchAction".to_owned(),
        Object::Actor(actor) => format!("{:?} {}", actor.kind, actor.name),
        Object::Id(_) => "id".to_owned(),
        Object::Other { kind, .. } => format!("nothing done with {kind}"),
    }
}

/// What each file is.
const EXPECTED: [(&str, &str); 97] = [
    ("friendica/activities/create_note", "Create Public reply"),
    ("friendica/activities/create_page_1", "Create Public Note"),
    ("friendica/activities/create_page_2", "Create Unlisted Article"),
    ("friendica/activities/delete", "Delete"),
    ("friendica/activities/dislike_page", "Dislike"),
    ("friendica/activities/like_page", "Like"),
    ("friendica/activities/undo_dislike_page", "Undo Dislike"),
    ("friendica/activities/update_note", "Update Unlisted reply"),
    ("friendica/objects/note_1", "Public reply"),
    ("friendica/objects/note_2", "Public reply"),
    ("friendica/objects/page_1", "Unlisted Page"),
    ("friendica/objects/page_2", "Unlisted Article"),
    ("friendica/objects/person_1", "Person jakob"),
    ("friendica/objects/person_2", "Organization informapirata"),
    ("lemmy/activities/block/block_user", "nothing done with Block"),
    (
        "lemmy/activities/block/undo_block_user",
        "Undo nothing done with Block",
    ),
    (
        "lemmy/activities/community/add_featured_post",
        "nothing done with Add",
    ),
    ("lemmy/activities/community/add_mod", "nothing done with Add"),
    (
        "lemmy/activities/community/announce_create_page",
        "Announce Create",
    ),
    ("lemmy/activities/community/lock_note", "nothing done with Lock"),
    ("lemmy/activities/community/lock_page", "nothing done with Lock"),
    (
        "lemmy/activities/community/remove_featured_post",
        "nothing done with Remove",
    ),
    (
        "lemmy/activities/community/remove_mod",
        "nothing done with Remove",
    ),
    ("lemmy/activities/community/report_page", "Flag of 1"),
    (
        "lemmy/activities/community/resolve_report_page",
        "nothing done with Resolve",
    ),
    (
        "lemmy/activities/community/undo_lock_note",
        "Undo nothing done with Lock",
    ),
    (
        "lemmy/activities/community/undo_lock_page",
        "Undo nothing done with Lock",
    ),
    // Moderators edit communities there; here only an actor edits itself.
    (
        "lemmy/activities/community/update_community",
        "refused: object is another actor than the sender",
    ),
    ("lemmy/activities/community/warn", "nothing done with Warn"),
    (
        "lemmy/activities/create_or_update/create_comment",
        "Create Public reply",
    ),
    (
        "lemmy/activities/create_or_update/create_page",
        "Create Public Page",
    ),
    (
        "lemmy/activities/create_or_update/create_private_message",
        "Create Private Note",
    ),
    (
        "lemmy/activities/create_or_update/create_private_message_0.19",
        "Create nothing done with ChatMessage",
    ),
    (
        "lemmy/activities/create_or_update/update_page",
        "Update Public Page",
    ),
    ("lemmy/activities/deletion/delete_page", "Delete"),
    ("lemmy/activities/deletion/delete_private_message", "Delete"),
    ("lemmy/activities/deletion/delete_user", "Delete"),
    ("lemmy/activities/deletion/remove_note", "Delete"),
    ("lemmy/activities/deletion/undo_delete_page", "Undo Delete"),
    (
        "lemmy/activities/deletion/undo_delete_private_message",
        "Undo Delete",
    ),
    ("lemmy/activities/deletion/undo_remove_note", "Undo Delete"),
    ("lemmy/activities/following/accept", "Accept a Follow"),
    ("lemmy/activities/following/follow", "Follow"),
    ("lemmy/activities/following/undo_follow", "Undo Follow"),
    ("lemmy/activities/voting/dislike_page", "Dislike"),
    ("lemmy/activities/voting/like_note", "Like"),
    ("lemmy/activities/voting/undo_dislike_page", "Undo Like"),
    ("lemmy/activities/voting/undo_like_note", "Undo Like"),
    ("lemmy/objects/comment", "Public reply"),
    ("lemmy/objects/group", "Group tenforward"),
    ("lemmy/objects/instance", "Application enterprise.lemmy.ml"),
    ("lemmy/objects/page", "Public Page"),
    ("lemmy/objects/page_image_and_link", "Public Page"),
    ("lemmy/objects/person", "Person picard"),
    ("lemmy/objects/private_message", "Private Note"),
    ("lemmy/objects/tombstone", "Tombstone"),
    ("mastodon/activities/create_note", "Create Unlisted reply"),
    ("mastodon/activities/delete", "Delete"),
    ("mastodon/activities/flag", "Flag of 3"),
    ("mastodon/activities/follow", "Follow"),
    ("mastodon/activities/like_page", "Like"),
    ("mastodon/activities/private_message", "Private reply"),
    ("mastodon/activities/undo_follow", "Undo Follow"),
    ("mastodon/activities/undo_like_page", "Undo Like"),
    ("mastodon/collections/featured", "Collection of 1"),
    ("mastodon/objects/note_1", "Unlisted reply"),
    ("mastodon/objects/note_2", "Public reply"),
    ("mastodon/objects/page", "Public Note"),
    ("mastodon/objects/person", "Person mastodon"),
    // Bodies and keys of signed requests: the signatures are looked at elsewhere.
    ("mastodon/signed/bad-body-http-signature", "Create Public reply"),
    ("mastodon/signed/bad-http-signature", "Create Public reply"),
    ("mastodon/signed/bad-public-key", "refused: id is missing"),
    ("mastodon/signed/create", "Create Public reply"),
    ("mastodon/signed/create-bad-signature", "Create Public reply"),
    ("mastodon/signed/http-signature", "Create Public reply"),
    ("mastodon/signed/public-key", "refused: id is missing"),
    ("mbin/activities/accept", "Accept a Follow"),
    ("mbin/activities/flag", "Flag of 2"),
    ("mbin/objects/instance", "Application fedia.io"),
    ("mitra/activities/accept", "Accept an id"),
    ("mitra/activities/create_post", "Create Public Note"),
    ("peertube/activities/announce_video", "Announce"),
    ("peertube/objects/group", "Group thelinuxexperiment_channel"),
    ("peertube/objects/note", "Public reply"),
    ("peertube/objects/person", "Person thelinuxexperiment"),
    ("peertube/objects/video", "Video"),
    ("pleroma/activities/create_note", "Create Public reply"),
    ("pleroma/activities/delete", "Delete"),
    ("pleroma/activities/follow", "Follow"),
    ("pleroma/objects/chat_message", "nothing done with ChatMessage"),
    ("pleroma/objects/note", "Unlisted reply"),
    ("pleroma/objects/person", "Person lanodan"),
    ("wordpress/activities/announce", "Announce Update"),
    ("wordpress/objects/group", "Group dbzer0.com"),
    ("wordpress/objects/note", "Public reply"),
    ("wordpress/objects/page", "Public Article"),
    ("wordpress/objects/person", "Person matthias"),
];

#[test]
fn everyone_is_understood_or_refused_for_a_reason() {
    let Some(root) = folder() else {
        println!("skipped: no files of other software (TRIBUTARY_OTHER_SOFTWARE)");
        return;
    };
    let mut found = BTreeMap::new();
    files(&root, &mut found, &root);
    let said: Vec<_> = found
        .iter()
        .map(|(name, path)| {
            let value = document(path);
            let said = said(&value).unwrap_or_else(|why| format!("refused: {why}"));
            (name.as_str(), said)
        })
        .collect();
    for ((name, said), (expected_name, expected)) in said.iter().zip(EXPECTED) {
        assert_eq!((*name, said.as_str()), (expected_name, expected));
    }
    assert_eq!(said.len(), EXPECTED.len());
}

/// The same video in three resolutions, from before files said what they hold.
#[test]
fn a_video_of_a_public_server_is_read_by_the_strict_rules() {
    let Some(root) = folder() else {
        println!("skipped: no files of other software (TRIBUTARY_OTHER_SOFTWARE)");
        return;
    };
    let value = document(&root.join("peertube/objects/video.json"));
    let video = Video::parse(&value, Rules::default()).unwrap();
    assert_eq!(
        Some(video.name.as_str()),
        value.get("name").and_then(Value::as_str)
    );
    assert_eq!(
        (video.duration_s, video.views, video.licence),
        (1_145, 360, Some(2))
    );
    assert!(video.originally_published.unwrap() < video.published);
    let hls = video.hls.unwrap();
    let heights: Vec<_> = hls.files.iter().map(|file| (file.height, file.fps)).collect();
    assert_eq!(heights, [(1080, Some(60)), (360, Some(30)), (144, Some(30))]);
    for file in &hls.files {
        assert!(file.has_video && file.fragmented);
        assert!(file.metadata.is_some() && file.torrent.is_some() && file.magnet.is_some());
    }
    assert_eq!(video.trackers.len(), 2);
}
