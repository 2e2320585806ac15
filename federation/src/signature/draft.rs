//! Signed requests as the fediverse has them (draft-cavage-http-signatures-12, RSA with SHA-256).
//!
//! Two customs beyond the draft: PeerTube signs the path without its query, so that is tried too for GET; and a `keyId` is an
//! actor's address, with or without a fragment that names the key. Which key an actor has is asked elsewhere: here, the clock,
//! the key and our own host come in as arguments.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};

use super::request::{Request, actor_of, check_skew, header, joined, names_actor, seconds};
use super::{Refusal, digest, params};
use crate::key::{PrivateKey, PublicKey};

/// Mastodon signs five headers.
const MAX_SIGNED_HEADERS: usize = 16;

const TARGET: &str = "(request-target)";
const CREATED: &str = "(created)";
const EXPIRES: &str = "(expires)";

/// What a request says about its signature; nothing of it is proved before [`Signature::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    key_id: String,
    covered: Vec<String>,
    created: Option<i64>,
    expires: Option<i64>,
    value: Vec<u8>,
}

impl Signature {
    /// Reads the `Signature` header.
    pub fn parse(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut lines = headers.get_all("signature").iter();
        let line = lines.next().ok_or(Refusal::Unsigned)?;
        if lines.next().is_some() {
            return Err(Refusal::Malformed);
        }
        let params = params::parse(line.to_str().map_err(|_| Refusal::Malformed)?)?;
        let param = |name| {
            params
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| *value)
        };
        let number = |name| {
            param(name)
                .map(|text| text.parse::<i64>().map_err(|_| Refusal::Malformed))
                .transpose()
        };

        let algorithm = param("algorithm").unwrap_or("hs2019");
        if !matches!(algorithm, "rsa-sha256" | "hs2019") {
            let shown = algorithm.chars().take(32).collect();
            return Err(Refusal::Algorithm(shown));
        }
        let key_id = param("keyId").ok_or(Refusal::Malformed)?;
        if !names_actor(key_id) {
            return Err(Refusal::Malformed);
        }
        // Draft 2.1.6: without the parameter only the date is signed, which is not enough for anybody.
        let covered: Vec<String> = param("headers")
            .unwrap_or("date")
            .split_ascii_whitespace()
            .take(MAX_SIGNED_HEADERS + 1)
            .map(str::to_ascii_lowercase)
            .collect();
        // Draft 2.3: (created) and (expires) must not be used with the older algorithms.
        let timed = covered.iter().any(|name| name == CREATED || name == EXPIRES);
        if covered.len() > MAX_SIGNED_HEADERS || (timed && algorithm != "hs2019") {
            return Err(Refusal::Malformed);
        }
        let value = param("signature").ok_or(Refusal::Malformed)?;
        Ok(Self {
            key_id: key_id.to_owned(),
            covered,
            created: number("created")?,
            expires: number("expires")?,
            value: STANDARD.decode(value).map_err(|_| Refusal::Malformed)?,
        })
    }

    /// As it was sent.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Who says to have signed: the address of an actor, or `acct:name@host`.
    pub fn actor(&self) -> &str {
        actor_of(&self.key_id)
    }

    /// Whether the owner of `key` signed this request, for this host, within the last half hour. The same request may come
    /// twice: activities are told apart by their ids.
    pub fn verify(
        &self,
        request: &Request<'_>,
        own_host: &str,
        key: &PublicKey,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.check_coverage(request)?;
        request.check_host(own_host)?;
        self.check_time(request.headers, now)?;
        if let Some(body) = request.body {
            digest::check(request.headers, body)?;
        }
        let path = request.path_and_query;
        if key.verify(self.signed_text(request, path)?.as_bytes(), &self.value) {
            return Ok(());
        }
        match path.split_once('?') {
            Some((path, _)) if *request.method == Method::GET => {
                let text = self.signed_text(request, path)?;
                key.verify(text.as_bytes(), &self.value)
                    .then_some(())
                    .ok_or(Refusal::Wrong)
            }
            _ => Err(Refusal::Wrong),
        }
    }

    fn covers(&self, name: &str) -> bool {
        self.covered.iter().any(|covered| covered == name)
    }

    fn check_coverage(&self, request: &Request<'_>) -> Result<(), Refusal> {
        for name in [TARGET, "host"] {
            if !self.covers(name) {
                return Err(Refusal::NotCovered(name));
            }
        }
        if !self.covers("date") && !self.covers(CREATED) {
            return Err(Refusal::NotCovered("date"));
        }
        if request.body.is_some() && !self.covers("digest") {
            return Err(Refusal::NotCovered("digest"));
        }
        Ok(())
    }

    fn check_time(&self, headers: &HeaderMap, now: Timestamp) -> Result<(), Refusal> {
        if self.covers("date") {
            let date = header(headers, "date")?;
            let date = DateTimeParser::new()
                .parse_timestamp(date)
                .map_err(|_| Refusal::Date)?;
            check_skew(date, now)?;
        }
        if self.covers(CREATED) {
            check_skew(seconds(self.created.ok_or(Refusal::Malformed)?)?, now)?;
        }
        match self.expires.map(seconds).transpose()? {
            Some(expires) if expires < now => Err(Refusal::Skew),
            _ => Ok(()),
        }
    }

    /// Draft 2.3: a line per covered header, `name: value`, in the order of the parameter.
    fn signed_text(&self, request: &Request<'_>, path: &str) -> Result<String, Refusal> {
        let mut lines = Vec::with_capacity(self.covered.len());
        for name in &self.covered {
            let value = match name.as_str() {
                TARGET => format!("{} {path}", request.method.as_str().to_ascii_lowercase()),
                CREATED => self.created.ok_or(Refusal::Malformed)?.to_string(),
                EXPIRES => self.expires.ok_or(Refusal::Malformed)?.to_string(),
                "host" | "date" => header(request.headers, name)?.to_owned(),
                _ => joined(request.headers, name)?,
            };
            lines.push(format!("{name}: {value}"));
        }
        Ok(lines.join("\n"))
    }
}

/// The headers that sign a request, in PeerTube's form: `date`, `digest` if there is a body, `signature`. `host` and `path`
/// (without a query) are those of the receiver; the sender sets `host` as given here.
pub fn sign(
    method: &Method,
    host: &str,
    path: &str,
    body: Option<&[u8]>,
    key_id: &str,
    key: &PrivateKey,
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>, crate::Error> {
    let date = DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&now)
        .map_err(|_| Refusal::Date)?;
    let mut text = format!(
        "{TARGET}: {} {path}\nhost: {host}\ndate: {date}",
        method.as_str().to_ascii_lowercase()
    );
    let mut covered = format!("{TARGET} host date");
    let mut headers = vec![("date", date)];
    if let Some(body) = body {
        let digest = digest::digest(body);
        text.push_str("\ndigest: ");
        text.push_str(&digest);
        covered.push_str(" digest");
        headers.push(("digest", digest));
    }
    let value = STANDARD.encode(key.sign(text.as_bytes())?);
    headers.push((
        "signature",
        format!(r#"keyId="{key_id}",algorithm="rsa-sha256",headers="{covered}",signature="{value}""#),
    ));
    Ok(headers)
}
