//! Lists of a big instance.

use std::time::{Duration, Instant};

use db::{Audience, Db, Page, Video, VideoFilter, VideoSort};

use crate::postgres::Postgres;
use crate::support::user;

/// For a debug build on a busy machine, best of three: most lists take a few milliseconds, a search through all names 150.
const PATIENCE: Duration = Duration::from_millis(500);

/// A hundred thousand videos on channel 1, in both databases' SQL.
const VIDEOS: &str = "
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
    INSERT INTO videos (uuid, channel_id, name, category, privacy, nsfw, comments_policy, download_enabled,
        wait_transcoding, state, is_live, duration_s, views, created_at, updated_at, published_at)
    SELECT '00000000-0000-4000-8000-' || substr(CAST(1000000000000 + i AS TEXT), 2), 1, 'Video number ' || i, i % 18, 1,
        0, 1, 1, 0, 1, 0, i % 7200, (i * 7919) % 100003, i, i, i FROM n";
const TAGS: &str =
    "INSERT INTO video_tags (video_id, position, tag) SELECT id, 0, 'tag' || (id % 1000) FROM videos";
/// Every second one is of another server, which is followed and has shared it.
const REMOTE: [&str; 3] = [
    "UPDATE videos SET url = 'https://tube.example/videos/watch/' || uuid WHERE id % 2 = 0",
    "INSERT INTO follows (follower_id, target_id, state, created_at, updated_at)
     SELECT me.id, c.actor_id, 2, 0, 0 FROM actors me CROSS JOIN channels c WHERE me.kind = 3",
    "INSERT INTO shares (actor_id, video_id, created_at)
     SELECT c.actor_id, v.id, 0 FROM videos v JOIN channels c ON c.id = v.channel_id WHERE v.url IS NOT NULL",
];

#[tokio::test]
async fn lists_stay_quick_at_100_000_videos_on_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    lists_stay_quick(&format!("sqlite://{}/big.sqlite", dir.path().display())).await;
}

#[tokio::test]
async fn lists_stay_quick_at_100_000_videos_on_postgresql() {
    let server = Postgres::start();
    lists_stay_quick(&server.url).await;
}

async fn lists_stay_quick(url: &str) {
    let db = Db::connect(url).await.unwrap();
    let (_, account, channel) = user(&db, "ana").await;
    let raw = sqlx::AnyPool::connect(url).await.unwrap();
    for statement in [VIDEOS, TAGS].into_iter().chain(REMOTE) {
        sqlx::raw_sql(statement).execute(&raw).await.unwrap();
    }
    raw.close().await;

    let newest = (VideoSort::PublishedAt, true);
    let all = VideoFilter::default;
    let cases: Vec<(&str, VideoFilter, (VideoSort, bool), i64)> = vec![
        ("newest", all(), newest, 0),
        ("newest, deep", all(), newest, 5_000),
        (
            "members",
            VideoFilter {
                audience: Audience::Members,
                ..all()
            },
            newest,
            0,
        ),
        ("most viewed", all(), (VideoSort::Views, true), 0),
        ("by name", all(), (VideoSort::Name, false), 0),
        (
            "category",
            VideoFilter {
                categories: vec![3],
                ..all()
            },
            newest,
            0,
        ),
        (
            "tag",
            VideoFilter {
                tags_one_of: vec!["tag7".into()],
                ..all()
            },
            newest,
            0,
        ),
        (
            "search",
            VideoFilter {
                search: Some("number 4242".into()),
                ..all()
            },
            newest,
            0,
        ),
        (
            "channel",
            VideoFilter {
                channel_id: Some(channel.id),
                ..all()
            },
            newest,
            0,
        ),
        (
            "account",
            VideoFilter {
                account_id: Some(account.id),
                ..all()
            },
            newest,
            0,
        ),
    ];
    for (name, filter, sort, start) in cases {
        for skip_total in [true, false] {
            let page = Page {
                start,
                count: 15,
                skip_total,
            };
            let mut took = Duration::MAX;
            let mut list = Video::list(&db, &filter, sort, page).await.unwrap();
            for _ in 0..3 {
                let began = Instant::now();
                list = Video::list(&db, &filter, sort, page).await.unwrap();
                took = took.min(began.elapsed());
            }
            println!("{name:14} total {:6} in {took:.1?}", list.total);
            assert!(!list.data.is_empty(), "{name}");
            assert!(took < PATIENCE, "{name} took {took:?}");
        }
    }
    db.close().await;
}
