//! What clients send: JSON, forms or multipart bodies, and queries, read the same way. PeerTube's clients send `"1"` for `1`,
//! `tags[0]` for lists and `null` for nothing; what comes out here is typed, checked, and says which field was wrong.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::app::App;
use crate::http::BODY_LIMIT_BYTES;
use crate::http::error::{ApiError, InvalidParam};

/// Fields of a form or query; PeerTube's largest has about thirty.
const MAX_FIELDS: usize = 200;
/// Bytes of a body that is too large which are still taken, so that the client reads why.
const MAX_DISCARDED_BYTES: usize = 2_000_000;
/// 500 kB in this time is slower than any modem.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// `a[b][c]` is the deepest any client goes.
const MAX_DEPTH: usize = 3;

/// A field that may be missing, `null`, something else than it should be, or right.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Given<T> {
    #[default]
    Absent,
    Null,
    Wrong(Value),
    Is(T),
}

/// How a value is read from what JSON or a form can say.
pub(crate) trait Lenient: Sized {
    fn read(value: &Value) -> Option<Self>;
}

impl Lenient for String {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

impl Lenient for i64 {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

impl Lenient for bool {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => match text.as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            Value::Number(number) => match number.as_i64() {
                Some(1) => Some(true),
                Some(0) => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A list, or one value where a list was meant.
impl<T: Lenient> Lenient for Vec<T> {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Array(values) => values.iter().map(T::read).collect(),
            other => T::read(other).map(|value| vec![value]),
        }
    }
}

/// An object of further fields.
#[derive(Debug, Clone)]
pub(crate) struct Nested<T>(pub T);

impl<T: DeserializeOwned> Lenient for Nested<T> {
    fn read(value: &Value) -> Option<Self> {
        value
            .is_object()
            .then(|| serde_json::from_value(value.clone()).ok().map(Self))
            .flatten()
    }
}

impl<'de, T: Lenient> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(match value {
            Value::Null => Self::Null,
            value => match T::read(&value) {
                Some(read) => Self::Is(read),
                None => Self::Wrong(value),
            },
        })
    }
}

/// Collects what is wrong with a request, to say all of it at once.
#[derive(Debug)]
pub(crate) struct Check {
    location: &'static str,
    wrong: Vec<InvalidParam>,
}

impl Check {
    pub(crate) fn body() -> Self {
        Self {
            location: "body",
            wrong: Vec::new(),
        }
    }

    pub(crate) fn query() -> Self {
        Self {
            location: "query",
            wrong: Vec::new(),
        }
    }

    pub(crate) fn fail(&mut self, field: &str, value: Option<Value>, message: &'static str) {
        self.wrong
            .push(InvalidParam::new(field, value, message, self.location));
    }

    /// A value that is there and passes the test.
    pub(crate) fn value<T: Clone>(
        &mut self,
        field: &str,
        given: &Given<T>,
        message: &'static str,
        test: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        match given {
            Given::Absent | Given::Null => None,
            Given::Is(value) if test(value) => Some(value.clone()),
            Given::Is(_) => {
                self.fail(field, None, message);
                None
            }
            Given::Wrong(value) => {
                self.fail(field, Some(value.clone()), message);
                None
            }
        }
    }

    /// Like [`Check::value`], and `null` empties the field: `Some(None)`.
    pub(crate) fn nullable<T: Clone>(
        &mut self,
        field: &str,
        given: &Given<T>,
        message: &'static str,
        test: impl FnOnce(&T) -> bool,
    ) -> Option<Option<T>> {
        match given {
            Given::Null => Some(None),
            given => self.value(field, given, message, test).map(Some),
        }
    }

    pub(crate) fn text(
        &mut self,
        field: &str,
        given: &Given<String>,
        chars: RangeInclusive<usize>,
        message: &'static str,
    ) -> Option<String> {
        if let Given::Is(text) = given
            && !chars.contains(&text.trim().chars().count())
        {
            self.fail(field, Some(Value::String(text.clone())), message);
            return None;
        }
        self.value(field, given, message, |_| true)
            .map(|text| text.trim().to_owned())
    }

    /// Text that may be emptied by `null` or by an empty string.
    pub(crate) fn nullable_text(
        &mut self,
        field: &str,
        given: &Given<String>,
        chars: RangeInclusive<usize>,
        message: &'static str,
    ) -> Option<Option<String>> {
        match given {
            Given::Null => Some(None),
            Given::Is(text) if text.trim().is_empty() => Some(None),
            given => self.text(field, given, chars, message).map(Some),
        }
    }

