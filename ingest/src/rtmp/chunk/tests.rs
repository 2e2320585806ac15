//! The chunk layer against an encoder that does everything an encoder may.

use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;

use super::*;

const MAX: usize = 1 << 20;

/// Whether type 3 chunks repeat the extended timestamp.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Extended {
    Repeated,
    LeftOut,
}

/// Writes the shortest header the specification allows, one chunk at a time, so that messages can be interleaved.
struct Encoder {
    chunk: usize,
    extended: Extended,
    last: Vec<(u32, Message, Option<u32>)>,
}

struct Begun {
    csid: u32,
    rest: Bytes,
    extended: Option<u32>,
    first: bool,
}

impl Encoder {
    fn new(chunk: usize, extended: Extended) -> Self {
        Self {
            chunk,
            extended,
            last: Vec::new(),
        }
    }

    fn basic(out: &mut BytesMut, fmt: u8, csid: u32) {
        match csid {
            2..=63 => out.put_u8(fmt << 6 | u8::try_from(csid).unwrap()),
            64..=319 => out.put_slice(&[fmt << 6, u8::try_from(csid - 64).unwrap()]),
            _ => {
                out.put_u8(fmt << 6 | 1);
                out.put_u16_le(u16::try_from(csid - 64).unwrap());
            }
        }
    }

    /// Writes the header; the chunks follow with [`Self::chunk`].
    fn begin(&mut self, csid: u32, message: &Message, out: &mut BytesMut) -> Begun {
        let old = self
            .last
            .iter()
            .position(|(known, ..)| *known == csid)
            .map(|at| self.last.remove(at));
        let (fmt, time) = match &old {
            Some((_, old, _)) if old.stream_id == message.stream_id => {
                let delta = message.timestamp.wrapping_sub(old.timestamp);
                (
                    if (old.kind, old.payload.len()) == (message.kind, message.payload.len()) {
                        2
                    } else {
                        1
                    },
                    delta,
                )
            }
            _ => (0, message.timestamp),
        };
        let extended = (time >= EXTENDED).then_some(time);
        Self::basic(out, fmt, csid);
        out.put_uint(u64::from(time.min(EXTENDED)), 3);
        if fmt < 2 {
            out.put_uint(u64::try_from(message.payload.len()).unwrap(), 3);
            out.put_u8(message.kind);
        }
        if fmt == 0 {
            out.put_u32_le(message.stream_id);
        }
        if let Some(time) = extended {
            out.put_u32(time);
        }
        self.last.push((csid, message.clone(), extended));
        Begun {
            csid,
            rest: message.payload.clone(),
            extended,
            first: true,
        }
    }

    /// False when the message is complete.
    fn chunk(&self, begun: &mut Begun, out: &mut BytesMut) -> bool {
        if !std::mem::replace(&mut begun.first, false) {
            Self::basic(out, 3, begun.csid);
            if let (Extended::Repeated, Some(time)) = (self.extended, begun.extended) {
                out.put_u32(time);
            }
        }
        let len = self.chunk.min(begun.rest.len());
        out.put_slice(&begun.rest.split_to(len));
        !begun.rest.is_empty()
    }

    fn whole(&mut self, csid: u32, message: &Message, out: &mut BytesMut) {
        let mut begun = self.begin(csid, message, out);
        while self.chunk(&mut begun, out) {}
    }
}

fn message(kind: u8, timestamp: u32, payload: &[u8]) -> Message {
    Message {
        kind,
        timestamp,
        stream_id: 1,
        payload: Bytes::copy_from_slice(payload),
    }
}

