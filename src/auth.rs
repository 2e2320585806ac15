//! Passwords, first start, signing in. One kind of session serves the API and the pages: an opaque token in the database.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use db::{Db, NewChannel, NewUser, OauthClient, Role, Tokens, User, UserUpdate};
use jiff::Timestamp;
use rand::Rng;
use rand::distr::Alphanumeric;
use tokio::sync::Semaphore;

/// Each hash takes 19 MiB and tens of milliseconds of one core: more at the same time would only make all of them slow.
static HASHING: Semaphore = Semaphore::const_new(4);
/// PeerTube's bounds.
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 6..=255;
const USERNAME_CHARS: std::ops::RangeInclusive<usize> = 1..=50;
/// RFC 5321 4.5.3.1.3: a path has at most 256 octets, two of them the angle brackets.
const EMAIL_BYTES: std::ops::RangeInclusive<usize> = 3..=254;
/// 95 bits.
const GENERATED_PASSWORD_CHARS: usize = 16;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error("cannot hash a password: {0}")]
    Hash(argon2::password_hash::Error),
    #[error("a password has 6 to 255 characters")]
    Password,
    #[error(
        "a user name has 1 to 50 of a-z, 0-9, _, . and -, and starts and ends with a letter, a digit or _"
    )]
    Username,
    #[error("this is not an e-mail address")]
    Email,
    #[error("there is no user {0}")]
    NoSuchUser(String),
    #[error("a user, a channel or an e-mail address of this name already exists")]
    Taken,
    #[error("wrong user name or password")]
    WrongCredentials,
    #[error("this user is blocked")]
    Blocked,
    #[error("the server is stopping")]
    Stopping,
}

/// Creates what a server needs to have: the user `root` with the channel `root_channel`, and the OAuth client. Gives back the
/// password if it was made up here; `None` as well when there was nothing to do.
pub(crate) async fn first_start(db: &Db, password: Option<String>) -> Result<Option<String>, Error> {
    if User::any(db).await? {
        return Ok(None);
    }
    let (password, generated) = given_or_generated(password)?;
    let user = NewUser {
        username: "root".to_owned(),
        // Nobody reads it; whoever wants mail sets an address. `.invalid` can never be anyone's (RFC 2606).
        email: "root@localhost.invalid".to_owned(),
        password_hash: hash(password).await?,
        role: Role::Administrator,
        video_quota: -1,
        video_quota_daily: -1,
        channel: NewChannel {
            name: "root_channel".to_owned(),
            display_name: "Main root channel".to_owned(),
            description: None,
            support: None,
        },
    };
    let mut tx = db.begin().await?;
    User::create(&mut tx, &user, Timestamp::now()).await?;
    OauthClient::create(&mut tx).await?;
    tx.commit().await?;
    Ok(generated)
}

/// Creates a user with a channel `NAME_channel`. Gives back the password if it was made up here.
pub(crate) async fn create_user(
    db: &Db,
    username: &str,
    email: &str,
    role: Role,
    password: Option<String>,
) -> Result<Option<String>, Error> {
    let (password, generated) = given_or_generated(password)?;
    let mut user = new_user(username, email, password, role).await?;
    user.channel.display_name = format!("Main {username} channel");
    let mut tx = db.begin().await?;
    User::create(&mut tx, &user, Timestamp::now())
        .await
        .map_err(|error| match error {
            error if error.is_conflict() => Error::Taken,
            error => error.into(),
        })?;
    tx.commit().await?;
    Ok(generated)
}

/// A user about to be created, checked, with the default channel.
pub(crate) async fn new_user(
    username: &str,
    email: &str,
    password: String,
    role: Role,
) -> Result<NewUser, Error> {
    if !is_username(username) {
        return Err(Error::Username);
    }
    if !is_email(email) {
        return Err(Error::Email);
    }
    if !is_password(&password) {
        return Err(Error::Password);
    }
    Ok(NewUser {
        username: username.to_owned(),
        email: email.to_owned(),
        password_hash: hash(password).await?,
        role,
        video_quota: -1,
        video_quota_daily: -1,
        channel: NewChannel {
            name: format!("{username}_channel"),
            display_name: format!("{username}_channel"),
            description: None,
            support: None,
        },
    })
}

/// Sets a password and signs the user out everywhere. Gives back the password if it was made up here.
pub(crate) async fn set_password(
    db: &Db,
    username: &str,
    password: Option<String>,
) -> Result<Option<String>, Error> {
    let (password, generated) = given_or_generated(password)?;
    let user = User::by_login(db, username)
        .await?
        .ok_or_else(|| Error::NoSuchUser(username.to_owned()))?;
    let update = UserUpdate {
        password_hash: Some(hash(password).await?),
        ..UserUpdate::default()
    };
    let mut tx = db.begin().await?;
    User::update(&mut tx, user.id, &update, Timestamp::now()).await?;
    Tokens::revoke_all(&mut tx, user.id).await?;
    tx.commit().await?;
    Ok(generated)
}

/// Signs somebody in by user name or e-mail address.
pub(crate) async fn sign_in(db: &Db, login: &str, password: String) -> Result<(User, Tokens), Error> {
    let user = User::by_login(db, login).await?;
    // Whoever does not exist takes as long as a wrong password: names cannot be tried out by the clock.
    let stored = user
        .as_ref()
        .map_or_else(|| NOBODY.clone(), |user| user.password_hash.clone());
    let right = verify(password, stored).await?;
    let Some(user) = user.filter(|_| right) else {
        return Err(Error::WrongCredentials);
    };
    if user.blocked {
        return Err(Error::Blocked);
    }
    let mut tx = db.begin().await?;
    let tokens = Tokens::issue(&mut tx, user.id, Timestamp::now()).await?;
    tx.commit().await?;
    Ok((user, tokens))
}

