//! Pictures of lives and replays, for lists, link previews and players.
//!
//! A live on air gets a new one about every half minute, from one more reader that never delays it. Its replay begins
//! with the last of them and gets a better one from within. Without `ffmpeg` there are none, and nothing else is missing.

mod decoder;
mod recording;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use db::{Uuid, Video};
use metrics::counter;
use packager::live::Reader;
use tokio::sync::{OnceCell, Semaphore};

use crate::app::App;
use crate::http::metrics::PICTURES;
use crate::storage::{Access, Picture};
use decoder::{Error as DecodeError, Stills};

/// From one picture of a live to the next. Turns are taken in order, so that when there are more lives than the machine
/// can draw in this time, each of them is drawn less often.
const EVERY: Duration = Duration::from_secs(30);
/// A stream nobody can decode is tried less and less often, down to this.
const RARELY: Duration = Duration::from_secs(600);
/// Decoders at the same time: one that is stuck does not hold the others up.
const DECODERS: usize = 2;

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("cannot keep a picture: {0}")]
    Files(#[from] io::Error),
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// What all who make pictures share.
#[derive(Debug)]
pub(crate) struct Pictures {
    decoders: Semaphore,
    available: OnceCell<bool>,
}

impl Default for Pictures {
    fn default() -> Self {
        Self {
            decoders: Semaphore::new(DECODERS),
            available: OnceCell::new(),
        }
    }
}

impl Pictures {
    /// Whether there is a decoder; says so in the log if not, once.
    async fn available(&self) -> bool {
        let check = async || match decoder::check().await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "no pictures are made: they need ffmpeg, and nice and prlimit to run it with limits");
                false
            }
        };
        *self.available.get_or_init(check).await
    }

    async fn decode(&self, init: Bytes, media: Bytes) -> Result<Stills, Error> {
        // It is never closed.
        let _turn = self.decoders.acquire().await.map_err(io::Error::other)?;
        let stills = decoder::decode(init, media).await;
        let result = if stills.is_ok() { "drawn" } else { "failed" };
        counter!(PICTURES, "result" => result).increment(1);
        Ok(stills?)
    }
}

/// Draws a live for as long as it is on air.
pub(crate) async fn follow(app: App, uuid: Uuid, mut reader: Reader) {
    if !app.pictures.available().await {
        return;
    }
    let (mut drawn, mut pause) = (None, EVERY);
    loop {
        let (opener, ended) = {
            let window = reader.window();
            (window.newest_opener(), window.ended())
        };
        if ended {
            return;
        }
        let Some(opener) = opener else {
            if reader.changed().await {
                continue;
            }
            return;
        };
        // An interrupted live has nothing new to show.
        if drawn != Some(opener.at) {
            drawn = Some(opener.at);
            match draw(&app, uuid, &reader, opener.init.data.clone(), opener.part).await {
                Ok(()) => pause = EVERY,
                Err(error) => {
                    tracing::info!(video = %uuid, %error, "no picture of a live");
                    pause = (pause * 2).min(RARELY);
                }
            }
        }
        tokio::time::sleep(pause).await;
    }
}

async fn draw(app: &App, uuid: Uuid, reader: &Reader, init: Bytes, part: Bytes) -> Result<(), Error> {
    let stills = app.pictures.decode(init, part).await?;
    if !app.storage.has_picture_folder(uuid) {
        make_folder(app, uuid).await?;
    }
    if reader.window().ended() {
        // Whatever is shown now is for the end of the session to say: if there is no replay, nothing.
        app.storage.remove_empty_picture_folder(uuid);
        return Ok(());
    }
    Ok(store(app, uuid, stills).await?)
}

/// Makes the folder for a video's first pictures where its privacy says, and looks again afterwards: who closes or
/// deletes the video in between either finds the folder or is found here.
async fn make_folder(app: &App, uuid: Uuid) -> Result<(), Error> {
    let Some(video) = Video::by_ref(&app.db, uuid).await? else {
        return Ok(());
    };
    app.storage.make_picture_folder(uuid, Access::of(video.privacy))?;
    match Video::by_ref(&app.db, uuid).await? {
        Some(video) => app.storage.set_picture_access(uuid, Access::of(video.privacy))?,
        None => app.storage.remove_pictures(uuid)?,
    }
    Ok(())
}

async fn store(app: &App, uuid: Uuid, stills: Stills) -> io::Result<()> {
    let storage = app.storage.clone();
    blocking(move || {
        storage.store_picture(uuid, Picture::Thumbnail, &stills.thumbnail)?;
        storage.store_picture(uuid, Picture::Preview, &stills.preview)?;
        Ok(())
    })
    .await
}

/// Before a session is said to have ended: its replay begins with the last picture of the live; a session that leaves
/// no replay leaves no picture either. What is for fewer people than the live was is closed here, and opened to more
/// in [`after_replay`].
pub(crate) async fn before_replay(app: &App, live: Uuid, replay: Option<Uuid>, access: Access) {
    let storage = app.storage.clone();
    let done = blocking(move || match replay {
        None => storage.remove_pictures(live),
        Some(replay) if replay != live => storage.copy_pictures(live, replay, access),
        Some(replay) if access == Access::Private => storage.set_picture_access(replay, access),
        Some(_) => Ok(()),
    });
    if let Err(error) = done.await {
        tracing::error!(video = %live, %error, "cannot hand the picture of a live to its replay");
    }
}

/// After a replay is published: its picture is taken from within, since lives often begin and end with a slate.
pub(crate) fn after_replay(app: &App, replay: Uuid, access: Access) {
    let app = app.clone();
    // As many as sessions that end; each waits for its turn.
    tokio::spawn(async move {
        let drawn = async {
            let storage = app.storage.clone();
            blocking(move || storage.set_picture_access(replay, access)).await?;
            if app.pictures.available().await {
                draw_recording(&app, replay).await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = drawn.await {
            tracing::info!(video = %replay, %error, "no picture of a replay");
        }
    });
}

/// Draws recordings that have no picture: after a crash, or since the last start without a decoder.
pub(crate) async fn draw_missing(app: App) {
    if !app.pictures.available().await {
        return;
    }
    let storage = app.storage.clone();
    let videos = blocking(move || {
        let mut videos = storage.videos()?;
        videos.retain(|uuid| storage.is_finished(*uuid) && !storage.has_pictures(*uuid));
        Ok(videos)
    });
    let videos = match videos.await {
        Ok(videos) => videos,
        Err(error) => {
            tracing::error!(%error, "cannot look for videos without pictures");
            return;
        }
    };
    for uuid in videos {
        if let Err(error) = draw_recording(&app, uuid).await {
            tracing::info!(video = %uuid, %error, "no picture of a video");
        }
    }
}

async fn draw_recording(app: &App, uuid: Uuid) -> Result<(), Error> {
    let storage = app.storage.clone();
    let moments = blocking(move || match storage.find(uuid) {
        Some(folder) => recording::moments(&folder, &uuid.to_string()).map_err(io::Error::other),
        None => Ok(Vec::new()),
    });
    let mut drawn = Ok(());
    for moment in moments.await? {
        match app.pictures.decode(moment.init, moment.media).await {
            Ok(stills) => {
                if !app.storage.has_picture_folder(uuid) {
                    make_folder(app, uuid).await?;
                }
                return Ok(store(app, uuid, stills).await?);
            }
            Err(error) => drawn = Err(error),
        }
    }
    drawn
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}
