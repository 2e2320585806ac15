//! Follows from elsewhere, as the contract with PeerTube and Mastodon has them.

use std::time::{Duration, Instant};

use db::{Blocklist, Follow, FollowState};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::peers::Inside;
use crate::stranger::{Letter, Pair, Stranger, member, member_with, post};
use crate::support::{PATIENCE, Server};

fn follow(actor: &str, number: u32, target: &str) -> Value {
    json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "Follow",
        "id": format!("{actor}/follows/{number}"),
        "actor": actor,
        "object": target,
    })
}

async fn followers(server: &Server, actor: &str, wanted: i64) -> Value {
    let path = format!("{actor}/followers");
    server
        .until(&path, None, |followers| followers["totalItems"] == wanted)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_follow_accounts_and_channels_and_leave() {
    let (server, stranger, pair) = tokio::join!(member(), Stranger::start(), Pair::new());
    let carol = stranger.person("carol", &pair.pem);
    for (index, actor) in (0..).zip(["/accounts/root", "/video-channels/root_channel"]) {
        let activity = follow(&carol, index, &server.url(actor));
        let letter = Letter::new(&server, &format!("{actor}/inbox"), &activity);
        let headers = letter.sign(&pair.private);
        assert_eq!(letter.send(&server, &headers).await.status(), 204);
        // The same request again changes nothing, and is no error.
        assert_eq!(letter.send(&server, &headers).await.status(), 204);
        let accept = stranger
            .receive(|posted| posted["object"]["id"] == activity["id"])
            .await;
        assert_eq!(accept["type"], "Accept");
        assert_eq!(accept["actor"], server.url(actor));
        assert_eq!(accept["object"]["object"], server.url(actor));
        assert_eq!(accept["signature"]["creator"], server.url(actor));
        let collection = followers(&server, actor, 1).await;
        let page = collection["first"].as_str().unwrap();
        let page: Value = server
            .client
            .get(page)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(page["type"], "OrderedCollectionPage");
        assert_eq!(page["orderedItems"], json!([carol]));
        assert_eq!(page["partOf"], server.url(&format!("{actor}/followers")));

        let undo = json!({
            "type": "Undo", "id": format!("{carol}/undo/{index}"), "actor": carol, "object": activity,
        });
        assert_eq!(post(&server, "/inbox", &undo, &pair.private).await, 204);
        let collection = followers(&server, actor, 0).await;
        assert_eq!(collection.get("first"), None);
    }
    assert_eq!(stranger.posted().len(), 2, "one answer for each");
    let shown = server
        .json(&format!("/api/v1/accounts/carol@{}", stranger.host()))
        .await;
    assert_eq!(shown["url"], carol);
    assert_eq!(shown["host"], stranger.host());

    // Again, with the id of the first time: PeerTube has but one for a pair.
    let again = follow(&carol, 0, &server.url("/accounts/root"));
    let mut again_signed = again.clone();
    again_signed["signature"] = json!({ "created": "2026-11-22T12:00:00Z" });
    assert_eq!(post(&server, "/inbox", &again_signed, &pair.private).await, 204);
    followers(&server, "/accounts/root", 1).await;

    // Whoever leaves follows nobody.
    stranger.remove("/users/carol");
    let delete =
        json!({ "type": "Delete", "id": format!("{carol}#delete"), "actor": carol, "object": carol });
    assert_eq!(post(&server, "/inbox", &delete, &pair.private).await, 204);
    followers(&server, "/accounts/root", 0).await;
    assert_eq!(
        server
            .get(&format!("/api/v1/accounts/carol@{}", stranger.host()))
            .await
            .status(),
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_follows_a_server_that_wants_no_followers() {
    let env = vec![("TRIBUTARY__FEDERATION__FOLLOWERS", "nobody".into())];
    let (server, stranger, pair) = tokio::join!(member_with(env), Stranger::start(), Pair::new());
    let carol = stranger.person("carol", &pair.pem);
    let activity = follow(&carol, 1, &server.url("/accounts/peertube"));
    assert_eq!(
        post(&server, "/accounts/peertube/inbox", &activity, &pair.private).await,
        204
    );
    let reject = stranger
        .receive(|posted| posted["object"]["id"] == activity["id"])
        .await;
    assert_eq!(reject["type"], "Reject");
    followers(&server, "/accounts/peertube", 0).await;
    // Its people and channels can be followed.
    let activity = follow(&carol, 2, &server.url("/accounts/root"));
    assert_eq!(post(&server, "/inbox", &activity, &pair.private).await, 204);
    followers(&server, "/accounts/root", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_change_their_names_and_keys() {
    let (server, stranger) = tokio::join!(member(), Stranger::start());
    let (old, new) = tokio::join!(Pair::new(), Pair::new());
    let carol = stranger.person("carol", &old.pem);
    let activity = follow(&carol, 1, &server.url("/accounts/root"));
    assert_eq!(post(&server, "/inbox", &activity, &old.private).await, 204);
    followers(&server, "/accounts/root", 1).await;

    let mut described = stranger.actor("carol", &old.pem);
    described["name"] = "Carol C.".into();
    described["icon"] =
        json!({ "type": "Image", "url": stranger.url("/carol.png"), "width": 120, "height": 120 });
    let update =
        json!({ "type": "Update", "id": format!("{carol}#update"), "actor": carol, "object": described });
    assert_eq!(post(&server, "/inbox", &update, &old.private).await, 204);
    let path = format!("/api/v1/accounts/carol@{}", stranger.host());
    server
        .until(&path, None, |account| account["displayName"] == "Carol C.")
        .await;

    // A key nobody heard of: the server it should be from is asked, once.
    stranger.person("carol", &new.pem);
    let undo = json!({ "type": "Undo", "id": format!("{carol}/undo"), "actor": carol, "object": activity });
    assert_eq!(post(&server, "/inbox", &undo, &new.private).await, 204);
    followers(&server, "/accounts/root", 0).await;
    assert_eq!(post(&server, "/inbox", &update, &old.private).await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_by_http2_is_for_the_host_it_names() {
    let (server, stranger, pair) = tokio::join!(member(), Stranger::start(), Pair::new());
    let carol = stranger.person("carol", &pair.pem);
    let activity = follow(&carol, 1, &server.url("/accounts/root"));
    let letter = Letter::new(&server, "/inbox", &activity);
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let mut request = client.post(server.url("/inbox")).body(letter.body.clone());
    for (name, value) in letter.sign(&pair.private) {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    assert_eq!(answer.status(), 204);
    followers(&server, "/accounts/root", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_servers_may_leave_and_nothing_else() {
    let env = vec![("TRIBUTARY__FEDERATION__FOLLOWERS", "manual".into())];
    let (server, stranger, pair) = tokio::join!(member_with(env), Stranger::start(), Pair::new());
    let carol = stranger.person("carol", &pair.pem);
    let root = server.url("/accounts/root");
    assert_eq!(
        post(&server, "/inbox", &follow(&carol, 1, &root), &pair.private).await,
        204
    );
    followers(&server, "/accounts/root", 1).await;

    // To follow the server takes an administrator.
    let asked = follow(&carol, 2, &server.url("/accounts/peertube"));
    assert_eq!(post(&server, "/inbox", &asked, &pair.private).await, 204);
    let inside = Inside::of(&server).await;
    let db = &inside.federation.db;
    let deadline = Instant::now() + PATIENCE;
    let pending = loop {
        if let Some(found) = Follow::by_url(db, asked["id"].as_str().unwrap()).await.unwrap() {
            break found;
        }
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(pending.state, FollowState::Pending);
    federation::accept_follower(&inside.federation, &pending)
        .await
        .unwrap();
    let accept = stranger
        .receive(|posted| posted["object"]["id"] == asked["id"])
        .await;
    assert_eq!(accept["type"], "Accept");
    followers(&server, "/accounts/peertube", 1).await;

    let mut tx = db.begin().await.unwrap();
    Blocklist::add_host(&mut tx, None, stranger.host(), Timestamp::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let done = |kind: &str, object: Value| json!({ "type": kind, "id": format!("{carol}/acts/{kind}"), "actor": carol, "object": object });
    let update = done("Update", stranger.actor("carol", &pair.pem));
    assert_eq!(post(&server, "/inbox", &update, &pair.private).await, 403);
    let channel = follow(&carol, 3, &server.url("/video-channels/root_channel"));
    assert_eq!(post(&server, "/inbox", &channel, &pair.private).await, 204);
    let reject = stranger
        .receive(|posted| posted["object"]["id"] == channel["id"])
        .await;
    assert_eq!(reject["type"], "Reject");
    let undo = done("Undo", follow(&carol, 1, &root));
    assert_eq!(post(&server, "/inbox", &undo, &pair.private).await, 204);
    followers(&server, "/accounts/root", 0).await;
    // Of those who are not known nobody is looked up.
    let dora = stranger.person("dora", &pair.pem);
    assert_eq!(
        post(&server, "/inbox", &follow(&dora, 4, &root), &pair.private).await,
        403
    );
    assert!(!stranger.asked().contains(&"/users/dora".to_owned()));
}
