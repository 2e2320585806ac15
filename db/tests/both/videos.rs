//! Videos, lives, sessions, replays and lists, on both databases.

use crate::support::{at, live, new_video, settings, user};
use db::{
    Audience, CommentsPolicy, Db, Job, Live, LiveSession, Page, Privacy, RecordedFile, Recording,
    SessionError, Stats, StreamingPlaylist, User, Uuid, Video, VideoFilter, VideoRef, VideoSort, VideoState,
    VideoUpdate,
};
use jiff::SignedDuration;

fn recording() -> Recording {
    let file = |name: &str, width, height| RecordedFile {
        file_name: name.into(),
        size_bytes: 1_000,
        width,
        height,
        fps: 30,
        has_audio: true,
        has_video: true,
    };
    Recording {
        duration_s: 12,
        playlist_file: "x-master.m3u8".into(),
        sha256_file: "segments-sha256.json".into(),
        files: vec![
            file("x-480-fragmented.mp4", 854, 480),
            file("x-720-fragmented.mp4", 1280, 720),
        ],
    }
}

/// On air at `start`, off air at `end`.
async fn broadcast(db: &Db, live: &Live, start: i64, end: i64) -> LiveSession {
    let mut tx = db.begin().await.unwrap();
    let session = LiveSession::start(&mut tx, live, at(start)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    LiveSession::end(&mut tx, session.id, None, at(end))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    session
}

async fn state(db: &Db, id: i64) -> VideoState {
    Video::by_ref(db, id).await.unwrap().unwrap().state
}

crate::on_both! {
    async fn a_live_is_found_by_number_uuid_short_uuid_and_key(db: Db) {
        let (_, _, channel) = user(&db, "ana").await;
        let mut new = new_video(&channel, "Studio A");
        new.tags = vec!["Jazz".into(), "köln".into()];
        new.description = Some("<b>hello</b>".into());
        let live = live(&db, &new, &settings(true, true)).await;
        assert_eq!(live.video.name, "Studio A");
        assert_eq!(live.video.state, VideoState::WaitingForLive);
        assert_eq!(live.stream_key().unwrap().len(), 36);
        assert!(!format!("{live:?}").contains(live.stream_key().unwrap()));
        assert_eq!(Video::tags(&db, live.video.id).await.unwrap(), new.tags);
        let short: VideoRef = live.video.uuid.short().parse().unwrap();
        for video in [VideoRef::Id(live.video.id), live.video.uuid.into(), short] {
            assert_eq!(Live::by_video(&db, video).await.unwrap().unwrap().video.id, live.video.id);
        }
        assert!(Live::by_stream_key(&db, live.stream_key().unwrap()).await.unwrap().is_some());
        assert!(Live::by_stream_key(&db, "x").await.unwrap().is_none());

        let mut tx = db.begin().await.unwrap();
        let key = Live::rotate_key(&mut tx, live.video.id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(Live::by_stream_key(&db, live.stream_key().unwrap()).await.unwrap().is_none());
        assert!(Live::by_stream_key(&db, &key).await.unwrap().is_some());

        let mut tx = db.begin().await.unwrap();
        let owner = live.video.channel.account.user_id.unwrap();
        User::set_blocked(&mut tx, owner, true, None, at(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(Live::by_stream_key(&db, &key).await.unwrap().is_none(), "a blocked user cannot publish");
    }

    async fn a_permanent_live_leaves_a_video_per_session(db: Db) {
        let (ana, _, channel) = user(&db, "ana").await;
        let mut new = new_video(&channel, "Studio A");
        new.tags = vec!["jazz".into()];
        new.comments_policy = CommentsPolicy::Disabled;
        let live = live(&db, &new, &settings(true, true)).await;

        let mut tx = db.begin().await.unwrap();
        let session = LiveSession::start(&mut tx, &live, at(1_000)).await.unwrap();
        tx.commit().await.unwrap();
        let on_air = Video::by_ref(&db, live.video.id).await.unwrap().unwrap();
        assert_eq!((on_air.state, on_air.published_at), (VideoState::Published, at(1_000)));
        let playlist = StreamingPlaylist::of_video(&db, live.video.id).await.unwrap().unwrap();
        assert_eq!(playlist.playlist_file, "master.m3u8");
        assert!(playlist.files.is_empty());
        assert_eq!(LiveSession::current(&db, live.video.id).await.unwrap(), Some(session.clone()));
        assert_eq!(LiveSession::open(&db).await.unwrap(), std::slice::from_ref(&session));
        let mut tx = db.begin().await.unwrap();
        assert!(!Live::update(&mut tx, live.video.id, &settings(false, false), at(2)).await.unwrap(), "on air");
        drop(tx);

        let mut tx = db.begin().await.unwrap();
        LiveSession::end(&mut tx, session.id, Some(SessionError::BadSocketHealth), at(9_000)).await.unwrap();
        let replay = Video::create_replay(&mut tx, &live, &session, &new.tags, &recording(), at(9_001)).await.unwrap();
        tx.commit().await.unwrap();
        assert_ne!(replay, live.video.id);
        assert_eq!(state(&db, live.video.id).await, VideoState::WaitingForLive);
        assert!(StreamingPlaylist::of_video(&db, live.video.id).await.unwrap().is_none());
        assert!(LiveSession::open(&db).await.unwrap().is_empty());

        let video = Video::by_ref(&db, replay).await.unwrap().unwrap();
        assert!(video.name.starts_with("Studio A - 2026-"), "{}", video.name);
        assert_eq!(Some(video.uuid), session.replay_uuid);
        assert_eq!((video.duration_s, video.is_live, video.state), (12, false, VideoState::Published));
        assert_eq!((video.aspect_ratio, video.published_at), (Some(1.7778), at(1_000)));
        assert_eq!((video.comments_policy, video.privacy), (CommentsPolicy::Disabled, Privacy::Public));
        assert_eq!(Video::tags(&db, replay).await.unwrap(), ["jazz"]);
        let files = StreamingPlaylist::of_video(&db, replay).await.unwrap().unwrap().files;
        assert_eq!(files.iter().map(|file| file.resolution).collect::<Vec<_>>(), [720, 480]);
        assert_eq!(User::quota_used(&db, ana.id, None).await.unwrap(), 2_000);
        assert_eq!(User::quota_used(&db, ana.id, Some(at(10_000))).await.unwrap(), 0);

        let second = broadcast(&db, &live, 20_000, 21_000).await;
        assert!(second.id > session.id);
        assert_ne!(second.replay_uuid, session.replay_uuid);
        let sessions = LiveSession::of_live(&db, live.video.id, Page::first(10)).await.unwrap();
        assert_eq!(sessions.total, 2);
        let (first, first_replay) = &sessions.data[0];
        assert_eq!((first.error, first.ended_at), (Some(SessionError::BadSocketHealth), Some(at(9_000))));
        assert_eq!(first_replay.as_ref().map(|video| video.id), Some(replay));
        assert!(sessions.data[1].1.is_none());
        assert_eq!(LiveSession::of_replay(&db, replay).await.unwrap().unwrap().id, session.id);
    }

    async fn a_one_shot_live_becomes_the_video(db: Db) {
        let (_, _, channel) = user(&db, "ana").await;
        let mut wishes = settings(false, true);
        wishes.replay_privacy = Some(Privacy::Unlisted);
        let live = live(&db, &new_video(&channel, "Once"), &wishes).await;
        let session = broadcast(&db, &live, 1_000, 5_000).await;
        assert_eq!(state(&db, live.video.id).await, VideoState::LiveEnded);
        assert_eq!(LiveSession::open(&db).await.unwrap().len(), 1, "the replay is still to be published");

        let mut tx = db.begin().await.unwrap();
        let id = Video::create_replay(&mut tx, &live, &session, &[], &recording(), at(6_000)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(id, live.video.id);
        let video = Video::by_ref(&db, live.video.uuid).await.unwrap().unwrap();
        assert_eq!((video.is_live, video.duration_s), (false, 12));
        assert_eq!((video.state, video.privacy), (VideoState::Published, Privacy::Unlisted));
        assert!(Live::by_stream_key(&db, live.stream_key().unwrap()).await.unwrap().is_none());
        assert_eq!(LiveSession::of_replay(&db, id).await.unwrap().unwrap().id, session.id);
    }

    async fn a_one_shot_live_without_a_replay_is_over(db: Db) {
        let (_, _, channel) = user(&db, "ana").await;
        let live = live(&db, &new_video(&channel, "Once"), &settings(false, false)).await;
        let session = broadcast(&db, &live, 1_000, 5_000).await;
        assert_eq!(session.replay_uuid, None);
        let mut tx = db.begin().await.unwrap();
        LiveSession::processed(&mut tx, session.id).await.unwrap();
        LiveSession::end(&mut tx, session.id, Some(SessionError::Unknown), at(9_000)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(LiveSession::open(&db).await.unwrap().is_empty());
        let ended = LiveSession::by_id(&db, session.id).await.unwrap().unwrap();
        assert_eq!((ended.ended_at, ended.error), (Some(at(5_000)), None), "ending twice changes nothing");
        assert_eq!(state(&db, live.video.id).await, VideoState::LiveEnded);
    }

    async fn deleting_says_what_to_remove_and_forgets_the_rest(db: Db) {
        let (ana, _, channel) = user(&db, "ana").await;
        let live = live(&db, &new_video(&channel, "Studio"), &settings(true, true)).await;
        let session = broadcast(&db, &live, 1, 2).await;
        let mut tx = db.begin().await.unwrap();
        let replay = Video::create_replay(&mut tx, &live, &session, &[], &recording(), at(3)).await.unwrap();
        let removed = Video::delete(&mut tx, live.video.id).await.unwrap().unwrap();
        assert_eq!(removed.uuid, live.video.uuid);
        assert!(Video::delete(&mut tx, live.video.id).await.unwrap().is_none());
        tx.commit().await.unwrap();
        let kept = LiveSession::of_replay(&db, replay).await.unwrap().unwrap();
        assert_eq!(kept.live_video_id, None);

        let mut tx = db.begin().await.unwrap();
        let removed = User::delete(&mut tx, ana.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(removed.iter().map(|video| Some(video.uuid)).collect::<Vec<_>>(), [session.replay_uuid]);
        assert!(LiveSession::by_id(&db, session.id).await.unwrap().is_none());
        assert!(StreamingPlaylist::of_video(&db, replay).await.unwrap().is_none());
    }

    async fn a_deleted_live_that_is_on_air_is_forgotten_when_it_ends(db: Db) {
        let (_, _, channel) = user(&db, "ana").await;
        let live = live(&db, &new_video(&channel, "Studio"), &settings(true, true)).await;
        let mut tx = db.begin().await.unwrap();
        let session = LiveSession::start(&mut tx, &live, at(1)).await.unwrap();
        Video::delete(&mut tx, live.video.id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(LiveSession::by_id(&db, session.id).await.unwrap().is_some());
        let mut tx = db.begin().await.unwrap();
        LiveSession::end(&mut tx, session.id, None, at(2)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(LiveSession::by_id(&db, session.id).await.unwrap().is_none());
    }

    async fn lists_show_what_the_audience_may_see(db: Db) {
        let (_, account, channel) = user(&db, "ana").await;
        let (_, _, other) = user(&db, "bob").await;
        let mut ids = Vec::new();
        for (index, privacy) in (0..).zip(Privacy::ALL) {
            let mut new = new_video(&channel, &format!("Video {index}"));
            new.privacy = *privacy;
            let live = live(&db, &new, &settings(true, false)).await;
            let mut tx = db.begin().await.unwrap();
            LiveSession::start(&mut tx, &live, at(100 * index)).await.unwrap();
            tx.commit().await.unwrap();
            ids.push(live.video.id);
        }
        live(&db, &new_video(&channel, "Waiting"), &settings(true, false)).await;
        live(&db, &new_video(&other, "Other"), &settings(true, false)).await;

        let list = |audience, account_id| {
            let filter = VideoFilter { audience, account_id, ..VideoFilter::default() };
            let db = db.clone();
            async move {
                let list = Video::list(&db, &filter, (VideoSort::CreatedAt, false), Page::first(20)).await.unwrap();
                assert_eq!(list.total, i64::try_from(list.data.len()).unwrap());
                list.data.iter().map(|video| video.privacy).collect::<Vec<_>>()
            }
        };
        assert_eq!(list(Audience::Public, None).await, [Privacy::Public]);
        assert_eq!(list(Audience::Members, None).await, [Privacy::Public, Privacy::Internal]);
        assert_eq!(list(Audience::Ready, Some(account.id)).await, Privacy::ALL);
        assert_eq!(list(Audience::All, Some(account.id)).await.len(), 6);
        assert_eq!(list(Audience::All, None).await.len(), 7);
    }

    async fn lists_filter_and_sort(db: Db) {
        let (_, _, channel) = user(&db, "ana").await;
        for index in 0..10 {
            let mut new = new_video(&channel, &format!("Video 100% {index}"));
            new.category = (index % 2 == 0).then_some(1);
            new.language = (index < 3).then(|| "en".to_owned());
            new.licence = Some(index % 3);
            new.nsfw = index == 9;
            new.tags = vec![format!("tag{}", index % 5), "All".into()];
            new.originally_published_at = (index == 4).then(|| at(-5));
            let wishes = settings(false, index == 7);
            let live = live(&db, &new, &wishes).await;
            let mut tx = db.begin().await.unwrap();
            let session = LiveSession::start(&mut tx, &live, at(10 * index)).await.unwrap();
            if index == 7 {
                LiveSession::end(&mut tx, session.id, None, at(100)).await.unwrap();
                Video::create_replay(&mut tx, &live, &session, &[], &recording(), at(200)).await.unwrap();
            }
            Video::add_views(&mut tx, &[(live.video.id, (index * 7) % 10), (999_999, 1)]).await.unwrap();
            tx.commit().await.unwrap();
        }
        let names = async |filter: VideoFilter, sort, page| {
            let list = Video::list(&db, &filter, sort, page).await.unwrap();
            let last = |video: &Video| video.name.chars().last().unwrap().to_string();
            (list.total, list.data.iter().map(last).collect::<String>())
        };
        let newest = (VideoSort::PublishedAt, true);
        let all = VideoFilter::default;
        let ten = Page::first(10);
        assert_eq!(names(all(), newest, ten).await, (10, "9876543210".into()));
        assert_eq!(names(all(), newest, Page { start: 3, count: 2, skip_total: true }).await, (0, "65".into()));
        assert_eq!(names(all(), (VideoSort::Name, false), ten).await.1, "0123456789");
        assert_eq!(names(all(), (VideoSort::Views, true), ten).await.1, "7418529630");
        assert_eq!(names(all(), (VideoSort::Duration, true), Page::first(1)).await.1, "7");
        assert_eq!(names(all(), (VideoSort::OriginallyPublishedAt, true), Page::first(1)).await.1, "4");
        assert_eq!(names(all(), (VideoSort::OriginallyPublishedAt, false), ten).await.1.pop(), Some('4'));

        assert_eq!(names(VideoFilter { categories: vec![1, 2], ..all() }, newest, ten).await, (5, "86420".into()));
        assert_eq!(names(VideoFilter { licences: vec![0], ..all() }, newest, ten).await, (4, "9630".into()));
        assert_eq!(names(VideoFilter { nsfw: Some(true), ..all() }, newest, ten).await, (1, "9".into()));
        assert_eq!(names(VideoFilter { is_live: Some(false), ..all() }, newest, ten).await, (1, "7".into()));
        assert_eq!(names(VideoFilter { is_local: Some(false), ..all() }, newest, ten).await.0, 0);
        let english = Some("en".to_owned());
        let languages = |languages| VideoFilter { languages, ..VideoFilter::default() };
        assert_eq!(names(languages(vec![english.clone()]), newest, ten).await, (3, "210".into()));
        assert_eq!(names(languages(vec![None]), newest, ten).await.0, 7);
        assert_eq!(names(languages(vec![None, english]), newest, ten).await.0, 10);
        let tags = |one: &[&str], all: &[&str]| VideoFilter {
            tags_one_of: one.iter().map(|&tag| tag.to_owned()).collect(),
            tags_all_of: all.iter().map(|&tag| tag.to_owned()).collect(),
            ..VideoFilter::default()
        };
        assert_eq!(names(tags(&["TAG1", "tag2"], &[]), newest, ten).await, (4, "7621".into()));
        assert_eq!(names(tags(&[], &["tag1", "all"]), newest, ten).await, (2, "61".into()));
        let search = |text: &str| VideoFilter { search: Some(text.to_owned()), ..VideoFilter::default() };
        assert_eq!(names(search("0% 3"), newest, ten).await, (1, "3".into()));
        assert_eq!(names(search("_"), newest, ten).await.0, 0);
        assert_eq!(names(search("TAG4"), newest, ten).await, (2, "94".into()));
        assert_eq!(names(search("'; DROP TABLE videos; --"), newest, ten).await.0, 0);
        assert_eq!(names(VideoFilter { has_hls_files: Some(true), ..all() }, newest, ten).await.0, 10);
        let since = VideoFilter { published_since: Some(at(70)), ..all() };
        assert_eq!(names(since, newest, ten).await, (3, "987".into()));

        let stats = Stats::gather(&db, at(1_000)).await.unwrap();
        assert_eq!((stats.users, stats.videos, stats.local_videos), (1, 10, 10));
        assert_eq!((stats.local_video_views, stats.local_video_bytes), (45, 2_000));
        assert_eq!((stats.local_channels, stats.daily_active_channels), (1, 1));
        assert_eq!((stats.admins, stats.daily_active_users), (0, 0));
    }

    async fn an_update_changes_what_it_names(db: Db) {
        let (_, _, channel) = user(&db, "ana").await;
        let mut new = new_video(&channel, "Before");
        new.description = Some("text".into());
        new.category = Some(3);
        let live = live(&db, &new, &settings(true, false)).await;
        let update = VideoUpdate {
            name: Some("After".into()),
            category: Some(None),
            language: Some(Some("fr".into())),
            privacy: Some(Privacy::Private),
            tags: Some(vec!["a".into(), "b".into()]),
            ..VideoUpdate::default()
        };
        let mut tx = db.begin().await.unwrap();
        Video::update(&mut tx, live.video.id, &update, at(50)).await.unwrap();
        Video::set_aspect_ratio(&mut tx, live.video.id, 1080, 1920).await.unwrap();
        tx.commit().await.unwrap();
        let video = Video::by_ref(&db, live.video.id).await.unwrap().unwrap();
        assert_eq!((video.name.as_str(), video.description.as_deref()), ("After", Some("text")));
        assert_eq!((video.category, video.language.as_deref()), (None, Some("fr")));
        assert_eq!((video.privacy, video.updated_at), (Privacy::Private, at(50)));
        assert_eq!(video.aspect_ratio, Some(0.5625));
        assert_eq!(Video::tags(&db, video.id).await.unwrap(), ["a", "b"]);
        assert!(Video::by_ref(&db, Uuid::random()).await.unwrap().is_none());
    }

    async fn a_dropped_transaction_never_happened(db: Db) {
        let (_, _, channel) = user(&db, "ana").await;
        let mut tx = db.begin().await.unwrap();
        let new = new_video(&channel, "Gone");
        let (id, _) = Live::create(&mut tx, &new, &settings(true, false), at(0)).await.unwrap();
        Job::enqueue(&mut tx, "test", "{}", at(0)).await.unwrap();
        drop(tx);
        assert!(Video::by_ref(&db, id).await.unwrap().is_none());
        assert!(Job::claim(&db, at(1)).await.unwrap().is_none());
    }

    async fn a_job_is_claimed_once_and_comes_back_when_forgotten(db: Db) {
        let mut tx = db.begin().await.unwrap();
        Job::enqueue(&mut tx, "first", "{\"a\":1}", at(0)).await.unwrap();
        Job::enqueue(&mut tx, "second", "{}", at(1)).await.unwrap();
        tx.commit().await.unwrap();
        let first = Job::claim(&db, at(2)).await.unwrap().unwrap();
        assert_eq!((first.kind.as_str(), first.payload.as_str(), first.attempts), ("first", "{\"a\":1}", 1));
        let second = Job::claim(&db, at(2)).await.unwrap().unwrap();
        assert_eq!(second.kind, "second");
        assert!(Job::claim(&db, at(2)).await.unwrap().is_none());

        let mut tx = db.begin().await.unwrap();
        Job::finish(&mut tx, first.id).await.unwrap();
        Job::fail(&mut tx, second.id, "no", Some(at(500)), at(3)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(Job::claim(&db, at(499)).await.unwrap().is_none());
        let again = Job::claim(&db, at(500)).await.unwrap().unwrap();
        assert_eq!((again.attempts, again.error.as_deref()), (2, Some("no")));
        let later = at(500) + SignedDuration::from_mins(10);
        assert_eq!(Job::claim(&db, later).await.unwrap().unwrap().attempts, 3);
        let mut tx = db.begin().await.unwrap();
        Job::fail(&mut tx, again.id, "never", None, later).await.unwrap();
        tx.commit().await.unwrap();
        assert!(Job::claim(&db, later + SignedDuration::from_hours(9)).await.unwrap().is_none());
    }

    async fn writers_at_the_same_time_take_turns(db: Db) {
        let (_, _, channel) = user(&db, "ana").await;
        let live = live(&db, &new_video(&channel, "Busy"), &settings(true, false)).await;
        let mut tasks = Vec::new();
        for _ in 0..20 {
            let (db, id) = (db.clone(), live.video.id);
            tasks.push(tokio::spawn(async move {
                for _ in 0..10 {
                    let mut tx = db.begin().await.unwrap();
                    Video::add_views(&mut tx, &[(id, 1)]).await.unwrap();
                    tx.commit().await.unwrap();
                    Video::by_ref(&db, id).await.unwrap().unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(Video::by_ref(&db, live.video.id).await.unwrap().unwrap().views, 200);
    }
}
