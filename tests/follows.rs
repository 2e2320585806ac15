//! Following by REST, as PeerTube's clients do it: servers, channels, and what comes of it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use support::media::Pattern;
use support::{Options, Server};

/// An administrator of a server.
struct Root<'a> {
    server: &'a Server,
    token: String,
}

impl<'a> Root<'a> {
    async fn of(server: &'a Server) -> Self {
        Self {
            server,
            token: server.token().await,
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self
            .server
            .client
            .request(method, self.server.url(&format!("/api/v1{path}")))
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body:#}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> u16 {
        self.ask(Method::POST, path, Some(body)).await.0
    }

    async fn delete(&self, path: &str) -> u16 {
        self.ask(Method::DELETE, path, None).await.0
    }

    async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.server
            .until(&format!("/api/v1{path}"), Some(&self.token), wanted)
            .await
    }
}

async fn member() -> Server {
    let env = vec![(
        "TRIBUTARY__FEDERATION__ALLOW_PRIVATE_ADDRESSES",
        "true".to_owned(),
    )];
    Server::start_with(Options {
        env,
        ..Options::default()
    })
    .await
}

fn host(server: &Server) -> String {
    format!("127.0.0.1:{}", server.http_port)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_decides_who_follows_the_server() {
    let (a, b) = tokio::join!(member(), member());
    let (a_root, b_root) = tokio::join!(Root::of(&a), Root::of(&b));
    let manual = json!({ "followers": { "instance": { "enabled": true, "manualApproval": true } } });
    let (status, config) = b_root.ask(Method::PUT, "/config/custom", Some(manual)).await;
    assert_eq!(status, 200);
    assert_eq!(config["followers"]["instance"]["manualApproval"], true);

    assert_eq!(
        a_root
            .post("/server/following", json!({ "hosts": [host(&b)] }))
            .await,
        204
    );
    let pending = b_root
        .until("/server/followers?state=pending", |list| list["total"] == 1)
        .await;
    assert_eq!(pending["data"][0]["follower"]["host"], host(&a));
    assert_eq!(pending["data"][0]["follower"]["name"], "peertube");
    assert_eq!(
        pending["data"][0]["following"]["url"],
        b.url("/accounts/peertube")
    );
    assert_eq!(a_root.get("/server/following?state=pending").await["total"], 1);
    assert_eq!(a_root.get("/server/following?actorType=Group").await["total"], 0);

    let follower = format!("peertube@{}", host(&a));
    let accept = format!("/server/followers/{follower}/accept");
    assert_eq!(b_root.post(&accept, json!({})).await, 204);
    assert_eq!(b_root.post(&accept, json!({})).await, 400, "accepted already");
    a_root
        .until("/server/following?state=accepted", |list| list["total"] == 1)
        .await;
    assert_eq!(b_root.get("/server/stats").await["totalInstanceFollowers"], 1);
    assert_eq!(a_root.get("/server/stats").await["totalInstanceFollowing"], 1);

    let reject = format!("/server/followers/{follower}/reject");
    assert_eq!(b_root.post(&reject, json!({})).await, 204);
    a_root
        .until("/server/following?state=rejected", |list| list["total"] == 1)
        .await;
    assert_eq!(b_root.delete(&format!("/server/followers/{follower}")).await, 204);
    assert_eq!(b_root.delete(&format!("/server/followers/{follower}")).await, 404);
    assert_eq!(
        a_root.delete(&format!("/server/following/{}", host(&b))).await,
        204
    );
    assert_eq!(
        a_root.delete(&format!("/server/following/{}", host(&b))).await,
        404
    );

    let mirror = format!("/server/redundancy/{}", host(&b));
    let allowed = Some(json!({ "redundancyAllowed": true }));
    assert_eq!(a_root.ask(Method::PUT, &mirror, allowed.clone()).await.0, 204);
    assert_eq!(a_root.ask(Method::PUT, &mirror, Some(json!({}))).await.0, 400);
    assert_eq!(
        a_root
            .ask(Method::PUT, "/server/redundancy/nowhere.example", allowed)
            .await
            .0,
        404
    );

    // What was set outlives the process; what cannot be set is refused by name.
    let (status, problem) = b_root
        .ask(
            Method::PUT,
            "/config/custom",
            Some(json!({ "signup": { "enabled": true } })),
        )
        .await;
    assert_eq!(status, 400);
    assert_eq!(problem["invalid-params"]["signup.enabled"]["location"], "body");
    let renamed = json!({ "instance": { "name": "Tube B" } });
    assert_eq!(
        b_root.ask(Method::PUT, "/config/custom", Some(renamed)).await.0,
        200
    );
    drop(b_root);
    let mut b = b;
    b.stop();
    b.restart();
    assert_eq!(b.json("/api/v1/config").await["instance"]["name"], "Tube B");
    let b_root = Root::of(&b).await;
    assert_eq!(
        b_root.get("/config/custom").await["followers"]["instance"]["manualApproval"],
        true
    );
    let (status, config) = b_root.ask(Method::DELETE, "/config/custom", None).await;
    assert_eq!((status, &config["instance"]["name"]), (200, &json!("Tributary")));
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_see_a_live_of_another_server() {
    let (a, b) = tokio::join!(member(), member());
    let (a_root, b_root) = tokio::join!(Root::of(&a), Root::of(&b));
    // Both ways at once: nobody waits for the other.
    for (root, other) in [(&a_root, &b), (&b_root, &a)] {
        let uri = format!("root_channel@{}", host(other));
        assert_eq!(
            root.post("/users/me/subscriptions", json!({ "uri": uri })).await,
            204
        );
        let list = root.get("/users/me/subscriptions").await;
        assert_eq!(list["total"], 1);
        assert_eq!(list["data"][0]["host"], host(other));
        assert_eq!(list["data"][0]["ownerAccount"]["name"], "root");
        let one = root.get(&format!("/users/me/subscriptions/{uri}")).await;
        assert_eq!(one["url"], other.url("/video-channels/root_channel"));
        let exist = root
            .get(&format!(
                "/users/me/subscriptions/exist?uris[]={uri}&uris[]=root_channel"
            ))
            .await;
        assert_eq!(exist, json!({ (uri.as_str()): true, "root_channel": false }));
    }
    let followers = b_root
        .until("/video-channels/root_channel/followers", |list| {
            list["total"] == 1
        })
        .await;
    assert_eq!(followers["data"][0]["follower"]["url"], a.url("/accounts/root"));
    assert_eq!(b_root.get("/accounts/root/followers").await["total"], 1);

    let live = b.live(&b_root.token, json!({ "name": "From there" })).await;
    let publisher = Pattern::seconds(600).publish(&b.rtmp(&live.key));
    let feed = a_root
        .until("/users/me/subscriptions/videos", |list| {
            list["data"][0]["isLive"] == true
        })
        .await;
    assert_eq!(feed["data"][0]["name"], "From there");
    assert_eq!(feed["data"][0]["uuid"], live.uuid);
    assert_eq!(feed["data"][0]["isLocal"], false);
    // Nobody else asked for it.
    assert_eq!(a.json("/api/v1/videos").await["total"], 0);
    let page = a.client.get(a.url("/subscriptions"));
    let page = page
        .header("cookie", format!("tributary_session={}", a_root.token))
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("From there"));
    publisher.stop();

    let uri = format!("/users/me/subscriptions/root_channel@{}", host(&b));
    assert_eq!(a_root.delete(&uri).await, 204);
    assert_eq!(a_root.delete(&uri).await, 404);
    assert_eq!(a_root.ask(Method::GET, &uri, None).await.0, 404);
    b_root
        .until("/video-channels/root_channel/followers", |list| {
            list["total"] == 0
        })
        .await;
    assert_eq!(a_root.get("/users/me/subscriptions/videos").await["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_are_told_apart() {
    let a = member().await;
    let root = Root::of(&a).await;
    let closed = format!("127.0.0.1:{}", support::free_port());
    for (path, body, wanted) in [
        ("/users/me/subscriptions", json!({}), 400),
        ("/users/me/subscriptions", json!({ "uri": "a b" }), 400),
        ("/users/me/subscriptions", json!({ "uri": "nobody" }), 404),
        (
            "/users/me/subscriptions",
            json!({ "uri": format!("ana@{closed}") }),
            502,
        ),
        ("/server/following", json!({}), 400),
        ("/server/following", json!({ "hosts": ["a/b"] }), 400),
        ("/server/following", json!({ "handles": ["nobody"] }), 400),
        ("/server/following", json!({ "hosts": [closed] }), 502),
        ("/server/followers/peertube/accept", json!({}), 400),
        (
            "/server/followers/peertube@nowhere.example/accept",
            json!({}),
            404,
        ),
    ] {
        assert_eq!(root.post(path, body.clone()).await, wanted, "{path} {body}");
    }
    for (path, wanted) in [
        ("/users/me/subscriptions/exist", 400),
        ("/users/me/subscriptions/a%20b", 400),
        ("/users/me/subscriptions/nobody", 404),
        ("/users/me/subscriptions?sort=name", 400),
        ("/server/following?state=maybe", 400),
        ("/server/followers?actorType=Robot", 400),
        ("/accounts/nobody/followers", 404),
        ("/video-channels/nobody/followers", 404),
        ("/jobs/sometimes", 400),
        ("/jobs/completed", 200),
        ("/jobs/failed?jobType=activitypub-http-unicast", 200),
        ("/jobs", 200),
        ("/server/debug", 200),
        ("/video-playlists", 200),
        ("/video-playlists/privacies", 200),
        ("/video-playlists/1", 404),
        ("/video-playlists/x", 400),
        ("/accounts/root/video-playlists", 200),
        ("/video-channels/root_channel/video-playlists", 200),
    ] {
        let (status, body) = root.ask(Method::GET, path, None).await;
        assert_eq!(status, wanted, "{path}: {body:#}");
    }
    // Those who are nobody in particular.
    for (path, wanted) in [
        ("/users/me/subscriptions", 401),
        ("/jobs/failed", 401),
        ("/config/custom", 401),
        ("/accounts/root/followers", 401),
        ("/server/followers", 200),
        ("/server/following", 200),
    ] {
        assert_eq!(a.get(&format!("/api/v1{path}")).await.status(), wanted, "{path}");
    }
    let page = a.get("/subscriptions").await;
    assert!(page.url().path().starts_with("/login"));
}

/// Somebody with a browser.
struct Browser<'a> {
    server: &'a Server,
    token: Option<&'a str>,
}

impl Browser<'_> {
    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, String) {
        let request = match self.token {
            Some(token) => request.header("cookie", format!("tributary_session={token}")),
            None => request,
        };
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn open(&self, path: &str) -> (u16, String) {
        self.send(self.server.client.get(self.server.url(path))).await
    }

    async fn submit(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let request = self.server.client.post(self.server.url(path));
        self.send(request.header("origin", self.server.url("")).form(form))
            .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_follow_with_forms_here_and_from_their_own_server() {
    let (a, b) = tokio::join!(member(), member());
    let a_root = Root::of(&a).await;
    let me = Browser {
        server: &a,
        token: Some(&a_root.token),
    };
    let channel = format!("root_channel@{}", host(&b));

    // Somebody without an account there finds the way to their own server.
    let visitor = Browser {
        server: &b,
        token: None,
    };
    assert!(visitor.open("/c/root_channel").await.1.contains(&channel));
    let form = [("who", channel.as_str()), ("server", &host(&a))];
    let (status, page) = visitor.submit("/remote-interaction", &form).await;
    let encoded: String = url::form_urlencoded::byte_serialize(channel.as_bytes()).collect();
    let there = format!("/remote-interaction?uri={encoded}");
    assert_eq!(status, 200);
    assert!(page.contains(&a.url(&there)), "{page}");
    let nowhere = format!("127.0.0.1:{}", support::free_port());
    let form = [("who", channel.as_str()), ("server", &nowhere)];
    assert_eq!(visitor.submit("/remote-interaction", &form).await.0, 422);

    let (status, page) = me.open(&there).await;
    assert_eq!(status, 200);
    assert!(page.contains("/subscriptions/follow"), "{page}");
    let form = [("who", channel.as_str()), ("back", "/subscriptions")];
    let foreign = a
        .client
        .post(a.url("/subscriptions/follow"))
        .header("origin", "https://evil.example");
    assert_eq!(me.send(foreign.form(&form)).await.0, 403);
    let (status, page) = me.submit("/subscriptions/follow", &form).await;
    assert_eq!(status, 200, "after a redirect");
    assert!(page.contains(&channel), "{page}");
    let (status, page) = me.open(&format!("/search?q=@{channel}")).await;
    assert!(status == 200 && page.contains(&format!("/c/{channel}")), "{page}");
    assert!(
        me.open(&format!("/search?q=nobody@{}", host(&b)))
            .await
            .1
            .contains("role=\"alert\"")
    );
    let (_, page) = me.submit("/subscriptions/unfollow", &form).await;
    assert!(!page.contains(&channel), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_look_after_other_servers() {
    let (a, b) = tokio::join!(member(), member());
    let (a_root, b_root) = tokio::join!(Root::of(&a), Root::of(&b));
    let me = Browser {
        server: &a,
        token: Some(&a_root.token),
    };
    let visitor = Browser {
        server: &a,
        token: None,
    };
    for path in [
        "/admin/federation",
        "/admin/federation/queues",
        "/admin/blocklist",
    ] {
        assert!(visitor.open(path).await.1.contains("name=\"password\""), "{path}");
        assert_eq!(me.open(path).await.0, 200, "{path}");
    }
    assert_eq!(
        visitor
            .submit("/admin/federation/follow", &[("host", "x.example")])
            .await
            .0,
        401
    );
    assert_eq!(
        me.submit("/admin/federation/follow", &[("host", "not a host")])
            .await
            .0,
        422
    );
    assert_eq!(
        me.submit("/admin/federation/follow", &[("host", &host(&b))])
            .await
            .0,
        200
    );
    a_root
        .until("/server/following?state=accepted", |list| list["total"] == 1)
        .await;
    let (_, page) = me.open("/admin/federation/queues").await;
    assert!(page.contains(&host(&b)), "{page}");

    let settings = [("followers", "manual"), ("follow_back", "on")];
    assert_eq!(me.submit("/admin/federation/settings", &settings).await.0, 200);
    assert_eq!(
        b_root
            .post("/server/following", json!({ "hosts": [host(&a)] }))
            .await,
        204
    );
    let pending = a_root
        .until("/server/followers?state=pending", |list| list["total"] == 1)
        .await;
    let id = pending["data"][0]["id"].to_string();
    assert_eq!(
        me.submit("/admin/federation/decide", &[("id", &id), ("action", "dance")])
            .await
            .0,
        400
    );
    assert_eq!(
        me.submit("/admin/federation/decide", &[("id", &id), ("action", "accept")])
            .await
            .0,
        200
    );
    b_root
        .until("/server/following?state=accepted", |list| list["total"] == 1)
        .await;

    let list = "#domain,#severity\nSpam.example,suspend\nnonsense\n";
    let (_, page) = me.submit("/admin/blocklist/import", &[("list", list)]).await;
    assert!(
        page.contains("spam.example") && page.contains("nonsense"),
        "{page}"
    );
    assert_eq!(
        me.submit("/admin/blocklist/add", &[("target", &host(&a))])
            .await
            .0,
        422,
        "itself"
    );
    assert_eq!(me.open("/admin/blocklist/export").await.1, "spam.example\n");
    assert_eq!(
        me.open("/admin/blocklist/export?format=csv").await.1,
        "#domain,#severity\nspam.example,suspend\n"
    );
    assert_eq!(
        me.submit("/admin/blocklist/remove", &[("target", "spam.example")])
            .await
            .0,
        200
    );
    assert_eq!(me.open("/admin/blocklist/export").await.1, "");
}
