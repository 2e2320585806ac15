//! Connections: one writer and a few readers on SQLite, one pool on PostgreSQL.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Once;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, SqlSafeStr};

use crate::Error;
use crate::total::Totals;

/// Readers of the embedded database. It answers from memory; more of them only take file handles.
const SQLITE_READERS: u32 = 4;
/// PostgreSQL allows 100 clients by default, and other programs share it.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a request waits for its turn. Longer, and people have pressed reload.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long SQLite waits for another process (the command line, a backup) to let go of the write lock.
const BUSY_TIMEOUT_MS: u32 = 5_000;

/// The longest any of our queries may take on PostgreSQL, where a lock or a bad plan could keep a request for ever.
const STATEMENT_TIMEOUT_S: u32 = 30;
/// The file holds password hashes and stream keys: nobody else on the machine reads it.
const SQLITE_MODE: u32 = 0o600;

const SQLITE_MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "start", include_str!("../migrations/sqlite/0001_start.sql")),
    (
        2,
        "actor_keys",
        include_str!("../migrations/sqlite/0002_actor_keys.sql"),
    ),
    (
        3,
        "federation",
        include_str!("../migrations/sqlite/0003_federation.sql"),
    ),
];
const POSTGRES_MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "start", include_str!("../migrations/postgres/0001_start.sql")),
    (
        2,
        "actor_keys",
        include_str!("../migrations/postgres/0002_actor_keys.sql"),
    ),
    (
        3,
        "federation",
        include_str!("../migrations/postgres/0003_federation.sql"),
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

/// A handle on the database; clones share its connections.
#[derive(Debug, Clone)]
pub struct Db {
    kind: Kind,
    readers: AnyPool,
    /// One connection on SQLite, where writers would only wait for each other: the queue is here, in order and without polling.
    writer: AnyPool,
    totals: Totals,
}

impl Db {
    /// Opens (SQLite: creates) the database and brings its tables up to date.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);

        let (kind, options) = if let Some(path) = url.strip_prefix("sqlite://") {
            (Kind::Sqlite, sqlite_options(path)?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            (Kind::Postgres, AnyConnectOptions::from_str(url)?)
        } else {
            return Err(Error::Url(without_password(url)));
        };
        let db = match kind {
            Kind::Sqlite => {
                let writer = sqlite_pool(1).connect_with(options.clone()).await?;
                let readers = sqlite_pool(SQLITE_READERS).connect_lazy_with(options);
                Self {
                    kind,
                    readers,
                    writer,
                    totals: Totals::default(),
                }
            }
            Kind::Postgres => {
                let pool = AnyPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .after_connect(|connection, _| {
                        Box::pin(async move {
                            // Without notices such as "relation already exists, skipping" at every start. Without JIT, which
                            // compiles a third of a second for queries that then take a twentieth.
                            let settings = format!(
                                "SET client_min_messages = warning; SET statement_timeout = '{STATEMENT_TIMEOUT_S}s'; \
                                 SET jit = off"
                            );
                            sqlx::raw_sql(sqlx::AssertSqlSafe(settings)).execute(connection).await?;
                            Ok(())
                        })
                    })
                    .connect_with(options)
                    .await?;
                Self {
                    kind,
                    readers: pool.clone(),
                    writer: pool,
                    totals: Totals::default(),
                }
            }
        };
        db.migrator().run(&db.writer).await?;
        Ok(db)
    }

    fn migrator(&self) -> Migrator {
        let migrations = match self.kind {
            Kind::Sqlite => SQLITE_MIGRATIONS,
            Kind::Postgres => POSTGRES_MIGRATIONS,
        };
        Migrator::with_migrations(
            migrations
                .iter()
                .map(|&(version, name, sql)| {
                    Migration::new(
                        version,
                        name.into(),
                        MigrationType::Simple,
                        sql.into_sql_str(),
                        false,
                    )
                })
                .collect(),
        )
    }

    /// Starts a transaction. On SQLite there is one at a time: begin late, commit soon, and never begin a second one while
    /// holding the first.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let tx = match self.kind {
            // A deferred transaction that reads before it writes fails at once when another process wrote in between.
            Kind::Sqlite => self.writer.begin_with("BEGIN IMMEDIATE").await?,
            Kind::Postgres => self.writer.begin().await?,
        };
        Ok(Tx(tx))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    /// Closes the connections, after those that are in use have been given back.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    pub(crate) fn readers(&self) -> &AnyPool {
        &self.readers
    }

    pub(crate) fn totals(&self) -> &Totals {
        &self.totals
    }
}

/// A transaction; dropped without [`Tx::commit`], nothing of it happened.
#[derive(Debug)]
pub struct Tx(sqlx::Transaction<'static, sqlx::Any>);

impl Tx {
    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.0.commit().await?)
    }

    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.0
    }
}

fn sqlite_pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // The file lives as long as the process; closing idle connections only throws their page caches away.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                // WAL: readers and the writer do not wait for each other. NORMAL: a power cut may lose the last
                // commits, never consistency. The order matters: the timeout must hold for the switch to WAL.
                let pragmas = format!(
                    "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL; \
                     PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
                );
                sqlx::raw_sql(sqlx::AssertSqlSafe(pragmas))
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
}

fn sqlite_options(path: &str) -> Result<AnyConnectOptions, Error> {
    let absolute = std::path::absolute(Path::new(path)).map_err(|_| Error::Url(path.to_owned()))?;
    let absolute = absolute.to_str().ok_or_else(|| Error::Url(path.to_owned()))?;
    // SQLite gives the files beside it (-wal, -shm) the same mode.
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(SQLITE_MODE)
        .open(absolute)
        .map_err(|source| Error::Open {
            path: absolute.to_owned(),
            source,
        })?;
    // The driver reads the path as part of a URL; these characters would end or change it.
    let escaped: String = absolute
        .chars()
        .map(|c| match c {
            '%' => "%25".to_owned(),
            '?' => "%3F".to_owned(),
            '#' => "%23".to_owned(),
            c => c.to_string(),
        })
        .collect();
    Ok(AnyConnectOptions::from_str(&format!(
        "sqlite://{escaped}?mode=rw"
    ))?)
}

/// For messages: `postgres://user:secret@host` must not be logged.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            format!(
                "{}://***{}",
                url.get(..scheme).unwrap_or_default(),
                url.get(at..).unwrap_or_default()
            )
        }
        _ => url.to_owned(),
    }
}
