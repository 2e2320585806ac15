//! Users: who can sign in here. Each has an account, which is what others see.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::list::contains;
use crate::row::{self, flag, get, numbered, optional_time, time};
use crate::sql::Sql;
use crate::video::{Removed, Video};
use crate::{Account, Channel, Db, Error, List, NewChannel, Page, Tx};

numbered! {
    Role { Administrator = 0, Moderator = 1, User = 2 }
}

impl Role {
    pub fn label(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::Moderator => "Moderator",
            Self::User => "User",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .iter()
            .copied()
            .find(|role| role.label().eq_ignore_ascii_case(text))
            .ok_or(UnknownRole)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is administrator, moderator or user")]
pub struct UnknownRole;

/// What happens to videos marked as sensitive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NsfwPolicy {
    #[default]
    DoNotList,
    Blur,
    Display,
}

/// Choices of one user that no query looks at; kept as one JSON column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UserSettings {
    pub nsfw_policy: NsfwPolicy,
    pub p2p_enabled: bool,
    pub videos_history_enabled: bool,
    pub auto_play_video: bool,
    pub auto_play_next_video: bool,
    pub auto_play_next_video_playlist: bool,
    /// `None`: all languages.
    pub video_languages: Option<Vec<String>>,
    pub theme: String,
    pub email_public: bool,
    pub no_instance_config_warning_modal: bool,
    pub no_welcome_modal: bool,
    pub no_account_setup_warning_modal: bool,
}

impl Default for UserSettings {
    fn default() -> Self {
        Self {
            nsfw_policy: NsfwPolicy::default(),
            p2p_enabled: true,
            videos_history_enabled: true,
            auto_play_video: true,
            auto_play_next_video: false,
            auto_play_next_video_playlist: true,
            video_languages: None,
            theme: "instance-default".to_owned(),
            email_public: false,
            no_instance_config_warning_modal: false,
            no_welcome_modal: false,
            no_account_setup_warning_modal: false,
        }
    }
}

