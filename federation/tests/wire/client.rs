//! Requests to servers that lie, dawdle and overdo it.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use federation::client::{FetchError, Limits};
use federation::key::PublicKey;
use federation::signature::{Claim, Request};
use futures_util::stream;
use jiff::Timestamp;

use crate::support::{self, Everywhere, Peer, client, guarded, limits};

const OBJECT: [(&str, &str); 1] = [("content-type", "application/activity+json; charset=utf-8")];

fn refused(result: &Result<impl Sized, FetchError>) -> &'static str {
    match result {
        Err(FetchError::Refused(why)) => why,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was fetched"),
    }
}

#[tokio::test]
async fn names_that_lead_to_private_addresses_are_not_asked() {
    let peer = Peer::start(|_| (OBJECT, "{}")).await;
    let url = format!("https://innocent.example:{}/", peer.address.port());
    for addresses in [
        &["127.0.0.1"][..],
        &["10.0.0.1", "192.168.1.1"],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["fd00::1", "fe80::1"],
        &["169.254.169.254"],
        &[],
    ] {
        let result = guarded(Everywhere::at(addresses)).get_object(&url, None).await;
        assert_eq!(
            refused(&result),
            "its name leads to no public address",
            "{addresses:?}"
        );
    }
    // A name that leads to both is asked where it is public: nobody is there, or nobody who answers.
    let mixed = guarded(Everywhere::at(&["127.0.0.1", "240.0.0.1", "::1"]));
    assert_eq!(
        refused(&mixed.get_object(&url, None).await),
        "its name leads to no public address"
    );
    assert!(peer.asked().is_empty());
}

#[tokio::test]
async fn private_addresses_are_not_asked_by_number() {
    let peer = Peer::start(|_| (OBJECT, "{}")).await;
    let client = guarded(Everywhere::here());
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "[::1]",
        "[::ffff:7f00:1]",
        "[::ffff:127.0.0.1]",
    ] {
        let url = format!("https://{host}:{}/", peer.address.port());
        assert_eq!(
            refused(&client.get_object(&url, None).await),
            "this is no public address",
            "{host}"
        );
    }
    let plain = peer.url("other.example", "/");
    assert_eq!(
        refused(&client.get_object(&plain, None).await),
        "the address is not https"
    );
    assert!(peer.asked().is_empty());
}

#[tokio::test]
async fn redirects_are_followed_where_anybody_may_go() {
    let peer = Peer::start(|asked| {
        let port = asked.host().rsplit_once(':').unwrap().1;
        let to = |target: &str| (StatusCode::FOUND, [("location", target.to_owned())]).into_response();
        match asked.path() {
            "/moved" => to(&format!("http://new.test:{port}/object")),
            "/relative" => to("object"),
            "/ftp" => to("ftp://new.test/"),
            "/user" => to(&format!("http://user@new.test:{port}/object")),
            "/ours" => to("http://tube.test/secret"),
            "/nowhere" => to("http://"),
            "/1" | "/2" | "/3" | "/4" | "/5" | "/6" => {
                let left: u32 = asked.path()[1..].parse().unwrap();
                if left == 1 {
                    to("/object")
                } else {
                    to(&format!("/{}", left - 1))
                }
            }
            _ => (OBJECT, r#"{"id":1}"#).into_response(),
        }
    })
    .await;
    let client = client(limits());
    let get = async |path: &str| client.get_object(&peer.url("old.test", path), None).await;

    assert_eq!(get("/moved").await.unwrap().url, peer.url("new.test", "/object"));
    assert_eq!(
        get("/relative").await.unwrap().url,
        peer.url("old.test", "/object")
    );
    assert_eq!(get("/5").await.unwrap().body["id"], 1);
    assert_eq!(refused(&get("/6").await), "it redirects too often");
    assert_eq!(refused(&get("/ftp").await), "the address is not https");
    assert_eq!(refused(&get("/user").await), "the address has a user name in it");
    assert_eq!(refused(&get("/ours").await), "this is our own address");
    assert_eq!(refused(&get("/nowhere").await), "it redirects to no address");
}

#[tokio::test]
async fn long_answers_are_not_read_to_the_end() {
    let peer = Peer::start(|asked| match asked.path() {
        "/announced" => (OBJECT, "a".repeat(4_000_000)).into_response(),
        "/endless" => {
            let zeros = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 65_536]));
            (OBJECT, Body::from_stream(zeros)).into_response()
        }
        _ => {
            let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            bomb.write_all(&vec![b' '; 50_000_000]).unwrap();
            let headers = [OBJECT[0], ("content-encoding", "gzip")];
            (headers, bomb.finish().unwrap()).into_response()
        }
    })
    .await;
    let client = client(limits());
    for path in ["/announced", "/endless", "/bomb"] {
        let result = client.get_object(&peer.url("other.test", path), None).await;
        assert!(
            matches!(result, Err(FetchError::TooLarge(_))),
            "{path}: {result:?}"
        );
    }
    let picture = client
        .get_bytes(&peer.url("other.test", "/endless"), &["application/"], 100)
        .await;
    assert!(matches!(picture, Err(FetchError::TooLarge(100))));
}

