//! Everything that waits to be done, is being done or could not be done: jobs of the program and deliveries to other servers,
//! as one list for the administrator. What is done is not kept.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::row::{get, numbered, one_of, time};
use crate::sql::Sql;
use crate::{Db, Error, List, Page};

numbered! {
    WorkState { Active = 1, Waiting = 2, Delayed = 3, Failed = 4 }
}

numbered! {
    WorkKind { Job = 1, Delivery = 2 }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    pub kind: WorkKind,
    /// Of its kind.
    pub id: i64,
    /// The kind of a job; of a delivery the inbox.
    pub name: String,
    /// What a job is about; of a delivery the number of its activity.
    pub payload: String,
    pub state: WorkState,
    pub attempts: i64,
    pub error: Option<String>,
    pub created_at: Timestamp,
}

/// Which work is listed; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct WorkFilter {
    pub state: Option<WorkState>,
    pub kind: Option<WorkKind>,
    /// The kind of a job.
    pub name: Option<String>,
}

/// A claimed job has been tried, is not due, and was not put off with an error.
macro_rules! work {
    () => {
        " FROM (
            SELECT 1 AS source, j.id, j.kind AS name, j.payload, j.attempts, j.error, j.created_at,
                CASE WHEN j.state = 2 THEN 4 WHEN j.run_at <= $1 THEN 2
                     WHEN j.attempts > 0 AND j.error IS NULL THEN 1 ELSE 3 END AS state
            FROM jobs j
            UNION ALL
            SELECT 2 AS source, d.id, d.inbox AS name, CAST(d.activity_id AS TEXT) AS payload, d.attempts, d.error, d.created_at,
                CASE WHEN d.error IS NOT NULL THEN 4 WHEN i.retry_at > $1 THEN 3 ELSE 2 END AS state
            FROM deliveries d JOIN instances i ON i.id = d.instance_id
          ) work WHERE $1 > 0"
    };
}

impl Work {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            kind: one_of(row, "source")?,
            id: get(row, "id")?,
            name: get(row, "name")?,
            payload: get(row, "payload")?,
            state: one_of(row, "state")?,
            attempts: get(row, "attempts")?,
            error: get(row, "error")?,
            created_at: time(row, "created_at")?,
        })
    }

    pub async fn list(
        db: &Db,
        filter: &WorkFilter,
        newest_first: bool,
        page: Page,
        now: Timestamp,
    ) -> Result<List<Self>, Error> {
        let mut sql = filter.filtered(
            concat!(
                "SELECT CAST(source AS BIGINT) AS source, id, name, payload, attempts, error, created_at,
                 CAST(state AS BIGINT) AS state",
                work!()
            ),
            now,
        );
        sql.push(if newest_first {
            " ORDER BY created_at DESC, source, id DESC LIMIT "
        } else {
            " ORDER BY created_at, source, id LIMIT "
        });
        sql.bind(page.count).push(" OFFSET ").bind(page.start);
        let rows = sql.all(db.readers()).await?;
        let total = if page.skip_total {
            0
        } else {
            filter
                .filtered(concat!("SELECT COUNT(*)", work!()), now)
                .count(db.readers())
                .await?
        };
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }
}

impl WorkFilter {
    fn filtered(&self, start: &'static str, now: Timestamp) -> Sql {
        let mut sql = Sql::with_value(start, now.as_millisecond());
        if let Some(state) = self.state {
            sql.push(" AND state = ").bind(state.id());
        }
        if let Some(kind) = self.kind {
            sql.push(" AND source = ").bind(kind.id());
        }
        if let Some(name) = &self.name {
            sql.push(" AND name = ").bind(name.clone());
        }
        sql
    }
}
