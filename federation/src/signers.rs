//! The keys of actors here that sign, ready for use. Reading one from its file takes longer than signing with it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use db::{Actor, Db};

use crate::client::Signer;
use crate::key::{Keys, PrivateKey};
use crate::{Error, Site};

/// Actors that sign within minutes of each other: those on air, and the server itself. Beyond that all are forgotten, and read
/// again.
const MAX_SIGNERS: usize = 256;

/// An actor here and its key.
#[derive(Debug)]
pub struct LocalSigner {
    /// The address of the actor.
    pub url: String,
    pub key: PrivateKey,
}

impl LocalSigner {
    pub fn signer(&self) -> Signer<'_> {
        Signer {
            key_id: &self.url,
            key: &self.key,
        }
    }
}

#[derive(Default)]
pub(crate) struct Signers {
    known: Mutex<HashMap<i64, Arc<LocalSigner>>>,
    instance: tokio::sync::OnceCell<i64>,
}

impl fmt::Debug for Signers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signers").finish_non_exhaustive()
    }
}

impl Signers {
    pub(crate) async fn of(
        &self,
        db: &Db,
        keys: &Keys,
        site: &Site,
        actor_id: i64,
    ) -> Result<Arc<LocalSigner>, Error> {
        if let Some(known) = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&actor_id)
        {
            return Ok(Arc::clone(known));
        }
        let actor = Actor::by_id(db, actor_id).await?;
        let actor = actor
            .filter(Actor::is_local)
            .ok_or_else(|| Error::Key("nobody here has this key".to_owned()))?;
        let signer = Arc::new(LocalSigner {
            url: site.actor(&actor),
            key: keys.private(db, actor_id).await?,
        });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_SIGNERS {
            known.clear();
        }
        known.insert(actor_id, Arc::clone(&signer));
        Ok(signer)
    }

    /// The server's own actor, which always stays the same one.
    pub(crate) async fn instance(&self, db: &Db) -> Result<i64, Error> {
        let find = || async { Ok::<_, Error>(Actor::instance(db).await?.id) };
        self.instance.get_or_try_init(find).await.copied()
    }
}