    pub(crate) fn flag(&mut self, field: &str, given: &Given<bool>) -> Option<bool> {
        self.value(field, given, "Should have a boolean", |_| true)
    }

    /// A number of a closed set.
    pub(crate) fn one_of<T: TryFrom<i64>>(
        &mut self,
        field: &str,
        given: &Given<i64>,
        message: &'static str,
    ) -> Option<T> {
        let id = self.value(field, given, message, |_| true)?;
        match T::try_from(id) {
            Ok(value) => Some(value),
            Err(_) => {
                self.fail(field, Some(id.into()), message);
                None
            }
        }
    }

    /// What has to be there, unless it was wrong, which has been said.
    pub(crate) fn required<T>(&mut self, field: &str, value: Option<T>, message: &'static str) -> Option<T> {
        if value.is_none() && !self.wrong.iter().any(|param| param.path == field) {
            self.fail(field, None, message);
        }
        value
    }

    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.wrong.is_empty() {
            Ok(())
        } else {
            Err(ApiError::invalid(self.wrong))
        }
    }

    /// Finishes with something that is there when nothing was wrong.
    pub(crate) fn finish_with<T>(self, value: Option<T>) -> Result<T, ApiError> {
        self.finish()?;
        value.ok_or_else(|| ApiError::bad_request("Incorrect request parameters"))
    }
}

/// A body of any kind. An empty one has no fields.
#[derive(Debug)]
pub(crate) struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let read = tokio::time::timeout(BODY_TIMEOUT, fields(request, app));
        let fields = read
            .await
            .map_err(|_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "The body took too long"))??;
        typed(fields).map(Self)
    }
}

async fn fields(request: Request, app: &App) -> Result<Value, ApiError> {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase())
        .unwrap_or_default();
    if content_type == "multipart/form-data" {
        return multipart(request, app).await;
    }
    let bytes = whole(request).await?;
    match content_type.as_str() {
        _ if bytes.is_empty() => Ok(Value::Object(Map::new())),
        "application/x-www-form-urlencoded" => pairs(form_urlencoded::parse(&bytes)),
        "application/json" | "" => serde_json::from_slice(&bytes)
            .map_err(|error| ApiError::bad_request(format!("Invalid JSON: {error}"))),
        _ => Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Send JSON, a form or multipart/form-data",
        )),
    }
}

/// Reads a body. What is beyond the limit is thrown away, up to a point: a client still sending when the connection closes never
/// sees the answer.
async fn whole(request: Request) -> Result<Vec<u8>, ApiError> {
    let mut stream = request.into_body().into_data_stream();
    let (mut body, mut received) = (Vec::new(), 0_usize);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ApiError::bad_request(format!("Cannot read the body: {error}")))?;
        received = received.saturating_add(chunk.len());
        if received <= BODY_LIMIT_BYTES {
            body.extend_from_slice(&chunk);
        } else if received > BODY_LIMIT_BYTES + MAX_DISCARDED_BYTES {
            break;
        }
    }
    if received > BODY_LIMIT_BYTES {
        return Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The body is too large: 500 kB at most",
        ));
    }
    Ok(body)
}

/// The query, read like a body.
#[derive(Debug)]
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        typed(pairs(form_urlencoded::parse(query.as_bytes()))?).map(Self)
    }
}

fn typed<T: DeserializeOwned>(fields: Value) -> Result<T, ApiError> {
    // Fields read themselves and never fail; what can fail is a body that is no object.
    serde_json::from_value(fields).map_err(|error| ApiError::bad_request(format!("Invalid request: {error}")))
}

async fn multipart(request: Request, app: &App) -> Result<Value, ApiError> {
    let mut form = Multipart::from_request(request, app)
        .await
        .map_err(|rejection| ApiError::new(rejection.status(), rejection.body_text()))?;
    let mut fields = Vec::new();
    while let Some(field) = form.next_field().await.map_err(multipart_error)? {
        // Pictures are not kept yet; whoever sends one with other changes gets the changes.
        if field.file_name().is_some() {
            continue;
        }
        let name = field.name().unwrap_or_default().to_owned();
        fields.push((name, field.text().await.map_err(multipart_error)?));
        if fields.len() > MAX_FIELDS {
            break;
        }
    }
    pairs(fields.into_iter())
}

