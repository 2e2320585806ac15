//! From messages to bytes.

use bytes::{BufMut, BytesMut};

use super::{DEFAULT_CHUNK_BYTES, EXTENDED, Message};

/// Writes every message with a full (type 0) header: a server says little, and nobody misreads those.
#[derive(Debug)]
pub struct Writer {
    chunk_bytes: usize,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            chunk_bytes: DEFAULT_CHUNK_BYTES,
        }
    }
}

impl Writer {
    /// After SetChunkSize was written.
    pub fn set_chunk_bytes(&mut self, bytes: usize) {
        self.chunk_bytes = bytes.max(1);
    }

    /// `csid` is 2 to 63; each kind of message keeps to its own.
    pub fn write(&self, csid: u8, message: &Message, out: &mut BytesMut) {
        let extended = (message.timestamp >= EXTENDED).then_some(message.timestamp);
        out.put_u8(csid & 0x3f);
        put_u24(out, message.timestamp.min(EXTENDED));
        put_u24(out, u32::try_from(message.payload.len()).unwrap_or(EXTENDED));
        out.put_u8(message.kind);
        out.put_u32_le(message.stream_id);
        if let Some(extended) = extended {
            out.put_u32(extended);
        }
        for (i, chunk) in message.payload.chunks(self.chunk_bytes).enumerate() {
            if i > 0 {
                out.put_u8(0xc0 | (csid & 0x3f));
                if let Some(extended) = extended {
                    out.put_u32(extended);
                }
            }
            out.put_slice(chunk);
        }
    }
}

fn put_u24(out: &mut BytesMut, value: u32) {
    let [_, a, b, c] = value.to_be_bytes();
    out.put_slice(&[a, b, c]);
}
