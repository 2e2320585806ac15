//! From the first keyframe to something to play, and to a page that knows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Context as _, Result, failed};
use crate::lab::Lab;
use crate::media::ORDINARY;
use crate::playlist;
use crate::report::{Row, Target};
use crate::rtmp::{Fleet, Leave, Pace, Plan};
use crate::server::{Live, Options, PATIENCE, Server};
use crate::stats::Samples;

const PLAYABLE_S: f64 = 0.6;
const PAGE_S: f64 = 1.0;
const TRIES: usize = 3;

pub(crate) async fn run(lab: &mut Lab) -> Result<()> {
    for part_ms in [500, 200] {
        let options = Options {
            part_ms: Some(part_ms),
            ..Options::default()
        };
        let (server, data) = lab.server(&options)?;
        let server = Arc::new(server);
        let token = server.token().await?;
        let (mut playable, mut told) = (Vec::new(), Vec::new());
        for _ in 0..TRIES {
            let live = server.live(&token).await?;
            let (part, page) = once(lab, &server, &live).await?;
            playable.push(part.as_secs_f64());
            told.push(page.as_secs_f64());
        }
        let rows = [
            ("first part to play", PLAYABLE_S, playable),
            ("the page is told", PAGE_S, told),
        ];
        for (what, most, seconds) in rows {
            let seconds = Samples::new(seconds);
            let row = Row::new(format!("{what}, {part_ms} ms parts"), "s", seconds.median())
                .target(Target::AtMost(most))
                .note(format!("since the first keyframe went out: {}", seconds.list(3)));
            lab.keep(row);
        }
        drop(server);
        lab.remove(&data);
    }
    Ok(())
}

/// One start: a player that asks again and again, and a page that listens, both there before the streamer.
async fn once(lab: &Lab, server: &Arc<Server>, live: &Live) -> Result<(Duration, Duration)> {
    let mut events = server
        .stream(&format!("/api/v1/videos/{}/events", live.uuid))
        .await?;
    let page = tokio::spawn(async move {
        let mut heard = String::new();
        while let Some(chunk) = events.chunk().await? {
            heard.push_str(&String::from_utf8_lossy(&chunk));
            if heard.contains("\"on-air\"") {
                return Ok(Instant::now());
            }
        }
        failed("the events ended")
    });
    let player = {
        let (server, live) = (Arc::clone(server), live.clone());
        tokio::spawn(async move {
            let text = server
                .until(&live.media("0-ll.m3u8"), |text| !playlist::parts(text).is_empty())
                .await?;
            let part = playlist::parts(&text).pop().context("no part")?;
            let init = playlist::map(&text).context("no EXT-X-MAP")?;
            for file in [init, part] {
                server.stream(&live.media(&file)).await?.bytes().await?;
            }
            Ok::<_, crate::error::Error>(Instant::now())
        })
    };
    let plan = Plan {
        server: server.rtmp,
        app: "live".to_owned(),
        keys: vec![live.key.clone()],
        spread: Duration::ZERO,
        pace: Pace::RealTime,
    };
    let fleet = Fleet::start(plan, lab.script(&ORDINARY)?)?;
    let both = async {
        let (player, page) = tokio::join!(player, page);
        let joined = |_| crate::error::Error::Failed("a task died".to_owned());
        Ok::<_, crate::error::Error>((player.map_err(joined)??, page.map_err(joined)??))
    };
    let both = tokio::time::timeout(PATIENCE, both).await;
    let keyframe = fleet.sent().first().copied();
    let outcome = fleet.stop(Leave::Clean)?;
    let Ok(both) = both else {
        return failed(format!("nothing to play in a minute: {}", outcome.note()));
    };
    let (player, page) = both?;
    let keyframe = keyframe.context("nothing was sent")?;
    Ok((player - keyframe, page - keyframe))
}
