//! What people say of videos on other servers, and what they think of them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::peers::host;
use crate::stranger::{Pair, Stranger, member, post};
use crate::support::Server;
use crate::videos::followed;

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// Somebody signed in, who asks the REST API.
struct Person<'a> {
    server: &'a Server,
    token: String,
}

impl<'a> Person<'a> {
    async fn root(server: &'a Server) -> Self {
        let token = server.token().await;
        Self { server, token }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = self.server.url(&format!("/api/v1{path}"));
        let request = self.server.client.request(method, url).bearer_auth(&self.token);
        let response = request.json(&body).send().await.unwrap();
        (
            response.status().as_u16(),
            response.json().await.unwrap_or(Value::Null),
        )
    }

    async fn say(&self, path: &str, text: &str) -> Value {
        let (status, said) = self.ask(Method::POST, path, json!({ "text": text })).await;
        assert_eq!(status, 200, "{said}");
        said["comment"].clone()
    }

    async fn rate(&self, uuid: &str, rating: &str) {
        let body = json!({ "rating": rating });
        let (status, answer) = self.ask(Method::PUT, &format!("/videos/{uuid}/rate"), body).await;
        assert_eq!(status, 204, "{answer}");
    }
}

fn threads(uuid: &str) -> String {
    format!("/api/v1/videos/{uuid}/comment-threads")
}

fn thread(uuid: &str, id: &Value) -> String {
    format!("{}/{id}", threads(uuid))
}

