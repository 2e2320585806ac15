//! Follows and playlists, field by field, against what PeerTube 6.3 answered.

use db::{
    Account, Actor, ActorKind, Channel, Follow, FollowState, Handle, PlaylistElement, Privacy, RemoteActor,
    RemoteVideoPlaylist, VideoPlaylist,
};
use jiff::Timestamp;

use crate::client::{Client, database};
use crate::shapes::compare;
use crate::support::Server;

/// Somebody of another server, as it described itself.
fn remote(kind: ActorKind, name: &str, path: &str) -> RemoteActor {
    let url = format!("https://tube.example/{path}/{name}");
    RemoteActor {
        inbox: format!("{url}/inbox"),
        host: "tube.example".to_owned(),
        kind,
        name: name.to_owned(),
        display_name: name.to_owned(),
        description: Some("Somebody".to_owned()),
        shared_inbox: None,
        outbox: None,
        followers_url: None,
        public_pem: String::new(),
        icon_url: None,
        banner_url: None,
        published: None,
        support: None,
        url,
    }
}

#[tokio::test]
async fn follows_and_playlists_have_the_shape_of_peertubes() {
    let server = Server::start().await;
    let root = Client::root(&server).await;
    let db = database(&server).await;
    let now = Timestamp::now();
    let me = Account::by_handle(&db, &Handle::local("root"))
        .await
        .unwrap()
        .unwrap();
    let instance = Actor::instance(&db).await.unwrap();

    let mut tx = db.begin().await.unwrap();
    let application = remote(ActorKind::Application, "peertube", "accounts")
        .save(&mut tx, None, now)
        .await
        .unwrap();
    let person = remote(ActorKind::Person, "ana", "accounts")
        .save(&mut tx, None, now)
        .await
        .unwrap();
    let account = Account::id_of_actor(&mut tx, person).await.unwrap();
    let group = remote(ActorKind::Group, "ana_channel", "video-channels")
        .save(&mut tx, Some(account), now)
        .await
        .unwrap();
    for pair in [
        (application, instance.id),
        (instance.id, application),
        (me.actor.id, group),
    ] {
        Follow::put(&mut tx, pair, FollowState::Accepted, None, now)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let channel = Channel::by_actor(&db, group).await.unwrap().unwrap();
    let playlist = RemoteVideoPlaylist {
        url: "https://tube.example/video-playlists/1".to_owned(),
        uuid: "b5542c4c-7ea7-4e1c-b478-38de97a5c6aa".parse().unwrap(),
        account_id: account,
        channel_id: channel.id,
        name: "Chess".to_owned(),
        description: None,
        privacy: Privacy::Public,
        picture_url: None,
        published_at: now,
        updated_at: now,
    };
    let gone = PlaylistElement {
        url: None,
        video_id: None,
        position: 1,
        start_s: Some(3),
        stop_s: None,
    };
    let mut tx = db.begin().await.unwrap();
    let id = VideoPlaylist::upsert_remote(&mut tx, &playlist).await.unwrap();
    VideoPlaylist::replace_elements(&mut tx, id, &[gone], now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    db.close().await;

    for list in ["followers", "following"] {
        let ours = root.get(&format!("/server/{list}")).await;
        compare(&format!("get/api-server-{list}.json"), &ours, &[]);
    }
    let channels = "rest/049_GET_search-video-channels-search-alice-channel-40127-0-0-1-3A9000_200.json";
    compare(channels, &root.get("/users/me/subscriptions").await, &[]);
    let playlists = "rest/055_GET_accounts-alice-video-playlists_200.json";
    for owner in [
        "/accounts/ana@tube.example",
        "/video-channels/ana_channel@tube.example",
        "",
    ] {
        let ours = root.get(&format!("{owner}/video-playlists")).await;
        assert_eq!(ours["total"], 1);
        compare(playlists, &ours, &[]);
    }
    let elements = root
        .get(&format!("/video-playlists/{}/videos", playlist.uuid))
        .await;
    assert_eq!(elements["total"], 1);
    assert_eq!(elements["data"][0]["type"], 1, "the video is gone");
    assert_eq!(elements["data"][0]["startTimestamp"], 3);
}
