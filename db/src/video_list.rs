//! Lists of videos: filters, orders, pages. Built to stay quick at 100,000 videos: the page is chosen by ids alone, along an
//! index that holds nothing but listed videos, and only its rows are joined with their channels. How many there are in all is
//! dearer than the page, and remembered for long lists (`total`).

use jiff::Timestamp;

use crate::list::contains;
use crate::sql::Sql;
use crate::video::{columns, joins};
use crate::{Db, Error, List, Page, Privacy, Video};

/// Who is looking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Everyone: public videos that are ready.
    #[default]
    Public,
    /// Somebody signed in: internal ones as well.
    Members,
    /// The owner or a moderator: whatever its privacy, if it is ready.
    Ready,
    /// The owner or a moderator: everything.
    All,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct VideoFilter {
    pub audience: Audience,
    pub account_id: Option<i64>,
    pub channel_id: Option<i64>,
    pub is_live: Option<bool>,
    pub is_local: Option<bool>,
    pub nsfw: Option<bool>,
    /// Empty lists filter nothing.
    pub categories: Vec<i64>,
    pub licences: Vec<i64>,
    /// `None` among them: videos that name no language.
    pub languages: Vec<Option<String>>,
    pub privacies: Vec<Privacy>,
    pub tags_one_of: Vec<String>,
    pub tags_all_of: Vec<String>,
    /// Part of the name, or a whole tag.
    pub search: Option<String>,
    pub has_hls_files: Option<bool>,
    /// Plain files beside HLS.
    pub has_web_video_files: Option<bool>,
    /// Only of channels and accounts that this actor follows.
    pub followed_by: Option<i64>,
    /// The name of a server, without which videos of all are listed.
    pub host: Option<String>,
    /// Only videos published since then.
    pub published_since: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum VideoSort {
    #[default]
    PublishedAt,
    CreatedAt,
    OriginallyPublishedAt,
    Name,
    Duration,
    Views,
    Likes,
}

impl VideoSort {
    /// The video's id decides between equals, in the same direction, so that one index serves both directions.
    fn order_by(self, descending: bool) -> &'static str {
        match (self, descending) {
            (Self::PublishedAt, false) => " ORDER BY v.published_at, v.id",
            (Self::PublishedAt, true) => " ORDER BY v.published_at DESC, v.id DESC",
            (Self::CreatedAt, false) => " ORDER BY v.created_at, v.id",
            (Self::CreatedAt, true) => " ORDER BY v.created_at DESC, v.id DESC",
            (Self::OriginallyPublishedAt, false) => " ORDER BY v.originally_published_at NULLS FIRST, v.id",
            (Self::OriginallyPublishedAt, true) => {
                " ORDER BY v.originally_published_at DESC NULLS LAST, v.id DESC"
            }
            (Self::Name, false) => " ORDER BY v.name, v.id",
            (Self::Name, true) => " ORDER BY v.name DESC, v.id DESC",
            (Self::Duration, false) => " ORDER BY v.duration_s, v.id",
            (Self::Duration, true) => " ORDER BY v.duration_s DESC, v.id DESC",
            (Self::Views, false) => " ORDER BY v.views, v.id",
            (Self::Views, true) => " ORDER BY v.views DESC, v.id DESC",
            (Self::Likes, false) => " ORDER BY v.likes, v.id",
            (Self::Likes, true) => " ORDER BY v.likes DESC, v.id DESC",
        }
    }
}

impl Video {
    pub async fn list(
        db: &Db,
        filter: &VideoFilter,
        (sort, descending): (VideoSort, bool),
        page: Page,
    ) -> Result<List<Self>, Error> {
        let order = sort.order_by(descending);
        let mut query = Sql::new(concat!("SELECT ", columns!(), " FROM (SELECT v.id FROM videos v"));
        filter.conditions(&mut query);
        query
            .push(order)
            .push(" LIMIT ")
            .bind(page.count)
            .push(" OFFSET ")
            .bind(page.start);
        query
            .push(concat!(") page JOIN videos v ON v.id = page.id ", joins!()))
            .push(order);
        let rows = query.all(db.readers()).await?;

        let found = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let total = if page.skip_total {
            0
        } else if found < page.count && (found > 0 || page.start == 0) {
            // The end of the list: nothing is left to count.
            page.start + found
        } else {
            filter.total(db).await?
        };
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }
}

/// Whom this server itself follows.
macro_rules! followed {
    () => {
        "(SELECT f.target_id FROM follows f JOIN actors me ON me.id = f.follower_id
          WHERE f.state = 2 AND me.kind = 3 AND me.instance_id IS NULL)"
    };
}

impl VideoFilter {
    pub(crate) async fn count(&self, db: &Db) -> Result<i64, Error> {
        let mut query = Sql::new("SELECT COUNT(*) FROM videos v");
        self.conditions(&mut query);
        query.count(db.readers()).await
    }

    /// Stops counting at `most`.
    pub(crate) async fn count_up_to(&self, db: &Db, most: i64) -> Result<i64, Error> {
        let mut query = Sql::new("SELECT COUNT(*) FROM (SELECT 1 FROM videos v");
        self.conditions(&mut query);
        query.push(" LIMIT ").bind(most).push(") counted");
        query.count(db.readers()).await
    }

