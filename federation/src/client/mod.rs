//! What this server asks of others.

use crate::{Settings, Site};

/// Clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {}

impl Client {
    pub fn new(_site: &Site, _settings: &Settings) -> Self {
        Self {}
    }
}
