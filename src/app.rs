//! The handles every request and job may hold. Cloning is one reference count.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::live::Registry;
use crate::pictures::Pictures;
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
    pub lives: Registry,
    pub storage: Storage,
    pub pictures: Pictures,
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
}

impl Deref for App {
    type Target = Handles;

    fn deref(&self) -> &Handles {
        &self.0
    }
}
