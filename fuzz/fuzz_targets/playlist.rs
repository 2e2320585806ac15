//! What a viewer may ask for: the query of a playlist and the names of media files; and an index as a crash left it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use packager::archive::Index;
use packager::live::name::Name;
use packager::playlist::Query;

fuzz_target!(|text: &str| {
    if let Ok(query) = Query::parse(text) {
        assert!(query.part.is_none() || query.msn.is_some());
        assert!(query.msn.is_none_or(|msn| msn <= 1 << 53));
    }
    if let Some(name) = Name::parse(text) {
        // One thing has one name.
        assert_eq!(name.to_string(), text);
    }
    let index = Index::parse(text, "a.mp4");
    assert!(index.duration_us() >= 0);
});
