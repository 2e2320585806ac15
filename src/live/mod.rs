//! Lives: who is on air, where viewers find them, and who may publish.
//!
//! Every live has one [`Address`] while anyone publishes to it or waits for it. A live that is on air has one task
//! ([`broadcast`]) that owns its publisher, its segmenter and its archive; everyone else reads.

mod broadcast;
mod health;
mod recording;
mod recovery;
mod replay;
mod session;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use db::Uuid;
use jiff::Timestamp;
use packager::live::Reader;
use tokio::sync::{mpsc, watch};

use crate::storage::Access;

pub(crate) use broadcast::serve;
pub(crate) use health::{Advice, Health, Level, Point};
pub(crate) use recovery::recover;
pub(crate) use session::State;

/// Publishers that may queue up at one live's task: more than one is an encoder reconnecting in a hurry.
const COMMANDS: usize = 4;

/// What everyone may know of a live at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub state: State,
    pub since: Timestamp,
    /// The session on air, or the one that has just ended, for players still reading it.
    pub session: Option<Arc<Session>>,
    /// The video the last session left.
    pub replay: Option<Uuid>,
}

/// One time on air, as readers see it.
#[derive(Debug)]
pub(crate) struct Session {
    /// Number of the session's row, and the prefix of its media names.
    pub number: i64,
    pub reader: Reader,
    pub started_at: Timestamp,
    /// The account it belongs to.
    pub account_id: i64,
    pub access: Access,
    pub protocol: String,
    pub encoder: Option<String>,
}

/// What the live's task is asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    Publish(Box<ingest::rtmp::Publisher>),
    End,
}

/// The permanent address of a live, while somebody is there.
#[derive(Debug)]
pub(crate) struct Address {
    pub uuid: Uuid,
    status: watch::Sender<Status>,
    pub health: Mutex<Health>,
    /// Why the last publisher was refused or left, for the streamer's dashboard.
    last_error: Mutex<Option<String>>,
    recording_failure: Mutex<Option<String>>,
    /// The task of a live on air.
    task: Mutex<Option<mpsc::Sender<Command>>>,
}

impl Address {
    fn new(uuid: Uuid, state: State) -> Self {
        let status = Status {
            state,
            since: Timestamp::now(),
            session: None,
            replay: None,
        };
        Self {
            uuid,
            status: watch::Sender::new(status),
            health: Mutex::default(),
            last_error: Mutex::default(),
            recording_failure: Mutex::default(),
            task: Mutex::default(),
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    pub(crate) fn session(&self) -> Option<Arc<Session>> {
        self.status.borrow().session.clone()
    }

    pub(crate) fn last_error(&self) -> Option<String> {
        lock(&self.last_error).clone()
    }

    fn set_error(&self, text: Option<String>) {
        *lock(&self.last_error) = text;
    }

    /// What the streamer is told about the recording when it stopped.
    pub(crate) fn recording_failure(&self) -> Option<String> {
        lock(&self.recording_failure).clone()
    }

    fn set_recording_failure(&self, failure: Option<String>) {
        *lock(&self.recording_failure) = failure;
    }

    /// A session has a reader from now on. Viewers are told when there is something to play.
    fn begin(&self, session: Arc<Session>) {
        *lock(&self.health) = Health::default();
        self.set_recording_failure(None);
        self.status.send_modify(|status| status.session = Some(session));
    }

    fn show(&self, state: State, since: Timestamp, session: Option<Arc<Session>>, replay: Option<Uuid>) {
        self.status.send_replace(Status {
            state,
            since,
            session,
            replay,
        });
    }

    /// Lets go of a session that has ended, and of its last window, unless another one has begun.
    fn forget_session(&self, number: i64) {
        self.status.send_if_modified(|status| {
            if status
                .session
                .as_ref()
                .is_some_and(|session| session.number == number)
            {
                status.session = None;
            }
            // Nothing that anyone waits for has changed.
            false
        });
    }

    /// Nobody publishes, nobody waits, and no player can still be reading the last session.
    fn is_idle(&self) -> bool {
        self.status.receiver_count() == 0 && self.session().is_none() && lock(&self.task).is_none()
    }
}

/// All lives somebody publishes to or waits for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    addresses: Arc<Mutex<HashMap<Uuid, Arc<Address>>>>,
}

impl Registry {
    /// The live's address if anyone is there. Asking about what does not exist allocates nothing.
    pub(crate) fn get(&self, uuid: Uuid) -> Option<Arc<Address>> {
        lock(&self.addresses).get(&uuid).cloned()
    }

