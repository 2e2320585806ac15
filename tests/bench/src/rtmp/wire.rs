//! As much of RTMP as a publisher writes: chunks (RTMP 1.0 section 5.3) and AMF0 values.

/// What OBS announces: large enough that chunk heads cost nothing.
pub(super) const CHUNK_BYTES: usize = 4096;
/// What holds until SetChunkSize says otherwise (5.4.1).
pub(super) const FIRST_CHUNK_BYTES: usize = 128;

/// Message types (5.4, 7.1).
pub(super) const SET_CHUNK_SIZE: u8 = 1;
pub(super) const DATA: u8 = 18;
pub(super) const COMMAND: u8 = 20;

/// Chunk streams, chosen as ffmpeg and OBS do.
pub(super) const CONTROL_STREAM: u8 = 2;
pub(super) const COMMAND_STREAM: u8 = 3;
pub(super) const AUDIO_STREAM: u8 = 4;
pub(super) const VIDEO_STREAM: u8 = 6;

/// Where a message belongs in time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    /// Chunk type 0: time zero, with the message stream it belongs to.
    Zero { stream: u32 },
    /// Chunk type 1: so many milliseconds after the message before it on the same chunk stream.
    After { delta_ms: u32 },
}

/// Appends one message in chunks.
pub(super) fn message(
    out: &mut Vec<u8>,
    chunk_stream: u8,
    start: Start,
    kind: u8,
    body: &[u8],
    chunk_bytes: usize,
) {
    let (format, time) = match start {
        Start::Zero { .. } => (0, 0),
        Start::After { delta_ms } => (1 << 6, delta_ms),
    };
    out.push(format | chunk_stream);
    push_u24(out, time);
    push_u24(out, u32::try_from(body.len()).unwrap_or(u32::MAX));
    out.push(kind);
    if let Start::Zero { stream } = start {
        // "Message stream ID is stored in little-endian format."
        out.extend(stream.to_le_bytes());
    }
    for (index, chunk) in body.chunks(chunk_bytes).enumerate() {
        if index > 0 {
            out.push((3 << 6) | chunk_stream);
        }
        out.extend(chunk);
    }
}

fn push_u24(out: &mut Vec<u8>, value: u32) {
    let [_, low @ ..] = value.to_be_bytes();
    out.extend(low);
}

/// AMF0 values, as many as a publisher says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Number(f64),
    Text(&'a str),
    Object(&'a [(&'a str, &'a str)]),
    Null,
}

pub(super) fn values(all: &[Value<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for value in all {
        match value {
            Value::Number(number) => {
                out.push(0);
                out.extend(number.to_be_bytes());
            }
            Value::Text(text) => {
                out.push(2);
                push_text(&mut out, text);
            }
            Value::Object(fields) => {
                out.push(3);
                for (name, text) in *fields {
                    push_text(&mut out, name);
                    out.push(2);
                    push_text(&mut out, text);
                }
                out.extend([0, 0, 9]);
            }
            Value::Null => out.push(5),
        }
    }
    out
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    out.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(text.as_bytes());
}

/// A command as one message.
pub(super) fn command(out: &mut Vec<u8>, stream: u32, arguments: &[Value<'_>]) {
    message(
        out,
        COMMAND_STREAM,
        Start::Zero { stream },
        COMMAND,
        &values(arguments),
        CHUNK_BYTES,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_cut_into_chunks() {
        let mut out = Vec::new();
        message(
            &mut out,
            VIDEO_STREAM,
            Start::After { delta_ms: 33 },
            9,
            &[7; 130],
            128,
        );
        assert_eq!(out[..8], [0x46, 0, 0, 33, 0, 0, 130, 9]);
        assert_eq!(out[8 + 128..], [0xc6, 7, 7]);
    }

    #[test]
    fn a_first_message_says_its_stream() {
        let mut out = Vec::new();
        message(
            &mut out,
            AUDIO_STREAM,
            Start::Zero { stream: 1 },
            8,
            &[9],
            CHUNK_BYTES,
        );
        assert_eq!(out, [4, 0, 0, 0, 0, 0, 1, 8, 1, 0, 0, 0, 9]);
    }
}
