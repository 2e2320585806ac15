//! AMF0: what was read can be written, and then reads the same.
#![no_main]

use bytes::BytesMut;
use ingest::rtmp::{Metadata, amf};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(values) = amf::read_all(data) else { return };
    let _ = Metadata::from_data(&values);
    let mut written = BytesMut::new();
    for value in &values {
        value.write(&mut written);
    }
    // Strings beyond 65,535 bytes are cut, and NaN is not equal to itself.
    if data.len() < 65_536 {
        let again = amf::read_all(&written).expect("what we write can be read");
        assert_eq!(format!("{values:?}"), format!("{again:?}"));
    }
});
