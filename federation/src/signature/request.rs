//! A request as signatures see it.

use http::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};

use super::Refusal;

/// How far the clocks of two servers may differ, and how long a request may be under way: PeerTube's half hour.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(30);

/// A request that came in.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a Method,
    /// What follows the host, with the query: `/accounts/ana?page=1`.
    pub path_and_query: &'a str,
    /// With `host`. A request by HTTP/2 has none (RFC 9113 8.3.1): whoever took it in puts its `:authority` there.
    pub headers: &'a HeaderMap,
    /// `None` where there is none: with GET.
    pub body: Option<&'a [u8]>,
}

impl Request<'_> {
    /// A request that was signed for another server is not for us, whoever passes it on.
    pub(super) fn check_host(&self, own_host: &str) -> Result<(), Refusal> {
        let host = header(self.headers, "host")?;
        host.eq_ignore_ascii_case(own_host)
            .then_some(())
            .ok_or(Refusal::Host)
    }
}

/// A header that there must be once: of two, the one that was signed might not be the one that is obeyed.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map(str::trim).map_err(|_| Refusal::Malformed),
        (Some(_), Some(_)) => Err(Refusal::Malformed),
        (None, _) => Err(Refusal::Missing(name.to_owned())),
    }
}

/// All lines of a header as one.
pub(super) fn joined(headers: &HeaderMap, name: &str) -> Result<String, Refusal> {
    let values: Result<Vec<&str>, _> = headers.get_all(name).iter().map(|value| value.to_str()).collect();
    let values = values.map_err(|_| Refusal::Malformed)?;
    if values.is_empty() {
        return Err(Refusal::Missing(name.to_owned()));
    }
    let trimmed: Vec<&str> = values.into_iter().map(str::trim).collect();
    Ok(trimmed.join(", "))
}

/// Whether something signed at `time` may arrive `now`.
pub(super) fn check_skew(time: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    (now.duration_since(time).abs() <= MAX_SKEW)
        .then_some(())
        .ok_or(Refusal::Skew)
}

/// Seconds since 1970, as parameters of signatures have them.
pub(super) fn seconds(seconds: i64) -> Result<Timestamp, Refusal> {
    Timestamp::from_second(seconds).map_err(|_| Refusal::Date)
}

/// Whether a `keyId` is the address of an actor or its key, or names an account.
pub(super) fn names_actor(key_id: &str) -> bool {
    let addressed = ["https://", "http://", "acct:"]
        .iter()
        .any(|scheme| key_id.starts_with(scheme));
    addressed && key_id.len() <= super::MAX_KEY_ID_BYTES
}

/// The address without the fragment that names the key.
pub(super) fn actor_of(key_id: &str) -> &str {
    key_id.split_once('#').map_or(key_id, |(actor, _)| actor)
}
