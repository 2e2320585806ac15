//! Reports: from the form of who is bothered to the decision of a moderator.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use reqwest::redirect::Policy;
use serde_json::{Value, json};
use support::{Options, ROOT_PASSWORD, Server};

/// Somebody with a browser.
struct Visitor<'a> {
    server: &'a Server,
    client: reqwest::Client,
    token: String,
}

impl<'a> Visitor<'a> {
    fn new(server: &'a Server, token: String) -> Self {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()
            .unwrap();
        Self {
            server,
            client,
            token,
        }
    }

    /// A new user, made by root.
    async fn named(server: &'a Server, root: &str, name: &str, role: i64) -> Self {
        let body = json!({
            "username": name, "password": ROOT_PASSWORD, "email": format!("{name}@example.com"), "role": role,
            "channelName": format!("{name}_channel"),
        });
        let created = server
            .client
            .post(server.url("/api/v1/users"))
            .bearer_auth(root)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(created.status(), 200, "{}", created.text().await.unwrap());
        let login = [("username", name), ("password", ROOT_PASSWORD)];
        let visitor = Self::new(server, String::new());
        let signed_in = visitor
            .client
            .post(server.url("/login"))
            .header("origin", server.url(""))
            .form(&login)
            .send()
            .await
            .unwrap();
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
        let (_, rest) = cookie.split_once("tributary_session=").unwrap();
        let token = rest.split(';').next().unwrap().to_owned();
        Self { token, ..visitor }
    }

    fn cookie(&self) -> String {
        format!("tributary_session={}", self.token)
    }