fn multipart_error(error: axum::extract::multipart::MultipartError) -> ApiError {
    ApiError::new(error.status(), error.body_text())
}

/// Makes an object of pairs: `a=1&b[c]=2&d[]=3&d[]=4&e=5&e=6` is `{a, b: {c}, d: [3, 4], e: [5, 6]}`.
fn pairs<K: AsRef<str>, V: Into<String>>(pairs: impl Iterator<Item = (K, V)>) -> Result<Value, ApiError> {
    let mut fields = Map::new();
    for (index, (key, value)) in pairs.enumerate() {
        if index >= MAX_FIELDS {
            return Err(ApiError::bad_request("Too many fields"));
        }
        let mut path = key.as_ref().split('[').map(|step| step.trim_end_matches(']'));
        let name = path.next().unwrap_or_default().to_owned();
        let steps: Vec<&str> = path.take(MAX_DEPTH).collect();
        put(fields.entry(name), &steps, value.into());
    }
    Ok(Value::Object(fields))
}

fn put(entry: serde_json::map::Entry<'_>, steps: &[&str], value: String) {
    // In forms there is no `null`; PeerTube's clients write the word.
    let leaf = if value == "null" {
        Value::Null
    } else {
        Value::String(value)
    };
    match steps.split_first() {
        None => match entry {
            serde_json::map::Entry::Vacant(vacant) => drop(vacant.insert(leaf)),
            serde_json::map::Entry::Occupied(mut occupied) => append(occupied.get_mut(), leaf),
        },
        // `tags[]` and `tags[0]` both add to a list.
        Some((step, _)) if step.is_empty() || step.bytes().all(|byte| byte.is_ascii_digit()) => {
            append(entry.or_insert_with(|| Value::Array(Vec::new())), leaf);
        }
        Some((step, rest)) => {
            let object = entry.or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(object) = object {
                let Value::String(value) = leaf else {
                    return drop(object.insert((*step).to_owned(), leaf));
                };
                put(object.entry(*step), rest, value);
            }
        }
    }
}

fn append(existing: &mut Value, value: Value) {
    match existing {
        Value::Array(values) => values.push(value),
        single => *single = Value::Array(vec![single.take(), value]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_say_what_json_says() {
        let text = b"name=a+b&replaySettings[privacy]=1&tags[0]=x&tags[1]=y&e=5&e=6&f[]=7&category=null&a[b][c][d][e]=1";
        let value = pairs(form_urlencoded::parse(text)).unwrap();
        assert_eq!(
            value,
            json!({
                "name": "a b", "replaySettings": {"privacy": "1"}, "tags": ["x", "y"], "e": ["5", "6"], "f": ["7"],
                "category": null, "a": {"b": {"c": {"d": "1"}}},
            })
        );
        let many = "a=1&".repeat(MAX_FIELDS + 1);
        assert!(pairs(form_urlencoded::parse(many.as_bytes())).is_err());
        // A name used as a value and as an object keeps the value.
        assert_eq!(
            pairs(form_urlencoded::parse(b"a=1&a[b]=2")).unwrap(),
            json!({"a": "1"})
        );
    }

    #[test]
    fn fields_are_read_leniently_and_checked_strictly() {
        #[derive(Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        #[derive(Default)]
        struct Form {
            count: Given<i64>,
            flag: Given<bool>,
            tags: Given<Vec<String>>,
            name: Given<String>,
            missing: Given<String>,
        }
        let form: Form =
            typed(json!({"count": "7", "flag": "true", "tags": "one", "name": null, "other": 1})).unwrap();
        assert_eq!((form.count, form.flag), (Given::Is(7), Given::Is(true)));
        assert_eq!(
            (form.tags, form.missing),
            (Given::Is(vec!["one".to_owned()]), Given::Absent)
        );
        let mut check = Check::body();
        assert_eq!(check.nullable_text("name", &form.name, 1..=3, "no"), Some(None));
        let wrong: Form = typed(json!({"count": "x", "flag": 2, "tags": [{}], "name": "abcd"})).unwrap();
        check.value("count", &wrong.count, "no", |_| true);
        check.flag("flag", &wrong.flag);
        check.value("tags", &wrong.tags, "no", |_| true);
        check.text("name", &wrong.name, 1..=3, "no");
        check.required("count", None::<i64>, "said already");
        assert_eq!(check.wrong.len(), 4);
        assert!(typed::<Form>(json!("x")).is_err());
    }
}
