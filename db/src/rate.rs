//! Likes and dislikes: one of them per account and video. How many there are the database counts by itself (triggers in the
//! migrations).

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::actor::{actor_columns, actor_from_row};
use crate::row::{get, numbered, one_of};
use crate::sql::Sql;
use crate::{Actor, Db, Error, List, Page, Tx, Video};

numbered! {
    Rating { Like = 1, Dislike = -1 }
}

/// What one account thinks of a video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    pub actor: Actor,
    pub rating: Rating,
    /// The id of the Like of a remote account; that of a local one follows from the account and the video.
    pub url: Option<String>,
}

impl Rate {
    pub async fn of(db: &Db, account_id: i64, video_id: i64) -> Result<Option<Rating>, Error> {
        let row = sqlx::query("SELECT value FROM rates WHERE account_id = $1 AND video_id = $2")
            .bind(account_id)
            .bind(video_id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(|row| one_of(row, "value")).transpose()
    }

    /// What the account thinks from now on (`None`: nothing), and what it thought before.
    pub async fn set(
        tx: &mut Tx,
        (account_id, video_id): (i64, i64),
        rating: Option<Rating>,
        url: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Rating>, Error> {
        let row = sqlx::query("SELECT value FROM rates WHERE account_id = $1 AND video_id = $2")
            .bind(account_id)
            .bind(video_id)
            .fetch_optional(tx.connection())
            .await?;
        let before = row.as_ref().map(|row| one_of(row, "value")).transpose()?;
        match rating {
            Some(rating) => {
                sqlx::query(
                    "INSERT INTO rates (account_id, video_id, value, url, created_at) VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (account_id, video_id) DO UPDATE SET value = $3, url = $4",
                )
                .bind(account_id)
                .bind(video_id)
                .bind(rating.id())
                .bind(url)
                .bind(now.as_millisecond())
                .execute(tx.connection())
                .await?;
            }
            None => {
                sqlx::query("DELETE FROM rates WHERE account_id = $1 AND video_id = $2")
                    .bind(account_id)
                    .bind(video_id)
                    .execute(tx.connection())
                    .await?;
            }
        }
        Ok(before)
    }

    /// Who likes, or dislikes, a video; oldest first.
    pub async fn of_video(db: &Db, video_id: i64, rating: Rating, page: Page) -> Result<List<Self>, Error> {
        let rows = sqlx::query(concat!(
            "SELECT r.value, r.url AS rate_url, ",
            actor_columns!("a", "i", "rater_"),
            " FROM rates r JOIN accounts account ON account.id = r.account_id
             JOIN actors a ON a.id = account.actor_id LEFT JOIN instances i ON i.id = a.instance_id
             WHERE r.video_id = $1 AND r.value = $2 ORDER BY r.id LIMIT $3 OFFSET $4"
        ))
        .bind(video_id)
        .bind(rating.id())
        .bind(page.count)
        .bind(page.start)
        .fetch_all(db.readers())
        .await?;
        let rate = |row: &AnyRow| {
            Ok(Self {
                rating: one_of(row, "value")?,
                url: get(row, "rate_url")?,
                actor: actor_from_row!(row, "rater_"),
            })
        };
        let total = if page.skip_total {
            0
        } else {
            sqlx::query("SELECT COUNT(*) FROM rates WHERE video_id = $1 AND value = $2")
                .bind(video_id)
                .bind(rating.id())
                .fetch_one(db.readers())
                .await?
                .try_get(0)?
        };
        Ok(List {
            total,
            data: rows.iter().map(rate).collect::<Result<_, Error>>()?,
        })
    }

    /// What an account likes or dislikes, latest first.
    pub async fn of_account(
        db: &Db,
        account_id: i64,
        rating: Option<Rating>,
        page: Page,
    ) -> Result<List<(Rating, Video)>, Error> {
        let conditions = |sql: &mut Sql| {
            sql.push(" JOIN rates r ON r.video_id = v.id WHERE r.account_id = ")
                .bind(account_id);
            if let Some(rating) = rating {
                sql.push(" AND r.value = ").bind(rating.id());
            }
        };
        let mut sql = Sql::new(concat!(
            "SELECT r.value AS rating, ",
            crate::video::columns!(),
            " FROM videos v ",
            crate::video::joins!()
        ));
        conditions(&mut sql);
        sql.push(" ORDER BY r.id DESC LIMIT ")
            .bind(page.count)
            .push(" OFFSET ")
            .bind(page.start);
        let rows = sql.all(db.readers()).await?;
        let total = if page.skip_total {
            0
        } else {
            let mut sql = Sql::new("SELECT COUNT(*) FROM videos v");
            conditions(&mut sql);
            sql.count(db.readers()).await?
        };
        let rated = |row: &AnyRow| Ok((one_of(row, "rating")?, Video::from_row(row)?));
        Ok(List {
            total,
            data: rows.iter().map(rated).collect::<Result<_, Error>>()?,
        })
    }
}
