//! Who sent a request: the actor that its signature names, if it is that actor's.

use db::{Actor, Signer};
use jiff::Timestamp;

use super::Refused;
use crate::key::PublicKey;
use crate::protocol::HttpUrl;
use crate::signature::{Claim, Refusal, Request};
use crate::{Error, Federation, remote};

/// The actor of another server that signed a request.
pub async fn authenticate(
    federation: &Federation,
    request: &Request<'_>,
    now: Timestamp,
) -> Result<Actor, Refused> {
    let claim = Claim::parse(request.headers)?;
    of(federation, &claim, request, None, now).await
}

/// `actor`: who is said to have done what is sent.
pub(super) async fn of(
    federation: &Federation,
    claim: &Claim,
    request: &Request<'_>,
    actor: Option<&HttpUrl>,
    now: Timestamp,
) -> Result<Actor, Refused> {
    let verify = |key: &PublicKey| claim.verify(request, &federation.site.host, key, now);
    let signer = signer(federation, named(claim, actor)).await?;
    match verify(&key(&signer)?) {
        Ok(()) => Ok(signer.actor),
        Err(Refusal::Wrong) => {
            let renewed = renewed(federation, &signer).await?.ok_or(Refusal::Wrong)?;
            verify(&key(&renewed)?)?;
            Ok(renewed.actor)
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Most name a key by the actor and a fragment, GoToSocial by a path below it (`/users/ana/main-key`).
fn named<'a>(claim: &'a Claim, actor: Option<&'a HttpUrl>) -> &'a str {
    let named = claim.actor();
    let is_below = |actor: &&HttpUrl| {
        named
            .strip_prefix(actor.as_str())
            .is_some_and(|rest| rest.starts_with('/'))
    };
    actor.filter(is_below).map_or(named, |actor| actor.as_str())
}

/// A signer from the database, or else from its server.
pub(super) async fn signer(federation: &Federation, name: &str) -> Result<Signer, Refused> {
    if let Some(known) = Signer::by_url(&federation.db, name).await? {
        remote::actor::refresh_if_old(federation, &known.actor);
        return Ok(known);
    }
    let Some(_place) = federation.lookups.unknown_signer() else {
        return Err(Refused::busy("too many unknown actors at once"));
    };
    let actor = match name
        .strip_prefix("acct:")
        .and_then(|handle| handle.split_once('@'))
    {
        Some((name, host)) => remote::actor::by_handle(federation, name, host).await?,
        None => remote::actor::actor(federation, name).await?,
    };
    let signer = match &actor.url {
        Some(url) => Signer::by_url(&federation.db, url).await?,
        None => None,
    };
    signer.ok_or_else(|| Refused::forbidden("who signed this lives here"))
}

/// The signer with another key than before, if it has one now. Asked for once in a while only, whoever sends wrong signatures.
pub(super) async fn renewed(federation: &Federation, signer: &Signer) -> Result<Option<Signer>, Refused> {
    let Some(actor) = remote::actor::refresh_key(federation, &signer.actor).await? else {
        return Ok(None);
    };
    let renewed = match &actor.url {
        Some(url) => Signer::by_url(&federation.db, url).await?,
        None => None,
    };
    Ok(renewed.filter(|renewed| renewed.public_pem != signer.public_pem))
}

pub(super) fn key(signer: &Signer) -> Result<PublicKey, Refused> {
    PublicKey::from_pem(&signer.public_pem).map_err(|error: Error| Refused::forbidden(error))
}
