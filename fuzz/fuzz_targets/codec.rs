//! Decoder configurations, and looks into frames; the first byte picks the codec.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::{
    Codec,
    codec::{aac, av1, h264, h265, nal, opus, vp9},
};

fuzz_target!(|data: &[u8]| {
    let Some((&pick, data)) = data.split_first() else {
        return;
    };
    let record = Bytes::copy_from_slice(data);
    let codec = match pick % 6 {
        0 => h264::Config::parse(record).map(Codec::H264),
        1 => h265::Config::parse(record).map(Codec::H265),
        2 => {
            let _ = av1::is_keyframe(data);
            assert!(av1::temporal_delimiter_len(data) <= data.len());
            av1::Config::parse(record).map(Codec::Av1)
        }
        3 => {
            let _ = vp9::keyframe_size(data);
            vp9::Config::parse(record).map(Codec::Vp9)
        }
        4 => aac::Config::parse(record).map(Codec::Aac),
        _ => {
            let _ = opus::packet_samples(data);
            opus::Config::parse(data).map(Codec::Opus)
        }
    };
    if let Ok(clean) = nal::without_empty_units(data, 4) {
        assert!(clean.len() <= data.len());
        assert!(nal::units(&clean, 4).all(|unit| unit.is_ok_and(|unit| !unit.is_empty())));
    }
    if let Ok(codec) = codec {
        assert!(codec.rfc6381().is_ascii());
        let _ = codec.resolution();
    }
});
