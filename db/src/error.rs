//! What can go wrong between the program and its database.

/// A failed query, sorted by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A name, an e-mail or a key is taken.
    #[error("already exists: {constraint}")]
    Conflict { constraint: String },
    /// Busy, out of reach, full or read-only: the same request may work later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    #[error("{0:?} is not a database address: use sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME")]
    Url(String),
    #[error("cannot open the database file {path}: {source}")]
    Open { path: String, source: std::io::Error },
    #[error("cannot bring the database up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row says something this version does not know.
    #[error("column {column} holds {value:?}, which means nothing here")]
    Value { column: &'static str, value: String },
    #[error("database: {0}")]
    Sql(#[source] sqlx::Error),
}

/// SQLite's primary result codes (the low byte of an extended code, <https://sqlite.org/rescode.html>): PERM, BUSY, LOCKED,
/// NOMEM, READONLY, IOERR, FULL, CANTOPEN.
const SQLITE_UNAVAILABLE: [u32; 8] = [3, 5, 6, 7, 8, 10, 13, 14];

/// PostgreSQL's error classes and codes (appendix A of its manual): connection exception, serialization failure, deadlock,
/// read-only transaction, insufficient resources, operator intervention, system error.
const POSTGRES_UNAVAILABLE: [&str; 7] = ["08", "40001", "40P01", "25006", "53", "57", "58"];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_) => Self::Unavailable(error),
            sqlx::Error::Database(database) => {
                if database.is_unique_violation() {
                    return Self::Conflict {
                        constraint: database.message().to_owned(),
                    };
                }
                match database.code() {
                    Some(code) if is_unavailable(&code) => Self::Unavailable(error),
                    _ => Self::Sql(error),
                }
            }
            _ => Self::Sql(error),
        }
    }
}

fn is_unavailable(code: &str) -> bool {
    // A SQLSTATE always has five characters; SQLite's codes are numbers of at most four digits.
    if code.len() == 5 {
        return POSTGRES_UNAVAILABLE.iter().any(|prefix| code.starts_with(prefix));
    }
    code.parse::<u32>()
        .is_ok_and(|code| SQLITE_UNAVAILABLE.contains(&(code & 0xff)))
}

impl Error {
    /// Whether trying again later may work.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether something with that name, address or key already exists.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_told_apart() {
        assert!(is_unavailable("5"));
        assert!(is_unavailable("517"), "SQLITE_BUSY_SNAPSHOT");
        assert!(is_unavailable("57P01"), "admin_shutdown");
        assert!(!is_unavailable("2067"), "SQLITE_CONSTRAINT_UNIQUE");
        assert!(!is_unavailable("42P01"), "undefined_table");
    }
}
