//! AMF0 (Action Message Format, version 0): the values commands and metadata are made of.
//!
//! The reader trusts nothing: depth and number of values are bounded, so that a message of nested arrays costs a refusal and
//! not the stack.

use bytes::{BufMut, BytesMut};

use super::{input::Input, malformed::Malformed};

/// Real commands nest two deep, real metadata four.
const MAX_DEPTH: u8 = 16;
/// Real metadata has some forty values; a recorded file's keyframe index has more, and is of no use here.
const MAX_VALUES: u32 = 4_096;

/// Type markers (AMF0 section 2.1).
mod marker {
    pub(super) const NUMBER: u8 = 0x00;
    pub(super) const BOOLEAN: u8 = 0x01;
    pub(super) const STRING: u8 = 0x02;
    pub(super) const OBJECT: u8 = 0x03;
    pub(super) const NULL: u8 = 0x05;
    pub(super) const UNDEFINED: u8 = 0x06;
    pub(super) const REFERENCE: u8 = 0x07;
    pub(super) const ECMA_ARRAY: u8 = 0x08;
    pub(super) const OBJECT_END: u8 = 0x09;
    pub(super) const STRICT_ARRAY: u8 = 0x0a;
    pub(super) const DATE: u8 = 0x0b;
    pub(super) const LONG_STRING: u8 = 0x0c;
    pub(super) const UNSUPPORTED: u8 = 0x0d;
    pub(super) const XML_DOCUMENT: u8 = 0x0f;
    pub(super) const TYPED_OBJECT: u8 = 0x10;
    pub(super) const AVMPLUS: u8 = 0x11;
}

/// One value. An ECMA array is an object to everybody who sends one; a typed object loses its class name.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Boolean(bool),
    String(String),
    Object(Vec<(String, Value)>),
    Array(Vec<Value>),
    /// Milliseconds since 1970, UTC.
    Date(f64),
    Null,
    Undefined,
}

