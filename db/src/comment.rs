//! Comments: threads of replies under a video. How many there are the database counts by itself (triggers in the migrations).

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::actor::actor_columns;
use crate::list::contains;
use crate::row::{flag, get, numbered, one_of, optional_time, parsed, time};
use crate::sql::Sql;
use crate::{Account, Db, Error, List, Page, Tx, Uuid};

/// Replies of one thread that are shown; of more, the first.
const MAX_REPLIES: i64 = 1_000;
/// As deep as PeerTube goes.
const MAX_DEPTH: i64 = 100;

numbered! {
    /// How a text is written.
    Markup { Markdown = 1, Html = 2 }
}

/// The video a comment is under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commented {
    pub id: i64,
    pub uuid: Uuid,
    /// The ActivityPub id of a remote video.
    pub url: Option<String>,
    pub name: String,
    /// Whose video it is.
    pub account_id: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub id: i64,
    pub video: Commented,
    /// `None` once the account is gone.
    pub account: Option<Account>,
    /// The ActivityPub id of a remote comment; that of a local one follows from its number.
    pub url: Option<String>,
    pub in_reply_to_id: Option<i64>,
    /// The first comment of the thread; `None` for that one.
    pub thread_id: Option<i64>,
    /// Empty once it is deleted.
    pub text: String,
    pub markup: Markup,
    /// Waits for the owner of the video.
    pub held: bool,
    /// The ApproveReply of the server of the video.
    pub approval_url: Option<String>,
    pub deleted_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What somebody says.
#[derive(Debug, Clone)]
pub struct NewComment<'a> {
    pub video_id: i64,
    pub account_id: i64,
    pub url: Option<&'a str>,
    /// The comment it answers and the first of the thread; `None` begins a thread.
    pub reply_to: Option<(i64, i64)>,
    pub text: &'a str,
    pub markup: Markup,
    pub held: bool,
    pub approval_url: Option<&'a str>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Who reads: that decides which comments are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reader {
    pub account_id: Option<i64>,
    /// The owner of the video or a moderator sees what waits for approval.
    pub manages: bool,
}

/// The first comment of a thread, and how many follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    pub comment: Comment,
    pub replies: i64,
    pub replies_from_author: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadSort {
    Newest,
    Oldest,
    MostReplies,
}

/// Threads of a video, and how many of its comments everyone may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threads {
    pub threads: List<Thread>,
    pub comments: i64,
}

/// Which comments are listed across videos, newest first; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct CommentFilter {
    pub video_id: Option<i64>,
    /// Under videos of this account.
    pub owner_id: Option<i64>,
    /// Under videos of this channel.
    pub channel_id: Option<i64>,
    pub held: Option<bool>,
    pub is_local: Option<bool>,
    /// Part of the text.
    pub search: Option<String>,
    /// Only under videos that everyone may see.
    pub public: bool,
}

macro_rules! joins {
    () => {
        " FROM comments c JOIN videos v ON v.id = c.video_id JOIN channels vc ON vc.id = v.channel_id
         LEFT JOIN accounts account ON account.id = c.account_id
         LEFT JOIN actors a ON a.id = account.actor_id LEFT JOIN instances i ON i.id = a.instance_id "
    };
}

macro_rules! columns {
    () => {
        concat!(
            "c.id AS comment_id, c.video_id AS comment_video_id, v.uuid AS comment_video_uuid,
             v.url AS comment_video_url, v.name AS comment_video_name, vc.account_id AS comment_owner_id,
             c.url AS comment_url, c.in_reply_to_id, c.thread_id, c.text AS comment_text, c.markup, c.held,
             c.approval_url, c.deleted_at, c.created_at AS commented_at, c.updated_at AS comment_updated_at,
             account.id AS account_id, account.user_id AS account_user_id, ",
            actor_columns!("a", "i", "account_")
        )
    };
}

macro_rules! select {
    ($condition:expr) => {
        concat!("SELECT ", columns!(), joins!(), $condition)
    };
}