/// Feeds `bytes` in pieces of these lengths, over and over.
fn read_in_pieces(bytes: &[u8], pieces: &[usize]) -> Result<Vec<Message>, Malformed> {
    let mut reader = Reader::new(MAX);
    let (mut buffer, mut messages, mut at) = (Vec::new(), Vec::new(), 0);
    let mut lengths = pieces.iter().copied().cycle();
    while at < bytes.len() {
        let len = lengths.next().unwrap().clamp(1, bytes.len() - at);
        buffer.extend_from_slice(&bytes[at..at + len]);
        at += len;
        let mut input = &buffer[..];
        while let Some(message) = reader.read(&mut input)? {
            messages.push(message);
        }
        assert!(input.len() < 18, "{} bytes left", input.len());
        buffer = input.to_vec();
    }
    Ok(messages)
}

fn read(bytes: &[u8]) -> Result<Vec<Message>, Malformed> {
    read_in_pieces(bytes, &[usize::MAX])
}

use crate::rtmp::Malformed;

#[test]
fn every_chunk_stream_id_comes_through() {
    for csid in (2..=70).chain(315..=325).chain([65_598, 65_599]) {
        let mut out = BytesMut::new();
        let sent = message(9, 7, &[1; 300]);
        Encoder::new(128, Extended::Repeated).whole(csid, &sent, &mut out);
        assert_eq!(read(&out), Ok(vec![sent]), "{csid}");
    }
}

#[test]
fn interleaved_messages_do_not_mix() {
    let mut encoder = Encoder::new(100, Extended::Repeated);
    let mut out = BytesMut::new();
    let (video, audio) = (message(9, 10, &[1; 950]), message(8, 11, &[2; 450]));
    let mut a = encoder.begin(6, &video, &mut out);
    encoder.chunk(&mut a, &mut out);
    let mut b = encoder.begin(4, &audio, &mut out);
    while encoder.chunk(&mut b, &mut out) {
        encoder.chunk(&mut a, &mut out);
    }
    while encoder.chunk(&mut a, &mut out) {}
    // The writer's own chunk size is 128 to the reader until told.
    let mut set = BytesMut::new();
    Writer::default().write(
        2,
        &message(kind::SET_CHUNK_SIZE, 0, &100_u32.to_be_bytes()),
        &mut set,
    );
    assert_eq!(read(&[&set[..], &out].concat()), Ok(vec![audio, video]));
}

#[test]
fn the_chunk_size_may_change_in_the_middle_of_a_message() {
    let mut encoder = Encoder::new(128, Extended::Repeated);
    let mut out = BytesMut::new();
    let video = message(9, 10, &[1; 1_000]);
    let mut begun = encoder.begin(6, &video, &mut out);
    encoder.chunk(&mut begun, &mut out);
    encoder.whole(
        2,
        &message(kind::SET_CHUNK_SIZE, 0, &300_u32.to_be_bytes()),
        &mut out,
    );
    encoder.chunk = 300;
    while encoder.chunk(&mut begun, &mut out) {}
    assert_eq!(read(&out), Ok(vec![video]));
}

#[test]
fn abort_gives_a_message_up() {
    let mut encoder = Encoder::new(128, Extended::Repeated);
    let mut out = BytesMut::new();
    let mut begun = encoder.begin(6, &message(9, 10, &[1; 1_000]), &mut out);
    encoder.chunk(&mut begun, &mut out);
    encoder.whole(2, &message(kind::ABORT, 0, &6_u32.to_be_bytes()), &mut out);
    let next = message(9, 20, &[2; 10]);
    encoder.whole(6, &next, &mut out);
    assert_eq!(read(&out), Ok(vec![next]));
}

/// From a minute before the 24-bit time runs out to a minute after the 32-bit one wraps, in both conventions.
#[test]
fn time_runs_past_four_hours_and_past_seven_weeks() {
    for extended in [Extended::Repeated, Extended::LeftOut] {
        for start in [EXTENDED - 60_000, u32::MAX - 60_000] {
            let mut encoder = Encoder::new(128, extended);
            let (mut out, mut sent) = (BytesMut::new(), Vec::new());
            for i in 0..4_000_u32 {
                let time = start.wrapping_add(i * 33);
                let length = usize::try_from(100 + i % 700).unwrap();
                let byte = u8::try_from(i % 251).unwrap();
                // Now and then a full header, as encoders send after a pause.
                if i % 500 == 0 {
                    encoder.last.clear();
                }
                let video = message(9, time, &vec![byte; length]);
                encoder.whole(6, &video, &mut out);
                sent.push(video);
            }
            assert_eq!(read(&out).unwrap(), sent, "{extended:?} from {start}");
        }
    }
}

