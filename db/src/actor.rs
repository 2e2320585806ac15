//! What accounts and channels have in common: a handle, a name to show, a description.

use std::fmt;

use jiff::Timestamp;
use sqlx::{AnyConnection, Row};

use crate::row::numbered;
use crate::{Error, Tx};

numbered! {
    /// What an actor is in ActivityStreams; a channel is a group, a server an application.
    ActorKind { Person = 1, Group = 2, Application = 3, Service = 4, Organization = 5 }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub id: i64,
    pub name: String,
    /// `None` for those who live here.
    pub host: Option<String>,
    /// Whether the administrator lets its server keep copies of videos of here.
    pub redundancy_allowed: bool,
    /// The ActivityPub id of a remote actor; that of a local one follows from its name.
    pub url: Option<String>,
    pub kind: ActorKind,
    /// Of remote actors.
    pub inbox: Option<String>,
    /// Of remote actors whose server has one.
    pub shared_inbox: Option<String>,
    /// Where a remote actor's picture is.
    pub icon_url: Option<String>,
    /// Counted here for local actors, told by their servers for remote ones.
    pub followers: i64,
    pub following: i64,
    /// When a remote actor was last fetched.
    pub refreshed_at: Option<Timestamp>,
    pub display_name: String,
    pub description: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The columns of an actor joined as `$table`, its instance joined as `$instance`.
macro_rules! actor_columns {
    ($table:literal, $instance:literal, $prefix:literal) => {
        concat!(
            $table,
            ".id AS ",
            $prefix,
            "actor_id, ",
            $instance,
            ".host AS ",
            $prefix,
            "host, coalesce(",
            $instance,
            ".redundancy_allowed, 0) AS ",
            $prefix,
            "redundancy_allowed, ",
            $table,
            ".name AS ",
            $prefix,
            "name, ",
            $table,
            ".url AS ",
            $prefix,
            "url, ",
            $table,
            ".kind AS ",
            $prefix,
            "kind, ",
            $table,
            ".inbox AS ",
            $prefix,
            "inbox, ",
            $table,
            ".shared_inbox AS ",
            $prefix,
            "shared_inbox, ",
            $table,
            ".icon_url AS ",
            $prefix,
            "icon_url, ",
            $table,
            ".followers AS ",
            $prefix,
            "followers, ",
            $table,
            ".following AS ",
            $prefix,
            "following, ",
            $table,
            ".refreshed_at AS ",
            $prefix,
            "refreshed_at, ",
            $table,
            ".display_name AS ",
            $prefix,
            "display_name, ",
            $table,
            ".description AS ",
            $prefix,
            "description, ",
            $table,
            ".created_at AS ",
            $prefix,
            "created_at, ",
            $table,
            ".updated_at AS ",
            $prefix,
            "updated_at",
        )
    };
}
pub(crate) use actor_columns;

/// Reads what [`actor_columns`] selected.
macro_rules! actor_from_row {
    ($row:expr, $prefix:literal) => {
        $crate::Actor {
            id: $crate::row::get($row, concat!($prefix, "actor_id"))?,
            name: $crate::row::get($row, concat!($prefix, "name"))?,
            host: $crate::row::get($row, concat!($prefix, "host"))?,
            redundancy_allowed: $crate::row::flag($row, concat!($prefix, "redundancy_allowed"))?,
            url: $crate::row::get($row, concat!($prefix, "url"))?,
            kind: $crate::row::one_of($row, concat!($prefix, "kind"))?,
            inbox: $crate::row::get($row, concat!($prefix, "inbox"))?,
            shared_inbox: $crate::row::get($row, concat!($prefix, "shared_inbox"))?,
            icon_url: $crate::row::get($row, concat!($prefix, "icon_url"))?,
            followers: $crate::row::get($row, concat!($prefix, "followers"))?,
            following: $crate::row::get($row, concat!($prefix, "following"))?,
            refreshed_at: $crate::row::optional_time($row, concat!($prefix, "refreshed_at"))?,
            display_name: $crate::row::get($row, concat!($prefix, "display_name"))?,
            description: $crate::row::get($row, concat!($prefix, "description"))?,
            created_at: $crate::row::time($row, concat!($prefix, "created_at"))?,
            updated_at: $crate::row::time($row, concat!($prefix, "updated_at"))?,
        }
    };
}
pub(crate) use actor_from_row;

impl Actor {
    pub fn is_local(&self) -> bool {
        self.host.is_none()
    }

    /// `name` here, `name@host` elsewhere.
    pub fn handle(&self) -> Handle {
        Handle {
            name: self.name.clone(),
            host: self.host.clone(),
        }
    }

    /// Whether a local account or channel has this name, whatever the case of its letters.
    pub async fn name_taken(db: &crate::Db, name: &str) -> Result<bool, Error> {
        let row = sqlx::query(
            "SELECT COUNT(*) FROM actors WHERE lower(name) = lower($1) AND coalesce(instance_id, 0) = 0",
        )
        .bind(name)
        .fetch_one(db.readers())
        .await?;
        Ok(row.try_get::<i64, _>(0)? > 0)
    }

    pub(crate) async fn insert_local(
        tx: &mut Tx,
        kind: ActorKind,
        name: &str,
        display_name: &str,
        description: Option<&str>,
        now: Timestamp,
    ) -> Result<i64, Error> {
        let row = sqlx::query(
            "INSERT INTO actors (kind, name, display_name, description, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $5) RETURNING id",
        )
        .bind(kind.id())
        .bind(name)
        .bind(display_name)
        .bind(description)
        .bind(now.as_millisecond())
        .fetch_one(tx.connection())
        .await?;
        Ok(row.try_get(0)?)
    }

    /// `None` leaves a field as it is, `Some(None)` empties it.
    pub(crate) async fn update(
        tx: &mut Tx,
        actor_id: i64,
        display_name: Option<&str>,
        description: Option<Option<&str>>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let connection = tx.connection();
        if let Some(display_name) = display_name {
            sqlx::query("UPDATE actors SET display_name = $1 WHERE id = $2")
                .bind(display_name)
                .bind(actor_id)
                .execute(&mut *connection)
                .await?;
        }
        if let Some(description) = description {
            sqlx::query("UPDATE actors SET description = $1 WHERE id = $2")
                .bind(description)
                .bind(actor_id)
                .execute(&mut *connection)
                .await?;
        }
        touch(connection, actor_id, now).await
    }
}

async fn touch(connection: &mut AnyConnection, actor_id: i64, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE actors SET updated_at = $1 WHERE id = $2")
        .bind(now.as_millisecond())
        .bind(actor_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// `name` or `name@host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    pub name: String,
    /// `None`: here.
    pub host: Option<String>,
}

impl Handle {
    pub fn local(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            host: None,
        }
    }

    /// `local_host` is this server's own: `ana@here` and `ana` are the same.
    pub fn parse(text: &str, local_host: &str) -> Self {
        match text.split_once('@') {
            Some((name, host)) if !host.eq_ignore_ascii_case(local_host) => Self {
                name: name.to_owned(),
                host: Some(host.to_ascii_lowercase()),
            },
            Some((name, _)) => Self::local(name),
            None => Self::local(text),
        }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{}@{host}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Finds the actor of a handle joined as `a` with its instance as `i`; binds name and host as the next two values.
macro_rules! handle_condition {
    ($name:literal, $host:literal) => {
        concat!(
            "lower(a.name) = lower(",
            $name,
            ") AND coalesce(a.instance_id, 0) = coalesce(",
            "(SELECT id FROM instances WHERE host = ",
            $host,
            "), ",
            "CASE WHEN ",
            $host,
            " IS NULL THEN 0 ELSE -1 END)"
        )
    };
}
pub(crate) use handle_condition;
