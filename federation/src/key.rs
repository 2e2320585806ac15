//! RSA keys of actors. Those of actors here are made when somebody first asks for them, which takes a fraction of a second, and
//! then stay.
//!
//! `rsa` makes keys and reads their files; the arithmetic of signing and verifying is `ring`'s, which is several times as fast
//! and takes the same time whatever the key (the timing leak of `rsa`, RUSTSEC-2023-0071, is in what is not used here).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use db::{ActorKey, Db};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use rsa::pkcs8::{DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use tokio::sync::Mutex;

use crate::Error;

/// What Mastodon and PeerTube make and expect.
const BITS: usize = 2_048;
/// PeerTube's bound for keys of others; one of 8192 bits has 1,500 characters.
const MAX_PEM_BYTES: usize = 5_000;

/// The key others sign with.
#[derive(Clone)]
pub struct PublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({} bits)", self.modulus.len() * 8)
    }
}

impl PublicKey {
    /// Reads `-----BEGIN PUBLIC KEY-----`, at most 4096 bits. From 1024 bits on keys are taken: there are old actors, and
    /// refusing them protects nobody here.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        if pem.len() > MAX_PEM_BYTES {
            return Err(Error::Key("too long".to_owned()));
        }
        let key = rsa::RsaPublicKey::from_public_key_pem(pem.trim())
            .map_err(|error| Error::Key(error.to_string()))?;
        Ok(Self {
            modulus: key.n().to_bytes_be(),
            exponent: key.e().to_bytes_be(),
        })
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2).
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents {
            n: &self.modulus,
            e: &self.exponent,
        };
        key.verify(
            &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            message,
            signature,
        )
        .is_ok()
    }
}

/// The key an actor here signs with. Its `Debug` shows nothing of it.
#[derive(Debug)]
pub struct PrivateKey(RsaKeyPair);

impl PrivateKey {
    /// Reads what [`generate`] made.
    fn from_base64(text: &str) -> Result<Self, Error> {
        let der = STANDARD
            .decode(text)
            .map_err(|error| Error::Key(error.to_string()))?;
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|error| Error::Key(error.to_string()))?;
        Ok(Self(pair))
    }

    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::Key("cannot sign".to_owned()))?;
        Ok(signature)
    }
}

/// A new pair: the private one as base64 of PKCS #8, the public one as PEM.
fn generate() -> Result<(String, String), Error> {
    let wrong = |error: &dyn std::fmt::Display| Error::Key(error.to_string());
    let pair = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS).map_err(|error| wrong(&error))?;
    let private = pair.to_pkcs8_der().map_err(|error| wrong(&error))?;
    let public = pair
        .to_public_key()
        .to_public_key_pem(LineEnding::LF)
        .map_err(|error| wrong(&error))?;
    Ok((STANDARD.encode(private.as_bytes()), public))
}

/// The keys of those who live here. Clones share one.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// One key is made at a time: a crawler that asks for every actor takes one core at most.
    making: Arc<Mutex<()>>,
}

impl Keys {
    /// The public key of a local actor, as PEM. Made if there is none yet; whoever asked may leave meanwhile.
    pub async fn public_pem(&self, db: &Db, actor_id: i64) -> Result<String, Error> {
        Ok(self.of(db, actor_id).await?.public_pem)
    }

    /// The key a local actor signs with.
    pub async fn private(&self, db: &Db, actor_id: i64) -> Result<PrivateKey, Error> {
        PrivateKey::from_base64(&self.of(db, actor_id).await?.private_key)
    }

    async fn of(&self, db: &Db, actor_id: i64) -> Result<ActorKey, Error> {
        if let Some(key) = ActorKey::of(db, actor_id).await? {
            return Ok(key);
        }
        let (keys, db) = (self.clone(), db.clone());
        tokio::spawn(async move { keys.make(&db, actor_id).await })
            .await
            .map_err(|error| Error::Key(error.to_string()))?
    }

    async fn make(&self, db: &Db, actor_id: i64) -> Result<ActorKey, Error> {
        let _one_at_a_time = self.making.lock().await;
        // Others may have asked for the same one.
        if let Some(key) = ActorKey::of(db, actor_id).await? {
            return Ok(key);
        }
        let (private_key, public_pem) = tokio::task::spawn_blocking(generate)
            .await
            .map_err(|error| Error::Key(error.to_string()))??;
        let mut tx = db.begin().await?;
        let key = ActorKey::keep(&mut tx, actor_id, &private_key, &public_pem, Timestamp::now()).await?;
        tx.commit().await?;
        Ok(key)
    }
}
