//! The handshake and the chunk layer: the way the network cuts the bytes must not matter.
#![no_main]

use bytes::BytesMut;
use ingest::rtmp::{
    Malformed,
    chunk::{Message, Reader},
    handshake::Handshake,
};
use libfuzzer_sys::fuzz_target;

const MAX_MESSAGE_BYTES: usize = 1 << 16;

fn read(data: &[u8], piece: usize) -> (Vec<Message>, Option<Malformed>) {
    let mut reader = Reader::new(MAX_MESSAGE_BYTES);
    let (mut messages, mut waiting) = (Vec::new(), Vec::new());
    for piece in data.chunks(piece) {
        waiting.extend_from_slice(piece);
        let mut input = &waiting[..];
        loop {
            match reader.read(&mut input) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(malformed) => return (messages, Some(malformed)),
            }
        }
        assert!(input.len() < 18);
        waiting = input.to_vec();
    }
    (messages, None)
}

fuzz_target!(|data: &[u8]| {
    let Some((&piece, data)) = data.split_first() else {
        return;
    };
    assert_eq!(read(data, usize::MAX), read(data, usize::from(piece) + 1));
    let mut output = BytesMut::new();
    let _ = Handshake::default().read(&mut &*data, &mut output);
    assert!(output.len() <= 1 + 2 * 1536);
});
