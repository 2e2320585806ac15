//! The handle that everything between this server and others is done with.

use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use db::Db;
use tokio::sync::{Notify, broadcast};

use crate::client::{Client, FetchError, Fetched};
use crate::inbox;
use crate::key::Keys;
use crate::protocol::Rules;
use crate::remote::Lookups;
use crate::signers::{LocalSigner, Signers};
use crate::{Error, FollowPolicy, Settings, Site};

/// News that nobody took are dropped, oldest first: pages reload, rows stay.
const MAX_PENDING_NEWS: usize = 256;

/// What the program wants to hear of at once; all of it is in the database already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A remote video changed: its live started or ended.
    Video { id: i64 },
    /// Somebody somewhere watched a video of ours.
    View { video_id: i64, viewer: String },
    /// Somebody somewhere watches a video; `until` in milliseconds since 1970.
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
    /// As the server was started; who may follow it is [`Federation::follow_policy`].
    pub settings: Settings,
    /// What those who live here sign with.
    pub keys: Keys,
    pub client: Client,
    /// Rung when there are deliveries.
    pub deliveries: Notify,
    /// Rung when there are activities to work off.
    pub arrivals: Notify,
    /// Rung when there are jobs that the program does.
    pub jobs: Notify,
    pub(crate) inbox: inbox::Store,
    pub(crate) lookups: Lookups,
    signers: Signers,
    policy: RwLock<FollowPolicy>,
    news: broadcast::Sender<News>,
}

impl Federation {
    pub fn new(db: Db, site: Site, settings: Settings) -> Result<Self, Error> {
        let client = Client::new(&site, &settings)?;
        Ok(Self::with_client(db, site, settings, client))
    }

    /// With a client of other limits.
    pub fn with_client(db: Db, site: Site, settings: Settings, client: Client) -> Self {
        Self(Arc::new(Parts {
            db,
            site,
            policy: RwLock::new(settings.follow_policy()),
            settings,
            keys: Keys::default(),
            client,
            deliveries: Notify::new(),
            arrivals: Notify::new(),
            jobs: Notify::new(),
            inbox: inbox::Store::default(),
            lookups: Lookups::default(),
            signers: Signers::default(),
            news: broadcast::channel(MAX_PENDING_NEWS).0,
        }))
    }

    /// What an actor here signs with.
    pub async fn signer(&self, actor_id: i64) -> Result<Arc<LocalSigner>, Error> {
        self.signers.of(&self.db, &self.keys, &self.site, actor_id).await
    }

    /// The row of the actor that stands for this server.
    pub async fn instance_actor(&self) -> Result<i64, Error> {
        self.signers.instance(&self.db).await
    }

    /// An object of another server, asked for in the name of this one: some answer only those who sign.
    pub async fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        let unsigned = |error: Error| FetchError::Sign(error.to_string());
        let instance = self.instance_actor().await.map_err(unsigned)?;
        let signer = self.signer(instance).await.map_err(unsigned)?;
        self.client.get_object(url, Some(signer.signer())).await
    }

    /// Who may follow this server, as it is set now.
    pub fn follow_policy(&self) -> FollowPolicy {
        *self.policy.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts for follows that come in from now on.
    pub fn set_follow_policy(&self, policy: FollowPolicy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = policy;
    }

    /// What may be said to this server.
    pub fn rules(&self) -> Rules {
        Rules {
            allow_http: self.settings.allow_private_addresses,
        }
    }

    pub fn news(&self) -> broadcast::Receiver<News> {
        self.0.news.subscribe()
    }

    /// There is a notification for each of these users.
    pub fn tell_users(&self, users: impl IntoIterator<Item = i64>) {
        for user_id in users {
            self.tell(News::Notification { user_id });
        }
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
