//! The handles every request and job may hold. Cloning is one reference count.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::live::Registry;
use crate::pictures::Pictures;
use crate::remote_files::RemoteFiles;
use crate::settings::{Chosen, Settings};
use crate::storage::Storage;
use crate::viewers::Viewers;

#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Handles>);

#[derive(Debug)]
pub(crate) struct Handles {
    pub config: Config,
    pub db: db::Db,
    /// Everything between this server and others.
    pub federation: federation::Federation,
    /// What an administrator sets while the server runs.
    pub settings: Settings,
    pub lives: Registry,
    pub storage: Storage,
    pub pictures: Pictures,
    /// Pictures and captions of videos of other servers.
    pub remote_files: RemoteFiles,
    /// Places of requests that wait for a live edge.
    pub waiting: Semaphore,
    /// Cancelled when answers that would go on for ever have to end.
    pub stopping: CancellationToken,
    /// How often one client may ask.
    pub limits: crate::http::Limits,
    /// Who is watching what, and views not yet written to the database.
    pub viewers: Viewers,
}

impl App {
    pub(crate) fn new(handles: Handles) -> Self {
        Self(Arc::new(handles))
    }

    /// Sets what an administrator chose, from now on.
    pub(crate) async fn choose(&self, chosen: &Chosen) -> Result<(), db::Error> {
        self.settings
            .choose(&self.db, &self.config, &self.federation, chosen)
            .await
    }

    /// Makes the configuration file count again.
    pub(crate) async fn forget_chosen(&self) -> Result<(), db::Error> {
        self.settings
            .forget(&self.db, &self.config, &self.federation)
            .await
    }
}

impl Deref for App {
    type Target = Handles;

    fn deref(&self) -> &Handles {
        &self.0
    }
}
