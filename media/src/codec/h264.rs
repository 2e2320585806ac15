//! AVC (ISO/IEC 14496-10, configuration record of 14496-15 5.3.3).

use bytes::Bytes;

use super::{Error, nal};
use crate::bits::{Bits, Bytewise, unescape};

/// More than any real parameter set; keeps the work on a hostile one small.
const MAX_SPS_BYTES: usize = 4_096;
/// H.264 7.4.2.1.1: 0 to 255.
const MAX_REF_FRAMES_IN_CYCLE: u32 = 255;
/// `nal_unit_type` of an IDR picture's slice (H.264 table 7-1).
const IDR: u8 = 5;

/// An AVCDecoderConfigurationRecord and what its first SPS says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The `avcC` payload.
    pub record: Bytes,
    /// After cropping, before the sample aspect ratio.
    pub width: u32,
    pub height: u32,
    /// Bytes before each NAL unit in a frame: 1, 2 or 4.
    pub length_size: u8,
}

impl Config {
    pub fn parse(record: Bytes) -> Result<Self, Error> {
        let mut rest = Bytewise(&record);
        let [version, _profile, _compatibility, _level, length_size, sps_count] = rest.array()?;
        if version != 1 {
            return Err(Error::Invalid("avcC version is not 1"));
        }
        let length_size = nal::length_size(length_size)?;
        if sps_count & 0x1f == 0 {
            return Err(Error::Invalid("avcC without a sequence parameter set"));
        }
        let len = usize::from(rest.u16()?);
        let (width, height) = sps_size(rest.take(len)?)?;
        for _ in 1..sps_count & 0x1f {
            let len = usize::from(rest.u16()?);
            rest.take(len)?;
        }
        for _ in 0..rest.u8()? {
            let len = usize::from(rest.u16()?);
            rest.take(len)?;
        }
        Ok(Self {
            width,
            height,
            length_size,
            record,
        })
    }

    /// RFC 6381 3.3: `avc1.PPCCLL`, the three bytes after the version.
    pub fn rfc6381(&self) -> String {
        match *self.record {
            [_, profile, compatibility, level, ..] => {
                format!("avc1.{profile:02x}{compatibility:02x}{level:02x}")
            }
            _ => "avc1".to_owned(),
        }
    }

    /// What a sample holds, and whether a decoder can start at it.
    pub fn inspect(&self, sample: &[u8]) -> Result<nal::Sample, Error> {
        nal::inspect(sample, self.length_size, |header| header & 0x1f == IDR)
    }
}

