//! The orders in which real encoders speak, and what nobody should be able to say.

use super::*;
use crate::rtmp::chunk::Reader;

struct Talk {
    session: Session,
    out: BytesMut,
    reader: Reader,
}

impl Talk {
    fn new() -> Self {
        Self {
            session: Session::new(4_096),
            out: BytesMut::new(),
            reader: Reader::new(1 << 20),
        }
    }

    fn say(&mut self, values: &[Value]) -> Result<Option<Step>, Malformed> {
        let mut payload = BytesMut::new();
        values.iter().for_each(|value| value.write(&mut payload));
        self.send(kind::COMMAND_AMF0, &payload)
    }

    fn send(&mut self, kind: u8, payload: &[u8]) -> Result<Option<Step>, Malformed> {
        let payload = Bytes::copy_from_slice(payload);
        self.session.receive(
            Message {
                kind,
                timestamp: 0,
                stream_id: 1,
                payload,
            },
            &mut self.out,
        )
    }

    /// The commands that came back.
    fn heard(&mut self) -> Vec<Vec<Value>> {
        let bytes = self.out.split();
        let mut input = &bytes[..];
        let mut heard = Vec::new();
        while let Some(message) = self.reader.read(&mut input).unwrap() {
            if message.kind == kind::COMMAND_AMF0 {
                heard.push(amf::read_all(&message.payload).unwrap());
            }
        }
        heard
    }

    fn connect(&mut self, app: &str) {
        let step = self.say(&["connect".into(), 1.0.into(), amf::object([("app", app.into())])]);
        assert!(matches!(step, Ok(None)));
        assert_eq!(self.heard()[0][0], "_result".into());
    }

    fn publish(&mut self, name: &str) -> Result<Option<Step>, Malformed> {
        self.say(&[
            "publish".into(),
            5.0.into(),
            Value::Null,
            name.into(),
            "live".into(),
        ])
    }
}

/// OBS and ffmpeg: FMLE's order.
#[test]
fn fmle_order() {
    let mut talk = Talk::new();
    talk.connect("live");
    for (transaction, name) in [(2.0, "releaseStream"), (3.0, "FCPublish")] {
        assert!(
            talk.say(&[name.into(), transaction.into(), Value::Null, "KEY".into()])
                .unwrap()
                .is_none()
        );
        assert_eq!(talk.heard()[0][..2], ["_result".into(), transaction.into()]);
    }
    talk.say(&["createStream".into(), 4.0.into(), Value::Null])
        .unwrap();
    assert_eq!(
        talk.heard(),
        [["_result".into(), 4.0.into(), Value::Null, 1.0.into()]]
    );
    talk.say(&["_checkbw".into(), 5.0.into(), Value::Null]).unwrap();
    assert_eq!(talk.heard().len(), 1);
    talk.say(&["whatever".into(), 6.0.into(), Value::Null]).unwrap();
    assert!(talk.heard().is_empty(), "ffmpeg takes an _error for the end");
    assert!(matches!(talk.publish("KEY?token=1"), Ok(Some(Step::Publish))));
    assert!(
        talk.heard().is_empty(),
        "nothing is promised before the program decides"
    );
    let target = talk.session.target().unwrap();
    assert_eq!((target.app.as_str(), target.key.expose()), ("live", "KEY"));
    talk.session.accept(&mut talk.out);
    let status = &talk.heard()[0];
    assert_eq!(status[3].get("code"), Some(&"NetStream.Publish.Start".into()));
    for goodbye in ["FCUnpublish", "deleteStream", "closeStream"] {
        assert!(matches!(
            talk.say(&[goodbye.into(), 7.0.into(), Value::Null]),
            Ok(Some(Step::Stop))
        ));
    }
}

#[test]
fn keys_are_found_wherever_encoders_put_them() {
    for (app, name, expected) in [
        ("live", "KEY", ("live", "KEY")),
        ("live/", "/KEY", ("live", "KEY")),
        ("live?x=y", "KEY?a=b", ("live", "KEY")),
        ("live/KEY", "", ("live", "KEY")),
        ("live/KEY?x", "?y", ("live", "KEY")),
        ("live/instance", "KEY", ("live/instance", "KEY")),
        ("live", "", ("live", "")),
    ] {
        let (found_app, key) = app_and_key(app, name);
        assert_eq!((found_app.as_str(), key.expose()), expected, "{app} {name}");
    }
}

#[test]
fn rejections_are_errors_with_advice() {
    let not_now = "somebody else is live: stop them first".to_owned();
    for (why, code) in [
        (Rejection::UnknownApplication, "NetConnection.Connect.InvalidApp"),
        (Rejection::WrongKey, "NetStream.Publish.BadName"),
        (Rejection::NotAllowed(not_now), "NetStream.Publish.Denied"),
    ] {
        let mut talk = Talk::new();
        talk.connect("live");
        talk.publish("KEY").unwrap();
        talk.session.reject(&why, &mut talk.out);
        let status = talk.heard().remove(0);
        assert_eq!(status[3].get("level"), Some(&"error".into()));
        assert_eq!(status[3].get("code"), Some(&code.into()));
        assert!(
            !format!("{status:?} {:?}", talk.session).contains("KEY"),
            "no key in sight"
        );
    }
}

