//! The initialization section: `ftyp` and a `moov` without samples.

use bytes::{BufMut, Bytes, BytesMut};
use media::{Codec, Kind, Timescale, Track};

use super::{AUDIO_TRACK, VIDEO_TRACK};

/// Ticks per second that frames of `track` carry in the files we write.
///
/// Sound counts samples, so that the duration of a packet is exact whatever clock the protocol has (RTMP: 1 ms).
/// Pictures keep the ticks they came with.
pub fn timescale(track: &Track) -> Timescale {
    match &track.codec {
        Codec::Aac(aac) => Timescale::new(aac.sample_rate).unwrap_or(track.timescale),
        Codec::Opus(_) => Timescale::new(48_000).unwrap_or(track.timescale),
        Codec::H264(_) | Codec::H265(_) | Codec::Av1(_) | Codec::Vp9(_) => track.timescale,
    }
}

/// The track ID of `kind` in `tkhd` and `tfhd`.
pub fn track_id(kind: Kind) -> u32 {
    match kind {
        Kind::Video => VIDEO_TRACK,
        Kind::Audio => AUDIO_TRACK,
    }
}

/// Writes the initialization section of `tracks` (at most one of each kind).
pub fn write(tracks: &[Track]) -> Bytes {
    let mut out = BytesMut::with_capacity(2_048);
    atom(&mut out, b"ftyp", |out| {
        out.put_slice(b"iso6"); // major brand: default-base-is-moof, tfdt (14496-12 E.8)
        out.put_u32(0);
        out.put_slice(b"iso6cmfcmp41");
    });
    atom(&mut out, b"moov", |out| {
        movie_header(out);
        for track in tracks {
            trak(out, track);
        }
        atom(out, b"mvex", |out| {
            for track in tracks {
                full_atom(out, b"trex", 0, 0, |out| {
                    out.put_u32(track_id(track.kind()));
                    out.put_u32(1); // default_sample_description_index
                    out.put_bytes(0, 8); // default duration and size: every fragment says its own
                    out.put_u32(match track.kind() {
                        Kind::Video => 0,           // each picture says
                        Kind::Audio => 0x0200_0000, // depends on no other: a sync sample
                    });
                });
            }
        });
    });
    out.freeze()
}

/// 14496-12 8.2.2.
fn movie_header(out: &mut BytesMut) {
    full_atom(out, b"mvhd", 0, 0, |out| {
        out.put_bytes(0, 8); // creation and modification time
        out.put_u32(1_000); // timescale
        out.put_u32(0); // duration: the samples are in fragments
        out.put_u32(0x0001_0000); // rate 1.0
        out.put_u16(0x0100); // volume 1.0
        out.put_bytes(0, 10);
        matrix(out);
        out.put_bytes(0, 24);
        out.put_u32(AUDIO_TRACK + 1); // next_track_ID
    });
}

fn trak(out: &mut BytesMut, track: &Track) {
    let (width, height) = track.codec.resolution().unwrap_or((0, 0));
    atom(out, b"trak", |out| {
        // 8.3.2; flags: enabled, in movie, in preview.
        full_atom(out, b"tkhd", 0, 7, |out| {
            out.put_bytes(0, 8);
            out.put_u32(track_id(track.kind()));
            out.put_bytes(0, 8); // reserved, duration
            out.put_bytes(0, 8);
            out.put_bytes(0, 4); // layer, alternate_group
            out.put_u16(if track.kind() == Kind::Audio { 0x0100 } else { 0 });
            out.put_u16(0);
            matrix(out);
            out.put_u32(width.checked_shl(16).unwrap_or(0)); // 16.16
            out.put_u32(height.checked_shl(16).unwrap_or(0));
        });
        atom(out, b"mdia", |out| {
            full_atom(out, b"mdhd", 0, 0, |out| {
                out.put_bytes(0, 8);
                out.put_u32(timescale(track).get());
                out.put_u32(0);
                out.put_u16(0x55c4); // language "und"
                out.put_u16(0);
            });
            full_atom(out, b"hdlr", 0, 0, |out| {
                out.put_u32(0);
                let (handler, name): (&[u8], &[u8]) = match track.kind() {
                    Kind::Video => (b"vide", b"video\0"),
                    Kind::Audio => (b"soun", b"audio\0"),
                };
                out.put_slice(handler);
                out.put_bytes(0, 12);
                out.put_slice(name);
            });
            atom(out, b"minf", |out| {
                match track.kind() {
                    Kind::Video => full_atom(out, b"vmhd", 0, 1, |out| out.put_bytes(0, 8)),
                    Kind::Audio => full_atom(out, b"smhd", 0, 0, |out| out.put_bytes(0, 4)),
                }
                atom(out, b"dinf", |out| {
                    full_atom(out, b"dref", 0, 0, |out| {
                        out.put_u32(1);
                        full_atom(out, b"url ", 0, 1, |_| {}); // flag 1: in this file
                    });
                });
                atom(out, b"stbl", |out| {
                    full_atom(out, b"stsd", 0, 0, |out| {
                        out.put_u32(1);
                        sample_entry(out, track);
                    });
                    for empty in [b"stts", b"stsc", b"stco"] {
                        full_atom(out, empty, 0, 0, |out| out.put_u32(0));
                    }
                    full_atom(out, b"stsz", 0, 0, |out| out.put_bytes(0, 8));
                });
            });
        });
    });
}

