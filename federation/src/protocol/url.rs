//! Addresses: what may stand for an actor, an object or a file.

use std::fmt;
use std::ops::Deref;

use url::{Host, Url};

use super::{Invalid, Rules};

/// PeerTube's bound, for every address.
const MAX_URL_CHARS: usize = 2_000;

/// An http(s) address, exactly as it was written: two spellings of one address are two ids.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HttpUrl(String);

impl HttpUrl {
    /// `field` is where the address was found.
    pub fn parse(text: &str, field: &'static str, rules: Rules) -> Result<Self, Invalid> {
        let invalid = |problem| Err(Invalid::new(field, problem));
        let Ok(url) = checked(text) else {
            return invalid("is not an address");
        };
        match url.scheme() {
            "https" => {}
            "http" if rules.allow_http => {}
            _ => return invalid("is not an https address"),
        }
        // `https://one.example@two.example/` is of two.example: nobody means that.
        if !url.username().is_empty() || url.password().is_some() {
            return invalid("has a user name in it");
        }
        if !is_public(&url) && !rules.allow_http {
            return invalid("names no public host");
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }

    /// See [`host`].
    pub fn host(&self) -> String {
        host(&self.0).unwrap_or_default()
    }

    /// Whether both are of one server.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.host() == other.host()
    }
}

impl Deref for HttpUrl {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for HttpUrl {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<HttpUrl> for String {
    fn from(url: HttpUrl) -> Self {
        url.0
    }
}

impl PartialEq<str> for HttpUrl {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for HttpUrl {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The server an address is of: lower case, in ASCII, with the port if it is not the scheme's own.
pub fn host(text: &str) -> Option<String> {
    let url = checked(text).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// Within bounds and free of what `url` would silently drop or escape: spaces and control characters.
pub(super) fn checked(text: &str) -> Result<Url, ()> {
    if text.chars().take(MAX_URL_CHARS + 1).count() > MAX_URL_CHARS {
        return Err(());
    }
    if text.chars().any(|char| char.is_control() || char.is_whitespace()) {
        return Err(());
    }
    Url::parse(text).map_err(|_| ())
}

/// A name with a dot. A number or `localhost` is nobody's address on the internet.
fn is_public(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').contains('.'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: Rules = Rules { allow_http: false };
    const TEST: Rules = Rules { allow_http: true };

    #[test]
    fn addresses_are_https_of_public_names() {
        for good in [
            "https://tube.example/accounts/ana",
            "https://tube.example:8443/a#likes/1",
            "https://tübe.example/ä",
        ] {
            assert_eq!(HttpUrl::parse(good, "id", STRICT).unwrap(), good);
        }
        for (wrong, problem) in [
            ("", "is not an address"),
            ("tube.example", "is not an address"),
            ("https://", "is not an address"),
            ("https://tube.example/a b", "is not an address"),
            ("https://tube.example/\n", "is not an address"),
            ("https://tube.example/\0", "is not an address"),
            ("http://tube.example/", "is not an https address"),
            ("ftp://tube.example/", "is not an https address"),
            ("javascript:alert(1)", "is not an https address"),
            ("https://tube.example@evil.example/", "has a user name in it"),
            ("https://localhost/", "names no public host"),
            ("https://127.0.0.1/", "names no public host"),
            ("https://2130706433/", "names no public host"),
            ("https://[::1]/", "names no public host"),
        ] {
            let refused = HttpUrl::parse(wrong, "id", STRICT).unwrap_err();
            assert_eq!(refused, Invalid::new("id", problem), "{wrong}");
        }
        let long = format!("https://tube.example/{}", "a".repeat(MAX_URL_CHARS));
        assert!(HttpUrl::parse(&long, "id", STRICT).is_err());
        assert!(HttpUrl::parse("http://127.0.0.1:9000/", "id", TEST).is_ok());
        assert!(HttpUrl::parse("ftp://127.0.0.1/", "id", TEST).is_err());
    }

    #[test]
    fn hosts_are_compared_as_browsers_do() {
        assert_eq!(host("https://Tube.Example/x").as_deref(), Some("tube.example"));
        assert_eq!(
            host("https://tube.example:443/x").as_deref(),
            Some("tube.example")
        );
        assert_eq!(host("http://127.0.0.1:9000/x").as_deref(), Some("127.0.0.1:9000"));
        assert_eq!(
            host("https://tübe.example/").as_deref(),
            Some("xn--tbe-hoa.example")
        );
        assert_eq!(host("nonsense"), None);
    }
}
