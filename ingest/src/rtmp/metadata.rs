//! What encoders say about themselves: `@setDataFrame`, `onMetaData` (Adobe FLV 10.1, E.5).

use super::amf::Value;

/// The few facts we use. None of them is trusted further than for a guess how long to wait.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    pub encoder: Option<String>,
    pub has_video: bool,
    pub has_audio: bool,
    /// Pictures per second.
    pub frame_rate: Option<f64>,
}

impl Metadata {
    /// From the values of a data message; `None` for cue points, captions and the like.
    pub fn from_data(values: &[Value]) -> Option<Self> {
        let values = match values {
            [Value::String(name), rest @ ..] if name == "@setDataFrame" => rest,
            all => all,
        };
        let [Value::String(name), properties, ..] = values else {
            return None;
        };
        if name != "onMetaData" {
            return None;
        }
        // A number, or a FourCC as text (OBS) or as a number (Enhanced RTMP); encoders without the track leave it out or say
        // zero. Audio codec 0 would be raw samples of unknown byte order, which nobody sends.
        let has = |name: &str| match properties.get(name) {
            Some(Value::Number(codec)) => *codec != 0.0,
            Some(Value::String(codec)) => !codec.is_empty(),
            _ => false,
        };
        Some(Self {
            encoder: properties
                .get("encoder")
                .and_then(Value::as_str)
                .map(str::to_owned),
            has_video: has("videocodecid"),
            has_audio: has("audiocodecid"),
            frame_rate: match properties.get("framerate") {
                Some(Value::Number(rate)) => Some(*rate),
                _ => None,
            },
        })
    }
}
