//! Wrong requests, limits, and what browsers may do.

use reqwest::Method;
use serde_json::json;

use crate::client::{Client, json_of};
use crate::shapes::{differences, fixture};
use crate::support::{Options, Server};

#[tokio::test]
async fn wrong_requests_are_told_what_is_wrong() {
    let server = Server::start().await;
    let (anonymous, root) = (Client::anonymous(&server), Client::root(&server).await);
    let channel = root.channel().await;

    let body =
        json!({ "channelId": channel, "name": "v2", "privacy": 9, "tags": ["x"], "saveReplay": "maybe" });
    let response = root.post("/videos/live", body).await;
    assert_eq!(response.status(), 400);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json; charset=utf-8"
    );
    let problem = json_of(response).await;
    assert_eq!(problem["instance"], "/api/v1/videos/live");
    assert_eq!(
        problem["detail"],
        "Incorrect request parameters: name, privacy, tags, saveReplay"
    );
    let mut theirs = fixture("rest/059_POST_videos-upload_400.json");
    let name = &problem["invalid-params"]["name"];
    assert_eq!(*name, theirs["invalid-params"]["name"]);
    theirs["invalid-params"] = json!({});
    let mut ours = problem.clone();
    ours["invalid-params"] = json!({});
    assert_eq!(differences(&theirs, &ours), ["-.docs"]);

    // Nothing there, nothing said, or something else.
    for (method, path, body, status) in [
        (Method::GET, "/nothing/here", None, 400),
        (Method::PATCH, "/videos", None, 400),
        (Method::GET, "/videos/x", None, 400),
        (Method::GET, "/videos/%00", None, 400),
        (Method::GET, "/videos/123456789", None, 404),
        (Method::GET, "/videos?count=101", None, 400),
        (Method::GET, "/videos?start=-1", None, 400),
        (Method::GET, "/videos?sort=password", None, 400),
        (Method::GET, "/videos?filter=local", None, 400),
        (Method::GET, "/videos?categoryOneOf=a", None, 400),
        (Method::GET, "/videos?include=1", None, 401),
        (Method::GET, "/videos?privacyOneOf=3", None, 401),
        (Method::GET, "/users/me", None, 401),
        (Method::GET, "/accounts/nobody", None, 404),
        (Method::GET, "/video-channels/root", None, 404),
        (Method::POST, "/videos/live", Some(json!({})), 401),
        (Method::POST, "/users/token", Some(json!([])), 400),
    ] {
        let response = anonymous.send(method.clone(), path, body).await;
        assert_eq!(response.status(), status, "{method} {path}");
    }
    let unknown = anonymous.send(Method::GET, "/nothing", None).await;
    assert_eq!(
        unknown.headers()["content-type"],
        "application/json; charset=utf-8"
    );
    assert_eq!(unknown.text().await.unwrap(), "");
    // yt-dlp ends every address so.
    let slash = anonymous.send(Method::GET, "/videos/?count=1", None).await;
    assert_eq!(slash.status(), 200);

    let client = &server.client;
    let live = server.url("/api/v1/videos/live");
    let token = root.token.as_deref().unwrap();
    let broken = client
        .post(&live)
        .bearer_auth(token)
        .header("content-type", "application/json")
        .body("{")
        .send()
        .await;
    assert_eq!(broken.unwrap().status(), 400);
    let other = client
        .post(&live)
        .bearer_auth(token)
        .header("content-type", "image/png")
        .body("x")
        .send()
        .await;
    assert_eq!(other.unwrap().status(), 415);
    let big = client
        .post(&live)
        .bearer_auth(token)
        .json(&json!({ "name": "x".repeat(600_000) }))
        .send()
        .await;
    assert_eq!(big.unwrap().status(), 413);
    let wrong = client
        .get(server.url("/api/v1/videos"))
        .bearer_auth("x".repeat(40))
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(json_of(wrong).await["code"], "invalid_token");
}

#[tokio::test]
async fn cookies_work_for_our_own_pages_only() {
    let server = Server::start().await;
    let root = Client::root(&server).await;
    let cookie = format!("tributary_session={}", root.token.as_deref().unwrap());
    let me = server.url("/api/v1/users/me");
    let client = &server.client;
    let read = client.get(&me).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(read.status(), 200);
    let own = server.url("");
    for (name, value, status) in [
        ("sec-fetch-site", "same-origin", 204),
        ("sec-fetch-site", "cross-site", 401),
        ("origin", own.as_str(), 204),
        ("origin", "https://evil.example", 401),
        ("x-nothing", "1", 401),
    ] {
        let request = client
            .put(&me)
            .header("cookie", &cookie)
            .header(name, value)
            .json(&json!({ "theme": "dark" }));
        assert_eq!(request.send().await.unwrap().status(), status, "{name}: {value}");
    }
    let preflight = client
        .request(Method::OPTIONS, &me)
        .header("origin", "https://other.example");
    let preflight = preflight
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "authorization,content-type");
    let answer = preflight.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert_eq!(
        answer.headers()["access-control-allow-headers"],
        "authorization,content-type"
    );
    assert!(!answer.headers().contains_key("access-control-allow-credentials"));
}

#[tokio::test]
async fn requests_are_limited_per_client() {
    let proxies = ("TRIBUTARY__SERVER__TRUSTED_PROXIES", "127.0.0.1".to_owned());
    let limits = ("TRIBUTARY__LIMITS__RATE_LIMIT", "true".to_owned());
    let server = Server::start_with(Options {
        env: vec![limits, proxies],
        ..Options::default()
    })
    .await;
    let root = Client::root(&server).await;
    let ping = |client: &'static str| {
        server
            .client
            .get(server.url("/api/v1/ping"))
            .header("x-forwarded-for", client)
            .send()
    };
    let first = ping("192.0.2.1").await.unwrap();
    assert_eq!(first.headers()["x-ratelimit-limit"], "50");
    assert_eq!(first.headers()["x-ratelimit-remaining"], "49");
    for _ in 0..49 {
        assert_eq!(ping("192.0.2.1").await.unwrap().status(), 200);
    }
    let refused = ping("192.0.2.1").await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(
        refused.headers().contains_key("retry-after")
            && refused.headers().contains_key("access-control-allow-origin")
    );
    assert_eq!(ping("192.0.2.2").await.unwrap().status(), 200);
    let moderator = server
        .client
        .get(server.url("/api/v1/ping"))
        .header("x-forwarded-for", "192.0.2.1");
    let moderator = moderator
        .bearer_auth(root.token.as_deref().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(moderator.status(), 200);

    let mut statuses = Vec::new();
    for _ in 0..17 {
        let wrong = [
            ("client_id", "x"),
            ("client_secret", "y"),
            ("grant_type", "password"),
        ];
        let request = server
            .client
            .post(server.url("/api/v1/users/token"))
            .header("x-forwarded-for", "192.0.2.3");
        statuses.push(request.form(&wrong).send().await.unwrap().status().as_u16());
    }
    assert_eq!(
        statuses.iter().filter(|status| **status == 429).count(),
        2,
        "{statuses:?}"
    );
}
