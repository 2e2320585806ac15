//! Pictures of videos: `pictures/UUID/` for everyone, `pictures/private/UUID/` for those with a permission.
//!
//! They have a tree of their own because the files of a live lie where its replay belongs, and the live may be for
//! other people than its replay.
//!
//! The folder is made once, by somebody who knows whom the video is for. Pictures are renamed into the folder that is
//! there, wherever that is, and into none if it has gone: no picture comes back after its video was closed or deleted.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use db::Uuid;

use super::{Access, Storage};

/// The pictures every video has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    /// For lists.
    Thumbnail,
    /// For players and link previews.
    Preview,
}

/// A picture as it lies on the disk.
#[derive(Debug)]
pub(crate) struct StoredPicture {
    pub bytes: Vec<u8>,
    pub modified: SystemTime,
}

impl Picture {
    pub(crate) const ALL: [Self; 2] = [Self::Thumbnail, Self::Preview];

    /// Width and height, the same for every video: what does not fit is given a border.
    pub(crate) fn size(self) -> (u32, u32) {
        match self {
            // Twice PeerTube's, for sharp screens.
            Self::Thumbnail => (560, 314),
            Self::Preview => (850, 480),
        }
    }

    fn file_name(self) -> &'static str {
        match self {
            Self::Thumbnail => "thumbnail.jpg",
            Self::Preview => "preview.jpg",
        }
    }
}

impl Storage {
    pub(super) fn open_pictures(&self) -> io::Result<()> {
        // What a crash left half written.
        ignore_missing(std::fs::remove_dir_all(self.incoming()))?;
        std::fs::create_dir_all(self.incoming())?;
        std::fs::create_dir_all(self.pictures(Access::Private))
    }

    fn pictures(&self, access: Access) -> PathBuf {
        let pictures = self.root.join("pictures");
        match access {
            Access::Public => pictures,
            Access::Private => pictures.join("private"),
        }
    }

    /// Where pictures are written before they are renamed to where they belong.
    fn incoming(&self) -> PathBuf {
        self.root.join("pictures").join("incoming")
    }

    fn picture_folder(&self, uuid: Uuid, access: Access) -> PathBuf {
        self.pictures(access).join(uuid.to_string())
    }

