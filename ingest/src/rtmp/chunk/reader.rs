//! From bytes to messages.

use bytes::BytesMut;

use super::{DEFAULT_CHUNK_BYTES, EXTENDED, Message, kind};
use crate::rtmp::{input::Input, malformed::Malformed};

/// Real encoders use three to six chunk streams.
const MAX_CHUNK_STREAMS: usize = 64;
/// Messages that are begun and not finished may claim this many times the largest message together.
const MAX_PARTIAL_MESSAGES: usize = 2;
/// A chunk stream that goes from a type 0 to a type 3 repeats the time of the type 0 as a delta (5.3.1.2.4). ffmpeg does
/// so; others mean a delta of zero. A frame never lasts longer than this, so a time above it was never meant as a delta.
const MAX_FIRST_DELTA_MS: u32 = 1_000;

/// Fed with bytes; gives messages. Obeys SetChunkSize and Abort by itself, as they concern nobody else.
#[derive(Debug)]
pub struct Reader {
    streams: Vec<ChunkStream>,
    chunk_bytes: usize,
    max_message_bytes: usize,
    /// What messages begun and not finished claim together.
    claimed_bytes: usize,
    /// The chunk stream whose chunk is being read, and what is left of that chunk.
    open: Option<(usize, usize)>,
}

/// What the next header of a chunk stream may leave out.
#[derive(Debug)]
struct ChunkStream {
    csid: u32,
    timestamp: u32,
    delta: u32,
    length: usize,
    kind: u8,
    stream_id: u32,
    /// What stood in the extended field of the last header that had one.
    extended: Option<u32>,
    /// A message is begun and not finished.
    partial: bool,
    payload: BytesMut,
}

/// One chunk's header as it stands there.
struct Header {
    fmt: u8,
    csid: u32,
    time: u32,
    extended: Option<u32>,
    length: usize,
    kind: u8,
    stream_id: u32,
}

impl Reader {
    pub fn new(max_message_bytes: usize) -> Self {
        Self {
            streams: Vec::new(),
            chunk_bytes: DEFAULT_CHUNK_BYTES,
            max_message_bytes,
            claimed_bytes: 0,
            open: None,
        }
    }

    /// Strangers get less than publishers.
    pub fn set_max_message_bytes(&mut self, max: usize) {
        self.max_message_bytes = max;
    }

    /// Takes bytes off the front of `input` until a message is whole, or until more bytes are needed. What it leaves is
    /// the beginning of a header, at most 18 bytes, and must come again in front of what follows.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Malformed> {
        loop {
            let (index, left) = match self.open {
                Some(open) => open,
                None => {
                    let mut rest = Input(input);
                    let Some(header) = self.read_header(&mut rest)? else {
                        return Ok(None);
                    };
                    let index = self.begin_chunk(&header)?;
                    *input = rest.0;
                    (index, self.next_chunk_len(index))
                }
            };
            let stream = self
                .streams
                .get_mut(index)
                .ok_or(Malformed("no such chunk stream"))?;
            let (payload, rest) = input.split_at(left.min(input.len()));
            stream.payload.extend_from_slice(payload);
            *input = rest;
            if payload.len() < left {
                self.open = Some((index, left - payload.len()));
                return Ok(None);
            }
            self.open = None;
            if stream.payload.len() < stream.length {
                continue;
            }
            let message = stream.finish();
            self.claimed_bytes = self.claimed_bytes.saturating_sub(message.payload.len());
            match message.kind {
                kind::SET_CHUNK_SIZE => self.set_chunk_size(&message)?,
                kind::ABORT => self.abort(&message)?,
                _ => return Ok(Some(message)),
            }
        }
    }

    /// `None`: more bytes are needed.
    fn read_header(&self, input: &mut Input<'_>) -> Result<Option<Header>, Malformed> {
        let Some((fmt, csid)) = basic_header(input) else {
            return Ok(None);
        };
        let known = self.streams.iter().find(|stream| stream.csid == csid);
        let mut header = match (known, fmt) {
            (Some(s), _) => Header {
                fmt,
                csid,
                time: 0,
                extended: None,
                length: s.length,
                kind: s.kind,
                stream_id: s.stream_id,
            },
            // Type 1 lacks only the message stream, and some encoders do begin with it.
            (None, 0 | 1) => Header {
                fmt,
                csid,
                time: 0,
                extended: None,
                length: 0,
                kind: 0,
                stream_id: 0,
            },
            (None, _) => return Err(Malformed("a chunk stream that begins without a header")),
        };
        let complete = match fmt {
            3 => known.is_some_and(|stream| repeat_of_extended(stream, input)),
            _ => read_fields(&mut header, input).is_some(),
        };
        Ok(complete.then_some(header))
    }

    /// Applies a header. Afterwards the stream has a message begun.
    fn begin_chunk(&mut self, header: &Header) -> Result<usize, Malformed> {
        let index = match self.streams.iter().position(|stream| stream.csid == header.csid) {
            Some(index) => index,
            None if self.streams.len() < MAX_CHUNK_STREAMS => {
                self.streams.push(ChunkStream::new(header.csid));
                self.streams.len() - 1
            }
            None => return Err(Malformed("too many chunk streams")),
        };
        let stream = self
            .streams
            .get_mut(index)
            .ok_or(Malformed("no such chunk stream"))?;
        if stream.partial {
            if header.fmt == 3 {
                return Ok(index);
            }
            // A new header in the middle of a message: the sender gave the old one up.
            self.claimed_bytes = self.claimed_bytes.saturating_sub(stream.length);
            stream.give_up();
        }
        if header.length > self.max_message_bytes {
            return Err(Malformed("a message larger than allowed"));
        }
        self.claimed_bytes += header.length;
        if self.claimed_bytes > self.max_message_bytes.saturating_mul(MAX_PARTIAL_MESSAGES) {
            return Err(Malformed("too many unfinished messages"));
        }
        stream.begin(header);
        Ok(index)
    }

    fn next_chunk_len(&self, index: usize) -> usize {
        self.streams.get(index).map_or(0, |stream| {
            stream
                .length
                .saturating_sub(stream.payload.len())
                .min(self.chunk_bytes)
        })
    }

    /// 5.4.1. Holds from the next chunk on, also for messages in the middle.
    fn set_chunk_size(&mut self, message: &Message) -> Result<(), Malformed> {
        let size = Input(&message.payload)
            .u32()
            .ok_or(Malformed("SetChunkSize too short"))?;
        // "The maximum chunk size SHOULD be at least 128 bytes, and MUST be at least 1 byte"; the first bit is zero.
        if size == 0 || size > 0x7fff_ffff {
            return Err(Malformed("SetChunkSize out of range"));
        }
        self.chunk_bytes = usize::try_from(size).unwrap_or(usize::MAX);
        Ok(())
    }

    /// 5.4.2.
    fn abort(&mut self, message: &Message) -> Result<(), Malformed> {
        let csid = Input(&message.payload)
            .u32()
            .ok_or(Malformed("Abort too short"))?;
        if let Some(stream) = self
            .streams
            .iter_mut()
            .find(|stream| stream.csid == csid && stream.partial)
        {
            self.claimed_bytes = self.claimed_bytes.saturating_sub(stream.length);
            stream.give_up();
        }
        Ok(())
    }
}