    async fn open(&self, path: &str) -> (u16, String) {
        let request = self.client.get(self.server.url(path));
        let response = request.header("cookie", self.cookie()).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> u16 {
        self.submit_from(&self.server.url(""), path, fields).await
    }

    async fn submit_from(&self, origin: &str, path: &str, fields: &[(&str, &str)]) -> u16 {
        let request = self.client.post(self.server.url(path));
        let request = request.header("cookie", self.cookie()).header("origin", origin);
        request.form(fields).send().await.unwrap().status().as_u16()
    }

    async fn api(&self, path: &str) -> Value {
        let request = self.client.get(self.server.url(&format!("/api/v1{path}")));
        let response = request.bearer_auth(&self.token).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    async fn state_of(&self, id: &str) -> i64 {
        let list = self.api(&format!("/abuses?id={id}")).await;
        list["data"][0]["state"]["id"].as_i64().unwrap()
    }
}

const USER: i64 = 2;
const MODERATOR: i64 = 1;

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_for_moderators_to_decide() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let alice = Visitor::named(&server, &token, "alice", USER).await;
    let mo = Visitor::named(&server, &token, "mo", MODERATOR).await;
    let root = Visitor::new(&server, token);

    let (status, page) = root.open("/admin/reports").await;
    assert_eq!(status, 200);
    assert!(page.contains("Nothing was reported."), "{page}");

    let form = [("text", "This is <b>spam</b>"), ("reason-3", "on")];
    let report = format!("/w/{}/report", live.uuid);
    assert_eq!(alice.submit(&report, &form).await, 200);
    for who in [&root, &mo] {
        let (status, page) = who.open("/admin/reports").await;
        assert_eq!(status, 200);
        assert!(page.contains("Test live") && page.contains("@alice"), "{page}");
        assert!(page.contains("Spam, or misleading"), "{page}");
        assert!(page.contains("This is &#60;b&#62;spam&#60;/b&#62;"), "{page}");
    }
    assert_eq!(alice.open("/admin/reports").await.0, 403);
    assert_eq!(server.get("/admin/reports").await.url().path(), "/login");

    let (_, notifications) = mo.open("/notifications").await;
    let id = notifications.split("/admin/reports/").nth(1).unwrap();
    let id = id.split('"').next().unwrap();
    let path = format!("/admin/reports/{id}");
    assert_eq!(mo.open(&path).await.0, 200);
    assert_eq!(mo.open("/admin/reports/999").await.0, 404);

    let accept = [("action", "accept")];
    let forged = root.submit_from("https://evil.example", &path, &accept).await;
    assert_eq!(forged, 403);
    assert_eq!(alice.submit(&path, &accept).await, 403);
    assert_eq!(root.state_of(id).await, 1);
    assert_eq!(root.submit(&path, &[("action", "dance")]).await, 400);
    assert_eq!(root.submit(&path, &accept).await, 303);
    assert_eq!(root.state_of(id).await, 3);
    assert_eq!(mo.submit(&path, &[("action", "reopen")]).await, 303);
    assert_eq!(root.state_of(id).await, 1);
    assert_eq!(mo.submit(&path, &[("action", "reject")]).await, 303);
    assert_eq!(root.state_of(id).await, 2);

    let note = format!("{path}/note");
    assert_eq!(mo.submit(&note, &[("note", "Asked them to stop")]).await, 303);
    assert!(root.open(&path).await.1.contains("Asked them to stop"));
    assert_eq!(
        alice.api("/users/me/abuses").await["data"][0]["moderationComment"],
        Value::Null
    );
    assert_eq!(mo.submit(&note, &[("note", "")]).await, 303);
    assert!(!root.open(&path).await.1.contains("Asked them to stop"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reported_is_deleted_and_who_did_it_is_blocked() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let alice = Visitor::named(&server, &token, "alice", USER).await;
    let root = Visitor::new(&server, token);
    let watch = format!("/w/{}", live.uuid);
    let comments = format!("{watch}/comments");
    assert_eq!(alice.submit(&comments, &[("text", "Buy my pills")]).await, 303);
    let threads = format!("/videos/{}/comment-threads", live.uuid);
    let comment = root.api(&threads).await["data"][0]["id"].to_string();

    let report = format!("{watch}/report");
    let about_comment = [("text", "Not again"), ("comment", comment.as_str())];
    assert_eq!(root.submit(&report, &about_comment).await, 200);
    assert_eq!(alice.submit(&report, &[("text", "I do not like it")]).await, 200);
    let listed = root.api("/abuses?sort=createdAt").await;
    let of = |index: usize| format!("/admin/reports/{}", listed["data"][index]["id"]);
    let (about_comment, about_video) = (of(0), of(1));

    let (_, page) = root.open(&about_comment).await;
    assert!(page.contains("Buy my pills") && page.contains("@alice"), "{page}");
    let block = [("action", "block-account")];
    assert_eq!(root.submit(&about_comment, &block).await, 303);
    let blocked = root.api("/server/blocklist/accounts").await;
    assert_eq!(blocked["data"][0]["blockedAccount"]["name"], "alice");
    assert!(root.open(&about_comment).await.1.contains("@alice is blocked"));
    assert_eq!(
        root.submit(&about_video, &block).await,
        400,
        "nobody blocks themselves"
    );
    let server_of_alice = [("action", "block-server")];
    assert_eq!(
        root.submit(&about_comment, &server_of_alice).await,
        400,
        "that is this server"
    );

    // The later one is decided on, and steps back.
    assert_eq!(root.submit(&about_video, &[("action", "reject")]).await, 303);
    let (_, page) = root.open("/admin/reports").await;
    assert!(page.find("Not again").unwrap() < page.find("I do not like it").unwrap());

    let delete = [("action", "delete")];
    assert_eq!(root.submit(&about_comment, &delete).await, 303);
    assert_eq!(root.api(&threads).await["totalNotDeletedComments"], 0);
    assert!(root.open(&about_comment).await.1.contains("Deleted meanwhile"));
    assert_eq!(root.submit(&about_video, &delete).await, 303);
    assert_eq!(root.open(&watch).await.0, 404);
    let (status, page) = root.open("/admin/reports").await;
    assert_eq!(status, 200);
    assert!(page.contains("I do not like it"), "{page}");
}

async fn member() -> Server {
    let private = "TRIBUTARY__FEDERATION__ALLOW_PRIVATE_ADDRESSES";
    Server::start_with(Options {
        env: vec![(private, "true".to_owned())],
        ..Options::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_blocked_is_told_nothing_more() {
    let (a, mut b) = tokio::join!(member(), member());
    let token = a.token().await;
    let live = a.live(&token, json!({})).await;
    let alice = Visitor::named(&a, &token, "alice", USER).await;
    let root = Visitor::new(&a, token);

    let troll = Visitor::new(&b, b.token().await);
    let address = a.url(&format!("/videos/watch/{}", live.uuid));
    let found = troll.api(&format!("/search/videos?search={address}")).await;
    let there = found["data"][0]["uuid"].as_str().unwrap();
    let comments = format!("/w/{there}/comments");
    assert_eq!(troll.submit(&comments, &[("text", "First!")]).await, 303);
    let threads = format!("/api/v1/videos/{}/comment-threads", live.uuid);
    let said = a.until(&threads, None, |list| list["total"] == 1).await;
    let comment = said["data"][0]["id"].to_string();

    // The moderators there are to hear of it, when they are back.
    b.kill();
    let report = format!("/w/{}/report", live.uuid);
    let about = [("text", "Rude"), ("comment", comment.as_str())];
    assert_eq!(alice.submit(&report, &about).await, 200);
    let host = format!("127.0.0.1:{}", b.http_port);
    let (_, page) = root.open("/admin/reports").await;
    assert!(page.contains(&format!("@root@{host}")), "{page}");
    let deliveries = "/jobs?jobType=activitypub-http-unicast";
    // That, and the answer to the comment if it was still on its way.
    let waiting = root.api(deliveries).await;
    assert!(waiting["total"].as_i64().unwrap() >= 1, "{waiting:#}");

    let id = root.api("/abuses").await["data"][0]["id"].to_string();
    let block = [("action", "block-server")];
    assert_eq!(root.submit(&format!("/admin/reports/{id}"), &block).await, 303);
    assert_eq!(root.api(deliveries).await["total"], 0);
    let blocked = root.api("/server/blocklist/servers").await;
    assert_eq!(blocked["data"][0]["blockedServer"]["host"], host);
}
