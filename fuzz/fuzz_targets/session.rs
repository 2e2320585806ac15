//! Commands, data and control messages: `kind, stream, length (2), payload` over and over.
#![no_main]

use bytes::{Bytes, BytesMut};
use ingest::rtmp::{chunk::Message, session::Session};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    let mut session = Session::new(128);
    let mut output = BytesMut::new();
    let mut received = 0;
    while let [kind, stream, a, b, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*a, *b])).min(tail.len());
        let (payload, tail) = tail.split_at(length);
        rest = tail;
        received += 1_000_000;
        let message = Message {
            kind: *kind,
            timestamp: 0,
            stream_id: u32::from(*stream),
            payload: Bytes::copy_from_slice(payload),
        };
        if session.receive(message, &mut output).is_err() {
            return;
        }
        session.acknowledge(received, &mut output);
    }
});