#[derive(Debug, Clone)]
pub struct User {
    pub id: i64,
    pub username: String,
    pub email: String,
    /// In PHC string format.
    pub password_hash: String,
    pub role: Role,
    pub blocked: bool,
    pub blocked_reason: Option<String>,
    /// Bytes; -1 means no limit.
    pub video_quota: i64,
    pub video_quota_daily: i64,
    pub settings: UserSettings,
    pub last_login_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct NewUser {
    pub username: String,
    pub email: String,
    pub password_hash: String,
    pub role: Role,
    pub video_quota: i64,
    pub video_quota_daily: i64,
    /// The first channel; every user has one to publish on.
    pub channel: NewChannel,
}

/// `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct UserUpdate {
    pub email: Option<String>,
    pub password_hash: Option<String>,
    pub role: Option<Role>,
    pub video_quota: Option<i64>,
    pub video_quota_daily: Option<i64>,
    pub settings: Option<UserSettings>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserSort {
    Id,
    Username,
    CreatedAt,
    LastLoginDate,
    Role,
}

const SELECT: &str = "SELECT * FROM users ";

impl User {
    pub(crate) fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let settings: String = get(row, "settings")?;
        Ok(Self {
            id: get(row, "id")?,
            username: get(row, "username")?,
            email: get(row, "email")?,
            password_hash: get(row, "password_hash")?,
            role: row::one_of(row, "role")?,
            blocked: flag(row, "blocked")?,
            blocked_reason: get(row, "blocked_reason")?,
            video_quota: get(row, "video_quota")?,
            video_quota_daily: get(row, "video_quota_daily")?,
            settings: serde_json::from_str(&settings).map_err(|_| row::unknown("settings", settings))?,
            last_login_at: optional_time(row, "last_login_at")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    }

    /// Administrators and moderators see and manage what belongs to others.
    pub fn is_moderator(&self) -> bool {
        matches!(self.role, Role::Administrator | Role::Moderator)
    }

    pub fn is_admin(&self) -> bool {
        self.role == Role::Administrator
    }

    pub async fn by_id(db: &Db, id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM users WHERE id = $1")
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// Whoever signs in with this text: a user name, or the e-mail address.
    pub async fn by_login(db: &Db, login: &str) -> Result<Option<Self>, Error> {
        let row =
            sqlx::query("SELECT * FROM users WHERE lower(username) = lower($1) OR lower(email) = lower($1)")
                .bind(login)
                .fetch_optional(db.readers())
                .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    pub async fn list(
        db: &Db,
        search: Option<&str>,
        blocked: Option<bool>,
        (sort, descending): (UserSort, bool),
        page: Page,
    ) -> Result<List<Self>, Error> {
        let filtered = |start| {
            let mut sql = Sql::new(start);
            sql.push(" WHERE 1 = 1");
            if let Some(search) = search {
                let pattern = contains(search);
                sql.push(" AND (lower(username) LIKE ")
                    .bind(pattern.clone())
                    .push(" ESCAPE '\\'");
                sql.push(" OR lower(email) LIKE ")
                    .bind(pattern)
                    .push(" ESCAPE '\\')");
            }
            if let Some(blocked) = blocked {
                sql.push(" AND blocked = ").bind(i64::from(blocked));
            }
            sql
        };
        let mut query = filtered(SELECT);
        query.push(match sort {
            UserSort::Id => " ORDER BY id",
            UserSort::Username => " ORDER BY lower(username)",
            UserSort::CreatedAt => " ORDER BY created_at",
            UserSort::LastLoginDate => " ORDER BY coalesce(last_login_at, 0)",
            UserSort::Role => " ORDER BY role",
        });
        query.push(if descending {
            " DESC, id DESC LIMIT "
        } else {
            ", id LIMIT "
        });
        query.bind(page.count).push(" OFFSET ").bind(page.start);
        let rows = query.all(db.readers()).await?;
        let total = if page.skip_total {
            0
        } else {
            filtered("SELECT COUNT(*) FROM users").count(db.readers()).await?
        };
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }

    /// Whether anybody can sign in yet.
    pub async fn any(db: &Db) -> Result<bool, Error> {
        Ok(sqlx::query("SELECT id FROM users LIMIT 1")
            .fetch_optional(db.readers())
            .await?
            .is_some())
    }

    /// Makes a user with an account of the same name and a first channel. Gives back the ids of the user and the account.
    pub async fn create(tx: &mut Tx, new: &NewUser, now: Timestamp) -> Result<(i64, i64), Error> {
        let row = sqlx::query(
            "INSERT INTO users (username, email, password_hash, role, video_quota, video_quota_daily, settings,
                                created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id",
        )
        .bind(new.username.as_str())
        .bind(new.email.as_str())
        .bind(new.password_hash.as_str())
        .bind(new.role.id())
        .bind(new.video_quota)
        .bind(new.video_quota_daily)
        .bind(settings_json(&UserSettings::default())?)
        .bind(now.as_millisecond())
        .fetch_one(tx.connection())
        .await?;
        let user_id = row.try_get(0)?;
        let account_id = Account::insert_local(tx, user_id, &new.username, now).await?;
        Channel::create(tx, account_id, &new.channel, now).await?;
        Ok((user_id, account_id))
    }

    pub async fn update(tx: &mut Tx, id: i64, update: &UserUpdate, now: Timestamp) -> Result<(), Error> {
        let mut sql = Sql::new("UPDATE users SET updated_at = ");
        sql.bind(now.as_millisecond());
        if let Some(email) = &update.email {
            sql.push(", email = ").bind(email.clone());
        }
        if let Some(hash) = &update.password_hash {
            sql.push(", password_hash = ").bind(hash.clone());
        }
        if let Some(role) = update.role {
            sql.push(", role = ").bind(role.id());
        }
        if let Some(quota) = update.video_quota {
            sql.push(", video_quota = ").bind(quota);
        }
        if let Some(quota) = update.video_quota_daily {
            sql.push(", video_quota_daily = ").bind(quota);
        }
        if let Some(settings) = &update.settings {
            sql.push(", settings = ").bind(settings_json(settings)?);
        }
        sql.push(" WHERE id = ").bind(id);
        sql.execute(tx.connection()).await?;
        Ok(())
    }

    /// A blocked user cannot sign in, and is signed out everywhere.
    pub async fn set_blocked(
        tx: &mut Tx,
        id: i64,
        blocked: bool,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        sqlx::query("UPDATE users SET blocked = $1, blocked_reason = $2, updated_at = $3 WHERE id = $4")
            .bind(i64::from(blocked))
            .bind(reason)
            .bind(now.as_millisecond())
            .bind(id)
            .execute(tx.connection())
            .await?;
        if blocked {
            crate::Tokens::revoke_all(tx, id).await?;
        }
        Ok(())
    }

    /// Deletes a user with account, channels and videos, and says which folders can go once this is committed.
    pub async fn delete(tx: &mut Tx, id: i64) -> Result<Vec<Removed>, Error> {
        let removed = Video::removed_of_user(tx, id).await?;
        sqlx::query(
            "DELETE FROM actors WHERE id IN (SELECT actor_id FROM accounts WHERE user_id = $1)
             OR id IN (SELECT c.actor_id FROM channels c JOIN accounts a ON a.id = c.account_id WHERE a.user_id = $1)",
        )
        .bind(id)
        .execute(tx.connection())
        .await?;
        sqlx::query("DELETE FROM users WHERE id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        crate::LiveSession::forget_orphans(tx).await?;
        Ok(removed)
    }

    /// Bytes of video files of this user that were published since `since` (or ever).
    pub async fn quota_used(db: &Db, id: i64, since: Option<Timestamp>) -> Result<i64, Error> {
        let row = sqlx::query(
            "SELECT CAST(coalesce(SUM(f.size_bytes), 0) AS BIGINT)
             FROM accounts a JOIN channels c ON c.account_id = a.id JOIN videos v ON v.channel_id = c.id
             JOIN streaming_playlists p ON p.video_id = v.id JOIN video_files f ON f.playlist_id = p.id
             WHERE a.user_id = $1 AND v.created_at >= $2",
        )
        .bind(id)
        .bind(since.map_or(0, Timestamp::as_millisecond))
        .fetch_one(db.readers())
        .await?;
        Ok(row.try_get(0)?)
    }
}

fn settings_json(settings: &UserSettings) -> Result<String, Error> {
    serde_json::to_string(settings).map_err(|error| Error::Sql(sqlx::Error::Encode(error.into())))
}
