//! Names become addresses, and those that are not public are left out before anybody connects. What is connected to is what was
//! checked: a name that leads elsewhere a moment later (DNS rebinding) gains nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::guard::is_public;

/// Each look-up occupies a thread until the system's resolver gives up on it, which can take half a minute.
const MAX_LOOKUPS: usize = 64;

/// A name that leads nowhere one may go.
#[derive(Debug, thiserror::Error)]
#[error("no public address")]
pub(super) struct NotPublic;

/// Leaves out addresses that are not public, whoever found them.
pub(super) struct PublicOnly(pub(super) Arc<dyn Resolve>);

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.resolve(name);
        Box::pin(async move {
            let public: Vec<SocketAddr> = found.await?.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// Asks the system.
#[derive(Debug, Clone)]
pub(super) struct System {
    lookups: Arc<Semaphore>,
}

impl Default for System {
    fn default() -> Self {
        Self {
            lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)),
        }
    }
}

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        let lookups = Arc::clone(&self.lookups);
        Box::pin(async move {
            // Held until the thread is done, even if whoever asked has left.
            let lookup = tokio::spawn(async move {
                let _place = lookups.acquire_owned().await;
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                Ok::<_, std::io::Error>(found.collect::<Vec<SocketAddr>>())
            });
            let addresses: Addrs = Box::new(lookup.await??.into_iter());
            Ok(addresses)
        })
    }
}
