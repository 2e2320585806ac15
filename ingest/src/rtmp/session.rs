//! The conversation around the media: connect, publish, goodbye (RTMP 1.0 section 7).
//!
//! Fed with messages, it answers into a buffer and says what happened. It follows what encoders do rather than what the
//! specification wishes: releaseStream and FCPublish come before createStream, goodbye comes in three forms, and unknown
//! commands are left unanswered, because ffmpeg takes an error for the end.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

use super::{
    acknowledgements::{Acknowledgements, WINDOW_BYTES},
    amf::{self, Value},
    chunk::{Message, Writer, kind},
    input::Input,
    malformed::Malformed,
    metadata::Metadata,
};
use crate::{Rejection, StreamKey};

/// createStream may be repeated, but nobody needs many.
const MAX_STREAMS: u32 = 64;
/// Names of applications, keys and encoders are short; longer ones are hostile.
const MAX_NAME_CHARS: usize = 512;
const MAX_ENCODER_CHARS: usize = 128;
/// Protocol control messages go "in chunk stream ID 2" (5.4); the others follow Adobe's server.
const CONTROL_CSID: u8 = 2;
const COMMAND_CSID: u8 = 3;
const STATUS_CSID: u8 = 5;
/// User control events (7.1.7).
const STREAM_BEGIN: u16 = 0;
const PING_REQUEST: u16 = 6;
const PING_RESPONSE: u16 = 7;
/// Enhanced RTMP, `FourCcInfoMask`: we hand the media on without decoding it.
const CAN_FORWARD: f64 = 4.0;
/// Enhanced RTMP, `CapsExMask`: ModEx 0x04 and TimestampNanoOffset 0x08. Not Reconnect 0x01: no such request is ever sent. Not
/// Multitrack 0x02: of several tracks only the first is taken.
const CAPS_EX: f64 = 12.0;
const VIDEO_FOURCCS: [&str; 4] = ["avc1", "hvc1", "av01", "vp09"];
const AUDIO_FOURCCS: [&str; 2] = ["mp4a", "Opus"];

/// What a message meant.
#[derive(Debug)]
pub enum Step {
    /// The client asks to publish; see [`Session::target`]. Nothing more is read until that is decided.
    Publish,
    Metadata(Metadata),
    Audio(Message),
    Video(Message),
    /// FLV tags in one message (7.1.6).
    Aggregate(Message),
    /// The encoder says goodbye, or never came to publish.
    Stop,
}

/// What a client asked to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub app: String,
    pub key: StreamKey,
    stream_id: u32,
}

#[derive(Debug)]
pub struct Session {
    writer: Writer,
    chunk_bytes: u32,
    /// The application of connect, as sent.
    app: Option<String>,
    encoder: Option<String>,
    streams: u32,
    target: Option<Target>,
    acknowledgements: Acknowledgements,
}

impl Session {
    pub fn new(chunk_bytes: u32) -> Self {
        Self {
            writer: Writer::default(),
            chunk_bytes: chunk_bytes.clamp(128, 65_536),
            app: None,
            encoder: None,
            streams: 0,
            target: None,
            acknowledgements: Acknowledgements::default(),
        }
    }

    /// What the client wants to publish, after [`Step::Publish`].
    pub fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// The message stream that publishes.
    fn stream_id(&self) -> u32 {
        self.target.as_ref().map_or(0, |target| target.stream_id)
    }

    /// What the client calls itself.
    pub fn encoder(&self) -> Option<&str> {
        self.encoder.as_deref()
    }

    pub fn receive(&mut self, message: Message, out: &mut BytesMut) -> Result<Option<Step>, Malformed> {
        match message.kind {
            kind::AUDIO => Ok(self.target.is_some().then_some(Step::Audio(message))),
            kind::VIDEO => Ok(self.target.is_some().then_some(Step::Video(message))),
            kind::AGGREGATE => Ok(self.target.is_some().then_some(Step::Aggregate(message))),
            kind::COMMAND_AMF0 => self.command(&message.payload, message.stream_id, out),
            kind::COMMAND_AMF3 => self.command(without_amf3_prefix(&message.payload), message.stream_id, out),
            kind::DATA_AMF0 => Ok(self.data(&message.payload)),
            kind::DATA_AMF3 => Ok(self.data(without_amf3_prefix(&message.payload))),
            kind::USER_CONTROL => {
                self.user_control(&message.payload, out);
                Ok(None)
            }
            kind::WINDOW_ACKNOWLEDGEMENT_SIZE => {
                if let Some(window) = Input(&message.payload).u32() {
                    self.acknowledgements.set_window(window);
                }
                Ok(None)
            }
            // Acknowledgements of our few bytes, bandwidth, shared objects: nothing to do.
            _ => Ok(None),
        }
    }

    /// How long the client must have been silent before its bytes are acknowledged; `None` when there is nothing to
    /// acknowledge. See [`Acknowledgements`].
    pub fn silence_before_acknowledging(&self, received_bytes: u64) -> Option<Duration> {
        self.acknowledgements.silence_before(received_bytes)
    }