/// Width and height of a sequence parameter set NAL unit (H.264 7.3.2.1.1).
fn sps_size(nal: &[u8]) -> Result<(u32, u32), Error> {
    let (&header, sps) = nal.split_first().ok_or(Error::Truncated)?;
    if header & 0x1f != 7 {
        return Err(Error::Invalid("not a sequence parameter set"));
    }
    let sps = unescape(sps.get(..MAX_SPS_BYTES).unwrap_or(sps));
    let mut bits = Bits::new(&sps);
    let profile_idc = bits.bits(8)?;
    bits.skip(16)?; // constraint flags, level_idc
    bits.ue()?; // seq_parameter_set_id
    let mut chroma_format_idc = 1;
    let mut separate_planes = false;
    if matches!(
        profile_idc,
        100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135
    ) {
        chroma_format_idc = bits.ue()?;
        if chroma_format_idc > 3 {
            return Err(Error::Invalid("chroma_format_idc above 3"));
        }
        if chroma_format_idc == 3 {
            separate_planes = bits.bit()?;
        }
        bits.ue()?; // bit_depth_luma_minus8
        bits.ue()?; // bit_depth_chroma_minus8
        bits.skip(1)?; // qpprime_y_zero_transform_bypass_flag
        if bits.bit()? {
            let lists = if chroma_format_idc == 3 { 12 } else { 8 };
            for list in 0..lists {
                if bits.bit()? {
                    skip_scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.ue()?; // log2_max_frame_num_minus4
    match bits.ue()? {
        0 => {
            bits.ue()?; // log2_max_pic_order_cnt_lsb_minus4
        }
        1 => {
            bits.skip(1)?; // delta_pic_order_always_zero_flag
            bits.se()?; // offset_for_non_ref_pic
            bits.se()?; // offset_for_top_to_bottom_field
            let cycle = bits.ue()?;
            if cycle > MAX_REF_FRAMES_IN_CYCLE {
                return Err(Error::Invalid("num_ref_frames_in_pic_order_cnt_cycle above 255"));
            }
            for _ in 0..cycle {
                bits.se()?;
            }
        }
        2 => {}
        _ => return Err(Error::Invalid("pic_order_cnt_type above 2")),
    }
    bits.ue()?; // max_num_ref_frames
    bits.skip(1)?; // gaps_in_frame_num_value_allowed_flag
    let width_in_mbs = u64::from(bits.ue()?) + 1;
    let height_in_map_units = u64::from(bits.ue()?) + 1;
    let frame_mbs_only = bits.bit()?;
    if !frame_mbs_only {
        bits.skip(1)?; // mb_adaptive_frame_field_flag
    }
    bits.skip(1)?; // direct_8x8_inference_flag
    let fields = if frame_mbs_only { 1 } else { 2 };
    let mut crop = [0_u64; 4];
    if bits.bit()? {
        for side in &mut crop {
            *side = u64::from(bits.ue()?);
        }
    }
    let [left, right, top, bottom] = crop;
    // CropUnitX and CropUnitY, H.264 equations 7-19 to 7-22.
    let (unit_x, unit_y) = match (separate_planes, chroma_format_idc) {
        (false, 1) => (2, 2 * fields),
        (false, 2) => (2, fields),
        _ => (1, fields),
    };
    let width = (width_in_mbs * 16).checked_sub((left + right) * unit_x);
    let height = (height_in_map_units * 16 * fields).checked_sub((top + bottom) * unit_y);
    super::picture_size(width, height)
}

/// H.264 7.3.2.1.1.1.
fn skip_scaling_list(bits: &mut Bits<'_>, size: u32) -> Result<(), Error> {
    let (mut last, mut next) = (8_i64, 8_i64);
    for _ in 0..size {
        if next != 0 {
            next = (last + i64::from(bits.se()?)).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::unhex;

    const HIGH: &str =
        "01640028ffe1001b67640028acd940780227e5c044000003000400000300f03c60c65801000468ef8fcbfdf8f800";

    /// Records that libx264 wrote.
    #[test]
    fn reads_every_profile_with_its_cropping() {
        let facts = |hex| {
            let config = Config::parse(unhex(hex)).unwrap();
            assert_eq!(config.length_size, 4);
            (config.width, config.height, config.rfc6381())
        };
        let baseline = "0142c028ffe100196742c028da01e0089f970110000003001000000303c0f1832a01000468ce0fc8";
        assert_eq!(facts(baseline), (1920, 1080, "avc1.42c028".to_owned()));
        assert_eq!(facts(HIGH), (1920, 1080, "avc1.640028".to_owned()));
        let main = "014d401fffe10018674d401feca06c1ef3780880000003008000001e078c18cb01000568ebe3cb20";
        assert_eq!(facts(main), (854, 480, "avc1.4d401f".to_owned()));
        let high10 =
            "016e0028ffe1001b676e0028a6cb403c0113f2e022000003000200000300781e30654001000468ce0fc8fdfafa00";
        assert_eq!(facts(high10), (1920, 1080, "avc1.6e0028".to_owned()));
        let high444 = "01f4001fffe1001b67f4001f919b280a00b7dde022000003000200000300781e30632c01000668ebe3c44844fff8f800";
        assert_eq!(facts(high444), (1278, 718, "avc1.f4001f".to_owned()));
        let interlaced422 = "017a0020ffe1001b677a0020bcd940500bbf158088000003000800000301e0f8b16cb001000668fba3cb22c0fef8f800";
        assert_eq!(facts(interlaced422), (1280, 718, "avc1.7a0020".to_owned()));
    }

    #[test]
    fn hostile_records_are_refused() {
        let good = unhex(HIGH);
        // Everything up to the picture parameter sets is needed.
        for len in 0..39 {
            assert!(Config::parse(good.slice(..len)).is_err(), "{len}");
        }
        for at in 0..good.len() {
            let mut bad = good.to_vec();
            bad[at] ^= 0xff;
            if let Ok(config) = Config::parse(bad.into()) {
                assert!((1..=16_384).contains(&config.width));
            }
        }
    }

    #[test]
    fn only_an_idr_is_a_keyframe() {
        let config = Config::parse(unhex(HIGH)).unwrap();
        assert!(
            config
                .inspect(&[0, 0, 0, 1, 6, 0, 0, 0, 1, 0x65])
                .unwrap()
                .keyframe
        );
        assert!(
            !config
                .inspect(&[0, 0, 0, 1, 6, 0, 0, 0, 1, 0x41])
                .unwrap()
                .keyframe
        );
    }
}
