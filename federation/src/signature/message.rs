//! Signed requests by RFC 9421 (HTTP Message Signatures), with the key every actor has: `rsa-v1_5-sha256`.
//!
//! The grammar is that of structured fields, which the `sfv` crate reads; on top of it the part of the RFC that signed requests
//! of servers need is smaller than the general crates for it, which bring a second set of cryptography.
//!
//! Other algorithms wait for a peer that has other keys: actors publish RSA ones.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use sfv::{BareItem, Dictionary, InnerList, Item, KeyRef, ListEntry, ListSerializer, Parser};

use super::request::{Request, check_skew, joined, names_actor, seconds};
use super::{Refusal, digest};
use crate::key::{PrivateKey, PublicKey};

/// The header that tells what is signed, and how.
pub(super) const INPUT: &str = "signature-input";

const ALGORITHM: &str = "rsa-v1_5-sha256";
/// Of our signature; any name would do.
const LABEL: &str = "sig1";
/// The address of an actor at its longest, and a 4096-bit signature.
const MAX_HEADER_BYTES: usize = 4_096;
/// Signatures of one request: the sender's, and perhaps those of proxies on the way.
const MAX_SIGNATURES: usize = 4;
/// Mastodon signs three components.
const MAX_COMPONENTS: usize = 16;
/// The scheme is told by the socket, which a proxy in front has: the signer knows it, we try both.
const SCHEMES: [&str; 2] = ["https", "http"];

/// What a request says about its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    key_id: String,
    covered: Vec<String>,
    /// The last line of what is signed: all of the above and more, in one form.
    params: String,
    created: i64,
    expires: Option<i64>,
    value: Vec<u8>,
}

impl Signature {
    /// Reads `Signature-Input` and `Signature`: the first signature that names its key.
    pub(super) fn parse(headers: &HeaderMap) -> Result<Self, Refusal> {
        let inputs = dictionary(headers, INPUT)?;
        let values = dictionary(headers, "signature")?;
        if inputs.len() > MAX_SIGNATURES {
            return Err(Refusal::Malformed);
        }
        let (input, value) = inputs
            .into_iter()
            .find_map(|(label, input)| {
                let ListEntry::InnerList(input) = input else {
                    return None;
                };
                let ListEntry::Item(value) = values.get(&label)? else {
                    return None;
                };
                let value = value.bare_item.as_byte_sequence()?.to_vec();
                string(&input, "keyid")?;
                Some((input, value))
            })
            .ok_or(Refusal::Malformed)?;
        Self::read(input, value)
    }

    fn read(input: InnerList, value: Vec<u8>) -> Result<Self, Refusal> {
        if let Some(algorithm) = param(&input, "alg") {
            let algorithm = algorithm.as_string().ok_or(Refusal::Malformed)?.as_str();
            if algorithm != ALGORITHM {
                return Err(Refusal::Algorithm(algorithm.chars().take(32).collect()));
            }
        }
        let key_id = string(&input, "keyid").filter(|key_id| names_actor(key_id));
        let number = |name| param(&input, name).map(|value| value.as_integer().map(i64::from));
        let created = number("created")
            .flatten()
            .ok_or(Refusal::NotCovered("created"))?;
        let expires = number("expires").map(|seconds| seconds.ok_or(Refusal::Malformed));
        let (key_id, expires) = (key_id.ok_or(Refusal::Malformed)?.to_owned(), expires.transpose()?);
        let covered = components(&input)?;
        let mut params = ListSerializer::new();
        params.members([&ListEntry::InnerList(input)]);
        Ok(Self {
            key_id,
            covered,
            params: params.finish().ok_or(Refusal::Malformed)?,
            created,
            expires,
            value,
        })
    }

    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    pub(super) fn verify(
        &self,
        request: &Request<'_>,
        own_host: &str,
        key: &PublicKey,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.check_coverage(request)?;
        request.check_host(own_host)?;
        check_skew(seconds(self.created)?, now)?;
        if let Some(expires) = self.expires
            && seconds(expires)? < now
        {
            return Err(Refusal::Skew);
        }
        if let Some(body) = request.body {
            digest::check_content(request.headers, body)?;
        }
        for scheme in SCHEMES {
            let text = self.signed_text(request, scheme, own_host)?;
            if key.verify(text.as_bytes(), &self.value) {
                return Ok(());
            }
        }
        Err(Refusal::Wrong)
    }

    fn covers(&self, name: &str) -> bool {
        self.covered.iter().any(|covered| covered == name)
    }

    /// What, where, and with which body: whatever is not signed, somebody else may have put there.
    fn check_coverage(&self, request: &Request<'_>) -> Result<(), Refusal> {
        if !self.covers("@method") {
            return Err(Refusal::NotCovered("@method"));
        }
        if request.body.is_some() && !self.covers("content-digest") {
            return Err(Refusal::NotCovered("content-digest"));
        }
        let host = self.covers("@authority") || self.covers("host");
        let query = self.covers("@query") || !request.path_and_query.contains('?');
        let path = self.covers("@request-target") || (self.covers("@path") && query);
        if self.covers("@target-uri") || (host && path) {
            Ok(())
        } else {
            Err(Refusal::NotCovered("@target-uri"))
        }
    }