/// 5.3.1.3 in types 1 and 2: the extended field is a delta.
#[test]
fn extended_deltas_are_deltas() {
    for extended in [Extended::Repeated, Extended::LeftOut] {
        let mut encoder = Encoder::new(128, extended);
        let mut out = BytesMut::new();
        let sent = [
            message(9, 1_000, &[1; 300]),
            message(9, 0x0200_0000, &[2; 300]),
            message(9, 0x0200_0021, &[3; 300]),
            message(9, 0x8200_0021, &[4; 900]),
        ];
        for message in &sent {
            encoder.whole(6, message, &mut out);
        }
        assert_eq!(read(&out).unwrap(), sent);
    }
}

#[test]
fn type_3_begins_a_message_with_the_last_delta() {
    let header = |fmt: u8, fields: &[u8]| [&[fmt << 6 | 6][..], fields].concat();
    let bytes = [
        header(0, &[0, 0, 100, 0, 0, 1, 9, 1, 0, 0, 0]),
        vec![b'a'],
        header(3, &[]),
        vec![b'b'],
        header(2, &[0, 0, 33]),
        vec![b'c'],
        header(3, &[]),
        vec![b'd'],
    ]
    .concat();
    let times: Vec<u32> = read(&bytes)
        .unwrap()
        .iter()
        .map(|message| message.timestamp)
        .collect();
    // 5.3.1.2.4: after a type 0, its time is the delta.
    assert_eq!(times, [100, 200, 233, 266]);
    // Unless that time was never meant as one.
    let late = [
        header(0, &[9, 0, 0, 0, 0, 1, 9, 1, 0, 0, 0]),
        vec![b'a'],
        header(3, &[]),
        vec![b'b'],
    ]
    .concat();
    let times: Vec<u32> = read(&late)
        .unwrap()
        .iter()
        .map(|message| message.timestamp)
        .collect();
    assert_eq!(times, [0x09_0000, 0x09_0000]);
}

/// Not in the specification, but some encoders' first header of a chunk stream is of type 1.
#[test]
fn a_stream_may_begin_with_type_1_but_not_with_less() {
    assert_eq!(read(&[0x46, 0, 0, 5, 0, 0, 1, 9, b'a']).unwrap()[0].timestamp, 5);
    assert!(read(&[0x86, 0, 0, 5]).is_err());
    assert!(read(&[0xc6]).is_err());
}

#[test]
fn hostile_sizes_are_refused() {
    let header = |csid: u8, length: u32| {
        let [_, a, b, c] = length.to_be_bytes();
        [csid, 0, 0, 0, a, b, c, 9, 1, 0, 0, 0]
    };
    assert!(read(&header(6, u32::try_from(MAX).unwrap() + 1)).is_err());
    // Three of the largest begun at once.
    let begun = |csid| [&header(csid, u32::try_from(MAX).unwrap())[..], &[0; 128]].concat();
    assert!(read(&[begun(4), begun(5)].concat()).is_ok());
    assert!(read(&[begun(4), begun(5), begun(6)].concat()).is_err());
    let many: Vec<u8> = (64..140)
        .flat_map(|csid| [0, csid, 0, 0, 0, 0, 0, 1, 9, 1, 0, 0, 0, 7])
        .collect();
    assert!(read(&many).is_err());
    for size in [0_u32, 0x8000_0000] {
        let mut set = BytesMut::new();
        Writer::default().write(
            2,
            &message(kind::SET_CHUNK_SIZE, 0, &size.to_be_bytes()),
            &mut set,
        );
        assert!(read(&set).is_err());
    }
}

