//! Signing in, users, channels.

use serde_json::json;

use crate::client::{Client, grant, json_of};
use crate::support::{self, Server};

#[tokio::test]
async fn signing_in_refreshing_and_out() {
    let server = Server::start().await;
    let password = [("grant_type", "password"), ("username", "root")];
    for (form, code) in [
        (
            vec![password[0], password[1], ("password", "wrong")],
            "invalid_grant",
        ),
        (
            vec![password[0], ("username", "nobody"), ("password", "wrong")],
            "invalid_grant",
        ),
        (vec![password[0], password[1]], "invalid_request"),
        (vec![("grant_type", "implicit")], "unsupported_grant_type"),
        (
            vec![("grant_type", "refresh_token"), ("refresh_token", "x")],
            "invalid_grant",
        ),
    ] {
        let response = grant(&server, &form).await;
        assert_eq!(response.status(), 400, "{form:?}");
        assert_eq!(json_of(response).await["code"], code, "{form:?}");
    }
    let wrong = [
        ("client_id", "x"),
        ("client_secret", "y"),
        ("grant_type", "password"),
    ];
    let wrong = server
        .client
        .post(server.url("/api/v1/users/token"))
        .form(&wrong)
        .send()
        .await
        .unwrap();
    assert_eq!(json_of(wrong).await["code"], "invalid_client");

    let first = grant(
        &server,
        &[password[0], password[1], ("password", support::ROOT_PASSWORD)],
    )
    .await;
    let first = json_of(first).await;
    assert!((86_399..=86_400).contains(&first["expires_in"].as_i64().unwrap()));
    let refresh = first["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let second = grant(&server, &form).await;
    assert_eq!(second.status(), 200);
    let second = json_of(second).await;
    assert_eq!(grant(&server, &form).await.status(), 400, "good for one use");
    let old = Client {
        server: &server,
        token: first["access_token"].as_str().map(str::to_owned),
    };
    assert_eq!(old.status("/users/me").await, 401);
    let new = Client {
        server: &server,
        token: second["access_token"].as_str().map(str::to_owned),
    };
    assert_eq!(new.status("/users/me").await, 200);
    assert_eq!(new.post("/users/revoke-token", json!({})).await.status(), 204);
    assert_eq!(new.status("/users/me").await, 401);

    let host = server
        .client
        .get(server.url("/api/v1/oauth-clients/local"))
        .header("host", "evil.example")
        .send()
        .await;
    assert_eq!(host.unwrap().status(), 403);
}

#[tokio::test]
async fn users_are_managed_by_those_who_may() {
    let server = Server::start().await;
    let root = Client::root(&server).await;
    let (ana_id, ana) = root.user("ana").await;
    let moderator =
        json!({ "username": "mod", "password": "password", "email": "mod@example.org", "role": 1 });
    let created = json_of(root.post("/users", moderator).await).await;
    let mod_id = created["user"]["id"].as_i64().unwrap();
    let moderator = Client::sign_in(&server, "mod", "password").await;
    assert_eq!(ana.status("/users").await, 403);
    assert_eq!(moderator.get("/users?sort=username").await["total"], 3);
    let admin = json!({ "username": "boss", "password": "password", "email": "boss@example.org", "role": 0 });
    assert_eq!(moderator.post("/users", admin).await.status(), 403);
    assert_eq!(
        moderator
            .put(&format!("/users/{mod_id}"), json!({ "role": 0 }))
            .await
            .status(),
        403
    );
    assert_eq!(
        moderator
            .put(&format!("/users/{ana_id}"), json!({ "videoQuota": 5 }))
            .await
            .status(),
        204
    );
    assert_eq!(root.get(&format!("/users/{ana_id}")).await["videoQuota"], 5);
    assert_eq!(
        moderator
            .put(&format!("/users/{ana_id}"), json!({ "email": "MOD@example.org" }))
            .await
            .status(),
        409
    );
    let root_id = root.get("/users/me").await["id"].as_i64().unwrap();
    assert_eq!(root.delete(&format!("/users/{root_id}")).await, 400);
    assert_eq!(
        root.put(&format!("/users/{root_id}"), json!({ "role": 2 }))
            .await
            .status(),
        400
    );
    for (body, status) in [
        (
            json!({ "username": "ana_channel", "password": "password", "email": "a1@example.org" }),
            409,
        ),
        (
            json!({ "username": "x", "password": "password", "email": "a2@example.org", "channelName": "x" }),
            409,
        ),
        (
            json!({ "username": "Upper", "password": "password", "email": "a3@example.org" }),
            400,
        ),
        (
            json!({ "username": "x", "password": "short", "email": "a4@example.org" }),
            400,
        ),
        (
            json!({ "username": "x", "password": "password", "email": "nonsense" }),
            400,
        ),
        (json!({}), 400),
    ] {
        assert_eq!(root.post("/users", body.clone()).await.status(), status, "{body}");
    }

    assert_eq!(
        root.post(&format!("/users/{ana_id}/block"), json!({ "reason": "spam" }))
            .await
            .status(),
        204
    );
    assert_eq!(ana.status("/users/me").await, 401);
    let form = [
        ("grant_type", "password"),
        ("username", "ana"),
        ("password", "password"),
    ];
    assert_eq!(grant(&server, &form).await.status(), 400);
    assert_eq!(
        root.get("/users?blocked=true").await["data"][0]["blockedReason"],
        "spam"
    );
    assert_eq!(
        root.post(&format!("/users/{ana_id}/unblock"), json!({}))
            .await
            .status(),
        204
    );
    assert_eq!(grant(&server, &form).await.status(), 200);

    assert_eq!(
        root.put(&format!("/users/{ana_id}"), json!({ "password": "another one" }))
            .await
            .status(),
        204
    );
    let ana = Client::sign_in(&server, "ana@example.org", "another one").await;
    let me = json!({ "displayName": "Ana", "description": "I am Ana", "nsfwPolicy": "blur", "videoLanguages": ["en"], "p2pEnabled": false });
    assert_eq!(ana.put("/users/me", me).await.status(), 204);
    let me = ana.get("/users/me").await;
    assert_eq!(
        (
            &me["account"]["displayName"],
            &me["nsfwPolicy"],
            &me["p2pEnabled"]
        ),
        (&json!("Ana"), &json!("blur"), &json!(false))
    );
    let password = |current: &str| json!({ "currentPassword": current, "password": "third password" });
    assert_eq!(
        ana.put("/users/me", json!({ "password": "third password" }))
            .await
            .status(),
        400
    );
    let wrong = ana.put("/users/me", password("wrong")).await;
    assert_eq!(
        (wrong.status().as_u16(), json_of(wrong).await["code"].as_str()),
        (401, Some("current_password_is_invalid"))
    );
    assert_eq!(ana.put("/users/me", password("another one")).await.status(), 204);
    assert_eq!(ana.status("/users/me").await, 401, "signed out everywhere");
    let ana = Client::sign_in(&server, "ana", "third password").await;
    assert_eq!(
        ana.get("/users/me/video-quota-used").await,
        json!({ "videoQuotaUsed": 0, "videoQuotaUsedDaily": 0 })
    );

    assert_eq!(
        ana.post("/video-channels", json!({ "name": "ana", "displayName": "x" }))
            .await
            .status(),
        409
    );
    assert_eq!(
        ana.post("/video-channels", json!({ "name": "a b", "displayName": "x" }))
            .await
            .status(),
        400
    );
    assert_eq!(
        ana.post(
            "/video-channels",
            json!({ "name": "second", "displayName": "Second" })
        )
        .await
        .status(),
        200
    );
    let update = json!({ "displayName": "Other", "description": null, "support": "tip jar" });
    assert_eq!(ana.put("/video-channels/second", update).await.status(), 204);
    assert_eq!(ana.get("/video-channels/second").await["support"], "tip jar");
    assert_eq!(
        ana.put("/video-channels/root_channel", json!({ "displayName": "Mine" }))
            .await
            .status(),
        403
    );
    assert_eq!(ana.delete("/video-channels/second").await, 204);
    assert_eq!(
        ana.delete("/video-channels/ana_channel").await,
        409,
        "the last one"
    );
    assert_eq!(root.delete(&format!("/users/{ana_id}")).await, 204);
    assert_eq!(root.status("/accounts/ana").await, 404);
    assert_eq!(root.status("/video-channels/ana_channel").await, 404);
}