    /// Acknowledges the bytes received so far (5.4.3).
    pub fn acknowledge(&mut self, received_bytes: u64, out: &mut BytesMut) {
        let sequence_number = self.acknowledgements.next(received_bytes);
        self.control(kind::ACKNOWLEDGEMENT, &sequence_number, out);
    }

    /// Lets the client publish.
    pub fn accept(&mut self, out: &mut BytesMut) {
        let mut begin = BytesMut::new();
        begin.put_u16(STREAM_BEGIN);
        begin.put_u32(self.stream_id());
        self.control(kind::USER_CONTROL, &begin, out);
        self.status(
            self.stream_id(),
            "status",
            "NetStream.Publish.Start",
            "publishing",
            out,
        );
    }

    pub fn reject(&mut self, why: &Rejection, out: &mut BytesMut) {
        let (code, text) = match why {
            Rejection::UnknownApplication => (
                "NetConnection.Connect.InvalidApp",
                "unknown application: check the server address",
            ),
            Rejection::WrongKey => ("NetStream.Publish.BadName", "wrong stream key: copy it again"),
            Rejection::NotAllowed(text) => ("NetStream.Publish.Denied", text.as_str()),
        };
        self.status(self.stream_id(), "error", code, text, out);
    }

    /// Tells a client that already publishes why it cannot go on.
    pub fn refuse(&mut self, text: &str, out: &mut BytesMut) {
        self.status(self.stream_id(), "error", "NetStream.Publish.Denied", text, out);
    }

    fn command(
        &mut self,
        payload: &[u8],
        stream_id: u32,
        out: &mut BytesMut,
    ) -> Result<Option<Step>, Malformed> {
        let values = amf::read_all(payload)?;
        let Some((Value::String(name), arguments)) = values.split_first() else {
            return Err(Malformed("a command without a name"));
        };
        let transaction = arguments.first().and_then(Value::as_number).unwrap_or(0.0);
        let argument = |index: usize| arguments.get(index);
        let text = |index: usize| argument(index).and_then(Value::as_str).unwrap_or("");
        match name.as_str() {
            "connect" => self.connect(transaction, argument(1), out)?,
            "createStream" => {
                self.streams = (self.streams + 1).min(MAX_STREAMS);
                self.result(transaction, Value::Null, f64::from(self.streams).into(), out);
            }
            "publish" => return self.publish(text(2), stream_id).map(Some),
            "FCUnpublish" | "deleteStream" | "closeStream" if self.target.is_some() => {
                self.status(
                    self.stream_id(),
                    "status",
                    "NetStream.Unpublish.Success",
                    "stopped",
                    out,
                );
                return Ok(Some(Step::Stop));
            }
            // Hints of Flash Media Live Encoder, which everybody sends since; some wait for the answer.
            "releaseStream" | "FCPublish" | "FCUnpublish" | "_checkbw" if transaction > 0.0 => {
                self.result(transaction, Value::Null, Value::Undefined, out);
            }
            "play" | "play2" if self.target.is_none() => {
                let why = "nothing is played over RTMP here: open the web page";
                self.status(stream_id, "error", "NetStream.Play.Failed", why, out);
                return Ok(Some(Step::Stop));
            }
            _ => {}
        }
        Ok(None)
    }

    fn connect(
        &mut self,
        transaction: f64,
        arguments: Option<&Value>,
        out: &mut BytesMut,
    ) -> Result<(), Malformed> {
        let arguments = arguments.ok_or(Malformed("connect without arguments"))?;
        let text = |name| arguments.get(name).and_then(Value::as_str);
        self.app = Some(bounded(text("app").unwrap_or_default())?.to_owned());
        self.encoder = text("flashVer").and_then(printable);

        self.control(
            kind::WINDOW_ACKNOWLEDGEMENT_SIZE,
            &WINDOW_BYTES.to_be_bytes(),
            out,
        );
        let mut bandwidth = BytesMut::new();
        bandwidth.put_u32(WINDOW_BYTES);
        bandwidth.put_u8(2); // dynamic (5.4.5)
        self.control(kind::SET_PEER_BANDWIDTH, &bandwidth, out);
        self.control(kind::SET_CHUNK_SIZE, &self.chunk_bytes.to_be_bytes(), out);
        self.writer
            .set_chunk_bytes(usize::try_from(self.chunk_bytes).unwrap_or(usize::MAX));

        let mut properties = vec![
            ("fmsVer".to_owned(), "FMS/3,5,7,7009".into()),
            ("capabilities".to_owned(), 31.0.into()),
        ];
        let encoding = arguments
            .get("objectEncoding")
            .and_then(Value::as_number)
            .unwrap_or(0.0);
        let mut information = vec![
            ("level".to_owned(), "status".into()),
            ("code".to_owned(), "NetConnection.Connect.Success".into()),
            ("description".to_owned(), "connected".into()),
            ("objectEncoding".to_owned(), encoding.into()),
        ];
        // Enhanced RTMP, "Enhancing NetConnection connect Command": answered to those who ask.
        if ["fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"]
            .iter()
            .any(|name| arguments.get(name).is_some())
        {
            let all = VIDEO_FOURCCS.iter().chain(&AUDIO_FOURCCS);
            let map = |names: &[&str]| {
                Value::Object(
                    names
                        .iter()
                        .map(|name| ((*name).to_owned(), CAN_FORWARD.into()))
                        .collect(),
                )
            };
            let capabilities = [
                (
                    "fourCcList",
                    Value::Array(all.map(|name| (*name).into()).collect()),
                ),
                ("videoFourCcInfoMap", map(&VIDEO_FOURCCS)),
                ("audioFourCcInfoMap", map(&AUDIO_FOURCCS)),
                ("capsEx", CAPS_EX.into()),
            ]
            .map(|(name, value)| (name.to_owned(), value));
            // Clients look into either object.
            properties.extend(capabilities.clone());
            information.extend(capabilities);
        }
        self.result(
            transaction,
            Value::Object(properties),
            Value::Object(information),
            out,
        );
        Ok(())
    }

