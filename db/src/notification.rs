//! Notifications: what happened that concerns a user, with PeerTube's numbers.
//!
//! Each is written in the transaction of what happened. Nobody is told of what they did themselves, nor of those they blocked.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::row::{flag, get, numbered, one_of, time};
use crate::sql::Sql;
use crate::{Db, Error, List, Page, Tx};

/// Older ones of a user make room.
const MAX_KEPT: i64 = 1_000;

numbered! {
    NotificationKind {
        NewVideo = 1,
        CommentOnMyVideo = 2,
        NewAbuse = 3,
        NewFollow = 10,
        /// An answer to a comment; PeerTube's answers mention whom they answer.
        Reply = 11,
        NewLive = 21,
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub id: i64,
    pub kind: NotificationKind,
    pub read: bool,
    pub video_id: Option<i64>,
    pub comment_id: Option<i64>,
    pub abuse_id: Option<i64>,
    pub follow_id: Option<i64>,
    pub created_at: Timestamp,
}

/// The users who got one.
pub type Notified = Vec<i64>;

impl Notification {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: get(row, "id")?,
            kind: one_of(row, "kind")?,
            read: flag(row, "read")?,
            video_id: get(row, "video_id")?,
            comment_id: get(row, "comment_id")?,
            abuse_id: get(row, "abuse_id")?,
            follow_id: get(row, "follow_id")?,
            created_at: time(row, "created_at")?,
        })
    }

    /// Somebody commented: the owner of the video is told, and who is answered.
    pub async fn of_comment(tx: &mut Tx, comment_id: i64, now: Timestamp) -> Result<Notified, Error> {
        let mut sql = Sql::new(
            "INSERT INTO notifications (user_id, kind, video_id, comment_id, created_at)
             SELECT told.user_id, told.kind, told.video_id, told.comment_id, CAST(",
        );
        sql.bind(now.as_millisecond()).push(
            " AS BIGINT) FROM (
                SELECT owner.user_id, owner.id AS account_id, 2 AS kind, c.video_id, c.id AS comment_id,
                    c.account_id AS author_id
                FROM comments c JOIN videos v ON v.id = c.video_id JOIN channels ch ON ch.id = v.channel_id
                JOIN accounts owner ON owner.id = ch.account_id
                WHERE owner.user_id IS NOT NULL
                UNION ALL
                SELECT answered.user_id, answered.id, 11, c.video_id, c.id, c.account_id
                FROM comments c JOIN comments p ON p.id = c.in_reply_to_id
                JOIN accounts answered ON answered.id = p.account_id
                JOIN videos v ON v.id = c.video_id JOIN channels ch ON ch.id = v.channel_id
                WHERE answered.user_id IS NOT NULL AND c.held = 0 AND ch.account_id <> answered.id
             ) told JOIN accounts author ON author.id = told.author_id
             JOIN actors a ON a.id = author.actor_id LEFT JOIN instances i ON i.id = a.instance_id
             WHERE told.account_id <> told.author_id
             AND NOT EXISTS (SELECT 1 FROM blocked_accounts b WHERE b.target_id = told.author_id
                AND (b.account_id IS NULL OR b.account_id = told.account_id))
             AND NOT EXISTS (SELECT 1 FROM blocked_instances b WHERE b.host = i.host
                AND (b.account_id IS NULL OR b.account_id = told.account_id))
             AND NOT EXISTS (SELECT 1 FROM notifications n
                WHERE n.comment_id = told.comment_id AND n.user_id = told.user_id)
             AND told.comment_id = ",
        );
        sql.bind(comment_id).push(" RETURNING user_id");
        written(tx, sql).await
    }

    /// Somebody follows a user here, or a channel of theirs.
    pub async fn of_follow(tx: &mut Tx, follow_id: i64, now: Timestamp) -> Result<Notified, Error> {
        let mut sql = Sql::new(
            "INSERT INTO notifications (user_id, kind, follow_id, created_at)
             SELECT account.user_id, 10, f.id, CAST(",
        );
        sql.bind(now.as_millisecond()).push(
            " AS BIGINT) FROM follows f LEFT JOIN channels ch ON ch.actor_id = f.target_id
             JOIN accounts account ON account.actor_id = f.target_id OR account.id = ch.account_id
             WHERE account.user_id IS NOT NULL AND f.state = 2 AND f.follower_id <> account.actor_id
             AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.follow_id = f.id AND n.user_id = account.user_id)
             AND f.id = ",
        );
        sql.bind(follow_id).push(" RETURNING user_id");
        written(tx, sql).await
    }

    /// Somebody reported something: those who look after the instance are told.
    pub async fn of_abuse(tx: &mut Tx, abuse_id: i64, now: Timestamp) -> Result<Notified, Error> {
        let mut sql =
            Sql::new("INSERT INTO notifications (user_id, kind, abuse_id, created_at) SELECT u.id, 3, CAST(");
        sql.bind(abuse_id).push(" AS BIGINT), CAST(");
        sql.bind(now.as_millisecond())
            .push(" AS BIGINT) FROM users u WHERE u.role IN (0, 1) AND u.blocked = 0 RETURNING user_id");
        written(tx, sql).await
    }

    /// A video is there, or a live is on air: those who follow its channel or its account are told.
    pub async fn of_video(
        tx: &mut Tx,
        video_id: i64,
        kind: NotificationKind,
        now: Timestamp,
    ) -> Result<Notified, Error> {
        let mut sql = Sql::new(
            "INSERT INTO notifications (user_id, kind, video_id, created_at)
             SELECT DISTINCT account.user_id, CAST(",
        );
        sql.bind(kind.id()).push(" AS BIGINT), v.id, CAST(");
        sql.bind(now.as_millisecond()).push(
            " AS BIGINT) FROM videos v JOIN channels ch ON ch.id = v.channel_id
             JOIN accounts own ON own.id = ch.account_id
             JOIN follows f ON f.target_id = ch.actor_id OR f.target_id = own.actor_id
             JOIN accounts account ON account.actor_id = f.follower_id
             WHERE account.user_id IS NOT NULL AND f.state = 2 AND v.listed = 1 AND account.id <> own.id
             AND v.id = ",
        );
        sql.bind(video_id).push(" RETURNING user_id");
        written(tx, sql).await
    }

    /// Newest first.
    pub async fn list(db: &Db, user_id: i64, unread_only: bool, page: Page) -> Result<List<Self>, Error> {
        let conditions = |sql: &mut Sql| {
            sql.push(" WHERE user_id = ").bind(user_id);
            if unread_only {
                sql.push(" AND read = 0");
            }
        };
        let mut sql = Sql::new("SELECT * FROM notifications");
        conditions(&mut sql);
        sql.push(" ORDER BY created_at DESC, id DESC LIMIT ")
            .bind(page.count)
            .push(" OFFSET ")
            .bind(page.start);
        let rows = sql.all(db.readers()).await?;
        let total = if page.skip_total {
            0
        } else {
            let mut sql = Sql::new("SELECT COUNT(*) FROM notifications");
            conditions(&mut sql);
            sql.count(db.readers()).await?
        };
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }

    pub async fn unread(db: &Db, user_id: i64) -> Result<i64, Error> {
        let row = sqlx::query("SELECT COUNT(*) FROM notifications WHERE user_id = $1 AND read = 0")
            .bind(user_id)
            .fetch_one(db.readers())
            .await?;
        Ok(row.try_get(0)?)
    }

    /// Marks these as read, or all of the user's with `None`.
    pub async fn mark_read(tx: &mut Tx, user_id: i64, ids: Option<&[i64]>) -> Result<(), Error> {
        let mut sql = Sql::new("UPDATE notifications SET read = 1 WHERE read = 0 AND user_id = ");
        sql.bind(user_id);
        match ids {
            Some([]) => return Ok(()),
            Some(ids) => _ = sql.push(" AND id IN ").bind_list(ids.to_vec()),
            None => {}
        }
        sql.execute(tx.connection()).await?;
        Ok(())
    }
}

/// Writes them, and forgets the oldest of each user who has too many.
async fn written(tx: &mut Tx, sql: Sql) -> Result<Notified, Error> {
    let rows = sql.all_in(tx.connection()).await?;
    let users: Notified = rows
        .iter()
        .map(|row| get(row, "user_id"))
        .collect::<Result<_, _>>()?;
    for user in &users {
        sqlx::query(
            "DELETE FROM notifications WHERE user_id = $1 AND id <= coalesce((SELECT id FROM notifications
             WHERE user_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2), 0)",
        )
        .bind(user)
        .bind(MAX_KEPT)
        .execute(tx.connection())
        .await?;
    }
    Ok(users)
}
