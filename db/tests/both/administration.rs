//! What administrators see and set, on both databases.

use crate::support::{at, user};
use db::{
    Account, Actor, ActorKind, Db, Delivery, Follow, FollowFilter, FollowState, Handle, Instance, Job,
    ListedPlaylist, Outgoing, Page, PlaylistElement, PlaylistOf, Privacy, Recipient, RemoteActor,
    RemoteVideoPlaylist, Setting, Stats, VideoPlaylist, Work, WorkFilter, WorkKind, WorkState,
};
use serde_json::json;

async fn remote(db: &Db, name: &str, kind: ActorKind, owner: Option<i64>) -> Actor {
    let url = format!("https://b.example/{name}");
    let actor = RemoteActor {
        url: url.clone(),
        host: "b.example".to_owned(),
        kind,
        name: name.to_owned(),
        display_name: name.to_owned(),
        description: None,
        inbox: format!("{url}/inbox"),
        shared_inbox: None,
        outbox: None,
        followers_url: None,
        public_pem: String::new(),
        icon_url: None,
        banner_url: None,
        published: None,
        support: None,
    };
    let mut tx = db.begin().await.unwrap();
    actor.save(&mut tx, owner, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    Actor::by_url(db, &url).await.unwrap().unwrap()
}

crate::on_both! {
    async fn settings_are_kept_replaced_and_forgotten(db: Db) {
        let mut tx = db.begin().await.unwrap();
        Setting::put(&mut tx, "a", &json!("one")).await.unwrap();
        Setting::put(&mut tx, "a", &json!(["two"])).await.unwrap();
        Setting::put(&mut tx, "b", &json!(true)).await.unwrap();
        tx.commit().await.unwrap();
        let all = Setting::all(&db).await.unwrap();
        assert_eq!(serde_json::Value::Object(all), json!({ "a": ["two"], "b": true }));
        let mut tx = db.begin().await.unwrap();
        Setting::clear(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(Setting::all(&db).await.unwrap().is_empty());
    }

    async fn work_is_listed_by_its_state(db: Db) {
        let bob = remote(&db, "bob", ActorKind::Person, None).await;
        let instance = Instance::by_host(&db, "b.example").await.unwrap().unwrap();
        let mut tx = db.begin().await.unwrap();
        for kind in ["first", "second", "third"] {
            Job::enqueue(&mut tx, kind, "7", at(0)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let first = Job::claim(&db, at(1)).await.unwrap().unwrap();
        let second = Job::claim(&db, at(1)).await.unwrap().unwrap();
        let signer = Actor::instance(&db).await.unwrap().id;
        let mut tx = db.begin().await.unwrap();
        Job::fail(&mut tx, second.id, "broken", None, at(2)).await.unwrap();
        let activity = Outgoing::insert(&mut tx, signer, "{}", false, at(2)).await.unwrap();
        Delivery::insert(&mut tx, activity, &[Recipient::Inbox(bob.id)], &[], at(2)).await.unwrap();
        Instance::failed(&mut tx, instance.id, 1, at(1_000), "away").await.unwrap();
        tx.commit().await.unwrap();

        let list = async |state, ms| {
            let filter = WorkFilter { state, ..WorkFilter::default() };
            let list = Work::list(&db, &filter, false, Page::first(10), at(ms)).await.unwrap();
            let names: Vec<String> = list.data.iter().map(|work| work.name.clone()).collect();
            assert_eq!(list.total, i64::try_from(names.len()).unwrap());
            names
        };
        assert_eq!(list(Some(WorkState::Active), 3).await, std::slice::from_ref(&first.kind));
        assert_eq!(list(Some(WorkState::Waiting), 3).await, ["third"]);
        assert_eq!(list(Some(WorkState::Failed), 3).await, ["second"]);
        assert_eq!(list(Some(WorkState::Delayed), 3).await, ["https://b.example/bob/inbox"]);
        assert_eq!(list(Some(WorkState::Waiting), 1_000).await.len(), 2, "the server may be tried again");
        assert_eq!(list(None, 3).await.len(), 4);
        let deliveries = WorkFilter { kind: Some(WorkKind::Delivery), ..WorkFilter::default() };
        let deliveries = Work::list(&db, &deliveries, true, Page::first(10), at(3)).await.unwrap();
        assert_eq!(deliveries.data[0].payload, activity.to_string());
        let named = WorkFilter { name: Some("third".into()), ..WorkFilter::default() };
        assert_eq!(Work::list(&db, &named, true, Page::first(10), at(3)).await.unwrap().total, 1);
    }

    async fn followers_of_an_account_are_those_of_its_channels_too(db: Db) {
        user(&db, "ana").await;
        let ana = Account::by_handle(&db, &Handle::local("ana")).await.unwrap().unwrap();
        let channel = Actor::by_handle(&db, &Handle::local("ana_channel")).await.unwrap().unwrap();
        let bob = remote(&db, "bob", ActorKind::Person, None).await;
        let server = Actor::instance(&db).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        for (target, state) in [(ana.actor.id, FollowState::Pending), (channel.id, FollowState::Accepted)] {
            Follow::put(&mut tx, (bob.id, target), state, None, at(0)).await.unwrap();
        }
        Follow::put(&mut tx, (bob.id, server.id), FollowState::Accepted, None, at(0)).await.unwrap();
        let instance = Instance::ensure(&mut tx, "b.example", at(0)).await.unwrap();
        Instance::set_redundancy_allowed(&mut tx, instance, true).await.unwrap();
        tx.commit().await.unwrap();
        let filter = FollowFilter {
            target_account_id: Some(ana.id),
            by_state: true,
            newest_first: true,
            ..FollowFilter::default()
        };
        let list = Follow::list(&db, &filter, Page::first(10)).await.unwrap();
        assert_eq!((list.total, list.data[0].state), (2, FollowState::Accepted));
        assert!(list.data[0].follower.redundancy_allowed && !list.data[0].target.redundancy_allowed);
        let stats = Stats::gather(&db, at(1)).await.unwrap();
        assert_eq!((stats.instance_followers, stats.instance_following, stats.abuses), (1, 0, 0));
        assert_eq!(stats.abuse_response_ms, None);
    }

    async fn public_playlists_are_listed(db: Db) {
        let bob = remote(&db, "bob", ActorKind::Person, None).await;
        let account = Account::by_actor(&db, bob.id).await.unwrap().unwrap();
        let group = remote(&db, "bobs", ActorKind::Group, Some(account.id)).await;
        let channel = db::Channel::by_actor(&db, group.id).await.unwrap().unwrap();
        let playlist = |number: i64, privacy| RemoteVideoPlaylist {
            url: format!("https://b.example/playlists/{number}"),
            uuid: db::Uuid::random(),
            account_id: account.id,
            channel_id: channel.id,
            name: format!("Playlist {number}"),
            description: None,
            privacy,
            picture_url: None,
            published_at: at(number),
            updated_at: at(number),
        };
        let element = PlaylistElement { url: None, video_id: None, position: 1, start_s: Some(5), stop_s: None };
        let mut tx = db.begin().await.unwrap();
        let first = VideoPlaylist::upsert_remote(&mut tx, &playlist(1, Privacy::Public)).await.unwrap();
        VideoPlaylist::upsert_remote(&mut tx, &playlist(2, Privacy::Public)).await.unwrap();
        let hidden = VideoPlaylist::upsert_remote(&mut tx, &playlist(3, Privacy::Unlisted)).await.unwrap();
        VideoPlaylist::replace_elements(&mut tx, first, &[element], at(0)).await.unwrap();
        tx.commit().await.unwrap();
        let list = async |of, search| {
            let list = ListedPlaylist::list(&db, of, search, true, Page::first(10)).await.unwrap();
            list.data.into_iter().map(|listed| listed.playlist.name).collect::<Vec<_>>()
        };
        assert_eq!(list(PlaylistOf::Everyone, None).await, ["Playlist 2", "Playlist 1"]);
        assert_eq!(list(PlaylistOf::Account(account.id), Some("LIST 1")).await, ["Playlist 1"]);
        assert_eq!(list(PlaylistOf::Channel(channel.id + 1), None).await, Vec::<String>::new());
        let listed = ListedPlaylist::by_ref(&db, db::VideoRef::Id(first)).await.unwrap().unwrap();
        assert_eq!(listed.videos, 1);
        assert_eq!(listed.items(&db, Page::first(10)).await.unwrap().data[0].start_s, Some(5));
        let hidden = ListedPlaylist::by_ref(&db, db::VideoRef::Id(hidden)).await.unwrap().unwrap();
        assert_eq!(hidden.privacy, Privacy::Unlisted);
    }
}
