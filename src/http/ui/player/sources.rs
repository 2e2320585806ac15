//! What a recording is played from. Videos of other servers are loaded from there, which their pages have to be allowed.

use db::{Db, StreamingPlaylist, VideoFile};

use super::{Caption, folder};
use crate::http::{remote_files, ui};

/// Servers a page may load from, beside this one: that of the video and those its files lie on.
const MAX_ORIGINS: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(super) playlist: Option<String>,
    /// The best plain file.
    pub(super) file: Option<String>,
    pub(super) captions: Vec<Caption>,
    /// `https://tube.example`, of other servers.
    origins: Vec<String>,
}

impl Sources {
    pub(crate) async fn of(db: &Db, video: &db::Video) -> Result<Self, db::Error> {
        let playlist = StreamingPlaylist::of_video(db, video.id).await?;
        let folder = folder(video);
        if video.is_local() {
            let file = playlist.as_ref().and_then(|playlist| playlist.files.first());
            return Ok(Self {
                file: file.map(|file| format!("{folder}/{}", file.file_name)),
                playlist: playlist.map(|playlist| format!("{folder}/{}", playlist.playlist_file)),
                ..Self::default()
            });
        }
        let web_videos = VideoFile::web_videos(db, video.id).await?;
        let files = playlist.iter().flat_map(|playlist| &playlist.files);
        let mut sources = Self {
            file: files.clone().chain(&web_videos).find_map(|file| file.url.clone()),
            captions: captions(db, video).await?,
            ..Self::default()
        };
        let urls = video
            .url
            .iter()
            .chain(playlist.iter().filter_map(|playlist| playlist.url.as_ref()))
            .chain(files.chain(&web_videos).filter_map(|file| file.url.as_ref()));
        for url in urls {
            sources.allow(url);
        }
        sources.playlist = playlist.and_then(|playlist| playlist.url);
        Ok(sources)
    }

    fn allow(&mut self, url: &str) {
        let Ok(url) = url::Url::parse(url) else { return };
        // A tuple origin is a scheme, a host and a port: nothing that could end the directive it is put into.
        let origin = url.origin();
        if !origin.is_tuple() || !matches!(url.scheme(), "http" | "https") {
            return;
        }
        let origin = origin.ascii_serialization();
        if self.origins.len() < MAX_ORIGINS && !self.origins.contains(&origin) {
            self.origins.push(origin);
        }
    }

    /// `policy` with leave to load media from where this video is.
    pub(crate) fn policy(&self, policy: &str) -> String {
        ui::allow_media(policy, &self.origins)
    }
}

async fn captions(db: &Db, video: &db::Video) -> Result<Vec<Caption>, db::Error> {
    let captions = db::Caption::of_video(db, video.id).await?;
    Ok(captions
        .into_iter()
        .map(|caption| Caption {
            src: remote_files::captions_path(video.uuid, &caption.language),
            lang: caption.language,
            label: caption.label,
        })
        .collect())
}