    fn conditions(&self, sql: &mut Sql) {
        // Spelled like the conditions of the partial indexes.
        sql.push(match self.audience {
            Audience::Public => " WHERE v.listed = 1",
            Audience::Members => " WHERE v.listed IN (1, 4)",
            Audience::Ready => " WHERE v.listed <> 0",
            Audience::All => " WHERE 1 = 1",
        });
        // Videos of other servers are in everyone's lists if this server follows who made or shared them; those that somebody
        // looked up are not. Whoever asks for a channel, an account or what somebody follows gets all that is known of it.
        let of_everyone = matches!(self.audience, Audience::Public | Audience::Members);
        let of_some = self.account_id.is_some() || self.channel_id.is_some() || self.followed_by.is_some();
        if of_everyone && !of_some && self.is_local != Some(true) {
            // Those followed are few: their set is made once. Each video asks its own few shares, spelled so that PostgreSQL
            // does not read all shares of all videos instead (`SELECT EXISTS`), nor the set again for each (`IS TRUE`).
            sql.push(concat!(
                " AND (v.url IS NULL OR v.channel_id IN (SELECT c.id FROM channels c JOIN accounts ca ON ca.id = c.account_id
                  WHERE c.actor_id IN ",
                followed!(),
                " OR ca.actor_id IN ",
                followed!(),
                ") OR (SELECT EXISTS (SELECT 1 FROM shares s WHERE s.video_id = v.id AND (s.actor_id IN ",
                followed!(),
                ") IS TRUE)))",
            ));
        }
        if let Some(id) = self.account_id {
            sql.push(" AND v.channel_id IN (SELECT id FROM channels WHERE account_id = ")
                .bind(id)
                .push(")");
        }
        if let Some(id) = self.channel_id {
            sql.push(" AND v.channel_id = ").bind(id);
        }
        match self.is_live {
            Some(true) => {
                sql.push(" AND v.is_live = 1");
            }
            Some(false) => {
                sql.push(" AND v.is_live = 0");
            }
            None => {}
        }
        match self.is_local {
            Some(true) => {
                // Spelled like the conditions of its indexes.
                sql.push(" AND coalesce(v.url, '') = ''");
            }
            Some(false) => {
                sql.push(" AND v.url IS NOT NULL");
            }
            None => {}
        }
        if let Some(nsfw) = self.nsfw {
            sql.push(" AND v.nsfw = ").bind(i64::from(nsfw));
        }
        if !self.categories.is_empty() {
            sql.push(" AND v.category IN ")
                .bind_list(self.categories.iter().copied());
        }
        if !self.licences.is_empty() {
            sql.push(" AND v.licence IN ")
                .bind_list(self.licences.iter().copied());
        }
        self.language_condition(sql);
        if !self.privacies.is_empty() {
            sql.push(" AND v.privacy IN ")
                .bind_list(self.privacies.iter().map(|privacy| privacy.id()));
        }
        if !self.tags_one_of.is_empty() {
            sql.push(" AND v.id IN (SELECT video_id FROM video_tags WHERE lower(tag) IN ");
            sql.bind_list(self.tags_one_of.iter().map(|tag| tag.to_lowercase()))
                .push(")");
        }
        for tag in &self.tags_all_of {
            sql.push(" AND v.id IN (SELECT video_id FROM video_tags WHERE lower(tag) = ");
            sql.bind(tag.to_lowercase()).push(")");
        }
        if let Some(search) = &self.search {
            sql.push(" AND (lower(v.name) LIKE ")
                .bind(contains(search))
                .push(" ESCAPE '\\'");
            sql.push(" OR v.id IN (SELECT video_id FROM video_tags WHERE lower(tag) = ");
            sql.bind(search.to_lowercase()).push("))");
        }
        if let Some(has) = self.has_hls_files {
            sql.push(if has { " AND EXISTS " } else { " AND NOT EXISTS " });
            sql.push("(SELECT 1 FROM streaming_playlists p WHERE p.video_id = v.id)");
        }
        if let Some(has) = self.has_web_video_files {
            sql.push(if has { " AND EXISTS " } else { " AND NOT EXISTS " });
            sql.push("(SELECT 1 FROM video_files f WHERE f.video_id = v.id AND f.playlist_id IS NULL)");
        }
        if let Some(follower) = self.followed_by {
            sql.push(
                " AND v.channel_id IN (SELECT c.id FROM channels c JOIN accounts o ON o.id = c.account_id
                  WHERE EXISTS (SELECT 1 FROM follows f WHERE f.state = 2 AND f.target_id IN (c.actor_id, o.actor_id)
                  AND f.follower_id = ",
            )
            .bind(follower)
            .push("))");
        }
        if let Some(host) = &self.host {
            sql.push(
                " AND v.channel_id IN (SELECT c.id FROM channels c JOIN actors ca ON ca.id = c.actor_id
                  JOIN instances ci ON ci.id = ca.instance_id WHERE ci.host = ",
            )
            .bind(host.to_lowercase())
            .push(")");
        }
        if let Some(since) = self.published_since {
            sql.push(" AND v.published_at >= ").bind(since.as_millisecond());
        }
    }

    fn language_condition(&self, sql: &mut Sql) {
        if self.languages.is_empty() {
            return;
        }
        let named: Vec<String> = self.languages.iter().flatten().cloned().collect();
        let unknown = named.len() < self.languages.len();
        sql.push(" AND (");
        if !named.is_empty() {
            sql.push("v.language IN ").bind_list(named.iter().cloned());
        }
        if unknown {
            sql.push(if named.is_empty() {
                "v.language IS NULL"
            } else {
                " OR v.language IS NULL"
            });
        }
        sql.push(")");
    }
}
