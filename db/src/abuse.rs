//! Reports: somebody asks the moderators to look at an account, a video or a comment.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::row::{get, numbered, one_of, time, unknown};
use crate::sql::Sql;
use crate::{Account, Db, Error, List, Page, Tx};

numbered! {
    AbuseState { Pending = 1, Rejected = 2, Accepted = 3 }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abuse {
    pub id: i64,
    /// The Flag of another server.
    pub url: Option<String>,
    pub reporter: Option<Account>,
    /// Whom it is about, if they are still there.
    pub account: Option<Account>,
    pub video_id: Option<i64>,
    pub comment_id: Option<i64>,
    pub reason: String,
    /// PeerTube's numbers of reasons.
    pub predefined: Vec<i64>,
    pub state: AbuseState,
    pub moderation_comment: Option<String>,
    /// From here to there in the video.
    pub start_s: Option<i64>,
    pub end_s: Option<i64>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct NewAbuse<'a> {
    pub url: Option<&'a str>,
    pub reporter_id: i64,
    pub account_id: i64,
    pub video_id: Option<i64>,
    pub comment_id: Option<i64>,
    pub reason: &'a str,
    pub predefined: &'a [i64],
    pub start_s: Option<i64>,
    pub end_s: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AbuseSort {
    #[default]
    Oldest,
    Newest,
    /// Those nobody decided on, then the others; the newest of each first.
    PendingFirst,
}

impl AbuseSort {
    fn order(self) -> &'static str {
        match self {
            Self::Oldest => " ORDER BY created_at, id",
            Self::Newest => " ORDER BY created_at DESC, id DESC",
            Self::PendingFirst => " ORDER BY CASE state WHEN 1 THEN 0 ELSE 1 END, created_at DESC, id DESC",
        }
    }
}

/// Which reports are listed, and in which order; `None` does not narrow.
#[derive(Debug, Clone, Copy, Default)]
pub struct AbuseFilter {
    pub id: Option<i64>,
    pub state: Option<AbuseState>,
    pub reporter_id: Option<i64>,
    pub sort: AbuseSort,
}

impl Abuse {
    /// `accounts` are found by the numbers in the row.
    async fn from_row(db: &Db, row: &AnyRow) -> Result<Self, Error> {
        let account = async |column| match get::<Option<i64>>(row, column)? {
            Some(id) => Account::by_id(db, id).await,
            None => Ok(None),
        };
        let predefined: String = get(row, "predefined")?;
        Ok(Self {
            id: get(row, "id")?,
            url: get(row, "url")?,
            reporter: account("reporter_id").await?,
            account: account("account_id").await?,
            video_id: get(row, "video_id")?,
            comment_id: get(row, "comment_id")?,
            reason: get(row, "reason")?,
            predefined: serde_json::from_str(&predefined).map_err(|_| unknown("predefined", predefined))?,
            state: one_of(row, "state")?,
            moderation_comment: get(row, "moderation_comment")?,
            start_s: get(row, "start_s")?,
            end_s: get(row, "end_s")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    }

    /// Its number; `None` when it came before.
    pub async fn insert(tx: &mut Tx, new: &NewAbuse<'_>, now: Timestamp) -> Result<Option<i64>, Error> {
        let predefined = serde_json::Value::from(new.predefined.to_vec()).to_string();
        let row = sqlx::query(
            "INSERT INTO abuses (url, reporter_id, account_id, video_id, comment_id, reason, predefined, state,
                start_s, end_s, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) ON CONFLICT (url) DO NOTHING RETURNING id",
        )
        .bind(new.url)
        .bind(new.reporter_id)
        .bind(new.account_id)
        .bind(new.video_id)
        .bind(new.comment_id)
        .bind(new.reason)
        .bind(predefined)
        .bind(AbuseState::Pending.id())
        .bind(new.start_s)
        .bind(new.end_s)
        .bind(now.as_millisecond())
        .fetch_optional(tx.connection())
        .await?;
        row.map(|row| Ok(row.try_get(0)?)).transpose()
    }

    pub async fn by_id(db: &Db, id: i64) -> Result<Option<Self>, Error> {
        let filter = AbuseFilter {
            id: Some(id),
            ..AbuseFilter::default()
        };
        let page = Page {
            skip_total: true,
            ..Page::first(1)
        };
        Ok(Self::list(db, &filter, page).await?.data.pop())
    }

    pub async fn list(db: &Db, filter: &AbuseFilter, page: Page) -> Result<List<Self>, Error> {
        let conditions = |sql: &mut Sql| {
            sql.push(" WHERE 1 = 1");
            if let Some(id) = filter.id {
                sql.push(" AND id = ").bind(id);
            }
            if let Some(state) = filter.state {
                sql.push(" AND state = ").bind(state.id());
            }
            if let Some(id) = filter.reporter_id {
                sql.push(" AND reporter_id = ").bind(id);
            }
        };
        let mut sql = Sql::new("SELECT * FROM abuses");
        conditions(&mut sql);
        sql.push(filter.sort.order())
            .push(" LIMIT ")
            .bind(page.count)
            .push(" OFFSET ")
            .bind(page.start);
        let rows = sql.all(db.readers()).await?;
        let total = if page.skip_total {
            0
        } else {
            let mut sql = Sql::new("SELECT COUNT(*) FROM abuses");
            conditions(&mut sql);
            sql.count(db.readers()).await?
        };
        let mut data = Vec::with_capacity(rows.len());
        for row in &rows {
            data.push(Self::from_row(db, row).await?);
        }
        Ok(List { total, data })
    }

    /// What the moderators decide, and note for each other; `None` leaves it as it is.
    pub async fn update(
        tx: &mut Tx,
        id: i64,
        state: Option<AbuseState>,
        comment: Option<Option<&str>>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut sql = Sql::new("UPDATE abuses SET updated_at = ");
        sql.bind(now.as_millisecond());
        if let Some(state) = state {
            sql.push(", state = ").bind(state.id());
        }
        if let Some(comment) = comment {
            sql.push(", moderation_comment = ")
                .bind(comment.map(str::to_owned));
        }
        sql.push(" WHERE id = ").bind(id);
        sql.execute(tx.connection()).await?;
        Ok(())
    }

    /// Whether there was one.
    pub async fn delete(tx: &mut Tx, id: i64) -> Result<bool, Error> {
        let deleted = sqlx::query("DELETE FROM abuses WHERE id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(deleted.rows_affected() > 0)
    }
}
