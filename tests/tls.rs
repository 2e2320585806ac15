//! HTTPS with HTTP/2, and RTMPS, from certificate files.

mod support;

use serde_json::json;
use support::media::Pattern;
use support::viewer::Viewer;
use support::{Options, Server, free_port};

#[tokio::test(flavor = "multi_thread")]
async fn https_speaks_http2_and_rtmps_takes_streams() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (https, rtmps) = (free_port(), free_port());
    let env = vec![
        ("TRIBUTARY__TLS__LISTEN", format!("127.0.0.1:{https}")),
        ("TRIBUTARY__TLS__CERTIFICATE", certificate.display().to_string()),
        ("TRIBUTARY__TLS__KEY", key.display().to_string()),
        ("TRIBUTARY__RTMP__LISTEN_TLS", format!("127.0.0.1:{rtmps}")),
    ];
    let server = Server::start_with(Options {
        env,
        ..Options::default()
    })
    .await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let encoder = Pattern::default().publish(&format!("rtmps://127.0.0.1:{rtmps}/live/{}", live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(1).await;

    let trusting = reqwest::Certificate::from_pem(&std::fs::read(&certificate).unwrap()).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([trusting])
        .build()
        .unwrap();
    let url = format!("https://127.0.0.1:{https}{}", live.media("0-ll.m3u8"));
    let response = client.get(url).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    assert_eq!(response.status(), 200);
    encoder.stop();
}
