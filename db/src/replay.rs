//! Replays: what a session leaves. The files exist already, only rows are written, whatever the length of the recording.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::video::{aspect_ratio, insert_tags};
use crate::{Error, Live, LiveSession, NewVideo, Privacy, StreamingPlaylist, Tx, Uuid, Video, VideoState};

/// PeerTube's longest name, which other servers expect.
const MAX_NAME_CHARS: usize = 120;

/// A finished recording.
#[derive(Debug, Clone)]
pub struct Recording {
    pub duration_s: i64,
    /// File names in the folder of the replay.
    pub playlist_file: String,
    pub sha256_file: String,
    pub files: Vec<RecordedFile>,
}

/// One rendition of it.
#[derive(Debug, Clone)]
pub struct RecordedFile {
    pub file_name: String,
    pub size_bytes: i64,
    /// 0 by 0 without a picture.
    pub width: u32,
    pub height: u32,
    pub fps: u32,
    pub has_audio: bool,
    pub has_video: bool,
}

impl Video {
    /// Publishes the recording of a session and gives back the id of the video.
    ///
    /// A permanent live leaves a new video on its channel with the UUID the session was given at its start. Any other live
    /// becomes the video: same id, same address, no stream key any more.
    pub async fn create_replay(
        tx: &mut Tx,
        live: &Live,
        session: &LiveSession,
        tags: &[String],
        recording: &Recording,
        now: Timestamp,
    ) -> Result<i64, Error> {
        let video_id = if live.settings.permanent {
            let uuid = session.replay_uuid.unwrap_or_else(Uuid::random);
            let id = Self::insert(
                tx,
                &replay_of(live, session),
                uuid,
                (VideoState::Published, false),
                now,
            )
            .await?;
            insert_tags(tx, id, tags).await?;
            id
        } else {
            sqlx::query("DELETE FROM lives WHERE video_id = $1")
                .bind(live.video.id)
                .execute(tx.connection())
                .await?;
            live.video.id
        };

        let picture = recording.files.iter().max_by_key(|file| file.height);
        let shape = picture.and_then(|file| aspect_ratio(file.width, file.height));
        sqlx::query(
            "UPDATE videos SET is_live = 0, state = $1, privacy = $2, duration_s = $3, aspect_ratio = $4,
                               published_at = $5, updated_at = $6 WHERE id = $7",
        )
        .bind(VideoState::Published.id())
        .bind(session.replay_privacy.unwrap_or(live.video.privacy).id())
        .bind(recording.duration_s)
        .bind(shape)
        .bind(session.started_at.as_millisecond())
        .bind(now.as_millisecond())
        .bind(video_id)
        .execute(tx.connection())
        .await?;

        let playlist_id = StreamingPlaylist::insert(
            tx,
            video_id,
            &recording.playlist_file,
            &recording.sha256_file,
            now,
        )
        .await?;
        for file in &recording.files {
            insert_file(tx, video_id, playlist_id, file).await?;
        }
        sqlx::query("UPDATE live_sessions SET replay_video_id = $1, ending_processed = 1 WHERE id = $2")
            .bind(video_id)
            .bind(session.id)
            .execute(tx.connection())
            .await?;
        Ok(video_id)
    }
}

async fn insert_file(tx: &mut Tx, video_id: i64, playlist_id: i64, file: &RecordedFile) -> Result<(), Error> {
    let pixels = |value: u32| file.has_video.then(|| i64::from(value));
    // A portrait video is named after its shorter side, as people expect of "720p".
    let resolution = if file.has_video {
        i64::from(file.width.min(file.height))
    } else {
        0
    };
    sqlx::query(
        "INSERT INTO video_files (video_id, playlist_id, resolution, width, height, fps, size_bytes, file_name,
                                  has_audio, has_video)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(video_id)
    .bind(playlist_id)
    .bind(resolution)
    .bind(pixels(file.width))
    .bind(pixels(file.height))
    .bind(i64::from(file.fps))
    .bind(file.size_bytes)
    .bind(file.file_name.as_str())
    .bind(i64::from(file.has_audio))
    .bind(i64::from(file.has_video))
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn replay_of(live: &Live, session: &LiveSession) -> NewVideo {
    let video = &live.video;
    NewVideo {
        channel_id: video.channel.id,
        name: replay_name(&video.name, session.started_at),
        description: video.description.clone(),
        support: video.support.clone(),
        category: video.category,
        licence: video.licence,
        language: video.language.clone(),
        privacy: session.replay_privacy.unwrap_or(Privacy::Private),
        nsfw: video.nsfw,
        comments_policy: video.comments_policy,
        download_enabled: video.download_enabled,
        tags: Vec::new(),
        originally_published_at: Some(session.started_at),
    }
}

/// `Studio A - 2026-11-22 12:54 UTC`; the date survives, whatever the length of the name.
fn replay_name(live: &str, started_at: Timestamp) -> String {
    let date = started_at
        .to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M UTC")
        .to_string();
    let room = MAX_NAME_CHARS - date.len() - " - ".len();
    let name: String = live.chars().take(room).collect();
    format!("{} - {date}", name.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_is_named_after_its_live_and_its_day() {
        let at: Timestamp = "2026-11-22T12:54:40.504Z".parse().unwrap();
        assert_eq!(replay_name("Studio A", at), "Studio A - 2026-11-22 12:54 UTC");
        let long = replay_name(&"ü".repeat(120), at);
        assert_eq!(long.chars().count(), 120);
        assert!(long.ends_with(" - 2026-11-22 12:54 UTC"));
    }
}
