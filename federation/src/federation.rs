//! The handle that everything between this server and others is done with.

use std::ops::Deref;
use std::sync::Arc;

use db::Db;
use tokio::sync::{Notify, broadcast};

use crate::client::Client;
use crate::key::Keys;
use crate::{Settings, Site};

/// News that nobody took are dropped, oldest first: pages reload, rows stay.
const MAX_PENDING_NEWS: usize = 256;

/// What the program wants to hear of at once; all of it is in the database already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A remote video changed: its live started or ended.
    Video { id: i64 },
    /// Somebody somewhere watches a video of ours; `until` in milliseconds since 1970.
    Viewer {
        video_id: i64,
        viewer: String,
        until: i64,
    },
    /// How many watch a remote video, says its server.
    Viewers { video_id: i64, total: i64 },
    /// There is a notification for this user.
    Notification { user_id: i64 },
}

/// Clones share everything.
#[derive(Debug, Clone)]
pub struct Federation(Arc<Parts>);

#[derive(Debug)]
pub struct Parts {
    pub db: Db,
    pub site: Site,
    pub settings: Settings,
    /// What those who live here sign with.
    pub keys: Keys,
    pub client: Client,
    /// Rung when there are deliveries.
    pub deliveries: Notify,
    /// Rung when there are activities to work off.
    pub arrivals: Notify,
    news: broadcast::Sender<News>,
}

impl Federation {
    pub fn new(db: Db, site: Site, settings: Settings) -> Self {
        let client = Client::new(&site, &settings);
        Self(Arc::new(Parts {
            db,
            site,
            settings,
            keys: Keys::default(),
            client,
            deliveries: Notify::new(),
            arrivals: Notify::new(),
            news: broadcast::channel(MAX_PENDING_NEWS).0,
        }))
    }

    pub fn news(&self) -> broadcast::Receiver<News> {
        self.0.news.subscribe()
    }

    pub(crate) fn tell(&self, news: News) {
        // Nobody listening is fine: what is told is in the database.
        drop(self.0.news.send(news));
    }
}

impl Deref for Federation {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
