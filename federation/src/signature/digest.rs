//! The hash of a body (RFC 3230 `Digest`), which ties it to the signature of the headers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use sha2::{Digest as _, Sha256};

use super::Refusal;

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

#[cfg(test)]
mod tests {
    use super::*;

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
