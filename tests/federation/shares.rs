//! What others do to a video of here, and what nobody may do to those of others.

use serde_json::{Value, json};

use crate::stranger::{Pair, Stranger, TYPE, member, post};
use crate::support::Server;

/// A server of another kind, with its Application, a person and a channel of theirs, who all sign with one key.
struct Other {
    stranger: Stranger,
    pair: Pair,
    application: String,
    person: String,
    channel: String,
}

impl Other {
    async fn start() -> Self {
        let (stranger, pair) = tokio::join!(Stranger::start(), Pair::new());
        let person = stranger.person("carol", &pair.pem);
        let actor = |name: &str, kind: &str| {
            let mut actor = stranger.actor(name, &pair.pem);
            actor["type"] = kind.into();
            actor["attributedTo"] = json!([{ "type": "Person", "id": person }]);
            stranger.serve(&format!("/users/{name}"), actor);
            stranger.url(&format!("/users/{name}"))
        };
        let (application, channel) = (actor("peertube", "Application"), actor("studio", "Group"));
        Self {
            application,
            channel,
            person,
            pair,
            stranger,
        }
    }

    fn video(&self, uuid: &str) -> Value {
        let id = self.stranger.url(&format!("/videos/watch/{uuid}"));
        json!({
            "type": "Video", "id": id, "uuid": uuid, "name": "Elsewhere", "duration": "PT10S", "views": 1,
            "published": "2026-11-22T12:00:00Z", "updated": "2026-11-22T12:00:00Z",
            "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [],
            "attributedTo": [{ "type": "Person", "id": self.person }, { "type": "Group", "id": self.channel }],
            "icon": [{ "type": "Image", "url": self.stranger.url("/a.jpg"), "width": 280, "height": 157 }],
            "url": [{ "type": "Link", "mediaType": "text/html", "href": id }],
        })
    }

    fn activity(&self, kind: &str, actor: &str, number: u32, object: &Value) -> Value {
        json!({
            "@context": "https://www.w3.org/ns/activitystreams", "type": kind, "actor": actor, "object": object,
            "id": self.stranger.url(&format!("/activities/{number}")),
            "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [],
        })
    }

    async fn post(&self, server: &Server, activity: &Value) {
        assert_eq!(post(server, "/inbox", activity, &self.pair.private).await, 204);
    }