#[tokio::test]
async fn slow_answers_end() {
    let peer = Peer::start_async(|asked| {
        Box::pin(async move {
            if asked.path() == "/silent" {
                std::future::pending::<()>().await;
            }
            // A byte every now and then, for ever.
            let drops = stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Ok::<_, std::io::Error>(" "), ()))
            });
            (OBJECT, Body::from_stream(drops)).into_response()
        })
    })
    .await;
    let client = client(Limits {
        document: Duration::from_millis(300),
        ..limits()
    });
    for path in ["/silent", "/dripping"] {
        let began = Instant::now();
        let result = client.get_object(&peer.url("other.test", path), None).await;
        let Err(FetchError::Io(error)) = result else {
            panic!("{path}: {result:?}");
        };
        assert_eq!(error, "no answer in time");
        assert!(began.elapsed() < Duration::from_secs(3), "{path}");
    }
}

#[tokio::test]
async fn answers_are_what_was_asked_for() {
    let peer = Peer::start(|asked| {
        let kind = match asked.path() {
            "/html" => "text/html",
            "/json" => "application/json",
            "/jrd" => "application/jrd+json; charset=utf-8",
            "/ld" => r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#,
            "/picture" => "image/png",
            _ => "Application/Activity+JSON",
        };
        let body = if asked.path() == "/broken" { "{" } else { "{}" };
        ([("content-type", kind)], body)
    })
    .await;
    let client = client(limits());
    let url = |path| peer.url("other.test", path);
    for (path, object, json) in [
        ("/activity", true, true),
        ("/ld", true, true),
        // Somebody may have uploaded it.
        ("/json", false, true),
        ("/jrd", false, true),
        ("/html", false, false),
        ("/picture", false, false),
    ] {
        let result = client.get_object(&url(path), None).await;
        assert_eq!(result.is_ok(), object, "{path}");
        assert!(
            object || matches!(result, Err(FetchError::ContentType(_))),
            "{path}"
        );
        assert_eq!(client.get_json(&url(path)).await.is_ok(), json, "{path}");
    }
    assert!(matches!(
        client.get_object(&url("/broken"), None).await,
        Err(FetchError::Json)
    ));
    let (kind, bytes) = client
        .get_bytes(&url("/picture"), &["image/"], 100)
        .await
        .unwrap();
    assert_eq!((kind.as_str(), &bytes[..]), ("image/png", &b"{}"[..]));
    let page = client.get_bytes(&url("/html"), &["image/"], 100).await;
    assert!(matches!(page, Err(FetchError::ContentType(kind)) if kind == "text/html"));

    let first = &peer.asked()[0];
    assert_eq!(
        first.headers["accept"],
        "application/activity+json, application/ld+json"
    );
    let agent = first.headers["user-agent"].to_str().unwrap();
    assert!(
        agent.starts_with("Tributary/") && agent.ends_with(" (+http://tube.test)"),
        "{agent}"
    );
}

#[tokio::test]
async fn failures_say_what_to_do() {
    let peer = Peer::start(|asked| {
        let status: u16 = asked.path()[1..].parse().unwrap();
        (StatusCode::from_u16(status).unwrap(), [("retry-after", "120")])
    })
    .await;
    let client = client(limits());
    let get = async |status: u16| {
        client
            .get_object(&peer.url("a.test", &format!("/{status}")), None)
            .await
            .unwrap_err()
    };
    assert!(matches!(get(404).await, FetchError::Gone));
    assert!(matches!(get(410).await, FetchError::Gone));
    let busy = get(503).await;
    assert!(matches!(busy, FetchError::Status(503, Some(wait)) if wait == Duration::from_secs(120)));
    assert!(busy.is_temporary());
    assert!(!get(403).await.is_temporary());

    let nobody = client.get_object("http://127.0.0.1:1/", None).await.unwrap_err();
    assert!(nobody.is_temporary(), "{nobody}");
    assert!(nobody.to_string().to_lowercase().contains("refused"), "{nobody}");
}

#[tokio::test]
async fn servers_are_asked_in_the_name_of_this_one() {
    let peer = Peer::start(|asked| match asked.path() {
        "/old?a=b" => {
            let port = asked.host().rsplit_once(':').unwrap().1;
            (
                StatusCode::FOUND,
                [("location", format!("http://second.test:{port}/new"))],
            )
                .into_response()
        }
        _ => (OBJECT, "{}").into_response(),
    })
    .await;
    let (federation, _folder) = support::federation(limits()).await;
    let fetched = federation
        .fetch(&peer.url("first.test", "/old?a=b"))
        .await
        .unwrap();
    assert_eq!(fetched.url, peer.url("second.test", "/new"));

    let instance = federation.instance_actor().await.unwrap();
    let pem = federation
        .keys
        .public_pem(&federation.db, instance)
        .await
        .unwrap();
    let key = PublicKey::from_pem(&pem).unwrap();
    let asked = peer.asked();
    for (asked, host) in asked.iter().zip(["first.test", "second.test"]) {
        let claim = Claim::parse(&asked.headers).unwrap();
        assert_eq!(claim.key_id(), "http://tube.test/accounts/peertube");
        let request = Request {
            method: &asked.method,
            path_and_query: asked.path(),
            headers: &asked.headers,
            body: None,
        };
        let own_host = format!("{host}:{}", peer.address.port());
        claim.verify(&request, &own_host, &key, Timestamp::now()).unwrap();
    }
}

#[tokio::test]
async fn one_server_is_asked_so_much_at_a_time() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let peer = Peer::start_async({
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        move |_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            Box::pin(async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
                (OBJECT, "{}").into_response()
            })
        }
    })
    .await;
    let client = client(limits());
    let url = peer.url("busy.test", "/");
    let requests = (0..40).map(|_| {
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move { client.get_object(&url, None).await.unwrap() })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
    assert_eq!(peer.asked().len(), 40);
    assert!(most.load(Ordering::SeqCst) <= limits().per_host);
}