    /// Follows a live that exists in the database, on air or not; `off_air` is what it is when nobody publishes.
    pub(crate) fn follow(&self, uuid: Uuid, off_air: State) -> Follower {
        let mut addresses = lock(&self.addresses);
        let address = Arc::clone(
            addresses
                .entry(uuid)
                .or_insert_with(|| Arc::new(Address::new(uuid, off_air))),
        );
        // Subscribed under the lock, so that the address is not swept away in between.
        let status = address.status.subscribe();
        Follower {
            status,
            address: Some(address),
            registry: self.clone(),
        }
    }

    /// Every live on air or interrupted.
    pub(crate) fn on_air(&self) -> Vec<Arc<Address>> {
        let addresses = lock(&self.addresses);
        addresses
            .values()
            .filter(|a| matches!(a.status.borrow().state, State::OnAir | State::Interrupted { .. }))
            .cloned()
            .collect()
    }

    /// Ends a running session. False when there is none.
    pub(crate) async fn end(&self, uuid: Uuid) -> bool {
        let Some(task) = self.get(uuid).and_then(|a| lock(&a.task).clone()) else {
            return false;
        };
        task.send(Command::End).await.is_ok()
    }

    /// Ends every session and waits until their replays are published.
    pub(crate) async fn end_all(&self) {
        let addresses: Vec<_> = lock(&self.addresses).values().cloned().collect();
        for address in &addresses {
            let task = lock(&address.task).clone();
            if let Some(task) = task {
                // The task may have ended by itself.
                let _ = task.send(Command::End).await;
                task.closed().await;
            }
        }
    }

    /// The address of a live that is about to be published to.
    fn address(&self, uuid: Uuid) -> Arc<Address> {
        Arc::clone(
            lock(&self.addresses)
                .entry(uuid)
                .or_insert_with(|| Arc::new(Address::new(uuid, State::Waiting))),
        )
    }

    /// Forgets an address where nobody is left.
    fn sweep(&self, uuid: Uuid) {
        let mut addresses = lock(&self.addresses);
        if addresses.get(&uuid).is_some_and(|a| a.is_idle()) {
            addresses.remove(&uuid);
        }
    }
}

/// Somebody who waits for what happens to a live.
#[derive(Debug)]
pub(crate) struct Follower {
    status: watch::Receiver<Status>,
    address: Option<Arc<Address>>,
    registry: Registry,
}

impl Follower {
    pub(crate) fn status(&mut self) -> Status {
        self.status.borrow_and_update().clone()
    }

    /// Waits for the next change; false when there will be none.
    pub(crate) async fn changed(&mut self) -> bool {
        self.status.changed().await.is_ok()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let Some(address) = self.address.take() else {
            return;
        };
        let uuid = address.uuid;
        // The receiver counts until it is gone, so it goes first.
        let (_, unsubscribed) = watch::channel(address.status());
        drop(std::mem::replace(&mut self.status, unsubscribed));
        drop(address);
        self.registry.sweep(uuid);
    }
}

/// A poisoned lock only means that some other task panicked between two assignments of plain values.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_live_as_long_as_somebody_is_there() {
        let registry = Registry::default();
        let uuid = Uuid::random();
        assert!(registry.get(uuid).is_none());
        let first = registry.follow(uuid, State::Waiting);
        let second = registry.follow(uuid, State::Waiting);
        drop(first);
        assert!(registry.get(uuid).is_some());
        drop(second);
        assert!(registry.get(uuid).is_none());
    }
}