    /// Whether it is turned away at once or later is the same to us.
    async fn try_post(&self, server: &Server, activity: &Value) {
        let status = post(server, "/inbox", activity, &self.pair.private).await;
        assert!([204, 400, 403].contains(&status), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_share_and_copy_a_video_of_here() {
    let (server, other) = tokio::join!(member(), Other::start());
    let live = server.live(&server.token().await, json!({})).await;
    let id = server.url(&format!("/videos/watch/{}", live.uuid));
    let announces = format!("/videos/watch/{}/announces", live.uuid);
    server
        .until(&announces, None, |shares| shares["totalItems"] == 2)
        .await;
    // What was announced can be looked up.
    let shares: Value = server.json(&format!("{announces}?page=1")).await;
    let first = shares["orderedItems"][0].as_str().unwrap();
    let request = server.client.get(first).header("accept", TYPE);
    let share: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&share["type"], &share["object"], &share["id"]),
        (&json!("Announce"), &json!(id), &json!(first))
    );

    let announce = other.activity("Announce", &other.application, 1, &json!(id));
    other.post(&server, &announce).await;
    server
        .until(&announces, None, |shares| shares["totalItems"] == 3)
        .await;
    // A boost is none.
    other
        .post(&server, &other.activity("Announce", &other.person, 2, &json!(id)))
        .await;

    let base = other
        .stranger
        .url(&format!("/static/redundancy/hls/{}", live.uuid));
    let copy = json!({
        "id": other.stranger.url("/redundancy/1"), "type": "CacheFile", "object": id, "expires": null,
        "url": { "type": "Link", "mediaType": "application/x-mpegURL", "href": base },
    });
    let create = other.activity("Create", &other.application, 3, &copy);
    other.post(&server, &create).await;
    let view = other.activity("View", &other.application, 4, &json!(id));
    other.post(&server, &view).await;
    let mut watches = other.activity("View", &other.application, 5, &json!(id));
    watches["expires"] = jiff::Timestamp::now()
        .checked_add(jiff::SignedDuration::from_mins(2))
        .unwrap()
        .to_string()
        .into();
    other.post(&server, &watches).await;
    let path = format!("/api/v1/videos/{}", live.uuid);
    server.until(&path, None, |video| video["viewers"] == 1).await;

    let encoder = crate::support::media::Pattern::seconds(3).publish(&server.rtmp(&live.key));
    let playlists = "/streamingPlaylists/0/redundancies/0/baseUrl";
    server
        .until(&path, None, |video| {
            video.pointer(playlists) == Some(&json!(base))
        })
        .await;
    tokio::task::spawn_blocking(|| encoder.finish()).await.unwrap();
    other
        .post(&server, &other.activity("Undo", &other.application, 6, &create))
        .await;
    other
        .post(&server, &other.activity("Undo", &other.application, 7, &announce))
        .await;
    server
        .until(&announces, None, |shares| shares["totalItems"] == 2)
        .await;
    // Views are counted in batches.
    server.until(&path, None, |video| video["views"] == 1).await;
    // Whoever announced it hears of what happens to it, for as long as it does.
    let heard = other
        .stranger
        .receive(|posted| posted["type"] == "Update" && posted["object"]["state"] == 1)
        .await;
    assert_eq!(heard["object"]["id"], id);
    assert_eq!(heard["actor"], server.url("/accounts/root"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_server_tells_of_a_video() {
    let (server, other, mallory) = tokio::join!(member(), Other::start(), Other::start());
    let uuid = "65adcf8a-1447-4195-a92a-e73eba873eb8";
    let path = format!("/api/v1/videos/{uuid}");
    let mut video = other.video(uuid);
    other
        .post(&server, &other.activity("Create", &other.person, 1, &video))
        .await;
    let kept = server
        .until(&path, None, |video| video["name"] == "Elsewhere")
        .await;
    assert_eq!(kept["channel"]["url"], other.channel);

    // Another server's word on it counts nothing, nor does a video of its own with the same UUID.
    let mut stolen = video.clone();
    stolen["name"] = "Stolen".into();
    mallory
        .try_post(&server, &mallory.activity("Update", &mallory.person, 1, &stolen))
        .await;
    mallory
        .try_post(
            &server,
            &mallory.activity("Update", &mallory.person, 2, &mallory.video(uuid)),
        )
        .await;
    mallory
        .try_post(
            &server,
            &mallory.activity("Delete", &mallory.person, 3, &video["id"]),
        )
        .await;
    let mut forged = mallory.video("9c9de5e8-0a1e-484a-b099-e80766180a6d");
    forged["attributedTo"] = video["attributedTo"].clone();
    mallory
        .try_post(&server, &mallory.activity("Create", &mallory.person, 4, &forged))
        .await;
    // Those of one actor are done in their order: when this is there, the others have been.
    let last = mallory.video("539bb2a7-8aa8-4d05-90ea-9e1a87a0a92a");
    mallory
        .post(&server, &mallory.activity("Create", &mallory.person, 5, &last))
        .await;
    server
        .until(
            "/api/v1/videos/539bb2a7-8aa8-4d05-90ea-9e1a87a0a92a",
            None,
            |video| video["uuid"] == last["uuid"],
        )
        .await;
    assert_eq!(server.json(&path).await["name"], "Elsewhere");
    assert_eq!(server.json(&path).await["channel"]["url"], other.channel);
    assert_eq!(
        server
            .get("/api/v1/videos/9c9de5e8-0a1e-484a-b099-e80766180a6d")
            .await
            .status(),
        404
    );

    // Its own server takes it back: for fewer people, or for good.
    video["to"] = json!([format!("{}/followers", other.person)]);
    other
        .post(&server, &other.activity("Update", &other.person, 6, &video))
        .await;
    server.until(&path, None, |video| video["status"] == 404).await;
    let video = other.video(uuid);
    other
        .stranger
        .serve(&format!("/videos/watch/{uuid}"), video.clone());
    other
        .post(
            &server,
            &other.activity("Announce", &other.channel, 7, &video["id"]),
        )
        .await;
    server
        .until(&path, None, |video| video["name"] == "Elsewhere")
        .await;
    other
        .post(&server, &other.activity("Delete", &other.person, 8, &video["id"]))
        .await;
    server.until(&path, None, |video| video["status"] == 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_playlist_of_another_server_is_kept_with_its_videos() {
    let (server, other, mallory) = tokio::join!(member(), Other::start(), Other::start());
    let video = other.video("65adcf8a-1447-4195-a92a-e73eba873eb8");
    let path = |url: &Value| {
        let url = url.as_str().unwrap().to_owned();
        url.strip_prefix(&other.stranger.origin).unwrap().to_owned()
    };
    other.stranger.serve(&path(&video["id"]), video.clone());
    let id = other.stranger.url("/video-playlists/1");
    let element = json!({
        "type": "PlaylistElement", "id": format!("{id}/videos/1"), "url": video["id"], "position": 1, "stopTimestamp": 5,
    });
    other.stranger.serve(&path(&element["id"]), element.clone());
    let items = json!([element["id"], format!("{id}/videos/gone")]);
    let page = json!({ "type": "OrderedCollectionPage", "id": format!("{id}/1"), "orderedItems": items });
    other.stranger.serve("/video-playlists/1/1", page);
    let playlist = json!({
        "type": "Playlist", "id": id, "uuid": "9c9de5e8-0a1e-484a-b099-e80766180a6d", "name": "Best of",
        "published": "2026-11-22T12:00:00Z", "attributedTo": [other.channel], "totalItems": 2,
        "first": format!("{id}/1"), "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [],
    });
    other
        .post(&server, &other.activity("Create", &other.person, 1, &playlist))
        .await;
    // The video comes with it: nobody knew it before.
    let shown = "/api/v1/videos/65adcf8a-1447-4195-a92a-e73eba873eb8";
    server
        .until(shown, None, |shown| shown["url"] == video["id"])
        .await;
    mallory
        .try_post(
            &server,
            &mallory.activity("Delete", &mallory.person, 2, &json!(id)),
        )
        .await;
    // When this has been done, so has what came before it.
    other
        .post(&server, &other.activity("Delete", &other.person, 3, &video["id"]))
        .await;
    server.until(shown, None, |shown| shown["status"] == 404).await;

    let inside = crate::peers::Inside::of(&server).await;
    let db = &inside.federation.db;
    let kept = db::VideoPlaylist::by_url(db, &id).await.unwrap().unwrap();
    assert_eq!(
        (kept.name.as_str(), kept.uuid.to_string().as_str()),
        ("Best of", playlist["uuid"].as_str().unwrap())
    );
    let elements = db::VideoPlaylist::elements(db, kept.id, 10).await.unwrap();
    // It stays in its place when its video goes.
    assert_eq!(elements.len(), 1);
    assert_eq!(
        (elements[0].video_id, elements[0].position, elements[0].stop_s),
        (None, 1, Some(5))
    );
}