/// 5.3.1.1: the type and the chunk stream id in 1, 2 or 3 bytes; ids 2 to 65599.
fn basic_header(input: &mut Input<'_>) -> Option<(u8, u32)> {
    let first = input.u8()?;
    let csid = match first & 0x3f {
        0 => 64 + u32::from(input.u8()?),
        1 => 64 + u32::from(u16::from_le_bytes(input.array()?)),
        short => u32::from(short),
    };
    Some((first >> 6, csid))
}

/// 5.3.1.2: message header types 0, 1 and 2, each leaving out more, and 5.3.1.3.
fn read_fields(header: &mut Header, input: &mut Input<'_>) -> Option<()> {
    header.time = input.u24()?;
    if header.fmt < 2 {
        header.length = usize::try_from(input.u24()?).ok()?;
        header.kind = input.u8()?;
    }
    if header.fmt == 0 {
        header.stream_id = u32::from_le_bytes(input.array()?);
    }
    // In types 1 and 2 the extended field is a delta, just as the short one.
    if header.time == EXTENDED {
        header.time = input.u32()?;
        header.extended = Some(header.time);
    }
    Some(())
}

/// 5.3.1.3: the extended field "is present in Type 3 chunks when the most recent Type 0, 1, or 2 chunk ... indicated" it.
/// Half of the world's encoders leave it out, so it is taken only if it repeats what that chunk said. False: more bytes
/// are needed to tell.
fn repeat_of_extended(stream: &ChunkStream, input: &mut Input<'_>) -> bool {
    let Some(expected) = stream.extended.map(u32::to_be_bytes) else {
        return true;
    };
    if input.0.starts_with(&expected) {
        input.take(expected.len());
        return true;
    }
    // As soon as one byte differs it is payload.
    !expected.starts_with(input.0)
}

impl ChunkStream {
    fn new(csid: u32) -> Self {
        Self {
            csid,
            timestamp: 0,
            delta: 0,
            length: 0,
            kind: 0,
            stream_id: 0,
            extended: None,
            partial: false,
            payload: BytesMut::new(),
        }
    }

    fn begin(&mut self, header: &Header) {
        match header.fmt {
            0 => {
                self.timestamp = header.time;
                self.delta = if header.time <= MAX_FIRST_DELTA_MS {
                    header.time
                } else {
                    0
                };
                self.extended = header.extended;
            }
            1 | 2 => {
                self.timestamp = self.timestamp.wrapping_add(header.time);
                self.delta = header.time;
                self.extended = header.extended;
            }
            _ => self.timestamp = self.timestamp.wrapping_add(self.delta),
        }
        self.length = header.length;
        self.kind = header.kind;
        self.stream_id = header.stream_id;
        self.partial = true;
        // The one allocation of a message: it becomes the frame's buffer.
        self.payload = BytesMut::with_capacity(header.length);
    }

    fn finish(&mut self) -> Message {
        self.partial = false;
        Message {
            kind: self.kind,
            timestamp: self.timestamp,
            stream_id: self.stream_id,
            payload: std::mem::take(&mut self.payload).freeze(),
        }
    }

    fn give_up(&mut self) {
        self.partial = false;
        self.payload = BytesMut::new();
    }
}
