//! Two of these servers, which follow each other.

use db::{Account, Actor, Db, Follow, Handle};
use federation::{Federation, Settings, Site};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::stranger::{member, member_with};
use crate::support::Server;

/// What the program of a server does, done from here on its database.
pub struct Inside {
    pub federation: Federation,
    stop: CancellationToken,
}

impl Inside {
    pub async fn of(server: &Server) -> Self {
        let path = server.data.join("tributary.sqlite");
        let db = Db::connect(&format!("sqlite://{}", path.display()))
            .await
            .unwrap();
        let url = server.url("");
        let host = url.strip_prefix("http://").unwrap().to_owned();
        let settings = Settings {
            allow_private_addresses: true,
            ..Settings::default()
        };
        let federation = Federation::new(db, Site { url, host }, settings).unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(federation::deliver::run(federation.clone(), stop.clone()));
        Self { federation, stop }
    }

    pub async fn root(&self) -> Actor {
        let account = Account::by_handle(&self.federation.db, &Handle::local("root")).await;
        account.unwrap().unwrap().actor
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub fn host(server: &Server) -> String {
    format!("127.0.0.1:{}", server.http_port)
}

/// Waits until a collection has just these members.
async fn members(server: &Server, collection: &str, wanted: &[String]) {
    let path = format!("{collection}?page=1");
    server
        .until(&path, None, |page| page["orderedItems"] == json!(wanted))
        .await;
}

async fn count(server: &Server, path: &str, field: &str, wanted: i64) -> Value {
    server.until(path, None, |actor| actor[field] == wanted).await
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_follow_each_other() {
    let follow_back = vec![("TRIBUTARY__FEDERATION__FOLLOW_BACK", "true".into())];
    let (a, b) = tokio::join!(member(), member_with(follow_back));
    let inside = Inside::of(&a).await;
    let instance = Actor::instance(&inside.federation.db).await.unwrap();
    federation::follow(&inside.federation, &instance, &host(&b))
        .await
        .unwrap();

    let actors = [a.url("/accounts/peertube"), b.url("/accounts/peertube")];
    for (server, other) in [(&a, &actors[1]), (&b, &actors[0])] {
        members(
            server,
            "/accounts/peertube/following",
            std::slice::from_ref(other),
        )
        .await;
        members(
            server,
            "/accounts/peertube/followers",
            std::slice::from_ref(other),
        )
        .await;
    }
    // Nothing is gained by asking twice.
    let handle = format!("peertube@{}", host(&b));
    let follow = federation::follow(&inside.federation, &instance, &handle)
        .await
        .unwrap();
    assert_eq!(follow.state, db::FollowState::Accepted);

    federation::unfollow(&inside.federation, &follow).await.unwrap();
    members(&a, "/accounts/peertube/following", &[]).await;
    members(&b, "/accounts/peertube/followers", &[]).await;
    members(&a, "/accounts/peertube/followers", &actors[1..]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_follow_channels_of_other_servers() {
    let (a, b) = tokio::join!(member(), member());
    let inside = Inside::of(&a).await;
    let root = inside.root().await;
    let channel = format!("root_channel@{}", host(&b));
    let pending = federation::follow(&inside.federation, &root, &channel)
        .await
        .unwrap();
    assert_eq!(pending.target.kind, db::ActorKind::Group);

    members(
        &b,
        "/video-channels/root_channel/followers",
        &[a.url("/accounts/root")],
    )
    .await;
    members(
        &a,
        "/accounts/root/following",
        &[b.url("/video-channels/root_channel")],
    )
    .await;
    count(&b, "/api/v1/video-channels/root_channel", "followersCount", 1).await;
    count(&a, "/api/v1/accounts/root", "followingCount", 1).await;
    let token = b.token().await;
    let told = "/api/v1/users/me/notifications";
    b.until(told, Some(&token), |told| told["data"][0]["type"] == 10)
        .await;
    // Each knows who it has to do with.
    let there = count(
        &a,
        &format!("/api/v1/video-channels/{channel}"),
        "followersCount",
        1,
    )
    .await;
    assert_eq!(there["url"], b.url("/video-channels/root_channel"));
    assert_eq!(there["isLocal"], false);
    assert_eq!(there["ownerAccount"]["url"], b.url("/accounts/root"));
    let here = b.json(&format!("/api/v1/accounts/root@{}", host(&a))).await;
    assert_eq!(here["url"], a.url("/accounts/root"));

    // Somebody here does not want them, and says so.
    let b_inside = Inside::of(&b).await;
    let id = a.url(&format!("/accounts/root/follows/{}", pending.id));
    let follower = Follow::by_url(&b_inside.federation.db, &id)
        .await
        .unwrap()
        .unwrap();
    federation::reject_follower(&b_inside.federation, &follower)
        .await
        .unwrap();
    count(&a, "/api/v1/accounts/root", "followingCount", 0).await;
    federation::accept_follower(&b_inside.federation, &follower)
        .await
        .unwrap();
    count(&a, "/api/v1/accounts/root", "followingCount", 1).await;

    let follow = Follow::by_id(&inside.federation.db, pending.id)
        .await
        .unwrap()
        .unwrap();
    federation::unfollow(&inside.federation, &follow).await.unwrap();
    count(&b, "/api/v1/video-channels/root_channel", "followersCount", 0).await;
    count(
        &a,
        &format!("/api/v1/video-channels/{channel}"),
        "followersCount",
        0,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_one_server_follow_at_once() {
    let a = member().await;
    let inside = Inside::of(&a).await;
    let root = inside.root().await;
    let channel = a.url("/video-channels/root_channel");
    let follow = federation::follow(&inside.federation, &root, &channel)
        .await
        .unwrap();
    assert_eq!(follow.state, db::FollowState::Accepted);
    count(&a, "/api/v1/video-channels/root_channel", "followersCount", 1).await;
    for nobody in [
        "nobody",
        "nobody@nowhere",
        "root",
        &a.url("/accounts/nobody"),
        &a.url(""),
        "acct:root_channel@",
    ] {
        assert!(
            federation::follow(&inside.federation, &root, nobody)
                .await
                .is_err(),
            "{nobody}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_change_and_delete_is_told() {
    let (a, b) = tokio::join!(member(), member());
    let token = b.token().await;
    let asked = |method: reqwest::Method, path: &str, body: Value| {
        b.client
            .request(method, b.url(path))
            .bearer_auth(&token)
            .json(&body)
            .send()
    };
    let new = json!({ "name": "second", "displayName": "Second" });
    let made = asked(reqwest::Method::POST, "/api/v1/video-channels", new)
        .await
        .unwrap();
    assert_eq!(made.status(), 200);
    let inside = Inside::of(&a).await;
    let root = inside.root().await;
    let handle = format!("second@{}", host(&b));
    federation::follow(&inside.federation, &root, &handle)
        .await
        .unwrap();
    count(&a, "/api/v1/accounts/root", "followingCount", 1).await;

    let path = "/api/v1/video-channels/second";
    let renamed = json!({ "displayName": "Renamed", "support": "Send cake" });
    assert_eq!(
        asked(reqwest::Method::PUT, path, renamed).await.unwrap().status(),
        204
    );
    let there = format!("/api/v1/video-channels/{handle}");
    let changed = a
        .until(&there, None, |channel| channel["displayName"] == "Renamed")
        .await;
    assert_eq!(changed["support"], "Send cake");

    assert_eq!(
        asked(reqwest::Method::DELETE, path, Value::Null)
            .await
            .unwrap()
            .status(),
        204
    );
    a.until(&there, None, |channel| channel["status"] == 404).await;
    count(&a, "/api/v1/accounts/root", "followingCount", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_before_is_found_after_a_follow() {
    let (a, b) = tokio::join!(member(), member());
    let token = b.token().await;
    let live = b.live(&token, json!({})).await;
    let video = b.url(&format!("/videos/watch/{}", live.uuid));
    for (actor, kind) in [
        ("/accounts/root", "Create"),
        ("/video-channels/root_channel", "Announce"),
        ("/accounts/peertube", "Announce"),
    ] {
        let path = format!("{actor}/outbox?page=1");
        let page = b.until(&path, None, |page| page["totalItems"] == 1).await;
        let activity = &page["orderedItems"][0];
        assert_eq!(
            (&activity["type"], &activity["actor"]),
            (&json!(kind), &json!(b.url(actor)))
        );
        let object = &activity["object"];
        assert_eq!(object.get("id").unwrap_or(object), &json!(video));
    }
    let path = format!("/api/v1/videos/{}", live.uuid);
    assert_eq!(a.get(&path).await.status(), 404);
    let inside = Inside::of(&a).await;
    let channel = format!("root_channel@{}", host(&b));
    federation::follow(&inside.federation, &inside.root().await, &channel)
        .await
        .unwrap();
    let found = a
        .until(&path, None, |video| video["uuid"] == live.uuid.as_str())
        .await;
    assert_eq!(found["url"], video);
}
