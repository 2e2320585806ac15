//! What followers whose software knows no videos hear of a live.

use serde_json::{Value, json};

use crate::stranger::{Pair, Stranger, TYPE, member, post};
use crate::support::media::Pattern;

fn is(kind: &'static str, object: &'static str) -> impl Fn(&Value) -> bool {
    move |activity| activity["type"] == kind && activity["object"]["type"] == object
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_hear_of_a_live_in_plain_words() {
    let (server, elsewhere, pair) = tokio::join!(member(), Stranger::start(), Pair::new());
    let ana = elsewhere.person("ana", &pair.pem);
    let follow = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "Follow",
        "id": format!("{ana}/follows/1"),
        "actor": ana,
        "object": server.url("/accounts/root"),
    });
    assert_eq!(
        post(&server, "/accounts/root/inbox", &follow, &pair.private).await,
        204
    );
    elsewhere.receive(|activity| activity["type"] == "Accept").await;

    let token = server.token().await;
    let live = server
        .live(&token, json!({ "name": "Tom & <Jerry>", "tags": ["two words"] }))
        .await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let created = elsewhere.receive(is("Create", "Note")).await;
    let note = &created["object"];
    let content = note["content"].as_str().unwrap();
    assert!(content.contains(" is live: "), "{content}");
    assert!(content.contains("Tom &amp; &lt;Jerry&gt;</a>"), "{content}");
    assert_eq!(note["attributedTo"], server.url("/accounts/root"));
    assert_eq!(note["tag"][0]["name"], "#twowords");
    assert!(created["signature"].is_object(), "it can be passed on");

    let id = note["id"].as_str().unwrap();
    let served = server.client.get(id).header("accept", TYPE).send().await.unwrap();
    let mut served: Value = served.json().await.unwrap();
    served.as_object_mut().unwrap().remove("@context");
    assert_eq!(&served, note, "what was told is there to be read");

    encoder.stop();
    let updated = elsewhere.receive(is("Update", "Note")).await;
    assert_eq!(updated["object"]["id"], note["id"]);
    let content = updated["object"]["content"].as_str().unwrap();
    assert!(content.contains(" was live: "), "{content}");
    assert!(content.contains(">Watch the replay</a>"), "{content}");
}