/// 8.5.2 with the configuration box of the codec's own binding.
fn sample_entry(out: &mut BytesMut, track: &Track) {
    match &track.codec {
        Codec::H264(c) => visual(out, b"avc1", c.width, c.height, |out| {
            atom(out, b"avcC", |out| out.put_slice(&c.record)); // 14496-15 5.4.2
        }),
        // hvc1, not hev1: parameter sets only in the configuration, as Apple's players demand (14496-15 8.4.1).
        Codec::H265(c) => visual(out, b"hvc1", c.width, c.height, |out| {
            atom(out, b"hvcC", |out| out.put_slice(&c.record));
        }),
        Codec::Av1(c) => visual(out, b"av01", c.width, c.height, |out| {
            atom(out, b"av1C", |out| out.put_slice(&c.record)); // AV1-ISOBMFF 2.3
        }),
        // VP Codec ISO Media File Format Binding 2: `vpcC` is a full box of version 1.
        Codec::Vp9(c) => visual(out, b"vp09", c.width, c.height, |out| {
            full_atom(out, b"vpcC", 1, 0, |out| out.put_slice(&c.record));
        }),
        Codec::Aac(c) => audio(out, b"mp4a", c.channels, c.sample_rate, |out| {
            esds(out, &c.record)
        }),
        Codec::Opus(c) => audio(out, b"Opus", c.channels, 48_000, |out| {
            atom(out, b"dOps", |out| out.put_slice(&c.record));
        }),
    }
}

/// 12.1.3.
fn visual(out: &mut BytesMut, kind: &[u8; 4], width: u32, height: u32, config: impl FnOnce(&mut BytesMut)) {
    atom(out, kind, |out| {
        out.put_bytes(0, 6);
        out.put_u16(1); // data_reference_index
        out.put_bytes(0, 16);
        out.put_u16(u16::try_from(width).unwrap_or(u16::MAX));
        out.put_u16(u16::try_from(height).unwrap_or(u16::MAX));
        out.put_u32(0x0048_0000); // 72 dpi
        out.put_u32(0x0048_0000);
        out.put_u32(0);
        out.put_u16(1); // frame_count
        out.put_bytes(0, 32); // compressorname
        out.put_u16(24); // depth
        out.put_u16(0xffff);
        config(out);
    });
}

/// 12.2.3.
fn audio(
    out: &mut BytesMut,
    kind: &[u8; 4],
    channels: u8,
    sample_rate: u32,
    config: impl FnOnce(&mut BytesMut),
) {
    atom(out, kind, |out| {
        out.put_bytes(0, 6);
        out.put_u16(1); // data_reference_index
        out.put_bytes(0, 8);
        // Where the stream itself tells (0), players expect the template value (12.2.3.2).
        out.put_u16(if channels == 0 { 2 } else { u16::from(channels) });
        out.put_u16(16); // samplesize
        out.put_u32(0);
        // 16.16 holds rates below 65,536 Hz; above, the configuration alone tells (12.2.3.2).
        out.put_u32(u16::try_from(sample_rate).map_or(0, |rate| u32::from(rate) << 16));
        config(out);
    });
}

/// The elementary stream descriptor (14496-14 5.6, 14496-1 7.2.6.5) around an AudioSpecificConfig.
fn esds(out: &mut BytesMut, specific: &[u8]) {
    let specific_len = specific.len();
    let decoder_len = 13 + descriptor_len(specific_len);
    let es_len = 3 + descriptor_len(decoder_len) + descriptor_len(1);
    full_atom(out, b"esds", 0, 0, |out| {
        descriptor(out, 0x03, es_len); // ES_Descriptor
        out.put_u16(0); // ES_ID: 0 in a file
        out.put_u8(0);
        descriptor(out, 0x04, decoder_len); // DecoderConfigDescriptor
        out.put_u8(0x40); // objectTypeIndication: MPEG-4 audio
        out.put_u8(0x15); // streamType audio, reserved bit
        out.put_bytes(0, 3); // bufferSizeDB
        out.put_bytes(0, 8); // maxBitrate, avgBitrate: unknown
        descriptor(out, 0x05, specific_len); // DecoderSpecificInfo
        out.put_slice(specific);
        descriptor(out, 0x06, 1); // SLConfigDescriptor
        out.put_u8(2); // predefined: MP4 file
    });
}

/// A descriptor with its tag and a length of four bytes, seven bits each.
fn descriptor_len(body: usize) -> usize {
    5 + body
}

fn descriptor(out: &mut BytesMut, tag: u8, len: usize) {
    out.put_u8(tag);
    for shift in [21, 14, 7, 0] {
        let seven = u8::try_from((len >> shift) & 0x7f).unwrap_or(0);
        out.put_u8(if shift == 0 { seven } else { seven | 0x80 });
    }
}

fn matrix(out: &mut BytesMut) {
    for value in [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] {
        out.put_u32(value);
    }
}

/// Writes a box: its size is filled in when its body is known.
fn atom(out: &mut BytesMut, kind: &[u8; 4], body: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_u32(0);
    out.put_slice(kind);
    body(out);
    let size = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(field) = out.get_mut(start..start + 4) {
        field.copy_from_slice(&size.to_be_bytes());
    }
}

fn full_atom(out: &mut BytesMut, kind: &[u8; 4], version: u8, flags: u32, body: impl FnOnce(&mut BytesMut)) {
    atom(out, kind, |out| {
        out.put_u32(u32::from(version) << 24 | flags);
        body(out);
    });
}