    /// RFC 9421 2.5, the signature base: a line per component, then the parameters.
    fn signed_text(&self, request: &Request<'_>, scheme: &str, own_host: &str) -> Result<String, Refusal> {
        let target = request.path_and_query;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let host = own_host.to_ascii_lowercase();
        let mut text = String::new();
        for name in &self.covered {
            // 2.2: components that are derived from the request.
            let value = match name.as_str() {
                "@method" => request.method.to_string(),
                "@target-uri" => format!("{scheme}://{host}{target}"),
                "@authority" => host.clone(),
                "@scheme" => scheme.to_owned(),
                "@request-target" => target.to_owned(),
                "@path" => path.to_owned(),
                "@query" => format!("?{query}"),
                _ => joined(request.headers, name)?,
            };
            push_line(&mut text, name, &value);
        }
        Ok(text + "\"@signature-params\": " + &self.params)
    }
}

fn push_line(text: &mut String, name: &str, value: &str) {
    for part in ["\"", name, "\": ", value, "\n"] {
        text.push_str(part);
    }
}

fn dictionary(headers: &HeaderMap, name: &str) -> Result<Dictionary, Refusal> {
    let line = joined(headers, name)?;
    if line.len() > MAX_HEADER_BYTES {
        return Err(Refusal::Malformed);
    }
    Parser::new(&line).parse().map_err(|_| Refusal::Malformed)
}

fn param<'a>(input: &'a InnerList, name: &str) -> Option<&'a BareItem> {
    input.params.get(KeyRef::from_str(name).ok()?)
}

fn string<'a>(input: &'a InnerList, name: &str) -> Option<&'a str> {
    Some(param(input, name)?.as_string()?.as_str())
}

/// The covered components, each once (2.5). Those with parameters (`;sf`, `;key`, `;req`...) belong to uses that servers do not
/// make of signatures.
fn components(input: &InnerList) -> Result<Vec<String>, Refusal> {
    let mut names = Vec::new();
    let mut seen = BTreeSet::new();
    if input.items.len() > MAX_COMPONENTS {
        return Err(Refusal::Malformed);
    }
    for Item { bare_item, params } in &input.items {
        let name = bare_item.as_string().ok_or(Refusal::Malformed)?.as_str();
        let derived = matches!(
            name,
            "@method" | "@target-uri" | "@authority" | "@scheme" | "@request-target" | "@path" | "@query"
        );
        // 2.1: names of headers are in lower case. Of what else a token may have, none is in use.
        let header = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !params.is_empty() || !(derived || header) {
            return Err(Refusal::Component(name.chars().take(32).collect()));
        }
        if !seen.insert(name) {
            return Err(Refusal::Malformed);
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// The headers that sign a request, in Mastodon's form: `content-digest` if there is a body, `signature-input`, `signature`.
/// `target` is the whole address, with the query.
pub fn sign(
    method: &Method,
    target: &str,
    body: Option<&[u8]>,
    key_id: &str,
    key: &PrivateKey,
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>, crate::Error> {
    // An address that needs escapes in a structured string, RFC 9651 4.1.6, is none.
    if !names_actor(key_id) || key_id.contains(|byte: char| !byte.is_ascii_graphic() || "\"\\".contains(byte))
    {
        return Err(Refusal::Malformed.into());
    }
    let mut text = String::new();
    let mut covered = r#""@method" "@target-uri""#.to_owned();
    let mut headers = Vec::new();
    push_line(&mut text, "@method", method.as_str());
    push_line(&mut text, "@target-uri", target);
    if let Some(body) = body {
        let digest = digest::content_digest(body);
        push_line(&mut text, "content-digest", &digest);
        covered.push_str(r#" "content-digest""#);
        headers.push(("content-digest", digest));
    }
    let created = now.as_second();
    let params = format!(r#"({covered});created={created};keyid="{key_id}";alg="{ALGORITHM}""#);
    text.push_str("\"@signature-params\": ");
    text.push_str(&params);
    let value = STANDARD.encode(key.sign(text.as_bytes())?);
    headers.push((INPUT, format!("{LABEL}={params}")));
    headers.push(("signature", format!("{LABEL}=:{value}:")));
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9421 appendix B.2.3 and B.2.6: what is signed is the same whatever the algorithm.
    #[test]
    fn signature_bases_are_those_of_the_rfc() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "example.com"),
            ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
            ("content-type", "application/json"),
            (
                "content-digest",
                "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
            ),
            ("content-length", "18"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        let request = Request {
            method: &Method::POST,
            path_and_query: "/foo?param=Value&Pet=dog",
            headers: &headers,
            body: Some(br#"{"hello": "world"}"#),
        };
        let base = |params: &str| {
            let line = format!("sig={params}");
            let mut inputs: Dictionary = Parser::new(&line).parse().unwrap();
            let Some(ListEntry::InnerList(input)) = inputs.swap_remove(KeyRef::constant("sig")) else {
                panic!("{params} is no list");
            };
            let covered = components(&input).unwrap();
            let mut params = ListSerializer::new();
            params.members([&ListEntry::InnerList(input)]);
            let signature = Signature {
                key_id: String::new(),
                covered,
                params: params.finish().unwrap(),
                created: 1_618_884_473,
                expires: None,
                value: Vec::new(),
            };
            signature.signed_text(&request, "https", "example.com").unwrap()
        };
        let b26 = r#"("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#;
        assert_eq!(
            base(b26),
            format!(
                "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\
                 \"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n\
                 \"@signature-params\": {b26}"
            )
        );
        let b23 = r#"("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss""#;
        let text = base(b23);
        assert!(text.contains("\n\"@query\": ?param=Value&Pet=dog\n"), "{text}");
        assert!(text.contains("\n\"content-digest\": sha-512=:WZDP"), "{text}");
        assert!(text.ends_with(&format!("\"@signature-params\": {b23}")), "{text}");
    }
}