/// Argon2id with 7 MiB and five passes, one of the settings OWASP lists as equal; the default of 19 MiB stays with the process
/// after the first sign-in, and small machines have better uses for it.
fn argon2() -> Argon2<'static> {
    let params = Params::new(7 * 1024, 5, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash of a password nobody has.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    argon2()
        .hash_password(generate().as_bytes())
        .map(|hash| hash.to_string())
        .unwrap_or_default()
});

/// Hashes on a thread that may block.
pub(crate) async fn hash(password: String) -> Result<String, Error> {
    blocking(move || {
        Ok(argon2()
            .hash_password(password.as_bytes())
            .map_err(Error::Hash)?
            .to_string())
    })
    .await
}

/// Whether the password is the one that was hashed.
pub(crate) async fn verify(password: String, hash: String) -> Result<bool, Error> {
    if password.chars().count() > *PASSWORD_CHARS.end() {
        return Ok(false);
    }
    blocking(move || {
        // A damaged hash lets nobody in.
        Ok(PasswordHash::new(&hash)
            .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok()))
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let _permit = HASHING.acquire().await.map_err(|_| Error::Stopping)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Stopping)?
}

fn given_or_generated(password: Option<String>) -> Result<(String, Option<String>), Error> {
    match password {
        Some(given) if is_password(&given) => Ok((given, None)),
        Some(_) => Err(Error::Password),
        None => {
            let generated = generate();
            Ok((generated.clone(), Some(generated)))
        }
    }
}

fn generate() -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(GENERATED_PASSWORD_CHARS)
        .map(char::from)
        .collect()
}

pub(crate) fn is_password(password: &str) -> bool {
    PASSWORD_CHARS.contains(&password.chars().count())
}

/// `^[a-z0-9_]+([a-z0-9_.-]+[a-z0-9_]+)?$`
pub(crate) fn is_username(name: &str) -> bool {
    let word = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_';
    USERNAME_CHARS.contains(&name.len())
        && name.chars().all(|c| word(&c) || matches!(c, '.' | '-'))
        && name.chars().next().is_some_and(|c| word(&c))
        && name.chars().next_back().is_some_and(|c| word(&c))
}

/// Whether mail could be sent there; only a mail that arrives proves more.
pub(crate) fn is_email(text: &str) -> bool {
    EMAIL_BYTES.contains(&text.len())
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.')
        })
}

/// Compares secrets in a time that only depends on their lengths.
pub(crate) fn same_secret(given: &str, wanted: &str) -> bool {
    given.len() == wanted.len()
        && given
            .bytes()
            .zip(wanted.bytes())
            .fold(0, |difference, (a, b)| std::hint::black_box(difference | (a ^ b)))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_checked() {
        for name in ["ana", "a", "_", "a.b-c_d", "0"] {
            assert!(is_username(name), "{name}");
        }
        for name in ["", "Ana", ".a", "a.", "-a", "a b", "ä", "a@b", &"a".repeat(51)] {
            assert!(!is_username(name), "{name}");
        }
        assert!(is_email("ana@example.org") && is_email("a@localhost"));
        for email in ["", "ana", "@b", "a@", "a@b@c", "a b@c", "a@.b", "a\n@b"] {
            assert!(!is_email(email), "{email}");
        }
        assert!(same_secret("abc", "abc") && !same_secret("abc", "abd") && !same_secret("abc", "ab"));
    }

    #[tokio::test]
    async fn the_first_start_happens_once_and_its_password_works() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::connect(&format!("sqlite://{}/a b?%#.sqlite", dir.path().display()))
            .await
            .unwrap();
        assert!(matches!(
            first_start(&db, Some("short".into())).await,
            Err(Error::Password)
        ));
        let password = first_start(&db, None).await.unwrap().unwrap();
        assert_eq!(first_start(&db, None).await.unwrap(), None);
        let (root, tokens) = sign_in(&db, "root", password.clone()).await.unwrap();
        assert!(root.is_admin());
        assert!(!root.password_hash.contains(&password));

        let given = set_password(&db, "root", Some("something else".into()))
            .await
            .unwrap();
        assert_eq!(given, None);
        assert!(
            Tokens::verify(&db, &tokens.access_token, Timestamp::now())
                .await
                .unwrap()
                .is_none()
        );
        assert!(matches!(
            sign_in(&db, "root", password).await,
            Err(Error::WrongCredentials)
        ));
        assert!(sign_in(&db, "root", "something else".into()).await.is_ok());
        assert!(matches!(
            sign_in(&db, "nobody", "x".repeat(6)).await,
            Err(Error::WrongCredentials)
        ));
        assert!(matches!(
            set_password(&db, "nobody", None).await,
            Err(Error::NoSuchUser(_))
        ));
        let made = create_user(&db, "ana", "ana@example.org", Role::User, None)
            .await
            .unwrap();
        assert!(sign_in(&db, "ANA@example.org", made.unwrap()).await.is_ok());
        let again = create_user(&db, "ana", "other@example.org", Role::User, None).await;
        assert!(matches!(again, Err(Error::Taken)));
    }
}