/// Enhanced RTMP: who asks is told, and told the truth.
#[test]
fn capabilities_are_negotiated() {
    let mut talk = Talk::new();
    let ask = amf::object([
        ("app", "live".into()),
        ("fourCcList", Value::Array(vec!["hvc1".into(), "av01".into()])),
    ]);
    talk.say(&["connect".into(), 1.0.into(), ask]).unwrap();
    let answer = &talk.heard()[0][3];
    let Some(Value::Array(list)) = answer.get("fourCcList") else {
        panic!("{answer:?}")
    };
    assert_eq!(list.len(), 6);
    assert_eq!(
        answer.get("videoFourCcInfoMap").and_then(|map| map.get("hvc1")),
        Some(&4.0.into())
    );
    assert_eq!(
        answer.get("audioFourCcInfoMap").and_then(|map| map.get("Opus")),
        Some(&4.0.into())
    );
    assert_eq!(answer.get("capsEx"), Some(&12.0.into()));

    let mut plain = Talk::new();
    plain
        .say(&[
            "connect".into(),
            1.0.into(),
            amf::object([("app", "live".into())]),
        ])
        .unwrap();
    assert_eq!(plain.heard()[0][3].get("fourCcList"), None);
}

#[test]
fn encoders_introduce_themselves() {
    let mut talk = Talk::new();
    let hello = amf::object([("app", "live".into()), ("flashVer", "FMLE/3.0\u{7}\n".into())]);
    talk.say(&["connect".into(), 1.0.into(), hello]).unwrap();
    assert_eq!(talk.session.encoder(), Some("FMLE/3.0"));
    talk.publish("KEY").unwrap();
    let mut data = BytesMut::new();
    let properties = amf::object([
        ("encoder", "obs-output module (libobs version 29.0.2)".into()),
        ("videocodecid", "hvc1".into()),
        ("audiocodecid", 10.0.into()),
        ("recorded", Value::Date(1.0)),
    ]);
    for value in ["@setDataFrame".into(), "onMetaData".into(), properties] {
        value.write(&mut data);
    }
    let Ok(Some(Step::Metadata(metadata))) = talk.send(kind::DATA_AMF0, &data) else {
        panic!("no metadata")
    };
    assert!(metadata.has_video && metadata.has_audio);
    assert_eq!(
        talk.session.encoder(),
        Some("obs-output module (libobs version 29.0.2)")
    );
    // Unreadable metadata is not worth the stream.
    assert!(matches!(talk.send(kind::DATA_AMF0, &[7, 7, 7]), Ok(None)));
}

#[test]
fn control_messages() {
    let mut talk = Talk::new();
    talk.send(kind::USER_CONTROL, &[0, 6, 1, 2, 3, 4]).unwrap();
    assert_eq!(talk.out.split()[12..], [0, 7, 1, 2, 3, 4]);
    talk.send(kind::WINDOW_ACKNOWLEDGEMENT_SIZE, &100_000_u32.to_be_bytes())
        .unwrap();
    talk.send(kind::WINDOW_ACKNOWLEDGEMENT_SIZE, &100_000_u32.to_be_bytes())
        .unwrap();
    assert_eq!(
        talk.session.silence_before_acknowledging(99_999),
        Some(Duration::from_millis(20))
    );
    assert_eq!(
        talk.session.silence_before_acknowledging(100_000),
        Some(Duration::ZERO)
    );
    talk.session.acknowledge((1 << 32) + 5, &mut talk.out);
    assert_eq!(talk.out.split()[12..], [0, 0, 0, 5]);
}

#[test]
fn amf3_commands_are_understood() {
    let mut talk = Talk::new();
    let mut payload = BytesMut::from(&[0][..]);
    for value in [
        "connect".into(),
        1.0.into(),
        amf::object([("app", "live".into())]),
    ] {
        value.write(&mut payload);
    }
    assert!(matches!(talk.send(kind::COMMAND_AMF3, &payload), Ok(None)));
    assert_eq!(talk.heard()[0][0], "_result".into());
}

#[test]
fn nonsense_is_refused() {
    assert!(Talk::new().publish("KEY").is_err(), "publish before connect");
    let mut talk = Talk::new();
    talk.connect("live");
    assert!(
        matches!(talk.send(kind::VIDEO, &[0x17, 1]), Ok(None)),
        "media before publish"
    );
    assert!(talk.publish(&"x".repeat(MAX_NAME_CHARS + 1)).is_err());
    talk.publish("KEY").unwrap();
    assert!(talk.publish("OTHER").is_err());
    assert!(Talk::new().send(kind::COMMAND_AMF0, &[5]).is_err());
    let mut viewer = Talk::new();
    viewer.connect("live");
    assert!(matches!(
        viewer.say(&["play".into(), 0.0.into(), Value::Null, "KEY".into()]),
        Ok(Some(Step::Stop))
    ));
}
