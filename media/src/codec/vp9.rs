//! VP9 (VP9 bitstream specification; VP Codec ISO Media File Format Binding).

use bytes::Bytes;

use super::Error;
use crate::bits::{Bits, Bytewise};

/// A VPCodecConfigurationRecord; it has no picture size, so that comes from the first keyframe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The VPCodecConfigurationRecord: the `vpcC` payload after its version and flags, which are 1 and 0.
    pub record: Bytes,
    /// Zero until [`Config::sized_by`] saw a keyframe.
    pub width: u32,
    pub height: u32,
}

impl Config {
    /// With or without the version and flags of the box, because encoders differ: 1 and 0 would say profile 1 with a bit
    /// depth of 0, which does not exist.
    pub fn parse(record: Bytes) -> Result<Self, Error> {
        let record = match record.get(..4) {
            Some([1, 0, 0, 0]) => record.slice(4..),
            _ => record,
        };
        let mut rest = Bytewise(&record);
        let [profile, _level, depth_and_chroma, _, _, _] = rest.array()?;
        let initialization = usize::from(rest.u16()?);
        rest.take(initialization)?;
        if profile > 3 || !matches!(depth_and_chroma >> 4, 8 | 10 | 12) {
            return Err(Error::Invalid("vpcC with an unknown profile or bit depth"));
        }
        Ok(Self {
            record,
            width: 0,
            height: 0,
        })
    }

    /// With the picture size of a keyframe; `None` if the frame is no keyframe.
    pub fn sized_by(&self, frame: &[u8]) -> Result<Option<Self>, Error> {
        let Some((width, height)) = keyframe_size(frame)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            record: self.record.clone(),
            width,
            height,
        }))
    }

    /// VP-ISOBMFF "Codecs Parameter String": `vp09.PP.LL.DD`; what follows has defaults.
    pub fn rfc6381(&self) -> String {
        let [profile, level, depth_and_chroma, ..] = *self.record else {
            return "vp09".to_owned();
        };
        format!("vp09.{profile:02}.{level:02}.{:02}", depth_and_chroma >> 4)
    }
}

/// The picture size if the frame is a keyframe (VP9 6.2, uncompressed_header).
pub fn keyframe_size(frame: &[u8]) -> Result<Option<(u32, u32)>, Error> {
    let mut bits = Bits::new(frame);
    if bits.bits(2)? != 2 {
        return Err(Error::Invalid("VP9 frame marker is not 2"));
    }
    let profile = bits.bits(1)? | bits.bits(1)? << 1;
    if profile == 3 {
        bits.skip(1)?; // reserved_zero
    }
    if bits.bit()? {
        return Ok(None); // show_existing_frame
    }
    let not_key = bits.bit()?;
    bits.skip(2)?; // show_frame, error_resilient_mode
    if not_key {
        return Ok(None);
    }
    if bits.bits(24)? != 0x49_83_42 {
        return Err(Error::Invalid("VP9 sync code"));
    }
    // color_config
    if profile >= 2 {
        bits.skip(1)?; // ten_or_twelve_bit
    }
    const CS_RGB: u32 = 7;
    if bits.bits(3)? == CS_RGB {
        if profile == 1 || profile == 3 {
            bits.skip(1)?;
        }
    } else {
        bits.skip(1)?; // color_range
        if profile == 1 || profile == 3 {
            bits.skip(3)?; // subsampling_x, subsampling_y, reserved_zero
        }
    }
    let width = u64::from(bits.bits(16)?) + 1;
    let height = u64::from(bits.bits(16)?) + 1;
    super::picture_size(Some(width), Some(height)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::unhex;

    #[test]
    fn reads_what_libvpx_writes() {
        let boxed = Config::parse(unhex("010000000015820202020000")).unwrap();
        assert_eq!(boxed, Config::parse(unhex("0015820202020000")).unwrap());
        assert_eq!(boxed.rfc6381(), "vp09.00.21.08");
        let sized = boxed
            .sized_by(&unhex("824983420027f016760438241c184a10"))
            .unwrap()
            .unwrap();
        assert_eq!((sized.width, sized.height), (640, 360));
        let ten = Config::parse(unhex("010000000215a20202020000")).unwrap();
        assert_eq!(ten.rfc6381(), "vp09.02.21.10");
        assert_eq!(
            keyframe_size(&unhex("924983420013f80b3b031c120e0c2c08")),
            Ok(Some((640, 360)))
        );
        assert_eq!(keyframe_size(&unhex("8600")), Ok(None));
    }

    #[test]
    fn hostile_bytes_are_refused() {
        assert!(Config::parse(unhex("00158202020200ff")).is_err());
        assert!(Config::parse(unhex("001512")).is_err());
        assert!(keyframe_size(&[]).is_err());
        assert!(keyframe_size(&unhex("82498342")).is_err());
    }
}
