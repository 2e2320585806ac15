//! OAuth: the one client of this instance, and the tokens of those who signed in. Only hashes of tokens are kept.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use rand::TryRngCore;
use sha2::{Digest, Sha256};
use sqlx::Row;

use crate::row::{get, time};
use crate::{Db, Error, Tx, User};

/// PeerTube's lifetimes, which its clients are built around.
const ACCESS_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
const REFRESH_LIFETIME: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Someone who signs in over and over keeps this many sessions; the oldest ones are dropped.
const MAX_SESSIONS_PER_USER: i64 = 100;

/// What PeerTube calls the local client: not a secret in the usual sense, everyone may ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthClient {
    pub client_id: String,
    pub client_secret: String,
}

impl OauthClient {
    pub async fn local(db: &Db) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT client_id, client_secret FROM oauth_clients ORDER BY id LIMIT 1")
            .fetch_optional(db.readers())
            .await?;
        row.map(|row| {
            Ok(Self {
                client_id: get(&row, "client_id")?,
                client_secret: get(&row, "client_secret")?,
            })
        })
        .transpose()
    }

    /// Makes the local client, on the first start.
    pub async fn create(tx: &mut Tx) -> Result<(), Error> {
        sqlx::query("INSERT INTO oauth_clients (client_id, client_secret) VALUES ($1, $2)")
            .bind(random_hex::<16>()?)
            .bind(random_hex::<16>()?)
            .execute(tx.connection())
            .await?;
        Ok(())
    }
}

/// A fresh pair of tokens. This is the only moment they are known.
#[derive(Clone)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: String,
    pub access_expires_at: Timestamp,
    pub refresh_expires_at: Timestamp,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("access_expires_at", &self.access_expires_at)
            .finish_non_exhaustive()
    }
}

/// Whose token it is.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub token_id: i64,
    pub user: User,
    pub expires_at: Timestamp,
}

impl Tokens {
    /// Signs a user in.
    pub async fn issue(tx: &mut Tx, user_id: i64, now: Timestamp) -> Result<Self, Error> {
        sqlx::query(
            "DELETE FROM oauth_tokens WHERE refresh_expires_at < $1 OR id IN
             (SELECT id FROM oauth_tokens WHERE user_id = $2 ORDER BY id DESC LIMIT 1000000 OFFSET $3)",
        )
        .bind(now.as_millisecond())
        .bind(user_id)
        .bind(MAX_SESSIONS_PER_USER - 1)
        .execute(tx.connection())
        .await?;
        sqlx::query("UPDATE users SET last_login_at = $1 WHERE id = $2")
            .bind(now.as_millisecond())
            .bind(user_id)
            .execute(tx.connection())
            .await?;
        Self::insert(tx, user_id, now).await
    }

    async fn insert(tx: &mut Tx, user_id: i64, now: Timestamp) -> Result<Self, Error> {
        let tokens = Self {
            access_token: random_hex::<20>()?,
            refresh_token: random_hex::<20>()?,
            access_expires_at: now + ACCESS_LIFETIME,
            refresh_expires_at: now + REFRESH_LIFETIME,
        };
        sqlx::query(
            "INSERT INTO oauth_tokens (user_id, access_hash, access_expires_at, refresh_hash, refresh_expires_at,
                                       created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(user_id)
        .bind(hash(&tokens.access_token))
        .bind(tokens.access_expires_at.as_millisecond())
        .bind(hash(&tokens.refresh_token))
        .bind(tokens.refresh_expires_at.as_millisecond())
        .bind(now.as_millisecond())
        .execute(tx.connection())
        .await?;
        Ok(tokens)
    }

    /// Exchanges a refresh token for a new pair; the old pair is worth nothing afterwards. `None`: unknown or expired.
    pub async fn refresh(tx: &mut Tx, refresh_token: &str, now: Timestamp) -> Result<Option<Self>, Error> {
        // Deleting first makes the token good for one use, however many requests bring it at the same time.
        let row = sqlx::query(
            "DELETE FROM oauth_tokens WHERE refresh_hash = $1 AND refresh_expires_at > $2 RETURNING user_id",
        )
        .bind(hash(refresh_token))
        .bind(now.as_millisecond())
        .fetch_optional(tx.connection())
        .await?;
        match row {
            Some(row) => Ok(Some(Self::insert(tx, row.try_get(0)?, now).await?)),
            None => Ok(None),
        }
    }

    /// Who an access token belongs to. `None`: unknown, expired, or of a blocked user.
    pub async fn verify(db: &Db, access_token: &str, now: Timestamp) -> Result<Option<SignedIn>, Error> {
        // Looking for the hash tells an attacker nothing about the token, however long the comparison takes.
        let row = sqlx::query(
            "SELECT id, user_id, access_expires_at FROM oauth_tokens WHERE access_hash = $1 AND access_expires_at > $2",
        )
        .bind(hash(access_token))
        .bind(now.as_millisecond())
        .fetch_optional(db.readers())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let user = User::by_id(db, get(&row, "user_id")?).await?;
        let (token_id, expires_at) = (get(&row, "id")?, time(&row, "access_expires_at")?);
        Ok(user.filter(|user| !user.blocked).map(|user| SignedIn {
            token_id,
            user,
            expires_at,
        }))
    }

    pub async fn revoke(tx: &mut Tx, token_id: i64) -> Result<(), Error> {
        sqlx::query("DELETE FROM oauth_tokens WHERE id = $1")
            .bind(token_id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// Signs a user out everywhere: after a new password, or a block.
    pub async fn revoke_all(tx: &mut Tx, user_id: i64) -> Result<(), Error> {
        sqlx::query("DELETE FROM oauth_tokens WHERE user_id = $1")
            .bind(user_id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// `N` random bytes from the system, as hexadecimal digits.
fn random_hex<const N: usize>() -> Result<String, Error> {
    let mut bytes = [0_u8; N];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| Error::Sql(sqlx::Error::Io(std::io::Error::other(error))))?;
    Ok(hex::encode(bytes))
}
