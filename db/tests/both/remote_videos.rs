//! Videos of other servers, what belongs to them, and what others say of videos of here.

use crate::support::{at, live, new_video, settings, user};
use db::{
    Account, Actor, ActorKind, Caption, Channel, Chapter, CommentsPolicy, Db, Follow, FollowState,
    LatencyMode, Live, LiveSettings, Page, PlaylistElement, Privacy, Redundancy, RemoteActor, RemoteFile,
    RemotePlaylist, RemoteVideo, RemoteVideoPlaylist, Share, Stats, Storyboard, StreamingPlaylist, Tracker,
    Tx, Uuid, Video, VideoFile, VideoFilter, VideoPicture, VideoPictures, VideoPlaylist, VideoSort,
    VideoState,
};

const UUID: &str = "65adcf8a-1447-4195-a92a-e73eba873eb8";

fn remote_actor(kind: ActorKind, name: &str) -> RemoteActor {
    let url = format!("https://tube.example/actors/{name}");
    RemoteActor {
        host: "tube.example".into(),
        kind,
        name: name.into(),
        display_name: name.into(),
        description: None,
        inbox: format!("{url}/inbox"),
        shared_inbox: None,
        outbox: None,
        followers_url: None,
        public_pem: "-----BEGIN PUBLIC KEY-----".into(),
        icon_url: None,
        banner_url: None,
        published: None,
        support: None,
        url,
    }
}

/// A channel of another server.
async fn remote_channel(tx: &mut Tx, name: &str) -> i64 {
    let owner = remote_actor(ActorKind::Person, &format!("owner_of_{name}"))
        .save(tx, None, at(0))
        .await
        .unwrap();
    let account = Account::id_of_actor(tx, owner).await.unwrap();
    remote_actor(ActorKind::Group, name)
        .save(tx, Some(account), at(0))
        .await
        .unwrap()
}

fn file(name: &str, resolution: i64) -> RemoteFile {
    RemoteFile {
        url: format!("https://tube.example/static/{name}"),
        resolution,
        width: Some(resolution * 16 / 9),
        height: Some(resolution),
        fps: 30,
        size_bytes: 1_000,
        has_audio: true,
        has_video: true,
        torrent_url: Some(format!("https://tube.example/{name}.torrent")),
        magnet_uri: Some("magnet:?xt=urn:btih:x".into()),
        metadata_url: None,
    }
}

fn caption(language: &str, url: &str) -> Caption {
    Caption {
        language: language.into(),
        label: language.to_uppercase(),
        automatic: false,
        url: url.into(),
        updated_at: at(0),
    }
}

fn remote_video(channel_id: i64) -> RemoteVideo {
    let picture = |width| VideoPicture {
        url: format!("https://tube.example/{width}.jpg"),
        width,
        height: width * 9 / 16,
    };
    RemoteVideo {
        url: format!("https://tube.example/videos/watch/{UUID}"),
        uuid: UUID.parse().unwrap(),
        channel_id,
        name: "Elsewhere".into(),
        description: Some("Text".into()),
        support: None,
        category: Some(2),
        licence: Some(1),
        language: Some("en".into()),
        privacy: Privacy::Public,
        nsfw: false,
        comments_policy: CommentsPolicy::RequiresApproval,
        download_enabled: false,
        wait_transcoding: false,
        state: VideoState::Published,
        live: None,
        duration_s: 60,
        aspect_ratio: Some(1.7778),
        views: 12,
        published_at: at(1_000),
        updated_at: at(2_000),
        originally_published_at: None,
        uploaded_at: Some(at(1_500)),
        tags: vec!["jazz".into()],
        trackers: vec![Tracker {
            url: "wss://tube.example/tracker/socket".into(),
            websocket: true,
        }],
        pictures: VideoPictures {
            thumbnail: Some(picture(280)),
            preview: Some(picture(850)),
        },
        storyboard: Some(Storyboard {
            url: "https://tube.example/board.jpg".into(),
            width: 1920,
            height: 1080,
            tile_width: 192,
            tile_height: 108,
            tile_duration_s: 1,
        }),
        captions: vec![
            caption("en", "https://tube.example/en.vtt"),
            caption("en", "https://tube.example/twice.vtt"),
        ],
        playlist: Some(RemotePlaylist {
            url: "https://tube.example/master.m3u8".into(),
            sha256_url: Some("https://tube.example/segments.json".into()),
            infohashes: vec!["f2db4c4219a4e9d3a29cdd4b080ef8df5c82e5fb".into()],
            files: vec![file("480.mp4", 480), file("720.mp4", 720)],
        }),
        web_videos: vec![file("web-720.mp4", 720)],
    }
}