impl Comment {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let account = match get::<Option<i64>>(row, "account_id")? {
            Some(_) => Some(Account::from_row(row)?),
            None => None,
        };
        Ok(Self {
            id: get(row, "comment_id")?,
            video: Commented {
                id: get(row, "comment_video_id")?,
                uuid: parsed(row, "comment_video_uuid")?,
                url: get(row, "comment_video_url")?,
                name: get(row, "comment_video_name")?,
                account_id: get(row, "comment_owner_id")?,
            },
            account,
            url: get(row, "comment_url")?,
            in_reply_to_id: get(row, "in_reply_to_id")?,
            thread_id: get(row, "thread_id")?,
            text: get(row, "comment_text")?,
            markup: one_of(row, "markup")?,
            held: flag(row, "held")?,
            approval_url: get(row, "approval_url")?,
            deleted_at: optional_time(row, "deleted_at")?,
            created_at: time(row, "commented_at")?,
            updated_at: time(row, "comment_updated_at")?,
        })
    }

    pub fn is_local(&self) -> bool {
        self.url.is_none()
    }

    pub fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// The first comment of its thread.
    pub fn root_id(&self) -> i64 {
        self.thread_id.unwrap_or(self.id)
    }

    /// Whether this user wrote it.
    pub fn belongs_to(&self, user_id: i64) -> bool {
        self.account
            .as_ref()
            .is_some_and(|account| account.user_id == Some(user_id))
    }

    pub async fn by_id(db: &Db, id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE c.id = $1"))
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// A remote one, by its ActivityPub id.
    pub async fn by_url(db: &Db, url: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE c.url = $1"))
            .bind(url)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// What it answers, and what that answers, up to the first of the thread.
    pub async fn ancestors(db: &Db, id: i64) -> Result<Vec<Self>, Error> {
        let rows = sqlx::query(concat!(
            "WITH RECURSIVE above(id, depth) AS (
                SELECT in_reply_to_id, 1 FROM comments WHERE id = $1
                UNION ALL SELECT p.in_reply_to_id, above.depth + 1 FROM comments p JOIN above ON p.id = above.id
                WHERE above.depth < $2)
             SELECT ",
            columns!(),
            joins!(),
            "JOIN above ON above.id = c.id ORDER BY above.depth"
        ))
        .bind(id)
        .bind(MAX_DEPTH)
        .fetch_all(db.readers())
        .await?;
        rows.iter().map(Self::from_row).collect()
    }

    /// Its number; `None` when a comment with this url is there already.
    pub async fn insert(tx: &mut Tx, new: &NewComment<'_>) -> Result<Option<i64>, Error> {
        let row = sqlx::query(
            "INSERT INTO comments (video_id, account_id, url, in_reply_to_id, thread_id, text, markup, held,
                approval_url, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (url) DO NOTHING RETURNING id",
        )
        .bind(new.video_id)
        .bind(new.account_id)
        .bind(new.url)
        .bind(new.reply_to.map(|(parent, _)| parent))
        .bind(new.reply_to.map(|(_, thread)| thread))
        .bind(new.text)
        .bind(new.markup.id())
        .bind(i64::from(new.held))
        .bind(new.approval_url)
        .bind(new.created_at.as_millisecond())
        .bind(new.updated_at.as_millisecond())
        .fetch_optional(tx.connection())
        .await?;
        row.map(|row| Ok(row.try_get(0)?)).transpose()
    }

    /// Other words; what is deleted stays so.
    pub async fn edit(
        tx: &mut Tx,
        id: i64,
        (text, markup): (&str, Markup),
        now: Timestamp,
    ) -> Result<bool, Error> {
        let edited = sqlx::query(
            "UPDATE comments SET text = $1, markup = $2, updated_at = $3
             WHERE id = $4 AND deleted_at IS NULL AND (text <> $1 OR markup <> $2)",
        )
        .bind(text)
        .bind(markup.id())
        .bind(now.as_millisecond())
        .bind(id)
        .execute(tx.connection())
        .await?;
        Ok(edited.rows_affected() > 0)
    }

    /// Takes the words away; the thread stays. `false`: they were gone.
    pub async fn remove(tx: &mut Tx, id: i64, now: Timestamp) -> Result<bool, Error> {
        let removed = sqlx::query(
            "UPDATE comments SET text = '', deleted_at = $1, updated_at = $1 WHERE id = $2 AND deleted_at IS NULL",
        )
        .bind(now.as_millisecond())
        .bind(id)
        .execute(tx.connection())
        .await?;
        Ok(removed.rows_affected() > 0)
    }

    /// Everyone may read it now. `false`: nobody had to approve it.
    pub async fn approve(tx: &mut Tx, id: i64) -> Result<bool, Error> {
        let approved = sqlx::query("UPDATE comments SET held = 0 WHERE id = $1 AND held = 1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(approved.rows_affected() > 0)
    }

    /// The server of the video has approved it.
    pub async fn set_approval(tx: &mut Tx, id: i64, url: &str) -> Result<(), Error> {
        sqlx::query("UPDATE comments SET approval_url = $1 WHERE id = $2")
            .bind(url)
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// The threads of a video. Those whose first comment is deleted are there while somebody answered.
    pub async fn threads(
        db: &Db,
        video_id: i64,
        reader: Reader,
        sort: ThreadSort,
        page: Page,
    ) -> Result<Threads, Error> {
        let conditions = |sql: &mut Sql| {
            sql.push(" WHERE c.thread_id IS NULL AND c.video_id = ")
                .bind(video_id);
            readable(sql, reader);
            sql.push(
                " AND (c.deleted_at IS NULL OR EXISTS (SELECT 1 FROM comments r
                    WHERE r.thread_id = c.id AND r.held = 0 AND r.deleted_at IS NULL))",
            );
        };
        let mut sql = Sql::new(concat!(
            "SELECT (SELECT COUNT(*) FROM comments r WHERE r.thread_id = c.id AND r.held = 0
                AND r.deleted_at IS NULL) AS replies,
             (SELECT COUNT(*) FROM comments r WHERE r.thread_id = c.id AND r.held = 0 AND r.deleted_at IS NULL
                AND r.account_id = vc.account_id) AS replies_from_author, ",
            columns!(),
            joins!()
        ));
        conditions(&mut sql);
        sql.push(match sort {
            ThreadSort::Newest => " ORDER BY c.created_at DESC, c.id DESC LIMIT ",
            ThreadSort::Oldest => " ORDER BY c.created_at, c.id LIMIT ",
            ThreadSort::MostReplies => " ORDER BY replies DESC, c.created_at DESC, c.id DESC LIMIT ",
        });
        sql.bind(page.count).push(" OFFSET ").bind(page.start);
        let rows = sql.all(db.readers()).await?;
        let thread = |row: &AnyRow| {
            Ok(Thread {
                comment: Self::from_row(row)?,
                replies: get(row, "replies")?,
                replies_from_author: get(row, "replies_from_author")?,
            })
        };
        let data = rows.iter().map(thread).collect::<Result<_, Error>>()?;
        let total = if page.skip_total {
            0
        } else {
            let mut sql = Sql::new(concat!("SELECT COUNT(*)", joins!()));
            conditions(&mut sql);
            sql.count(db.readers()).await?
        };
        let comments = sqlx::query("SELECT comments FROM videos WHERE id = $1")
            .bind(video_id)
            .fetch_optional(db.readers())
            .await?;
        Ok(Threads {
            threads: List { total, data },
            comments: comments
                .map(|row| row.try_get(0))
                .transpose()?
                .unwrap_or_default(),
        })
    }

    /// The replies of these threads, oldest first.
    pub async fn replies(db: &Db, threads: &[i64], reader: Reader) -> Result<Vec<Self>, Error> {
        if threads.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = Sql::new(select!("WHERE c.thread_id IN "));
        sql.bind_list(threads.to_vec());
        readable(&mut sql, reader);
        sql.push(" ORDER BY c.created_at, c.id LIMIT ").bind(MAX_REPLIES);
        let rows = sql.all(db.readers()).await?;
        rows.iter().map(Self::from_row).collect()
    }

    /// Comments across videos, newest first, without deleted ones.
    pub async fn list(
        db: &Db,
        filter: &CommentFilter,
        reader: Reader,
        page: Page,
    ) -> Result<List<Self>, Error> {
        let conditions = |sql: &mut Sql| {
            sql.push(" WHERE c.deleted_at IS NULL");
            readable(sql, reader);
            filter.conditions(sql);
        };
        let mut sql = Sql::new(select!(""));
        conditions(&mut sql);
        sql.push(" ORDER BY c.created_at DESC, c.id DESC LIMIT ")
            .bind(page.count)
            .push(" OFFSET ")
            .bind(page.start);
        let rows = sql.all(db.readers()).await?;
        let total = if page.skip_total {
            0
        } else {
            let mut sql = Sql::new(concat!("SELECT COUNT(*)", joins!()));
            conditions(&mut sql);
            sql.count(db.readers()).await?
        };
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }
}