impl Value {
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// A property of an object.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(properties) => properties
                .iter()
                .find(|(property, _)| property == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// A string too long for its 16-bit length is cut.
    pub fn write(&self, out: &mut BytesMut) {
        match self {
            Self::Number(number) => {
                out.put_u8(marker::NUMBER);
                out.put_f64(*number);
            }
            Self::Boolean(yes) => {
                out.put_u8(marker::BOOLEAN);
                out.put_u8(u8::from(*yes));
            }
            Self::String(text) => {
                out.put_u8(marker::STRING);
                put_string(out, text);
            }
            Self::Object(properties) => {
                out.put_u8(marker::OBJECT);
                for (name, value) in properties {
                    put_string(out, name);
                    value.write(out);
                }
                out.put_slice(&[0, 0, marker::OBJECT_END]);
            }
            Self::Array(values) => {
                out.put_u8(marker::STRICT_ARRAY);
                out.put_u32(u32::try_from(values.len()).unwrap_or(u32::MAX));
                for value in values {
                    value.write(out);
                }
            }
            Self::Date(millis) => {
                out.put_u8(marker::DATE);
                out.put_f64(*millis);
                out.put_i16(0);
            }
            Self::Null => out.put_u8(marker::NULL),
            Self::Undefined => out.put_u8(marker::UNDEFINED),
        }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

/// An object of these properties.
pub fn object<const N: usize>(properties: [(&str, Value); N]) -> Value {
    Value::Object(
        properties
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

fn put_string(out: &mut BytesMut, text: &str) {
    let max = usize::from(u16::MAX);
    let bytes = text.as_bytes().get(..max).unwrap_or(text.as_bytes());
    out.put_u16(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
    out.put_slice(bytes);
}

/// Every value of a message.
pub fn read_all(bytes: &[u8]) -> Result<Vec<Value>, Malformed> {
    let mut reader = Reader {
        input: Input(bytes),
        values_left: MAX_VALUES,
    };
    let mut values = Vec::new();
    while !reader.input.0.is_empty() {
        values.push(reader.value(MAX_DEPTH)?);
    }
    Ok(values)
}

struct Reader<'a> {
    input: Input<'a>,
    values_left: u32,
}

const SHORT: Malformed = Malformed("an AMF0 value ends too early");

impl Reader<'_> {
    fn value(&mut self, depth: u8) -> Result<Value, Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed("AMF0 nested too deeply"))?;
        self.values_left = self
            .values_left
            .checked_sub(1)
            .ok_or(Malformed("too many AMF0 values"))?;
        match self.input.u8().ok_or(SHORT)? {
            marker::NUMBER => Ok(Value::Number(self.number()?)),
            marker::BOOLEAN => Ok(Value::Boolean(self.input.u8().ok_or(SHORT)? != 0)),
            marker::STRING => Ok(Value::String(self.string()?)),
            marker::OBJECT => Ok(Value::Object(self.properties(depth)?)),
            marker::NULL => Ok(Value::Null),
            marker::UNDEFINED | marker::UNSUPPORTED => Ok(Value::Undefined),
            marker::ECMA_ARRAY => {
                // The count is a hint, and often wrong; the end marker is what ends it.
                self.input.u32().ok_or(SHORT)?;
                Ok(Value::Object(self.properties(depth)?))
            }
            marker::STRICT_ARRAY => {
                let count = self.input.u32().ok_or(SHORT)?;
                let mut values = Vec::new();
                for _ in 0..count {
                    values.push(self.value(depth)?);
                }
                Ok(Value::Array(values))
            }
            marker::DATE => {
                let millis = self.number()?;
                self.input.take(2).ok_or(SHORT)?; // time zone: "should be set to 0x0000"
                Ok(Value::Date(millis))
            }
            marker::LONG_STRING | marker::XML_DOCUMENT => {
                let len = self.input.u32().ok_or(SHORT)?;
                self.text(usize::try_from(len).map_err(|_| SHORT)?)
                    .map(Value::String)
            }
            marker::TYPED_OBJECT => {
                self.string()?; // class name
                Ok(Value::Object(self.properties(depth)?))
            }
            marker::REFERENCE => Err(Malformed("AMF0 references are not taken")),
            marker::AVMPLUS => Err(Malformed("AMF3 values are not taken")),
            _ => Err(Malformed("unknown AMF0 type")),
        }
    }

    fn properties(&mut self, depth: u8) -> Result<Vec<(String, Value)>, Malformed> {
        let mut properties = Vec::new();
        loop {
            // Some encoders forget the end marker of the metadata's array.
            if self.input.0.is_empty() {
                return Ok(properties);
            }
            let name = self.string()?;
            if name.is_empty() && self.input.0.first() == Some(&marker::OBJECT_END) {
                self.input.u8();
                return Ok(properties);
            }
            properties.push((name, self.value(depth)?));
        }
    }

    fn number(&mut self) -> Result<f64, Malformed> {
        self.input.array().map(f64::from_be_bytes).ok_or(SHORT)
    }

    fn string(&mut self) -> Result<String, Malformed> {
        let len = self.input.u16().ok_or(SHORT)?;
        self.text(usize::from(len))
    }

    fn text(&mut self, len: usize) -> Result<String, Malformed> {
        let bytes = self.input.take(len).ok_or(SHORT)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(value: &Value) -> Vec<Value> {
        let mut out = BytesMut::new();
        value.write(&mut out);
        read_all(&out).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let value = object([
            ("number", 1.5.into()),
            ("text", "é".into()),
            ("flag", Value::Boolean(true)),
            (
                "list",
                Value::Array(vec![Value::Null, Value::Undefined, Value::Date(1e12)]),
            ),
            ("inner", object([("a", 1.0.into())])),
        ]);
        assert_eq!(round_trip(&value).as_slice(), std::slice::from_ref(&value));
        assert_eq!(
            value
                .get("inner")
                .and_then(|inner| inner.get("a"))
                .and_then(Value::as_number),
            Some(1.0)
        );
    }

    #[test]
    fn every_type_is_known() {
        let ecma = [8, 0, 0, 0, 99, 0, 1, b'w', 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
        assert_eq!(read_all(&ecma), Ok(vec![object([("w", 2.0.into())])]));
        assert_eq!(
            read_all(&ecma[..17]),
            Ok(vec![object([("w", 2.0.into())])]),
            "end marker forgotten"
        );
        let typed = [16, 0, 1, b'C', 0, 0, 9];
        assert_eq!(read_all(&typed), Ok(vec![object([])]));
        assert_eq!(read_all(&[12, 0, 0, 0, 1, b'x']), Ok(vec!["x".into()]));
        assert_eq!(
            read_all(&[13, 6, 5]),
            Ok(vec![Value::Undefined, Value::Undefined, Value::Null])
        );
        for refused in [
            &[7, 0, 0][..],
            &[17, 1],
            &[4],
            &[14],
            &[9],
            &[2, 0, 9, b'x'],
            &[0, 1],
        ] {
            assert!(read_all(refused).is_err(), "{refused:?}");
        }
    }

    /// 45 kB of nested arrays end a process that recurses.
    #[test]
    fn nesting_bombs_are_refused() {
        assert!(read_all(&[10, 0, 0, 0, 1].repeat(9_000)).is_err());
        assert!(read_all(&[3, 0, 1, b'a'].repeat(9_000)).is_err());
        assert!(read_all(&[&[10, 0xff, 0xff, 0xff, 0xff], &[5; 60_000][..]].concat()).is_err());
    }
}
