//! Reading answers, within bounds.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};

use super::FetchError;

/// Whoever asks to wait longer waits for us.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// Of an error, as much as fits on a line.
const MAX_DETAIL_CHARS: usize = 200;
const MAX_TYPE_CHARS: usize = 100;

/// Success, or what it is instead.
pub(super) fn check_status(response: &Response) -> Result<(), FetchError> {
    match response.status().as_u16() {
        200..=299 => Ok(()),
        404 | 410 => Err(FetchError::Gone),
        status => Err(FetchError::Status(
            status,
            retry_after(response.headers(), Timestamp::now()),
        )),
    }
}

/// The media type without its parameters, in lower case.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    essence
        .trim()
        .chars()
        .take(MAX_TYPE_CHARS)
        .collect::<String>()
        .to_ascii_lowercase()
}

/// The whole body, as it is after decompression: what is counted is what takes memory.
pub(super) async fn body(mut response: Response, limit: usize) -> Result<Bytes, FetchError> {
    let announced = response.content_length().unwrap_or(0);
    if usize::try_from(announced).map_or(true, |announced| announced > limit) {
        return Err(FetchError::TooLarge(limit));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Err(FetchError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The beginning of what a server says about an error, on one line.
pub(super) fn detail(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.split(|char: char| char.is_whitespace() || char.is_control());
    let words: Vec<&str> = line.filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(MAX_DETAIL_CHARS).collect()
}

/// RFC 9110 10.2.3: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = DateTimeParser::new().parse_timestamp(value).ok()?;
            Duration::try_from(date.duration_since(now)).unwrap_or_default()
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_say_when_to_come_back() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers, now)
        };
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            read("Sun, 22 Nov 2026 12:05:00 GMT"),
            Some(Duration::from_secs(300))
        );
        assert_eq!(read("Sun, 22 Nov 2026 11:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("99999999999"), Some(MAX_RETRY_AFTER));
        assert_eq!(read("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn errors_fit_on_a_line() {
        assert_eq!(detail(b"  <h1>\nno\x00 \xff</h1> "), "<h1> no \u{fffd}</h1>");
        assert_eq!(detail(&[b'a'; 5_000]).len(), MAX_DETAIL_CHARS);
    }
}
