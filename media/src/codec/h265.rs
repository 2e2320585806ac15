//! HEVC (ITU-T H.265, configuration record of ISO/IEC 14496-15 8.3.3).

use bytes::Bytes;

use super::{Error, nal};
use crate::bits::{Bits, Bytewise, unescape};

/// More than any real parameter set; keeps the work on a hostile one small.
const MAX_SPS_BYTES: usize = 4_096;
/// `nal_unit_type` SPS_NUT (H.265 table 7-1).
const SPS: u8 = 33;
/// H.265 7.4.3.2.1: sps_max_sub_layers_minus1 is 0 to 6.
const MAX_SUB_LAYERS_MINUS1: u32 = 6;

/// An HEVCDecoderConfigurationRecord and what its first SPS says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The `hvcC` payload.
    pub record: Bytes,
    /// After the conformance window, before the sample aspect ratio.
    pub width: u32,
    pub height: u32,
    /// Bytes before each NAL unit in a frame: 1, 2 or 4.
    pub length_size: u8,
    profile: Profile,
}

/// The general profile of the record's first 13 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Profile {
    space: u8,
    high_tier: bool,
    idc: u8,
    compatibility: u32,
    constraints: [u8; 6],
    level: u8,
}

impl Config {
    pub fn parse(record: Bytes) -> Result<Self, Error> {
        let mut rest = Bytewise(&record);
        let [version, profile] = rest.array()?;
        if version != 1 {
            return Err(Error::Invalid("hvcC version is not 1"));
        }
        let profile = Profile {
            space: profile >> 6,
            high_tier: profile & 0x20 != 0,
            idc: profile & 0x1f,
            compatibility: u32::from_be_bytes(rest.array()?),
            constraints: rest.array()?,
            level: rest.u8()?,
        };
        rest.take(8)?; // segmentation, parallelism, chroma format, bit depths, frame rate
        let length_size = nal::length_size(rest.u8()?)?;
        let mut size = None;
        for _ in 0..rest.u8()? {
            let kind = rest.u8()? & 0x3f;
            for _ in 0..rest.u16()? {
                let len = usize::from(rest.u16()?);
                let unit = rest.take(len)?;
                if kind == SPS && size.is_none() {
                    size = Some(sps_size(unit)?);
                }
            }
        }
        let (width, height) = size.ok_or(Error::Invalid("hvcC without a sequence parameter set"))?;
        Ok(Self {
            width,
            height,
            length_size,
            profile,
            record,
        })
    }

    /// ISO/IEC 14496-15 E.3: profile space and idc, compatibility in reverse bit order, tier and level, then the
    /// constraint bytes without trailing zeros.
    pub fn rfc6381(&self) -> String {
        let Profile {
            space,
            high_tier,
            idc,
            compatibility,
            constraints,
            level,
        } = self.profile;
        let space = ["", "A", "B", "C"].get(usize::from(space)).unwrap_or(&"");
        let tier = if high_tier { 'H' } else { 'L' };
        let mut text = format!(
            "hvc1.{space}{idc}.{:X}.{tier}{level}",
            compatibility.reverse_bits()
        );
        let used = constraints
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |last| last + 1);
        for byte in constraints.iter().take(used) {
            text.push_str(&format!(".{byte:X}"));
        }
        text
    }

    /// What a sample holds, and whether a decoder can start at it: at any intra random access point (BLA, IDR, CRA;
    /// H.265 table 7-1), because a decoder that starts at a CRA drops the pictures that lead it (8.1.3).
    pub fn inspect(&self, sample: &[u8]) -> Result<nal::Sample, Error> {
        nal::inspect(sample, self.length_size, |header| {
            (16..=21).contains(&((header >> 1) & 0x3f))
        })
    }
}

/// Width and height of a sequence parameter set NAL unit (H.265 7.3.2.2.1).
fn sps_size(nal: &[u8]) -> Result<(u32, u32), Error> {
    let sps = nal.get(2..).ok_or(Error::Truncated)?;
    let sps = unescape(sps.get(..MAX_SPS_BYTES).unwrap_or(sps));
    let mut bits = Bits::new(&sps);
    bits.skip(4)?; // sps_video_parameter_set_id
    let sub_layers = bits.bits(3)?;
    if sub_layers > MAX_SUB_LAYERS_MINUS1 {
        return Err(Error::Invalid("more than 7 sub-layers"));
    }
    bits.skip(1)?; // sps_temporal_id_nesting_flag
    skip_profile_tier_level(&mut bits, sub_layers)?;
    bits.ue()?; // sps_seq_parameter_set_id
    let chroma_format_idc = bits.ue()?;
    let separate_planes = chroma_format_idc == 3 && bits.bit()?;
    let coded_width = u64::from(bits.ue()?);
    let coded_height = u64::from(bits.ue()?);
    let mut window = [0_u64; 4];
    if bits.bit()? {
        for side in &mut window {
            *side = u64::from(bits.ue()?);
        }
    }
    let [left, right, top, bottom] = window;
    // SubWidthC and SubHeightC, H.265 table 6-1.
    let (unit_x, unit_y) = match (separate_planes, chroma_format_idc) {
        (false, 1) => (2, 2),
        (false, 2) => (2, 1),
        _ => (1, 1),
    };
    let width = coded_width.checked_sub((left + right) * unit_x);
    let height = coded_height.checked_sub((top + bottom) * unit_y);
    super::picture_size(width, height)
}

/// H.265 7.3.3, with profilePresentFlag = 1.
fn skip_profile_tier_level(bits: &mut Bits<'_>, sub_layers: u32) -> Result<(), Error> {
    bits.skip(88 + 8)?;
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push((bits.bit()?, bits.bit()?));
    }
    if sub_layers > 0 {
        for _ in sub_layers..8 {
            bits.skip(2)?;
        }
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::unhex;

    /// Records that libx265 wrote, without their SEI array.
    const MAIN: &str = "01016000000090000000000078f000fcfdf8f800000f03a00001001840010c01ffff01600000030090000003000003\
        0078959409a10001002b420101016000000300900000030000030078a003c0801107cb965654a4c2f0168080000003008000000f04\
        a2000100064401c073c189";
    const MAIN10: &str = "0102200000009000000000005df000fcfdfafa00000f03a00001001840010c01ffff02200000030090000003000003\
        005d959409a10001002c42010102200000030090000003000003005da00280802d1d536595952930bc05a020000003002000000303\
        c1a2000100064401c073c189";

    #[test]
    fn reads_what_libx265_writes() {
        let main = Config::parse(unhex(MAIN)).unwrap();
        assert_eq!(
            (main.width, main.height, main.rfc6381().as_str()),
            (1920, 1080, "hvc1.1.6.L120.90")
        );
        let main10 = Config::parse(unhex(MAIN10)).unwrap();
        assert_eq!(
            (main10.width, main10.height, main10.rfc6381().as_str()),
            (1278, 718, "hvc1.2.4.L93.90")
        );
        assert_eq!(main.length_size, 4);
    }

    #[test]
    fn hostile_records_are_refused() {
        let good = unhex(MAIN);
        for len in 0..good.len() {
            assert!(Config::parse(good.slice(..len)).is_err(), "{len}");
        }
    }

    #[test]
    fn every_random_access_point_is_a_keyframe() {
        let config = Config::parse(unhex(MAIN)).unwrap();
        let keyframe = |kind: u8| config.inspect(&[0, 0, 0, 2, kind << 1, 1]).unwrap().keyframe;
        assert!(keyframe(19) && keyframe(20) && keyframe(21) && !keyframe(1) && !keyframe(32));
    }
}
