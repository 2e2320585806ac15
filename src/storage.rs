//! Where the files of videos lie. The folder is the access right: what is below `private/` needs a permission, what is
//! beside it is for everyone, so that serving a public segment asks no database.

use std::io;
use std::path::{Path, PathBuf};

use db::Uuid;

mod pictures;

pub(crate) use pictures::Picture;

#[derive(Debug, Clone)]
pub(crate) struct Storage {
    root: PathBuf,
}

/// Whether the files of a video are for everyone who has their address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Public,
    Private,
}

impl Access {
    /// Unlisted videos are for everyone who has the link, and the link is all their files need.
    pub(crate) fn of(privacy: db::Privacy) -> Self {
        match privacy {
            db::Privacy::Public | db::Privacy::Unlisted => Self::Public,
            _ => Self::Private,
        }
    }
}

impl Storage {
    /// Creates the folders; fails early and clearly when the data folder cannot be written.
    pub(crate) fn open(data_dir: &Path) -> io::Result<Self> {
        let storage = Self {
            root: data_dir.to_owned(),
        };
        for access in [Access::Public, Access::Private] {
            std::fs::create_dir_all(storage.streaming_playlists(access))?;
        }
        storage.open_pictures()?;
        // Creating folders that exist succeeds on a read-only file system; writing a file does not.
        let probe = data_dir.join(".writable");
        std::fs::write(&probe, b"")?;
        std::fs::remove_file(&probe)?;
        Ok(storage)
    }

    fn streaming_playlists(&self, access: Access) -> PathBuf {
        let hls = self.root.join("streaming-playlists").join("hls");
        match access {
            Access::Public => hls,
            Access::Private => hls.join("private"),
        }
    }

    /// Where files without a name are made: on the same disk as recordings.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.root.clone()
    }

    /// The folder of one video's playlists and files.
    pub(crate) fn video(&self, uuid: Uuid, access: Access) -> PathBuf {
        self.streaming_playlists(access).join(uuid.to_string())
    }

    /// The folder of a video, wherever it lies now.
    pub(crate) fn find(&self, uuid: Uuid) -> Option<PathBuf> {
        [Access::Public, Access::Private]
            .into_iter()
            .map(|a| self.video(uuid, a))
            .find(|dir| dir.is_dir())
    }

    /// Whether a video is one that nothing is added to any more: its multivariant playlist is the last file written.
    pub(crate) fn is_finished(&self, uuid: Uuid) -> bool {
        let playlist = packager::vod::master_name(&uuid.to_string());
        self.find(uuid)
            .is_some_and(|folder| folder.join(playlist).is_file())
    }

    /// Every video that has a folder.
    pub(crate) fn videos(&self) -> io::Result<Vec<Uuid>> {
        let mut found = Vec::new();
        for access in [Access::Public, Access::Private] {
            for entry in std::fs::read_dir(self.streaming_playlists(access))? {
                // `private` itself is no UUID.
                found.extend(
                    entry?
                        .file_name()
                        .to_str()
                        .and_then(|name| name.parse::<Uuid>().ok()),
                );
            }
        }
        Ok(found)
    }

    /// Moves a video's files and pictures to where its privacy says they belong.
    pub(crate) fn set_access(&self, uuid: Uuid, access: Access) -> io::Result<()> {
        self.set_file_access(uuid, access)?;
        self.set_picture_access(uuid, access)
    }

    /// Moves a video's files alone.
    pub(crate) fn set_file_access(&self, uuid: Uuid, access: Access) -> io::Result<()> {
        let to = self.video(uuid, access);
        match self.find(uuid) {
            Some(from) if from != to => std::fs::rename(from, to),
            _ => Ok(()),
        }
    }

    /// Deletes a video's files and pictures; that there are none is not an error.
    pub(crate) fn remove(&self, uuid: Uuid) -> io::Result<()> {
        let files = match self.find(uuid) {
            Some(dir) => std::fs::remove_dir_all(dir),
            None => Ok(()),
        };
        self.remove_pictures(uuid).and(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_follow_the_privacy_of_their_video() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path()).unwrap();
        let uuid = Uuid::random();
        std::fs::create_dir(storage.video(uuid, Access::Public)).unwrap();
        storage.set_access(uuid, Access::Private).unwrap();
        storage.set_access(uuid, Access::Private).unwrap();
        assert_eq!(storage.find(uuid), Some(storage.video(uuid, Access::Private)));
        storage.remove(uuid).unwrap();
        assert_eq!(storage.find(uuid), None);
        storage.remove(uuid).unwrap();
    }
}
