//! Playlists of people, as they are listed and read.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::list::contains;
use crate::row::{get, one_of, time};
use crate::sql::Sql;
use crate::{Db, Error, List, Page, Privacy, VideoPlaylist, VideoRef};

/// A playlist, and what lists tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPlaylist {
    pub playlist: VideoPlaylist,
    pub privacy: Privacy,
    /// PeerTube's number: 1 regular, 2 "watch later".
    pub kind: i64,
    pub videos: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A place in a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistItem {
    pub id: i64,
    /// `None` once the video is gone.
    pub video_id: Option<i64>,
    pub position: i64,
    pub start_s: Option<i64>,
    pub stop_s: Option<i64>,
}

/// Whose playlists are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaylistOf {
    Everyone,
    Account(i64),
    Channel(i64),
}

macro_rules! select {
    ($condition:expr) => {
        concat!(
            "SELECT p.*, (SELECT COUNT(*) FROM playlist_elements e WHERE e.playlist_id = p.id) AS videos FROM playlists p ",
            $condition
        )
    };
}

impl ListedPlaylist {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            playlist: VideoPlaylist::from_row(row)?,
            privacy: one_of(row, "privacy")?,
            kind: get(row, "kind")?,
            videos: get(row, "videos")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    }

    pub async fn by_ref(db: &Db, reference: VideoRef) -> Result<Option<Self>, Error> {
        let query = match reference {
            VideoRef::Id(id) => sqlx::query(select!("WHERE p.id = $1")).bind(id),
            VideoRef::Uuid(uuid) => sqlx::query(select!("WHERE p.uuid = $1")).bind(uuid.to_string()),
        };
        let row = query.fetch_optional(db.readers()).await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// Public ones, newest changes first or last.
    pub async fn list(
        db: &Db,
        of: PlaylistOf,
        search: Option<&str>,
        newest_first: bool,
        page: Page,
    ) -> Result<List<Self>, Error> {
        let filtered = |start| {
            let mut sql = Sql::new(start);
            match of {
                PlaylistOf::Everyone => {}
                PlaylistOf::Account(id) => {
                    sql.push(" AND p.account_id = ").bind(id);
                }
                PlaylistOf::Channel(id) => {
                    sql.push(" AND p.channel_id = ").bind(id);
                }
            }
            if let Some(search) = search {
                sql.push(" AND lower(p.name) LIKE ")
                    .bind(contains(search))
                    .push(" ESCAPE '\\'");
            }
            sql
        };
        let mut sql = filtered(select!("WHERE p.privacy = 1"));
        sql.push(if newest_first {
            " ORDER BY p.updated_at DESC, p.id DESC LIMIT "
        } else {
            " ORDER BY p.updated_at, p.id LIMIT "
        });
        sql.bind(page.count).push(" OFFSET ").bind(page.start);
        let rows = sql.all(db.readers()).await?;
        let total = if page.skip_total {
            0
        } else {
            filtered("SELECT COUNT(*) FROM playlists p WHERE p.privacy = 1")
                .count(db.readers())
                .await?
        };
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }

    /// What is in the playlist, in its order.
    pub async fn items(&self, db: &Db, page: Page) -> Result<List<PlaylistItem>, Error> {
        let rows = sqlx::query(
            "SELECT id, video_id, position, start_s, stop_s FROM playlist_elements WHERE playlist_id = $1
             ORDER BY position, id LIMIT $2 OFFSET $3",
        )
        .bind(self.playlist.id)
        .bind(page.count)
        .bind(page.start)
        .fetch_all(db.readers())
        .await?;
        let item = |row: &AnyRow| {
            Ok(PlaylistItem {
                id: get(row, "id")?,
                video_id: get(row, "video_id")?,
                position: get(row, "position")?,
                start_s: get(row, "start_s")?,
                stop_s: get(row, "stop_s")?,
            })
        };
        Ok(List {
            total: self.videos,
            data: rows.iter().map(item).collect::<Result<_, Error>>()?,
        })
    }
}
