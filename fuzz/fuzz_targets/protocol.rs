//! What other servers say: a document, read as each kind of thing there is.
#![no_main]

use federation::protocol::{
    self, Activity, Actor, CacheFile, Collection, Item, Kind, Note, Object, Playlist, PlaylistElement, Post,
    Rules, Tombstone, Video, WatchAction, nodeinfo, parse_chapters, webfinger,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: (u8, &[u8])| {
    let (kind, bytes) = input;
    let Ok(document) = protocol::document(bytes) else {
        return;
    };
    let rules = Rules {
        allow_http: kind & 0x80 != 0,
    };
    match kind & 0x7f {
        0 => object(Object::parse(&document, rules).ok()),
        1 => drop(Actor::parse(&document, rules)),
        2 => object(
            Video::parse(&document, rules)
                .map(|video| Object::Video(Box::new(video)))
                .ok(),
        ),
        3 => object(
            Note::parse(&document, rules)
                .map(|note| Object::Note(Box::new(note)))
                .ok(),
        ),
        4 => drop(Post::parse(&document, rules)),
        5 => drop(Tombstone::parse(&document, rules)),
        6 => object(
            Playlist::parse(&document, rules)
                .map(|list| Object::Playlist(Box::new(list)))
                .ok(),
        ),
        7 => drop(PlaylistElement::parse(&document, rules)),
        8 => drop(CacheFile::parse(&document, rules)),
        9 => object(
            WatchAction::parse(&document, rules)
                .map(|action| Object::WatchAction(Box::new(action)))
                .ok(),
        ),
        10 => collection(&document, rules),
        11 => drop(webfinger::actor(&document, rules)),
        12 => drop((
            nodeinfo::links(&document, rules),
            nodeinfo::software(&document, rules),
        )),
        13 => {
            let chapters = parse_chapters(&document, rules).unwrap_or_default();
            assert!(chapters.is_sorted_by(|one, next| one.start_s < next.start_s));
        }
        _ => activity(&document, rules),
    }
});

fn activity(document: &Value, rules: Rules) {
    let Ok(activity) = Activity::parse(document, rules) else {
        return;
    };
    match activity.kind {
        Kind::Undo(undone) => {
            assert_eq!(undone.actor, activity.actor);
            assert!(!matches!(undone.kind, Kind::Undo(_) | Kind::UndoId(_)));
        }
        Kind::Create(created) | Kind::Update(created) => {
            assert!(created.id().is_none_or(|id| id.is_beside(&activity.actor)));
            object(Some(created));
        }
        Kind::Flag(flag) => assert!((1..=100).contains(&flag.objects.len())),
        _ => {}
    }
}

fn collection(document: &Value, rules: Rules) {
    let Ok(collection) = Collection::parse(document, rules) else {
        return;
    };
    assert!(collection.items.len() <= 500);
    for item in &collection.items {
        if let Item::Embedded(value) = item {
            activity(value, rules);
        }
    }
}

/// What is promised of whatever is read.
fn object(object: Option<Object>) {
    let Some(object) = object else { return };
    if let Some(id) = object.id() {
        assert_eq!(protocol::host(id), Some(id.host()));
        assert!(!id.host().is_empty() && id.chars().count() <= 2_000);
    }
    match object {
        Object::Video(video) => {
            assert!((3..=120).contains(&video.name.chars().count()));
            assert!(video.tags.len() <= 30 && video.views >= 0);
            assert!(video.attributed_to.iter().any(|who| who.id.is_beside(&video.id)));
            if let Some(board) = video.storyboard {
                assert!(board.tile_width > 0 && board.tile_height > 0 && board.tile_duration_s > 0);
            }
        }
        Object::Note(note) => {
            assert!(note.author.is_beside(&note.id));
            assert!(!note.content.trim().is_empty() && !note.content.contains('\0'));
        }
        Object::Playlist(playlist) => assert!(playlist.channel.is_beside(&playlist.id)),
        Object::WatchAction(action) => {
            assert!(action.start <= action.end);
            assert!(
                action
                    .sections
                    .iter()
                    .all(|section| section.start_s <= section.end_s)
            );
        }
        _ => {}
    }
}