    fn publish(&mut self, name: &str, stream_id: u32) -> Result<Step, Malformed> {
        let app = self.app.as_deref().ok_or(Malformed("publish before connect"))?;
        if self.target.is_some() {
            return Err(Malformed("publish twice on one connection"));
        }
        let (app, key) = app_and_key(app, bounded(name)?);
        self.target = Some(Target { app, key, stream_id });
        Ok(Step::Publish)
    }

    fn data(&mut self, payload: &[u8]) -> Option<Step> {
        self.target.as_ref()?;
        // Metadata is a courtesy: what cannot be read is not worth the stream.
        let values = amf::read_all(payload).ok()?;
        let metadata = Metadata::from_data(&values)?;
        if let Some(encoder) = metadata.encoder.as_deref().and_then(printable) {
            self.encoder = Some(encoder);
        }
        Some(Step::Metadata(metadata))
    }

    fn user_control(&self, payload: &[u8], out: &mut BytesMut) {
        let mut input = Input(payload);
        if let (Some(PING_REQUEST), Some(time)) = (input.u16(), input.u32()) {
            let mut pong = BytesMut::new();
            pong.put_u16(PING_RESPONSE);
            pong.put_u32(time);
            self.control(kind::USER_CONTROL, &pong, out);
        }
    }

    fn control(&self, kind: u8, payload: &[u8], out: &mut BytesMut) {
        let payload = Bytes::copy_from_slice(payload);
        self.writer.write(
            CONTROL_CSID,
            &Message {
                kind,
                timestamp: 0,
                stream_id: 0,
                payload,
            },
            out,
        );
    }

    fn result(&self, transaction: f64, first: Value, second: Value, out: &mut BytesMut) {
        self.send(
            COMMAND_CSID,
            0,
            &["_result".into(), transaction.into(), first, second],
            out,
        );
    }

    /// 7.2.2: onStatus on the stream it is about.
    fn status(&self, stream_id: u32, level: &str, code: &str, description: &str, out: &mut BytesMut) {
        let information = amf::object([
            ("level", level.into()),
            ("code", code.into()),
            ("description", description.into()),
        ]);
        self.send(
            STATUS_CSID,
            stream_id,
            &["onStatus".into(), 0.0.into(), Value::Null, information],
            out,
        );
    }

    fn send(&self, csid: u8, stream_id: u32, values: &[Value], out: &mut BytesMut) {
        let mut payload = BytesMut::new();
        for value in values {
            value.write(&mut payload);
        }
        let message = Message {
            kind: kind::COMMAND_AMF0,
            timestamp: 0,
            stream_id,
            payload: payload.freeze(),
        };
        self.writer.write(csid, &message, out);
    }
}

/// Types 15 and 17 start with a zero and go on in AMF0, unless the sender is a Flash that means it; then the reader refuses.
fn without_amf3_prefix(payload: &[u8]) -> &[u8] {
    payload.strip_prefix(&[0]).unwrap_or(payload)
}

/// The key is the stream name. Encoders with one field for everything leave the name empty and put the key behind the
/// application (`live/KEY`). Query strings are theirs, not ours.
fn app_and_key(app: &str, name: &str) -> (String, StreamKey) {
    let without_query = |text: &'_ str| {
        text.split('?')
            .next()
            .unwrap_or_default()
            .trim_matches('/')
            .to_owned()
    };
    let (app, name) = (without_query(app), without_query(name));
    match app.rsplit_once('/') {
        Some((app, key)) if name.is_empty() => (app.to_owned(), StreamKey::new(key)),
        _ => (app, StreamKey::new(name)),
    }
}

fn bounded(name: &str) -> Result<&str, Malformed> {
    if name.chars().count() > MAX_NAME_CHARS {
        Err(Malformed("a name of absurd length"))
    } else {
        Ok(name)
    }
}

/// Fit for a log line and a page.
fn printable(text: &str) -> Option<String> {
    let clean: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_ENCODER_CHARS)
        .collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

#[cfg(test)]
mod tests;
