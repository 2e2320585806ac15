//! How soon lists are there on a big instance: a hundred thousand videos, half of them of other servers.
//!
//! On SQLite; with `TRIBUTARY__DATABASE__URL` in the environment, on that PostgreSQL database, which must be empty.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::AnyPool;

use crate::error::{Context as _, Result, failed};
use crate::lab::Lab;
use crate::report::{Row, Target};
use crate::server::{Options, Server};
use crate::stats::Samples;

const SEED: &str = include_str!("../../../../db/tests/both/scale.sql");
const P99_MS: f64 = 20.0;
/// Visitors at the same time.
const VISITORS: usize = 4;
/// Longer than numbers of lists stay as they are, so that counting again is among what is measured.
const WINDOW: Duration = Duration::from_secs(12);

const LISTS: [(&str, &str); 8] = [
    ("newest", "/api/v1/videos?count=15"),
    ("most viewed", "/api/v1/videos?count=15&sort=-views"),
    ("local", "/api/v1/videos?count=15&isLocal=true"),
    ("of a category", "/api/v1/videos?count=15&categoryOneOf=1"),
    ("of a tag", "/api/v1/videos?count=15&tagsOneOf=tag7"),
    (
        "of a channel",
        "/api/v1/video-channels/root_channel/videos?count=15",
    ),
    ("feed", "/feeds/videos.json"),
    ("home page", "/"),
];

pub(crate) async fn run(lab: &mut Lab) -> Result<()> {
    let (server, data) = lab.server(&Options::default())?;
    fill(&data).await?;
    let server = Arc::new(server);
    for (what, path) in LISTS {
        // The first counts, and fills the caches.
        server.get(path).await?.context(format!("no {path}"))?;
        let took = visit(&server, path).await?;
        let row = Row::new(format!("100,000 videos: {what}, p99"), "ms", took.percentile(99))
            .target(Target::AtMost(P99_MS))
            .note(format!(
                "p50 {:.1}, most {:.1}; {} answers to {VISITORS} visitors",
                took.median(),
                took.max(),
                took.len()
            ));
        lab.keep(row);
    }
    drop(server);
    lab.remove(&data);
    Ok(())
}

/// Visitors who ask again as soon as they have an answer.
async fn visit(server: &Arc<Server>, path: &'static str) -> Result<Samples> {
    let mut visitors = tokio::task::JoinSet::new();
    for _ in 0..VISITORS {
        let server = Arc::clone(server);
        visitors.spawn(async move {
            let (begun, mut took) = (Instant::now(), Vec::new());
            while begun.elapsed() < WINDOW {
                let asked = Instant::now();
                server.get(path).await?.context(format!("no {path}"))?;
                took.push(asked.elapsed());
            }
            Ok::<_, crate::error::Error>(took)
        });
    }
    let mut all = Vec::new();
    while let Some(took) = visitors.join_next().await {
        match took {
            Ok(took) => all.extend(took?),
            Err(_) => return failed("a task died"),
        }
    }
    Ok(Samples::ms(all))
}

/// Writes the videos into the database of the running server.
async fn fill(data: &Path) -> Result<()> {
    let url = std::env::var("TRIBUTARY__DATABASE__URL")
        .unwrap_or_else(|_| format!("sqlite://{}", data.join("tributary.sqlite").display()));
    sqlx::any::install_default_drivers();
    let wrong = |error: sqlx::Error| crate::error::Error::Failed(format!("cannot write videos: {error}"));
    let pool = AnyPool::connect(&url).await.map_err(wrong)?;
    // ANALYZE, as PostgreSQL does by itself a minute later.
    for sql in [SEED, "ANALYZE"] {
        sqlx::raw_sql(sql).execute(&pool).await.map_err(wrong)?;
    }
    pool.close().await;
    Ok(())
}
