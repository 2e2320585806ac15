//! One front for the two ways to sign a request, so that the inbox need not care.

use http::HeaderMap;
use jiff::Timestamp;

use super::{Refusal, Request, draft, message};
use crate::key::PublicKey;

/// What a request says about its signature; nothing of it is proved before [`Claim::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// draft-cavage-http-signatures-12: what every server reads, and PeerTube nothing else.
    Draft(draft::Signature),
    /// RFC 9421: newer Mastodon, Mitra, and what is built with Fedify.
    Message(message::Signature),
}

impl Claim {
    /// Both have a `Signature`; the RFC's comes with a `Signature-Input`.
    pub fn parse(headers: &HeaderMap) -> Result<Self, Refusal> {
        if headers.contains_key(message::INPUT) {
            message::Signature::parse(headers).map(Self::Message)
        } else {
            draft::Signature::parse(headers).map(Self::Draft)
        }
    }

    /// As it was sent.
    pub fn key_id(&self) -> &str {
        match self {
            Self::Draft(signature) => signature.key_id(),
            Self::Message(signature) => signature.key_id(),
        }
    }

    /// Who says to have signed: the address of an actor, or `acct:name@host`.
    pub fn actor(&self) -> &str {
        super::request::actor_of(self.key_id())
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
        match self {
            Self::Draft(signature) => signature.verify(request, own_host, key, now),
            Self::Message(signature) => signature.verify(request, own_host, key, now),
        }
    }
}
