//! From the streamer's Stop to a replay that can be watched, after ten seconds and after hours.
//!
//! The hours are published faster than real time, of a recording with as many frames a second as any but few bytes. A
//! second of silence before Stop lets the server digest what is still in its socket, as it always has in real time.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::error::{Context as _, Result, failed};
use crate::lab::Lab;
use crate::media::{ORDINARY, Recipe, TINY};
use crate::playlist;
use crate::report::{Row, Target, say};
use crate::rtmp::{Fleet, Leave, Pace, Plan};
use crate::server::{Options, PATIENCE, Server, text};

const WATCHABLE_S: f64 = 1.0;
const SHORT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(1);
/// A publisher in a hurry is at least this much faster than real time, or something is wrong.
const LEAST_HURRY: u32 = 20;

pub(crate) async fn run(lab: &mut Lab) -> Result<()> {
    let (server, data) = lab.server(&Options::default())?;
    let token = server.token().await?;
    let long = lab.amounts.recording;
    for (recipe, pace, length) in [
        (ORDINARY, Pace::RealTime, SHORT),
        (
            TINY,
            Pace::Burst {
                media: long,
                times: lab.amounts.hurry,
            },
            long,
        ),
    ] {
        let row = once(lab, &server, &token, &recipe, pace, length).await?;
        lab.keep(row);
    }
    drop(server);
    lab.remove(&data);
    Ok(())
}

async fn once(
    lab: &Lab,
    server: &Server,
    token: &str,
    recipe: &Recipe,
    pace: Pace,
    length: Duration,
) -> Result<Row> {
    let script = lab.script(recipe)?;
    let live = server.live(token).await?;
    let plan = Plan {
        server: server.rtmp,
        app: "live".to_owned(),
        keys: vec![live.key.clone()],
        spread: Duration::ZERO,
        pace,
    };
    let begun = Instant::now();
    let fleet = Fleet::start(plan, script)?;
    fleet.wait_open(PATIENCE).await?;
    match pace {
        Pace::RealTime => tokio::time::sleep(length).await,
        Pace::Burst { .. } => {
            fleet.wait_done(length / LEAST_HURRY + PATIENCE).await?;
            say(&format!(
                "  {} s of media went out in {:.1} s",
                length.as_secs(),
                begun.elapsed().as_secs_f64()
            ));
            tokio::time::sleep(SILENCE).await;
        }
    }
    let outcome = fleet.stop(Leave::Clean)?;
    let left = outcome.left;

    let replay = published(server, token, &live.uuid).await?;
    let listed = left.elapsed();
    let (_, media) = media_playlist(server, &replay).await?;
    let watchable = left.elapsed();
    if !media.contains("#EXT-X-ENDLIST") {
        return failed("the replay's playlist has no end");
    }
    let seconds = replay.pointer("/duration").and_then(Value::as_u64).unwrap_or(0);
    let note = format!(
        "REST lists it after {:.3} s; it is {seconds} s long, of {} segments",
        listed.as_secs_f64(),
        media.matches("#EXTINF").count()
    );
    if seconds.abs_diff(length.as_secs()) > 2 {
        return failed(format!("the replay of {} s is wrong: {note}", length.as_secs()));
    }
    Ok(Row::new(
        format!("replay of {} s: from Stop to watchable", length.as_secs()),
        "s",
        watchable.as_secs_f64(),
    )
    .target(Target::AtMost(WATCHABLE_S))
    .note(note))
}

/// The folder of a replay and its media playlist.
pub(super) async fn media_playlist(server: &Server, replay: &Value) -> Result<(String, String)> {
    let master = text(replay, "/streamingPlaylists/0/playlistUrl")?;
    let path = master
        .strip_prefix(&server.url(""))
        .context("the replay is somewhere else")?;
    let master = server
        .get(path)
        .await?
        .context("the replay's playlist is missing")?;
    let rendition = playlist::segments(&master)
        .into_iter()
        .next()
        .context("the replay has no rendition")?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let media = server
        .get(&format!("{folder}/{rendition}"))
        .await?
        .context("the replay's media playlist is missing")?;
    Ok((folder.to_owned(), media))
}

/// The video of the live's last session, as soon as REST has it.
pub(super) async fn published(server: &Server, token: &str, live: &str) -> Result<Value> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let sessions = server
            .json(&format!("/api/v1/videos/live/{live}/sessions"), Some(token))
            .await?;
        let replay = sessions
            .pointer("/data")
            .and_then(Value::as_array)
            .and_then(|all| all.last());
        if let Some(uuid) = replay
            .and_then(|session| session.pointer("/replayVideo/uuid"))
            .and_then(Value::as_str)
        {
            let video = server.json(&format!("/api/v1/videos/{uuid}"), None).await?;
            if video.pointer("/state/id").and_then(Value::as_u64) == Some(1) {
                return Ok(video);
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    failed("no replay was published")
}