fn live_settings() -> LiveSettings {
    LiveSettings {
        permanent: true,
        save_replay: true,
        replay_privacy: None,
        latency_mode: LatencyMode::Small,
        grace_s: None,
        dvr_window_s: None,
    }
}

async fn put(db: &Db, video: &RemoteVideo) -> db::Upserted {
    let mut tx = db.begin().await.unwrap();
    let upserted = Video::upsert_remote(&mut tx, video, at(5_000)).await.unwrap();
    tx.commit().await.unwrap();
    upserted
}

async fn channel(db: &Db, name: &str) -> (i64, i64) {
    let mut tx = db.begin().await.unwrap();
    let actor = remote_channel(&mut tx, name).await;
    tx.commit().await.unwrap();
    (actor, Channel::by_actor(db, actor).await.unwrap().unwrap().id)
}

crate::on_both! {
    async fn a_remote_video_is_kept_whole_and_changes_whole(db: Db) {
        let (_, channel_id) = channel(&db, "studio").await;
        let mut told = remote_video(channel_id);
        let first = put(&db, &told).await;
        assert_eq!(first.before, None);
        let video = Video::by_url(&db, &told.url).await.unwrap().unwrap();
        assert_eq!((video.id, video.is_local(), video.views), (first.id, false, 12));
        assert_eq!((video.published_at, video.updated_at, video.uploaded_at), (at(1_000), at(2_000), Some(at(1_500))));
        assert_eq!(video.refreshed_at, Some(at(5_000)));
        assert_eq!(Video::tags(&db, video.id).await.unwrap(), ["jazz"]);
        assert_eq!(Video::trackers(&db, video.id).await.unwrap(), told.trackers);
        assert_eq!(VideoPictures::of_video(&db, video.id).await.unwrap(), told.pictures);
        assert_eq!(Storyboard::of_video(&db, video.id).await.unwrap(), told.storyboard);
        let captions = Caption::of_video(&db, video.id).await.unwrap();
        assert_eq!(captions.iter().map(|caption| caption.url.as_str()).collect::<Vec<_>>(), ["https://tube.example/en.vtt"]);
        let playlist = StreamingPlaylist::of_video(&db, video.id).await.unwrap().unwrap();
        assert_eq!(playlist.url.as_deref(), Some("https://tube.example/master.m3u8"));
        assert_eq!(playlist.files.iter().map(|file| file.resolution).collect::<Vec<_>>(), [720, 480]);
        assert_eq!(VideoFile::web_videos(&db, video.id).await.unwrap().len(), 1);
        assert_eq!(Stats::gather(&db, at(9_000)).await.unwrap().local_video_bytes, 0);

        // Said once more, nothing is there twice, and rows that are remembered elsewhere keep their numbers.
        put(&db, &told).await;
        assert_eq!(StreamingPlaylist::of_video(&db, video.id).await.unwrap().unwrap(), playlist);
        assert_eq!(Caption::of_video(&db, video.id).await.unwrap(), captions);

        told.live = Some(live_settings());
        told.state = VideoState::WaitingForLive;
        told.playlist = None;
        told.web_videos.clear();
        told.storyboard = None;
        told.captions = vec![caption("fr", "https://tube.example/fr.vtt")];
        told.tags.clear();
        let second = put(&db, &told).await;
        assert_eq!((second.id, second.before), (first.id, Some((VideoState::Published, false))));
        assert!(StreamingPlaylist::of_video(&db, video.id).await.unwrap().is_none());
        assert!(VideoFile::web_videos(&db, video.id).await.unwrap().is_empty());
        assert!(Storyboard::of_video(&db, video.id).await.unwrap().is_none());
        assert!(Video::tags(&db, video.id).await.unwrap().is_empty());
        let live = Live::by_video(&db, video.id).await.unwrap().unwrap();
        assert_eq!((live.settings.clone(), live.stream_key()), (live_settings(), None));
        let captions = Caption::of_video(&db, video.id).await.unwrap();
        assert_eq!((captions.len(), captions[0].updated_at), (1, at(5_000)));

        let mut tx = db.begin().await.unwrap();
        Video::set_rates(&mut tx, video.id, Some(7), None).await.unwrap();
        let chapter = |start_s, title: &str| Chapter { start_s, title: title.into() };
        let chapters = [chapter(5, "End"), chapter(0, "Start"), chapter(0, "Twice")];
        Chapter::replace(&mut tx, video.id, &chapters).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(Video::by_ref(&db, video.id).await.unwrap().unwrap().likes, 7);
        assert_eq!(Chapter::of_video(&db, video.id).await.unwrap(), [chapter(0, "Start"), chapter(5, "End")]);
    }

    async fn nobody_takes_the_uuid_of_another_video(db: Db) {
        let (_, _, here) = user(&db, "ana").await;
        let local = live(&db, &new_video(&here, "Here"), &settings(true, false)).await;
        let (_, channel_id) = channel(&db, "studio").await;
        let mut told = remote_video(channel_id);
        told.uuid = local.video.uuid;
        let mut tx = db.begin().await.unwrap();
        assert!(Video::upsert_remote(&mut tx, &told, at(0)).await.unwrap_err().is_conflict());
        drop(tx);
        told.uuid = Uuid::random();
        let upserted = put(&db, &told).await;
        // Nor does a video change its own.
        let before = told.uuid;
        told.uuid = local.video.uuid;
        put(&db, &told).await;
        assert_eq!(Video::by_ref(&db, upserted.id).await.unwrap().unwrap().uuid, before);
    }

    async fn lists_have_videos_of_servers_that_are_followed(db: Db) {
        let (actor_id, channel_id) = channel(&db, "studio").await;
        let video = put(&db, &remote_video(channel_id)).await;
        let newest = (VideoSort::PublishedAt, true);
        let total = async |filter: &VideoFilter| Video::list(&db, filter, newest, Page::first(10)).await.unwrap().total;
        let everyone = VideoFilter::default();
        assert_eq!(total(&everyone).await, 0, "somebody looked it up");
        let of_channel = VideoFilter { channel_id: Some(channel_id), ..VideoFilter::default() };
        assert_eq!(total(&of_channel).await, 1);

        let instance = Actor::instance(&db).await.unwrap();
        let application = remote_actor(ActorKind::Application, "peertube");
        let mut tx = db.begin().await.unwrap();
        let server = application.save(&mut tx, None, at(0)).await.unwrap();
        Follow::put(&mut tx, (instance.id, server), FollowState::Accepted, None, at(0)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(total(&everyone).await, 0, "that server has not shared it");
        let mut tx = db.begin().await.unwrap();
        assert!(Share::record(&mut tx, server, video.id, Some("https://tube.example/s/1"), at(1)).await.unwrap());
        assert!(!Share::record(&mut tx, server, video.id, Some("https://tube.example/s/2"), at(2)).await.unwrap());
        assert!(Share::record(&mut tx, actor_id, video.id, None, at(3)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(total(&everyone).await, 1);
        let local = VideoFilter { is_local: Some(true), ..VideoFilter::default() };
        assert_eq!(total(&local).await, 0);
        let host = VideoFilter { host: Some("Tube.example".into()), ..VideoFilter::default() };
        assert_eq!(total(&host).await, 1);
        let web = VideoFilter { has_web_video_files: Some(false), ..VideoFilter::default() };
        assert_eq!(total(&web).await, 0);

        let shares = Share::of_video(&db, video.id, Page::first(10)).await.unwrap();
        assert_eq!(shares.data.iter().map(|share| share.actor.id).collect::<Vec<_>>(), [server, actor_id]);
        assert_eq!(shares.data[0].created_at, at(1));
        let mut tx = db.begin().await.unwrap();
        assert!(Share::remove(&mut tx, server, video.id).await.unwrap());
        assert!(!Share::remove(&mut tx, server, video.id).await.unwrap());
        tx.commit().await.unwrap();
        assert!(Share::by_actor(&db, video.id, server).await.unwrap().is_none());
        assert_eq!(total(&everyone).await, 0);
    }

    async fn copies_of_a_video_belong_to_who_keeps_them(db: Db) {
        let (_, _, here) = user(&db, "ana").await;
        let live = live(&db, &new_video(&here, "Here"), &settings(true, false)).await;
        let mut tx = db.begin().await.unwrap();
        let keeper = remote_actor(ActorKind::Application, "peertube").save(&mut tx, None, at(0)).await.unwrap();
        let other = remote_actor(ActorKind::Person, "mallory").save(&mut tx, None, at(0)).await.unwrap();
        let mut copy = Redundancy {
            url: "https://tube.example/redundancy/1".into(),
            actor_id: keeper,
            video_id: live.video.id,
            base_url: "https://tube.example/static/redundancy/hls/1".into(),
            expires_at: Some(at(1_000)),
        };
        assert!(Redundancy::put(&mut tx, &copy, at(0)).await.unwrap());
        copy.expires_at = Some(at(2_000));
        assert!(Redundancy::put(&mut tx, &copy, at(1)).await.unwrap());
        copy.actor_id = other;
        assert!(!Redundancy::put(&mut tx, &copy, at(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(Redundancy::base_urls(&db, live.video.id, at(1_500)).await.unwrap(), [copy.base_url.as_str()]);
        assert!(Redundancy::base_urls(&db, live.video.id, at(2_000)).await.unwrap().is_empty());
        let mut tx = db.begin().await.unwrap();
        assert_eq!(Redundancy::remove(&mut tx, &copy.url, other).await.unwrap(), None);
        assert_eq!(Redundancy::remove_expired(&mut tx, at(1_999)).await.unwrap(), 0);
        assert_eq!(Redundancy::remove(&mut tx, &copy.url, keeper).await.unwrap(), Some(live.video.id));
        tx.commit().await.unwrap();
    }

    async fn a_remote_playlist_has_the_elements_it_had_last(db: Db) {
        let (_, channel_id) = channel(&db, "studio").await;
        let video = put(&db, &remote_video(channel_id)).await;
        let account = Video::by_ref(&db, video.id).await.unwrap().unwrap().channel.account;
        let told = RemoteVideoPlaylist {
            url: "https://tube.example/video-playlists/1".into(),
            uuid: Uuid::random(),
            account_id: account.id,
            channel_id,
            name: "Best of".into(),
            description: None,
            privacy: Privacy::Public,
            picture_url: None,
            published_at: at(0),
            updated_at: at(1),
        };
        let element = |number: i64| PlaylistElement {
            url: Some(format!("https://tube.example/elements/{number}")),
            video_id: Some(video.id),
            position: number,
            start_s: None,
            stop_s: Some(9),
        };
        for elements in [vec![element(1), element(2)], vec![element(2)]] {
            let mut tx = db.begin().await.unwrap();
            let id = VideoPlaylist::upsert_remote(&mut tx, &told).await.unwrap();
            VideoPlaylist::replace_elements(&mut tx, id, &elements, at(2)).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(VideoPlaylist::elements(&db, id, 10).await.unwrap(), elements);
        }
        let kept = VideoPlaylist::by_url(&db, &told.url).await.unwrap().unwrap();
        assert_eq!((kept.name.as_str(), kept.channel_id), ("Best of", Some(channel_id)));
        let mut tx = db.begin().await.unwrap();
        assert!(!VideoPlaylist::delete_remote(&mut tx, &told.url, account.id + 1).await.unwrap());
        assert!(VideoPlaylist::delete_remote(&mut tx, &told.url, account.id).await.unwrap());
        tx.commit().await.unwrap();
    }
}