/// Another implementation's serializer, whose compression of headers is its own.
#[test]
fn rml_rtmp_agrees() {
    use rml_rtmp::{chunk_io::ChunkSerializer, messages::MessagePayload, time::RtmpTimestamp};
    let mut serializer = ChunkSerializer::new();
    let (mut bytes, mut sent) = (Vec::new(), Vec::new());
    for i in 1..500_u32 {
        let (type_id, timestamp) = (if i % 3 == 0 { 8 } else { 9 }, i * 40_000);
        let data = Bytes::from(vec![
            u8::try_from(i % 250).unwrap();
            usize::try_from(i * 3).unwrap()
        ]);
        let payload = MessagePayload {
            timestamp: RtmpTimestamp::new(timestamp),
            type_id,
            message_stream_id: 1,
            data: data.clone(),
        };
        bytes.extend(serializer.serialize(&payload, false, false).unwrap().bytes);
        sent.push(Message {
            kind: type_id,
            timestamp,
            stream_id: 1,
            payload: data,
        });
    }
    assert_eq!(read(&bytes).unwrap(), sent);
}

proptest! {
    /// However the network cuts the stream, and however the encoder interleaves it.
    #[test]
    fn any_split_gives_the_same_messages(
        plan in prop::collection::vec((0_usize..4, any::<u32>(), 0_usize..900, any::<u8>()), 1..40),
        chunk in 1_u32..600,
        repeated in any::<bool>(),
        pieces in prop::collection::vec(1_usize..700, 1..20),
    ) {
        let extended = if repeated { Extended::Repeated } else { Extended::LeftOut };
        let mut encoder = Encoder::new(128, extended);
        let mut out = BytesMut::new();
        encoder.whole(2, &Message { stream_id: 0, ..message(1, 0, &chunk.to_be_bytes()) }, &mut out);
        encoder.chunk = usize::try_from(chunk).unwrap();
        let csids = [3, 64, 320, 6];
        let mut open: Vec<(Begun, Message)> = Vec::new();
        let mut expected = Vec::new();
        for (which, timestamp, length, byte) in plan {
            let csid = csids[which];
            // Finish what is open on this chunk stream, a chunk of everything in turn.
            while open.iter().any(|(begun, _)| begun.csid == csid) {
                open.retain_mut(|(begun, message)| {
                    let more = encoder.chunk(begun, &mut out);
                    if !more { expected.push(message.clone()); }
                    more
                });
            }
            // Bytes that do not look like a timestamp: without repetition that cannot be told apart.
            let sent = message(9, timestamp, &vec![byte | 0x40; length]);
            let mut begun = encoder.begin(csid, &sent, &mut out);
            if begun.extended.is_some_and(|time| time.to_be_bytes().iter().all(|b| *b == byte | 0x40)) { return Ok(()); }
            if encoder.chunk(&mut begun, &mut out) { open.push((begun, sent)); } else { expected.push(sent); }
        }
        while !open.is_empty() {
            open.retain_mut(|(begun, message)| {
                let more = encoder.chunk(begun, &mut out);
                if !more { expected.push(message.clone()); }
                more
            });
        }
        // A last chunk of less than four bytes may look like the beginning of a timestamp: what follows settles it.
        let last = message(9, 0, &[0; 8]);
        encoder.whole(7, &last, &mut out);
        expected.push(last);
        prop_assert_eq!(read(&out).unwrap(), expected.clone());
        prop_assert_eq!(read_in_pieces(&out, &pieces).unwrap(), expected.clone());
        prop_assert_eq!(read_in_pieces(&out, &[1]).unwrap(), expected);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000), piece in 1_usize..300) {
        drop(read_in_pieces(&bytes, &[piece]));
    }
}