    /// The picture, if there is one for these people.
    pub(crate) fn picture(
        &self,
        uuid: Uuid,
        picture: Picture,
        access: Access,
    ) -> io::Result<Option<StoredPicture>> {
        let path = self.picture_folder(uuid, access).join(picture.file_name());
        let read = std::fs::File::open(path).and_then(|mut file| {
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut file, &mut bytes)?;
            let modified = file.metadata()?.modified()?;
            Ok(StoredPicture { bytes, modified })
        });
        match read {
            // A power cut may leave the name without the bytes.
            Ok(stored) => Ok(Some(stored).filter(|stored| !stored.bytes.is_empty())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a video has its pictures. Looks at one file's entry, which the kernel keeps in memory for those in use.
    pub(crate) fn has_pictures(&self, uuid: Uuid) -> bool {
        [Access::Public, Access::Private].into_iter().any(|access| {
            let path = self
                .picture_folder(uuid, access)
                .join(Picture::Preview.file_name());
            std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
        })
    }

    pub(crate) fn has_picture_folder(&self, uuid: Uuid) -> bool {
        [Access::Public, Access::Private]
            .into_iter()
            .any(|access| self.picture_folder(uuid, access).is_dir())
    }

    /// Makes the folder of a video's pictures, unless there is one already.
    pub(crate) fn make_picture_folder(&self, uuid: Uuid, access: Access) -> io::Result<()> {
        match std::fs::create_dir(self.picture_folder(uuid, access)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        }
    }

    /// Takes back a folder nothing was put into.
    pub(crate) fn remove_empty_picture_folder(&self, uuid: Uuid) {
        for access in [Access::Public, Access::Private] {
            // That it is missing or has pictures in it is as well.
            let _ = std::fs::remove_dir(self.picture_folder(uuid, access));
        }
    }

    /// Puts a picture in the place of the last one, at once and whole. False when the video has no folder for it.
    pub(crate) fn store_picture(&self, uuid: Uuid, picture: Picture, bytes: &[u8]) -> io::Result<bool> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let written = self
            .incoming()
            .join(NEXT.fetch_add(1, Ordering::Relaxed).to_string());
        std::fs::write(&written, bytes)?;
        let stored = self.place(&written, uuid, picture);
        if !matches!(stored, Ok(true)) {
            ignore_missing(std::fs::remove_file(&written))?;
        }
        stored
    }

    fn place(&self, written: &Path, uuid: Uuid, picture: Picture) -> io::Result<bool> {
        // The closed folder first: while there are two, the open one is about to go.
        for access in [Access::Private, Access::Public] {
            let to = self.picture_folder(uuid, access).join(picture.file_name());
            match std::fs::rename(written, to) {
                Ok(()) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Gives one video's pictures, if it has any, to another.
    pub(crate) fn copy_pictures(&self, from: Uuid, to: Uuid, access: Access) -> io::Result<()> {
        for picture in Picture::ALL {
            let mut stored = self.picture(from, picture, Access::Private)?;
            if stored.is_none() {
                stored = self.picture(from, picture, Access::Public)?;
            }
            if let Some(stored) = stored {
                self.make_picture_folder(to, access)?;
                self.store_picture(to, picture, &stored.bytes)?;
            }
        }
        Ok(())
    }

    /// Moves a video's pictures to where its privacy says they belong.
    pub(crate) fn set_picture_access(&self, uuid: Uuid, access: Access) -> io::Result<()> {
        let other = match access {
            Access::Public => Access::Private,
            Access::Private => Access::Public,
        };
        let (from, to) = (
            self.picture_folder(uuid, other),
            self.picture_folder(uuid, access),
        );
        if to.is_dir() {
            ignore_missing(std::fs::remove_dir_all(from))
        } else {
            ignore_missing(std::fs::rename(from, to))
        }
    }

    /// Deletes a video's pictures; that there are none is not an error.
    pub(crate) fn remove_pictures(&self, uuid: Uuid) -> io::Result<()> {
        [Access::Public, Access::Private]
            .into_iter()
            .try_for_each(|access| ignore_missing(std::fs::remove_dir_all(self.picture_folder(uuid, access))))
    }
}

fn ignore_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thumbnail(storage: &Storage, uuid: Uuid, access: Access) -> Option<Vec<u8>> {
        storage
            .picture(uuid, Picture::Thumbnail, access)
            .unwrap()
            .map(|stored| stored.bytes)
    }

    #[test]
    fn pictures_follow_the_privacy_of_their_video() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path()).unwrap();
        let uuid = Uuid::random();
        assert!(!storage.store_picture(uuid, Picture::Thumbnail, b"early").unwrap());
        storage.make_picture_folder(uuid, Access::Public).unwrap();
        assert!(storage.store_picture(uuid, Picture::Thumbnail, b"first").unwrap());
        storage.set_access(uuid, Access::Private).unwrap();
        assert_eq!(thumbnail(&storage, uuid, Access::Public), None);
        // The folder is where the video is, whatever whoever made the picture believed.
        assert!(
            storage
                .store_picture(uuid, Picture::Thumbnail, b"second")
                .unwrap()
        );
        assert_eq!(thumbnail(&storage, uuid, Access::Private).unwrap(), b"second");

        let replay = Uuid::random();
        storage.copy_pictures(uuid, replay, Access::Public).unwrap();
        assert_eq!(thumbnail(&storage, replay, Access::Public).unwrap(), b"second");
        storage.remove(uuid).unwrap();
        assert_eq!(thumbnail(&storage, uuid, Access::Private), None);
        assert!(!storage.store_picture(uuid, Picture::Thumbnail, b"late").unwrap());
        assert_eq!(std::fs::read_dir(storage.incoming()).unwrap().count(), 0);
    }

    #[test]
    fn of_two_folders_the_one_that_fits_stays() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path()).unwrap();
        let uuid = Uuid::random();
        for access in [Access::Public, Access::Private] {
            storage.make_picture_folder(uuid, access).unwrap();
        }
        storage
            .store_picture(uuid, Picture::Thumbnail, b"closed")
            .unwrap();
        storage.set_picture_access(uuid, Access::Private).unwrap();
        assert_eq!(thumbnail(&storage, uuid, Access::Private).unwrap(), b"closed");
        assert!(!storage.picture_folder(uuid, Access::Public).exists());
    }
}
