//! Lists of a big instance.

use std::time::{Duration, Instant};

use db::{Audience, Db, Live, Page, Video, VideoFilter, VideoSort, VideoState};

use crate::support::{at, new_video, settings, user};

const VIDEOS: i64 = 100_000;
/// For a debug build on a busy machine, best of three: most lists take a few milliseconds, a search through all names 150.
const PATIENCE: Duration = Duration::from_millis(500);

crate::on_both! {
    async fn lists_stay_quick_at_100_000_videos(db: Db) {
        let (_, account, channel) = user(&db, "ana").await;
        let mut tx = db.begin().await.unwrap();
        for index in 0..VIDEOS {
            let mut new = new_video(&channel, &format!("Video number {index}"));
            new.category = Some(index % 18);
            new.tags = vec![format!("tag{}", index % 1_000)];
            let (id, _) = Live::create(&mut tx, &new, &settings(false, false), at(index)).await.unwrap();
            Video::set_state(&mut tx, id, VideoState::Published).await.unwrap();
        }
        tx.commit().await.unwrap();

        let newest = (VideoSort::PublishedAt, true);
        let all = VideoFilter::default;
        let cases: Vec<(&str, VideoFilter, (VideoSort, bool), i64)> = vec![
            ("newest", all(), newest, 0),
            ("newest, deep", all(), newest, 5_000),
            ("members", VideoFilter { audience: Audience::Members, ..all() }, newest, 0),
            ("most viewed", all(), (VideoSort::Views, true), 0),
            ("by name", all(), (VideoSort::Name, false), 0),
            ("category", VideoFilter { categories: vec![3], ..all() }, newest, 0),
            ("tag", VideoFilter { tags_one_of: vec!["tag7".into()], ..all() }, newest, 0),
            ("search", VideoFilter { search: Some("number 4242".into()), ..all() }, newest, 0),
            ("channel", VideoFilter { channel_id: Some(channel.id), ..all() }, newest, 0),
            ("account", VideoFilter { account_id: Some(account.id), ..all() }, newest, 0),
        ];
        for (name, filter, sort, start) in cases {
            for skip_total in [true, false] {
                let page = Page { start, count: 15, skip_total };
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
    }
}
