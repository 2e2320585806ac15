//! The recording of a session under way.

use packager::Archive;
use packager::archive::{Place, State, Summary};
use packager::live::Reader;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::storage::{Access, Storage};

/// Runs beside the live and never delays it.
#[derive(Debug)]
pub(super) struct Recording {
    task: JoinHandle<State>,
    state: watch::Receiver<State>,
    failure_told: bool,
}

impl Recording {
    /// Records into the folder of the replay-to-be, or, when none is wanted, into a file without a name, so that viewers
    /// can rewind and nothing stays.
    ///
    /// Until it is published a recording is nobody's to read, whatever the privacy of the live and of its replay: the
    /// folder lies among the private ones, and publishing moves it.
    pub(super) fn start(storage: &Storage, session: &db::LiveSession, reader: Reader) -> Self {
        let place = match session.replay_uuid {
            Some(uuid) => Place::Kept {
                directory: storage.video(uuid, Access::Private),
                uuid: uuid.to_string(),
            },
            None => Place::Scratch {
                directory: storage.scratch(),
            },
        };
        let (archive, state) = Archive::new(reader, place);
        Self {
            task: tokio::spawn(archive.run()),
            state,
            failure_told: false,
        }
    }

    /// Waits until there is something new to know of the recording: a segment stored, or its end.
    pub(super) async fn progress(&mut self) {
        // An error means that the recorder is gone, and that its writer knows.
        let _ = self.state.changed().await;
    }

    /// Why the recording stopped, told once.
    pub(super) fn new_failure(&mut self) -> Option<String> {
        if self.failure_told {
            return None;
        }
        let State::Stopped(why, _) = &*self.state.borrow() else {
            return None;
        };
        self.failure_told = true;
        Some(why.to_string())
    }

    /// Waits until everything is on disk; the live must have ended.
    pub(super) async fn finish(self) -> Summary {
        match self.task.await {
            Ok(State::Finished(summary) | State::Recording(summary) | State::Stopped(_, summary)) => summary,
            Ok(State::Waiting) => Summary::default(),
            Err(error) => {
                tracing::error!(%error, "the recorder died; the next start repairs what it left");
                Summary::default()
            }
        }
    }
}