fn texts(threads: &Value) -> Vec<&str> {
    let data = threads["data"].as_array().into_iter().flatten();
    data.filter_map(|comment| comment["text"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_go_both_ways() {
    let (a, b) = followed().await;
    let (ana, bob) = tokio::join!(Person::root(&a), Person::root(&b));
    let live = a.live(&ana.token, json!({ "name": "Studio A" })).await;
    let video = format!("/api/v1/videos/{}", live.uuid);
    b.until(&video, None, |video| video["name"] == "Studio A").await;

    // Bob says something there, Ana answers here, Bob answers that.
    let said = bob
        .say(&format!("/videos/{}/comment-threads", live.uuid), "Nice *light*")
        .await;
    assert_eq!(said["heldForReview"], false);
    let here = a
        .until(&threads(&live.uuid), None, |found| found["total"] == 1)
        .await;
    let comment = &here["data"][0];
    assert_eq!(
        (&comment["text"], &comment["url"]),
        (&json!("Nice *light*"), &said["url"])
    );
    assert_eq!(comment["account"]["host"], host(&b));
    let answer = ana
        .say(
            &format!("/videos/{}/comments/{}", live.uuid, comment["id"]),
            "Thanks!",
        )
        .await;
    let (at_a, at_b) = (
        thread(&live.uuid, &comment["id"]),
        thread(&live.uuid, &said["id"]),
    );
    let there = b
        .until(&at_b, None, |tree| {
            tree["children"][0]["comment"]["text"] == "Thanks!"
        })
        .await;
    let copy = &there["children"][0]["comment"];
    assert_eq!(
        (&copy["url"], &copy["account"]["host"]),
        (&answer["url"], &json!(host(&a)))
    );
    bob.say(
        &format!("/videos/{}/comments/{}", live.uuid, copy["id"]),
        "You are welcome",
    )
    .await;
    let tree = a.until(&at_a, None, |tree| {
        tree["children"][0]["children"][0]["comment"]["text"] == "You are welcome"
    });
    assert_eq!(tree.await["comment"]["totalReplies"], 2);
    assert_eq!(a.json(&threads(&live.uuid)).await["totalNotDeletedComments"], 3);

    // Both are told.
    let kinds = |found: &Value| -> Vec<i64> {
        let data = found["data"].as_array().into_iter().flatten();
        data.filter_map(|told| told["type"].as_i64()).collect()
    };
    let told = a.until("/api/v1/users/me/notifications", Some(&ana.token), |found| {
        found["total"] == 2
    });
    // The answer to her own comment is one on her video as well: she is told once.
    assert_eq!(kinds(&told.await), [2, 2]);
    let told = b.until("/api/v1/users/me/notifications", Some(&bob.token), |found| {
        found["total"] == 1
    });
    assert_eq!(kinds(&told.await), [11]);

    // The owner of a video takes away what others say there; who said something takes it back.
    let path = format!("/videos/{}/comments/{}", live.uuid, comment["id"]);
    assert_eq!(ana.ask(Method::DELETE, &path, Value::Null).await.0, 204);
    let left = b
        .until(&at_b, None, |tree| tree["comment"]["isDeleted"] == true)
        .await;
    assert_eq!(left["comment"]["text"], "");
    let path = format!("/videos/{}/comments/{}", live.uuid, answer["id"]);
    assert_eq!(ana.ask(Method::DELETE, &path, Value::Null).await.0, 204);
    b.until(&at_b, None, |tree| {
        tree["children"][0]["comment"]["isDeleted"] == true
    })
    .await;
    let request = a
        .client
        .get(answer["url"].as_str().unwrap())
        .header("accept", "application/activity+json");
    let left: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&left["type"], &left["formerType"]),
        (&json!("Tombstone"), &json!("Note"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn likes_are_counted_where_the_video_is_and_told_everywhere() {
    let (a, b) = followed().await;
    let (ana, bob) = tokio::join!(Person::root(&a), Person::root(&b));
    let live = a.live(&ana.token, json!({ "name": "Studio A" })).await;
    let path = format!("/api/v1/videos/{}", live.uuid);
    b.until(&path, None, |video| video["name"] == "Studio A").await;

    let rated =
        |likes, dislikes| move |video: &Value| video["likes"] == likes && video["dislikes"] == dislikes;
    bob.rate(&live.uuid, "like").await;
    a.until(&path, None, rated(1, 0)).await;
    ana.rate(&live.uuid, "like").await;
    b.until(&path, None, rated(2, 0)).await;
    let likes = a.json(&format!("/videos/watch/{}/likes?page=1", live.uuid)).await;
    let id = likes["orderedItems"][0].as_str().unwrap().to_owned();
    let like: Value = a.client.get(&id).send().await.unwrap().json().await.unwrap();
    assert_eq!((&like["type"], &like["id"]), (&json!("Like"), &json!(id)));
    assert_eq!(like["object"], a.url(&format!("/videos/watch/{}", live.uuid)));

    bob.rate(&live.uuid, "dislike").await;
    a.until(&path, None, rated(1, 1)).await;
    let mine = bob
        .ask(
            Method::GET,
            &format!("/users/me/videos/{}/rating", live.uuid),
            Value::Null,
        )
        .await
        .1;
    assert_eq!(mine["rating"], "dislike");
    bob.rate(&live.uuid, "none").await;
    a.until(&path, None, rated(1, 0)).await;
    let liked = ana
        .ask(Method::GET, "/accounts/root/ratings?rating=like", Value::Null)
        .await
        .1;
    assert_eq!(
        (&liked["total"], &liked["data"][0]["rating"]),
        (&json!(1), &json!("like"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_approval_waits_everywhere() {
    let (a, b) = followed().await;
    let (ana, bob) = tokio::join!(Person::root(&a), Person::root(&b));
    let live = a
        .live(&ana.token, json!({ "name": "Studio A", "commentsPolicy": 3 }))
        .await;
    b.until(&format!("/api/v1/videos/{}", live.uuid), None, |video| {
        video["name"] == "Studio A"
    })
    .await;

    let said = bob
        .say(&format!("/videos/{}/comment-threads", live.uuid), "May I?")
        .await;
    assert_eq!(said["heldForReview"], true);
    let waiting = a
        .until(&threads(&live.uuid), Some(&ana.token), |found| {
            found["total"] == 1
        })
        .await;
    assert_eq!(waiting["data"][0]["heldForReview"], true);
    for server in [&a, &b] {
        assert_eq!(server.json(&threads(&live.uuid)).await["total"], 0);
    }
    let path = format!(
        "/videos/{}/comments/{}/approve",
        live.uuid, waiting["data"][0]["id"]
    );
    assert_eq!(ana.ask(Method::POST, &path, Value::Null).await.0, 204);
    b.until(&threads(&live.uuid), None, |found| texts(found) == ["May I?"])
        .await;
    assert_eq!(texts(&a.json(&threads(&live.uuid)).await), ["May I?"]);
    let note = b
        .client
        .get(said["url"].as_str().unwrap())
        .header("accept", "application/activity+json");
    let note: Value = note.send().await.unwrap().json().await.unwrap();
    let approval = a
        .client
        .get(note["replyApproval"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    let approval: Value = approval.json().await.unwrap();
    assert_eq!(
        (&approval["type"], &approval["object"]),
        (&json!("ApproveReply"), &said["url"])
    );
}

/// Somebody on other software, who writes Notes.
struct Writer {
    stranger: Stranger,
    pair: Pair,
    id: String,
}

impl Writer {
    async fn new() -> Self {
        let (stranger, pair) = tokio::join!(Stranger::start(), Pair::new());
        let id = stranger.person("carol", &pair.pem);
        Self { stranger, pair, id }
    }

    fn note(&self, path: &str, in_reply_to: &str, content: &str) -> Value {
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "type": "Note",
            "id": self.stranger.url(path),
            "attributedTo": self.id,
            "inReplyTo": in_reply_to,
            "content": content,
            "published": "2026-11-22T12:00:00Z",
            "to": [PUBLIC],
            "cc": [format!("{}/followers", self.id)],
        })
    }

    fn activity(&self, kind: &str, object: &Value) -> Value {
        // Of what lives elsewhere it is told under an id of one's own.
        let id = object["id"].as_str().unwrap_or(&self.id);
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "type": kind,
            "id": format!("{id}/{}", kind.to_lowercase()),
            "actor": self.id,
            "object": object,
            "to": [PUBLIC],
        })
    }

    async fn send(&self, server: &Server, kind: &str, object: &Value) {
        let activity = self.activity(kind, object);
        assert_eq!(post(server, "/inbox", &activity, &self.pair.private).await, 204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_other_software_comment() {
    let (a, carol) = tokio::join!(member(), Writer::new());
    let ana = Person::root(&a).await;
    let live = a.live(&ana.token, json!({})).await;
    let video = a.url(&format!("/videos/watch/{}", live.uuid));

    let evil = "<p>Hello <a href=\"https://x.example\" onclick=\"alert(1)\">you</a></p>\
        <script>alert(1)</script><img src=x onerror=alert(1)><a href=\"javascript:alert(1)\">x</a>";
    let note = carol.note("/notes/1", &video, evil);
    carol.send(&a, "Create", &note).await;
    let found = a
        .until(&threads(&live.uuid), None, |found| found["total"] == 1)
        .await;
    let comment = &found["data"][0];
    assert_eq!(comment["account"]["host"], carol.stranger.host());
    let approval = carol
        .stranger
        .receive(|posted| posted["type"] == "ApproveReply")
        .await;
    assert_eq!(approval["object"], note["id"]);
    let page = a.get(&format!("/w/{}", live.uuid)).await.text().await.unwrap();
    assert!(page.contains("Hello <a href=\"https://x.example\""), "{page}");
    for inert in ["alert(1)", "onclick", "onerror", "javascript:"] {
        assert!(!page.contains(inert), "{inert} in {page}");
    }

    // Who is answered hears of it, and is mentioned.
    let answer = ana
        .say(
            &format!("/videos/{}/comments/{}", live.uuid, comment["id"]),
            "Hello *Carol*",
        )
        .await;
    let told = carol.stranger.receive(|posted| posted["type"] == "Create").await;
    let object = &told["object"];
    assert_eq!(
        (&object["id"], &object["inReplyTo"]),
        (&answer["url"], &note["id"])
    );
    assert_eq!(object["tag"][0]["href"], carol.id.as_str());

    let mut edited = carol.note("/notes/1", &video, "<p>Second thought</p>");
    edited["updated"] = json!("2026-11-22T12:01:00Z");
    carol.send(&a, "Update", &edited).await;
    a.until(&threads(&live.uuid), None, |found| {
        texts(found) == ["<p>Second thought</p>"]
    })
    .await;
    // What people share with their followers is no share of the video.
    carol.send(&a, "Announce", &json!(video)).await;
    // What is for followers is not for everyone.
    let mut private = carol.note("/notes/2", &video, "<p>Psst</p>");
    private["to"] = json!([format!("{}/followers", carol.id)]);
    carol.send(&a, "Create", &private).await;
    carol.send(&a, "Like", &json!(video)).await;
    a.until(&format!("/api/v1/videos/{}", live.uuid), None, |video| {
        video["likes"] == 1
    })
    .await;
    assert_eq!(
        a.json(&format!("/videos/watch/{}/announces", live.uuid)).await["totalItems"],
        2
    );
    assert_eq!(a.json(&threads(&live.uuid)).await["total"], 1);

    carol.send(&a, "Delete", &note["id"]).await;
    a.until(&thread(&live.uuid, &comment["id"]), None, |tree| {
        tree["comment"]["isDeleted"] == true
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_that_have_no_end_or_no_video_are_left_alone() {
    let (a, carol, mallory) = tokio::join!(member(), Writer::new(), Writer::new());
    let ana = Person::root(&a).await;
    let live = a.live(&ana.token, json!({})).await;
    let video = a.url(&format!("/videos/watch/{}", live.uuid));
    let serve = |note: Value| {
        let path = note["id"]
            .as_str()
            .unwrap()
            .strip_prefix(&carol.stranger.origin)
            .unwrap()
            .to_owned();
        carol.stranger.serve(&path, note.clone());
        note
    };
    // A circle, a chain that goes on for ever, a thread about something else.
    let [one, two] = [("/circle/1", "/circle/2"), ("/circle/2", "/circle/1")]
        .map(|(path, above)| serve(carol.note(path, &carol.stranger.url(above), "<p>round</p>")));
    for level in 0..150 {
        let above = carol.stranger.url(&format!("/deep/{}", level + 1));
        serve(carol.note(&format!("/deep/{level}"), &above, "<p>down</p>"));
    }
    let deep = carol.note("/deep/0", &carol.stranger.url("/deep/1"), "<p>down</p>");
    let mut blog = carol.note("/blog", "x", "<p>my blog</p>");
    blog.as_object_mut().unwrap().remove("inReplyTo");
    serve(blog.clone());
    let about_blog = carol.note("/about-blog", &carol.stranger.url("/blog"), "<p>of a blog</p>");
    for note in [&one, &two, &deep, &blog, &about_blog] {
        carol.send(&a, "Create", note).await;
    }
    // In somebody else's name, or of somebody else's server.
    let mut stolen = mallory.note("/notes/1", &video, "<p>I am Carol</p>");
    stolen["attributedTo"] = json!(carol.id);
    let activity = mallory.activity("Create", &stolen);
    post(&a, "/inbox", &activity, &mallory.pair.private).await;

    // A thread that is followed up to its video, and one that nobody else may change.
    serve(carol.note("/good/1", &video, "<p>first</p>"));
    let good = carol.note("/good/2", &carol.stranger.url("/good/1"), "<p>second</p>");
    carol.send(&a, "Create", &good).await;
    let found = a
        .until(&threads(&live.uuid), None, |found| found["total"] == 1)
        .await;
    assert_eq!(texts(&found), ["<p>first</p>"]);
    let path = thread(&live.uuid, &found["data"][0]["id"]);
    assert_eq!(
        a.json(&path).await["children"][0]["comment"]["text"],
        "<p>second</p>"
    );
    let delete = mallory.activity("Delete", &good["id"]);
    post(&a, "/inbox", &delete, &mallory.pair.private).await;
    let greeting = mallory.note("/notes/2", &video, "<p>done</p>");
    mallory.send(&a, "Create", &greeting).await;
    let found = a
        .until(&threads(&live.uuid), None, |found| found["total"] == 2)
        .await;
    assert_eq!(texts(&found), ["<p>done</p>", "<p>first</p>"]);
    assert_eq!(
        a.json(&path).await["children"][0]["comment"]["text"],
        "<p>second</p>"
    );
    let asked = carol
        .stranger
        .asked()
        .iter()
        .filter(|path| path.starts_with("/deep/"))
        .count();
    assert!(asked <= 100, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_get_to_the_moderators_of_both_servers() {
    let (a, b) = followed().await;
    let (ana, bob) = tokio::join!(Person::root(&a), Person::root(&b));
    let live = a.live(&ana.token, json!({ "name": "Studio A" })).await;
    let there = b
        .until(&format!("/api/v1/videos/{}", live.uuid), None, |video| {
            video["name"] == "Studio A"
        })
        .await;
    let body = json!({
        "reason": "It says nothing", "predefinedReasons": ["spamOrMisleading"],
        "video": { "id": there["id"], "startAt": 1, "endAt": 2 },
    });
    let (status, made) = bob.ask(Method::POST, "/abuses", body).await;
    assert_eq!(status, 200, "{made}");
    for (server, token) in [(&b, &bob.token), (&a, &ana.token)] {
        let found = server
            .until("/api/v1/abuses", Some(token), |found| found["total"] == 1)
            .await;
        let abuse = &found["data"][0];
        assert_eq!(abuse["reason"], "It says nothing");
        assert_eq!(abuse["predefinedReasons"], json!(["spamOrMisleading"]));
        assert_eq!(
            (&abuse["video"]["uuid"], &abuse["video"]["startAt"]),
            (&json!(live.uuid), &json!(1))
        );
        assert_eq!(abuse["reporterAccount"]["host"], host(&b));
        assert_eq!(abuse["state"], json!({ "id": 1, "label": "Pending" }));
        let told = server
            .until("/api/v1/users/me/notifications", Some(token), |told| {
                told["total"] == 1
            })
            .await;
        assert_eq!(
            (&told["data"][0]["type"], &told["data"][0]["abuse"]["id"]),
            (&json!(3), &abuse["id"])
        );
    }
    let decided = json!({ "state": 3, "moderationComment": "seen" });
    assert_eq!(ana.ask(Method::PUT, "/abuses/1", decided).await.0, 204);
    let abuse = ana.ask(Method::GET, "/abuses?state=3", Value::Null).await.1;
    assert_eq!(abuse["data"][0]["moderationComment"], "seen");
    assert_eq!(
        bob.ask(Method::GET, "/users/me/abuses", Value::Null).await.1["total"],
        1
    );
    assert_eq!(ana.ask(Method::DELETE, "/abuses/1", Value::Null).await.0, 204);
    assert_eq!(ana.ask(Method::DELETE, "/abuses/1", Value::Null).await.0, 404);

    // As Mastodon does: an account, and what it said.
    let carol = Writer::new().await;
    let said = ana
        .say(&format!("/videos/{}/comment-threads", live.uuid), "Mine")
        .await;
    let mut flag = carol.activity("Flag", &json!(a.url("/accounts/root")));
    flag["object"] = json!([
        a.url("/accounts/root"),
        said["url"],
        "https://elsewhere.example/1"
    ]);
    flag["content"] = json!("Both of them");
    assert_eq!(post(&a, "/inbox", &flag, &carol.pair.private).await, 204);
    let found = a
        .until("/api/v1/abuses", Some(&ana.token), |found| found["total"] == 1)
        .await;
    assert_eq!(found["data"][0]["comment"]["text"], "Mine", "{found:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_blocked_is_not_heard() {
    let (a, carol) = tokio::join!(member(), Writer::new());
    let ana = Person::root(&a).await;
    let live = a.live(&ana.token, json!({})).await;
    let video = a.url(&format!("/videos/watch/{}", live.uuid));
    carol
        .send(&a, "Create", &carol.note("/notes/1", &video, "<p>one</p>"))
        .await;
    a.until(&threads(&live.uuid), None, |found| found["total"] == 1)
        .await;

    let host = carol.stranger.host();
    let name = format!("carol@{host}");
    let account = json!({ "accountName": name });
    assert_eq!(
        ana.ask(Method::POST, "/users/me/blocklist/accounts", account)
            .await
            .0,
        204
    );
    // Whose video it is decides for everyone.
    assert_eq!(a.json(&threads(&live.uuid)).await["total"], 0);
    let status = format!("/blocklist/status?accounts={name}&hosts={host}");
    let told = ana.ask(Method::GET, &status, Value::Null).await.1;
    assert_eq!(
        told["accounts"][&name],
        json!({ "blockedByServer": false, "blockedByUser": true })
    );
    let path = format!("/users/me/blocklist/accounts/{name}");
    assert_eq!(ana.ask(Method::DELETE, &path, Value::Null).await.0, 204);
    assert_eq!(ana.ask(Method::DELETE, &path, Value::Null).await.0, 404);
    assert_eq!(a.json(&threads(&live.uuid)).await["total"], 1);

    assert_eq!(
        ana.ask(Method::POST, "/server/blocklist/servers", json!({ "host": host }))
            .await
            .0,
        204
    );
    assert_eq!(a.json(&threads(&live.uuid)).await["total"], 0);
    let listed = ana
        .ask(Method::GET, "/server/blocklist/servers", Value::Null)
        .await
        .1;
    assert_eq!(listed["data"][0]["blockedServer"]["host"], host);
    let note = carol.note("/notes/2", &video, "<p>two</p>");
    let answer = post(
        &a,
        "/inbox",
        &carol.activity("Create", &note),
        &carol.pair.private,
    )
    .await;
    assert_ne!(answer, 204);
    let own = json!({ "host": format!("127.0.0.1:{}", a.http_port) });
    assert_eq!(
        ana.ask(Method::POST, "/server/blocklist/servers", own).await.0,
        409
    );
    for wrong in ["", "a b", "x/y", "https://x.example", "me@x.example"] {
        let body = json!({ "host": wrong });
        assert_eq!(
            ana.ask(Method::POST, "/server/blocklist/servers", body).await.0,
            400,
            "{wrong}"
        );
    }
}
