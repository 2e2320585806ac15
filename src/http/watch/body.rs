//! Bytes as answers: from memory without a copy, from the archive's file by range, whole or one range of them.

use std::fs::File;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use metrics::counter;
use packager::live::Source;

use super::stored::Stored;
use super::wants::Wants;
use super::{IMMUTABLE, MP4};
use crate::http::metrics::BYTES_OUT;

/// A part or segment of a live.
pub(super) fn respond(body: packager::live::Body, wants: &Wants) -> Response {
    match body.source {
        Source::Part(data) => bytes(vec![data], wants, MP4),
        Source::Memory(parts) => bytes(parts.iter().map(|part| part.data.clone()).collect(), wants, MP4),
        Source::File { file, offset } => answer(wants, body.len, MP4, |range| {
            Body::new(Stored::new(file, offset + range.start, range.len()))
        }),
    }
}

/// Pieces in memory, one after the other.
pub(super) fn bytes(pieces: Vec<Bytes>, wants: &Wants, content_type: HeaderValue) -> Response {
    let len = pieces
        .iter()
        .map(|piece| u64::try_from(piece.len()).unwrap_or(u64::MAX))
        .sum();
    answer(wants, len, content_type, |range| from_memory(pieces, range))
}

/// A whole file.
pub(super) fn file(file: Arc<File>, len: u64, wants: &Wants, content_type: HeaderValue) -> Response {
    answer(wants, len, content_type, |range| {
        Body::new(Stored::new(file, range.start, range.len()))
    })
}

/// A stretch of bytes, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    start: u64,
    end: u64,
}

impl Range {
    fn len(self) -> u64 {
        self.end - self.start
    }
}

fn answer(wants: &Wants, len: u64, content_type: HeaderValue, body: impl FnOnce(Range) -> Body) -> Response {
    let asked = wants.range.as_deref().map(|range| single_range(range, len));
    let (status, range) = match asked {
        None | Some(Asked::Everything) => (StatusCode::OK, Range { start: 0, end: len }),
        Some(Asked::Part(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Some(Asked::Beyond) => {
            let range = HeaderValue::from_str(&format!("bytes */{len}"))
                .unwrap_or(HeaderValue::from_static("bytes */*"));
            return (
                StatusCode::RANGE_NOT_SATISFIABLE,
                [(header::CONTENT_RANGE, range)],
            )
                .into_response();
        }
    };
    counter!(BYTES_OUT).increment(range.len());
    let mut response = (status, body(range)).into_response();
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, content_type);
    answer.insert(header::CONTENT_LENGTH, range.len().into());
    answer.insert(header::CACHE_CONTROL, IMMUTABLE);
    answer.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if status == StatusCode::PARTIAL_CONTENT {
        let text = format!("bytes {}-{}/{len}", range.start, range.end - 1);
        if let Ok(value) = HeaderValue::from_str(&text) {
            answer.insert(header::CONTENT_RANGE, value);
        }
    }
    response
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Everything,
    Part(Range),
    Beyond,
}

/// One range (RFC 9110 14.1.2). Several at once, or what cannot be read, is answered with everything, as is allowed.
fn single_range(header: &str, len: u64) -> Asked {
    let Some((first, last)) = header
        .strip_prefix("bytes=")
        .and_then(|spec| spec.split_once('-'))
    else {
        return Asked::Everything;
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => Range {
            start: first,
            end: last.saturating_add(1).min(len),
        },
        (Ok(first), Err(_)) if last.is_empty() => Range {
            start: first,
            end: len,
        },
        (Err(_), Ok(suffix)) if first.is_empty() => Range {
            start: len.saturating_sub(suffix),
            end: len,
        },
        _ => return Asked::Everything,
    };
    if range.start < range.end {
        Asked::Part(range)
    } else {
        Asked::Beyond
    }
}

fn from_memory(pieces: Vec<Bytes>, range: Range) -> Body {
    let mut at = 0;
    let mut wanted = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let len = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let (from, to) = (
            range.start.clamp(at, at + len) - at,
            range.end.clamp(at, at + len) - at,
        );
        if from < to {
            // Both are at most the length of the piece, which is a usize.
            let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to)) else {
                continue;
            };
            wanted.push(piece.slice(from..to));
        }
        at += len;
    }
    let mut wanted = wanted.into_iter();
    match (wanted.next(), wanted.len()) {
        (Some(only), 0) => Body::from(only),
        (first, _) => Body::from_stream(stream::iter(
            first.into_iter().chain(wanted).map(Ok::<_, io::Error>),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        let part = |start, end| Asked::Part(Range { start, end });
        assert_eq!(single_range("bytes=0-", 10), part(0, 10));
        assert_eq!(single_range("bytes=2-3", 10), part(2, 4));
        assert_eq!(single_range("bytes=2-99", 10), part(2, 10));
        assert_eq!(single_range("bytes=-4", 10), part(6, 10));
        assert_eq!(single_range("bytes=-99", 10), part(0, 10));
        assert_eq!(single_range("bytes=10-", 10), Asked::Beyond);
        assert_eq!(single_range("bytes=-0", 10), Asked::Beyond);
        assert_eq!(single_range("bytes=0-18446744073709551615", 10), part(0, 10));
        for odd in [
            "bytes=3-2",
            "bytes=0-1,4-5",
            "bytes=a-b",
            "chunks=0-1",
            "bytes=",
            "-",
        ] {
            assert_eq!(single_range(odd, 10), Asked::Everything, "{odd}");
        }
    }

    #[tokio::test]
    async fn a_range_may_span_pieces() {
        let pieces = || {
            vec![
                Bytes::from_static(b"abc"),
                Bytes::from_static(b""),
                Bytes::from_static(b"defg"),
            ]
        };
        for (start, end, wanted) in [
            (0, 7, "abcdefg"),
            (2, 4, "cd"),
            (3, 7, "defg"),
            (0, 1, "a"),
            (6, 7, "g"),
        ] {
            let body = from_memory(pieces(), Range { start, end });
            assert_eq!(axum::body::to_bytes(body, 100).await.unwrap(), wanted);
        }
    }
}
