//! The hash of a body, which ties it to the signature of the headers: `Digest` (RFC 3230), and the newer `Content-Digest`
//! (RFC 9530).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use sfv::{Dictionary, ListEntry, Parser};
use sha2::{Digest as _, Sha256, Sha512};

use super::Refusal;
use super::request::joined;

/// Hashes in one request. Mastodon and PeerTube send one.
const MAX_DIGESTS: usize = 8;

/// The value of a `Digest` header.
pub fn digest(body: &[u8]) -> String {
    format!("SHA-256={}", STANDARD.encode(Sha256::digest(body)))
}

/// There must be a SHA-256, and whatever SHA-256 there is must be that of the body; other algorithms are passed over. RFC 3230
/// 4.1.1: the names of algorithms are case-insensitive.
pub(super) fn check(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let expected = Sha256::digest(body);
    let mut matched = false;
    let lines = headers.get_all("digest").iter();
    let digests = lines.flat_map(|line| line.to_str().unwrap_or_default().split(','));
    for (index, digest) in digests.enumerate() {
        if index >= MAX_DIGESTS {
            return Err(Refusal::Digest);
        }
        let (algorithm, value) = digest.trim().split_once('=').ok_or(Refusal::Digest)?;
        if !algorithm.eq_ignore_ascii_case("sha-256") {
            continue;
        }
        let value = STANDARD.decode(value).map_err(|_| Refusal::Digest)?;
        if value != expected.as_slice() {
            return Err(Refusal::Digest);
        }
        matched = true;
    }
    matched.then_some(()).ok_or(Refusal::Digest)
}

/// The value of a `Content-Digest` header.
pub(super) fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

/// As [`check`], for `Content-Digest`: RFC 9530 has two algorithms that are not broken.
pub(super) fn check_content(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let line = joined(headers, "content-digest")?;
    let digests: Dictionary = Parser::new(&line).parse().map_err(|_| Refusal::Digest)?;
    if digests.len() > MAX_DIGESTS {
        return Err(Refusal::Digest);
    }
    let mut matched = false;
    for (algorithm, digest) in &digests {
        let expected = match algorithm.as_str() {
            "sha-256" => Sha256::digest(body).to_vec(),
            "sha-512" => Sha512::digest(body).to_vec(),
            _ => continue,
        };
        let ListEntry::Item(digest) = digest else {
            return Err(Refusal::Digest);
        };
        if digest.bare_item.as_byte_sequence() != Some(&expected) {
            return Err(Refusal::Digest);
        }
        matched = true;
    }
    matched.then_some(()).ok_or(Refusal::Digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body and the hashes of RFC 9530 appendix A and RFC 9421 appendix B.2.
    #[test]
    fn content_digests_are_read() {
        let body = br#"{"hello": "world"}"#;
        let sha256 = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
        let sha512 = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
        let checked = |line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("content-digest", line.parse().unwrap());
            check_content(&headers, body)
        };
        assert_eq!(content_digest(body), sha256);
        for right in [sha256, sha512, &format!("unixsum=12, {sha512}, {sha256}")] {
            assert_eq!(checked(right), Ok(()), "{right}");
        }
        let wrong = content_digest(b"hello");
        for wrong in [
            "",
            "sha-256",
            "sha-256=X48E",
            "sha-256=:WrongBase64:",
            "unixsum=12",
            &wrong,
            &format!("{sha512}, {wrong}"),
            &sha256.replace("sha-256", "sha-512"),
            &format!("{})", sha256.replace("sha-256=", "sha-256=(")),
        ] {
            assert_eq!(checked(wrong), Err(Refusal::Digest), "{wrong}");
        }
        assert!(check_content(&HeaderMap::new(), body).is_err());
    }

    fn checked(lines: &[&str]) -> Result<(), Refusal> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("digest", line.parse().unwrap());
        }
        check(&headers, b"hello")
    }

    #[test]
    fn digests_are_read_as_servers_write_them() {
        let right = digest(b"hello");
        assert_eq!(right, "SHA-256=LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
        assert_eq!(checked(&[&right]), Ok(()));
        assert_eq!(checked(&[&right.replace("SHA", "sha")]), Ok(()));
        assert_eq!(
            checked(&[&format!("md5=XUFAKrxLKna5cZ2REBfFkg==,{right}")]),
            Ok(())
        );
        assert_eq!(checked(&["MD5=XUFAKrxLKna5cZ2REBfFkg==", &right]), Ok(()));
    }

    #[test]
    fn a_digest_of_something_else_is_refused() {
        let (right, wrong) = (digest(b"hello"), digest(b"hello!"));
        let many = format!("{}{right}", "a=b,".repeat(MAX_DIGESTS));
        for lines in [
            &[][..],
            &[""],
            &["SHA-256"],
            &["SHA-256=?"],
            &["SHA-512=abc"],
            &[&wrong],
            &[&right, &wrong],
            &[&many],
        ] {
            assert_eq!(checked(lines), Err(Refusal::Digest), "{lines:?}");
        }
    }
}