impl CommentFilter {
    fn conditions(&self, sql: &mut Sql) {
        if let Some(id) = self.video_id {
            sql.push(" AND c.video_id = ").bind(id);
        }
        if let Some(id) = self.owner_id {
            sql.push(" AND vc.account_id = ").bind(id);
        }
        if let Some(id) = self.channel_id {
            sql.push(" AND v.channel_id = ").bind(id);
        }
        if let Some(held) = self.held {
            sql.push(" AND c.held = ").bind(i64::from(held));
        }
        match self.is_local {
            Some(true) => _ = sql.push(" AND c.url IS NULL"),
            Some(false) => _ = sql.push(" AND c.url IS NOT NULL"),
            None => {}
        }
        if self.public {
            sql.push(" AND v.listed = 1");
        }
        if let Some(search) = &self.search {
            sql.push(" AND lower(c.text) LIKE ")
                .bind(contains(search))
                .push(" ESCAPE '\\'");
        }
    }
}

/// What waits for approval is there for its author and who approves; what blocked people say is not there for those who blocked
/// them: this instance, the owner of the video, the reader.
fn readable(sql: &mut Sql, reader: Reader) {
    // No account has this number.
    let me = reader.account_id.unwrap_or(0);
    if !reader.manages {
        sql.push(" AND (c.held = 0 OR c.account_id = ").bind(me).push(")");
    }
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM blocked_accounts b WHERE b.target_id = c.account_id
            AND (b.account_id IS NULL OR b.account_id = vc.account_id OR b.account_id = ",
    );
    sql.bind(me).push(
        ")) AND NOT EXISTS (SELECT 1 FROM blocked_instances b WHERE b.host = i.host
            AND (b.account_id IS NULL OR b.account_id = vc.account_id OR b.account_id = ",
    );
    sql.bind(me).push("))");
}
