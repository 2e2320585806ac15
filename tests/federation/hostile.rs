//! What others must not be able to do.

use federation::signature::{self, ld};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::peers::Inside;
use crate::stranger::{Letter, Pair, Stranger, member, member_with, post};
use crate::support::{PATIENCE, Server};

/// A Follow of root.
fn follow(server: &Server, actor: &str, number: u32) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "type": "Follow",
        "id": format!("{actor}/follows/{number}"),
        "actor": actor,
        "object": server.url("/accounts/root"),
    })
}

async fn followers(server: &Server) -> Value {
    server.json("/accounts/root/followers").await["totalItems"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_not_its_actors_is_refused() {
    let (server, stranger) = tokio::join!(member(), Stranger::start());
    let (pair, other) = tokio::join!(Pair::new(), Pair::new());
    let carol = stranger.person("carol", &pair.pem);
    let activity = follow(&server, &carol, 1);
    let right = || Letter::new(&server, "/inbox", &activity);

    let unsigned = right().send(&server, &[]).await;
    assert_eq!(unsigned.status(), 403);
    let problem: Value = unsigned.json().await.unwrap();
    assert_eq!(problem["detail"], "the request is not signed");
    // Nobody was looked up for it.
    assert_eq!(stranger.asked(), [""; 0]);

    let signed_with = async |change: &dyn Fn(&mut Letter)| {
        let mut letter = right();
        change(&mut letter);
        let headers = letter.sign(&pair.private);
        letter.send(&server, &headers).await.status()
    };
    let minutes = |minutes| Timestamp::now() + SignedDuration::from_mins(minutes);
    assert_eq!(signed_with(&|letter| letter.time = minutes(-40)).await, 403);
    assert_eq!(signed_with(&|letter| letter.time = minutes(40)).await, 403);
    assert_eq!(
        signed_with(&|letter| letter.host = "tube.example".into()).await,
        403
    );

    let headers = right().sign(&pair.private);
    let mut tampered = right();
    tampered.body.push(b' ');
    assert_eq!(tampered.send(&server, &headers).await.status(), 403);
    let mut digest = headers.clone();
    for (name, value) in &mut digest {
        if *name == "digest" {
            *value = signature::digest(&tampered.body);
        }
    }
    assert_eq!(tampered.send(&server, &digest).await.status(), 403);
    let elsewhere = Letter {
        path: "/accounts/root/inbox".into(),
        ..right()
    };
    assert_eq!(elsewhere.send(&server, &headers).await.status(), 403);

    // The key of somebody else, under carol's name; and an own key, under an own name, for what carol did.
    assert_eq!(
        right()
            .send(&server, &right().sign(&other.private))
            .await
            .status(),
        403
    );
    let mallory = stranger.person("mallory", &other.pem);
    let stolen = Letter {
        key_id: mallory,
        ..right()
    };
    assert_eq!(
        stolen.send(&server, &stolen.sign(&other.private)).await.status(),
        403
    );

    assert_eq!(followers(&server).await, 0);
    assert_eq!(
        right().send(&server, &headers).await.status(),
        204,
        "what is right is taken"
    );
    server
        .until("/accounts/root/followers", None, |followers| {
            followers["totalItems"] == 1
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_what_belongs_to_others() {
    let (server, stranger, evil) = tokio::join!(member(), Stranger::start(), Stranger::start());
    let (pair, other) = tokio::join!(Pair::new(), Pair::new());
    let carol = stranger.person("carol", &pair.pem);
    let neighbour = stranger.person("mallory", &other.pem);
    let mallory = evil.person("mallory", &other.pem);
    assert_eq!(
        post(&server, "/inbox", &follow(&server, &carol, 1), &pair.private).await,
        204
    );
    server
        .until("/accounts/root/followers", None, |followers| {
            followers["totalItems"] == 1
        })
        .await;

    let done = |actor: &str, kind: &str, object: Value| json!({ "type": kind, "id": format!("{actor}/acts/{kind}"), "actor": actor, "object": object });
    let undo = done(&carol, "Undo", follow(&server, &carol, 1));
    for actor in [&mallory, &neighbour] {
        let mut described = stranger.actor("carol", &other.pem);
        described["name"] = "Mallory".into();
        // Not an error, as far as anybody can say; nothing comes of it either.
        assert_eq!(
            post(
                &server,
                "/inbox",
                &done(actor, "Delete", json!(carol)),
                &other.private
            )
            .await,
            204
        );
        assert_eq!(
            post(
                &server,
                "/inbox",
                &done(actor, "Update", described),
                &other.private
            )
            .await,
            400
        );
        assert_eq!(
            post(
                &server,
                "/inbox",
                &done(actor, "Undo", undo["object"].clone()),
                &other.private
            )
            .await,
            400
        );
    }
    // An id of another server would take that server's own activity's place.
    let mut squatter = follow(&server, &mallory, 2);
    squatter["id"] = format!("{carol}/follows/2").into();
    assert_eq!(post(&server, "/inbox", &squatter, &other.private).await, 403);
    // In the name of who lives here.
    let own = follow(&server, &server.url("/accounts/root"), 1);
    assert_eq!(post(&server, "/inbox", &own, &other.private).await, 409);

    // An actor that says to be of another server, and a document that is another one's.
    let mut alias = stranger.actor("carol", &other.pem);
    evil.serve("/users/carol", alias.clone());
    let activity = follow(&server, &evil.url("/users/carol"), 1);
    assert_eq!(post(&server, "/inbox", &activity, &other.private).await, 403);
    alias["id"] = evil.url("/users/eve").into();
    evil.serve("/upload.json", alias);
    let mut activity = follow(&server, &evil.url("/users/eve"), 1);
    activity["actor"] = evil.url("/upload.json").into();
    assert_eq!(post(&server, "/inbox", &activity, &other.private).await, 403);

    // What was done properly is done after all of that.
    let dora = stranger.person("dora", &pair.pem);
    assert_eq!(
        post(&server, "/inbox", &follow(&server, &dora, 3), &pair.private).await,
        204
    );
    server
        .until("/accounts/root/followers", None, |followers| {
            followers["totalItems"] == 2
        })
        .await;
    let carol = server
        .json(&format!("/api/v1/accounts/carol@{}", stranger.host()))
        .await;
    assert_eq!(carol["displayName"], "carol");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_passed_on_needs_the_signature_of_who_did_it() {
    let (server, stranger, relay) = tokio::join!(member(), Stranger::start(), Stranger::start());
    let (pair, other) = tokio::join!(Pair::new(), Pair::new());
    let carol = stranger.person("carol", &pair.pem);
    let forwarder = relay.person("relay", &other.pem);
    assert_eq!(
        post(&server, "/inbox", &follow(&server, &carol, 1), &pair.private).await,
        204
    );
    server
        .until("/accounts/root/followers", None, |followers| {
            followers["totalItems"] == 1
        })
        .await;

    let undo = json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "type": "Undo", "id": format!("{carol}/undo"), "actor": carol, "object": follow(&server, &carol, 1),
    });
    let forward = async |document: &Value| {
        let letter = Letter {
            key_id: forwarder.clone(),
            ..Letter::new(&server, "/inbox", document)
        };
        letter
            .send(&server, &letter.sign(&other.private))
            .await
            .status()
            .as_u16()
    };
    let now = Timestamp::now();
    assert_eq!(forward(&undo).await, 403);
    let forged = ld::sign(&undo, &carol, &other.private, now).unwrap();
    assert_eq!(forward(&forged).await, 403);
    let own = ld::sign(&undo, &forwarder, &other.private, now).unwrap();
    assert_eq!(forward(&own).await, 403);
    // Older than what is remembered here: perhaps it was done, and undone, before.
    let old = ld::sign(
        &undo,
        &carol,
        &pair.private,
        now - SignedDuration::from_hours(24 * 5),
    )
    .unwrap();
    assert_eq!(forward(&old).await, 403);
    // Follows are between two.
    let again = ld::sign(&follow(&server, &carol, 1), &carol, &pair.private, now).unwrap();
    assert_eq!(forward(&again).await, 403);
    assert_eq!(followers(&server).await, 1);

    // Somebody else's word is not enough, but the server's is.
    let delete =
        json!({ "type": "Delete", "id": format!("{carol}#delete"), "actor": carol, "object": carol });
    assert_eq!(forward(&delete).await, 403);
    assert_eq!(followers(&server).await, 1);

    let signed = ld::sign(&undo, &carol, &pair.private, now).unwrap();
    assert_eq!(forward(&signed).await, 204);
    server
        .until("/accounts/root/followers", None, |followers| {
            followers["totalItems"] == 0
        })
        .await;
    assert_eq!(forward(&signed).await, 204, "again is nothing new");

    stranger.remove("/users/carol");
    assert_eq!(forward(&delete).await, 204);
    let path = format!("/api/v1/accounts/carol@{}", stranger.host());
    server
        .until(&path, None, |account| account["status"] == 404)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_deep_and_senseless_bodies_cost_nothing() {
    let (server, stranger, pair) = tokio::join!(member(), Stranger::start(), Pair::new());
    let carol = stranger.person("carol", &pair.pem);
    let letter = |body: Vec<u8>| Letter {
        body,
        key_id: carol.clone(),
        ..Letter::new(&server, "/inbox", &Value::Null)
    };
    let send = async |body: Vec<u8>| {
        let letter = letter(body);
        let answer = letter.send(&server, &letter.sign(&pair.private)).await;
        answer.status().as_u16()
    };
    let padded = |size: usize| {
        let mut activity = follow(&server, &carol, 1);
        activity["summary"] = "a".repeat(size).into();
        activity.to_string().into_bytes()
    };
    for size in [10_000_000, 500_000] {
        let letter = letter(padded(size));
        // Whoever is still talking when the server has heard enough may find the line cut before the answer is there.
        if let Ok(answer) = letter.try_send(&server, &letter.sign(&pair.private)).await {
            assert_eq!(answer.status(), 413);
        }
    }
    for senseless in [
        b"".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{}".to_vec(),
        b"\xff\xfe{}".to_vec(),
        b"[".repeat(200_000),
        [b"{\"a\":".repeat(50_000), b"1".to_vec(), b"}".repeat(50_000)].concat(),
    ] {
        assert_eq!(send(senseless).await, 400);
    }
    let mut wide = follow(&server, &carol, 1);
    wide["to"] = vec!["https://a.example/"; 20_000].into();
    assert_eq!(send(wide.to_string().into_bytes()).await, 204);

    for (path, status) in [
        ("/accounts/nobody/inbox", 404),
        ("/video-channels/root/inbox", 404),
        ("/accounts/root_channel/inbox", 404),
        ("/accounts/peertube/inbox", 204),
    ] {
        let activity = follow(&server, &carol, 7);
        assert_eq!(
            post(&server, path, &activity, &pair.private).await,
            status,
            "{path}"
        );
    }
    // Somebody nobody here ever heard of is gone: what everyone is told.
    let gone = stranger.url("/users/gone");
    let delete = json!({ "type": "Delete", "id": format!("{gone}#delete"), "actor": gone, "object": gone });
    let asked = stranger.asked().len();
    assert_eq!(post(&server, "/inbox", &delete, &pair.private).await, 204);
    assert_eq!(stranger.asked().len(), asked, "it is not looked for either");
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_not_asked() {
    let (server, stranger, pair) = tokio::join!(Server::start(), Stranger::start(), Pair::new());
    let carol = stranger.person("carol", &pair.pem);
    assert_eq!(
        post(&server, "/inbox", &follow(&server, &carol, 1), &pair.private).await,
        400
    );
    // A public name is no way around it.
    let secret = format!(
        "https://localhost.localdomain:{}/users/carol",
        stranger.host().rsplit(':').next().unwrap()
    );
    assert_eq!(
        post(&server, "/inbox", &follow(&server, &secret, 1), &pair.private).await / 100,
        4
    );
    assert_eq!(stranger.asked(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_can_be_kept_for_those_who_say_who_they_are() {
    let env = vec![("TRIBUTARY__FEDERATION__REQUIRE_SIGNED_FETCH", "true".into())];
    let (server, stranger, pair) = tokio::join!(member_with(env), Stranger::start(), Pair::new());
    let carol = stranger.person("carol", &pair.pem);
    let get = async |path: &str, signed: bool| {
        let mut request = server
            .client
            .get(server.url(path))
            .header("accept", "application/activity+json");
        if signed {
            let host = format!("127.0.0.1:{}", server.http_port);
            let method = axum::http::Method::GET;
            let bare = path.split('?').next().unwrap();
            let headers = signature::sign(
                &method,
                &host,
                bare,
                None,
                &carol,
                &pair.private,
                Timestamp::now(),
            )
            .unwrap();
            for (name, value) in headers {
                request = request.header(name, value);
            }
        }
        request.send().await.unwrap().status().as_u16()
    };
    for path in [
        "/accounts/root",
        "/a/root",
        "/video-channels/root_channel",
        "/c/root_channel",
        "/accounts/root/followers",
        "/accounts/root/followers?page=1",
    ] {
        assert_eq!(get(path, false).await, 401, "{path}");
        assert_eq!(get(path, true).await, 200, "{path}");
    }
    for path in [
        "/accounts/peertube",
        "/.well-known/nodeinfo",
        "/nodeinfo/2.0.json",
    ] {
        assert_eq!(get(path, false).await, 200, "{path}");
    }
    // People still have pages.
    assert_eq!(server.get("/accounts/root").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_outboxes_are_left() {
    let (server, stranger, pair) = tokio::join!(member(), Stranger::start(), Pair::new());
    let carol = stranger.person("carol", &pair.pem);
    let page = |number: u32, next: u32| {
        let id = |number| stranger.url(&format!("/users/carol/outbox/{number}"));
        stranger.serve(
            &format!("/users/carol/outbox/{number}"),
            json!({ "type": "OrderedCollectionPage", "id": id(number), "next": id(next), "orderedItems": [
                { "type": "Announce", "id": "https://elsewhere.example/1", "actor": "https://elsewhere.example/ana",
                  "object": stranger.url("/secret") },
            ] }),
        );
        id(number)
    };
    // The third leads back to the second.
    page(3, 2);
    page(2, 3);
    let first = page(1, 2);
    stranger.serve(
        "/users/carol/outbox",
        json!({ "type": "OrderedCollection", "totalItems": 3, "first": first }),
    );

    let inside = Inside::of(&server).await;
    federation::follow(&inside.federation, &inside.root().await, &carol)
        .await
        .unwrap();
    let asked = stranger.receive(|posted| posted["type"] == "Follow").await;
    let accept =
        json!({ "type": "Accept", "id": format!("{carol}/accepts/1"), "actor": carol, "object": asked });
    assert_eq!(post(&server, "/inbox", &accept, &pair.private).await, 204);
    server
        .until("/accounts/root/following", None, |following| {
            following["totalItems"] == 1
        })
        .await;
    let deadline = std::time::Instant::now() + PATIENCE;
    while !stranger
        .asked()
        .iter()
        .any(|path| path == "/users/carol/outbox/3")
    {
        assert!(std::time::Instant::now() < deadline);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // Until the job is done, and its row gone.
    while db::Job::counts(&inside.federation.db).await.unwrap() != (0, 0) {
        assert!(std::time::Instant::now() < deadline);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let pages = stranger
        .asked()
        .into_iter()
        .filter(|path| path.starts_with("/users/carol/outbox"))
        .count();
    assert_eq!(pages, 4, "each once: {:?}", stranger.asked());
    assert!(
        !stranger.asked().contains(&"/secret".to_owned()),
        "what others did is not looked up"
    );
}
