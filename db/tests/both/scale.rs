//! Lists of a big instance.

use std::time::{Duration, Instant};

use db::{Audience, Db, Page, Video, VideoFilter, VideoSort};
use sqlx::AnyPool;

use crate::postgres::Postgres;
use crate::support::user;

/// For a debug build on a busy machine, best of three: most lists take a few milliseconds, a search through all names 150.
const PATIENCE: Duration = Duration::from_millis(500);

const SEED: &str = include_str!("scale.sql");
/// Of them, those in everyone's lists.
const LISTED: i64 = 87_500;

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
    let raw = AnyPool::connect(url).await.unwrap();
    // ANALYZE, as PostgreSQL does by itself a minute later.
    for sql in [SEED, "ANALYZE"] {
        sqlx::raw_sql(sql).execute(&raw).await.unwrap();
    }

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
            "local",
            VideoFilter {
                is_local: Some(true),
                ..all()
            },
            newest,
            0,
        ),
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
    totals(&db, &raw).await;
    raw.close().await;
    db.close().await;
}

/// Whatever is remembered of long lists, numbers that people compare are exact.
async fn totals(db: &Db, raw: &AnyPool) {
    let total = async |filter: VideoFilter| {
        let newest = (VideoSort::PublishedAt, true);
        Video::list(db, &filter, newest, Page::first(15))
            .await
            .unwrap()
            .total
    };
    let all = VideoFilter::default;
    assert_eq!(total(all()).await, LISTED);
    let tagged = || VideoFilter {
        tags_one_of: vec!["tag7".into()],
        is_local: Some(true),
        ..all()
    };
    let managed = || VideoFilter {
        audience: Audience::All,
        ..all()
    };
    let (few, everything) = (total(tagged()).await, total(managed()).await);
    assert_eq!(everything, 100_000);
    let gone =
        "DELETE FROM videos WHERE id = (SELECT max(v.id) FROM videos v JOIN video_tags t ON t.video_id = v.id
        WHERE v.url IS NULL AND t.tag = 'tag7')";
    sqlx::raw_sql(gone).execute(raw).await.unwrap();
    assert_eq!(total(tagged()).await, few - 1);
    assert_eq!(total(managed()).await, everything - 1);
    // Everyone's is remembered: the same number, or that of a moment later.
    assert!((LISTED - 1..=LISTED).contains(&total(all()).await));
}
