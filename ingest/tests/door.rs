//! The listener under friends and strangers, over real sockets.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic, as tests may")]

mod support;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use ingest::{
    End, Error, Protocol, Rejection,
    rtmp::{
        Config, Server,
        amf::{self, Value},
        chunk::kind,
    },
};
use media::Event;
use support::{Client, drain, soon};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, pause},
};

const AVC_START: &[u8] =
    b"\x17\x00\x00\x00\x00\x01\x42\xc0\x28\xff\xe1\x00\x19\x67\x42\xc0\x28\xda\x01\xe0\x08\x9f\x97\x01\x10\
    \x00\x00\x03\x00\x10\x00\x00\x03\x03\xc0\xf1\x83\x2a\x01\x00\x04\x68\xce\x0f\xc8";
const AVC_IDR: &[u8] = b"\x17\x01\x00\x00\x00\x00\x00\x00\x02\x65\x88";

fn server(config: Config) -> Server {
    Server::bind("127.0.0.1:0".parse::<SocketAddr>().unwrap(), None, config).unwrap()
}

/// True once the server has closed the connection.
async fn closed(socket: &mut TcpStream) -> bool {
    let mut scratch = [0; 4_096];
    loop {
        match socket.read(&mut scratch).await {
            Ok(0) | Err(_) => return true,
            Ok(_) => {}
        }
    }
}

#[tokio::test]
async fn a_publisher_comes_and_goes() {
    let mut server = server(Config::default());
    let mut client = Client::publish(server.local_addr(), "live", "KEY?token=x").await;
    let request = soon(server.next()).await.unwrap();
    assert_eq!(
        (request.app(), request.key().expose(), request.protocol()),
        ("live", "KEY", Protocol::Rtmp)
    );
    assert!(!format!("{request:?}").contains("KEY"));
    let mut publisher = request.accept().await.unwrap();
    assert_eq!(client.status().await.0, "NetStream.Publish.Start");
    let metadata = amf::object([("videocodecid", 7.0.into()), ("encoder", "test".into())]);
    let mut data = bytes::BytesMut::new();
    ["@setDataFrame".into(), "onMetaData".into(), metadata]
        .iter()
        .for_each(|value: &Value| value.write(&mut data));
    client.send(4, kind::DATA_AMF0, 0, &data).await;
    client.send(6, kind::VIDEO, 0, AVC_START).await;
    client.send(6, kind::VIDEO, 40, AVC_IDR).await;
    client
        .command(&["deleteStream".into(), 4.0.into(), Value::Null, 1.0.into()])
        .await;
    let (events, end) = drain(&mut publisher).await;
    assert!(
        matches!(&events[..], [Event::Tracks(_), Event::Frame(frame)] if frame.keyframe && frame.dts == 3_600)
    );
    assert_eq!(end, End::Clean);
    assert_eq!(publisher.next().await.unwrap_err(), End::Clean, "and stays so");
    assert_eq!(publisher.encoder(), Some("test"));
    assert!(publisher.bytes_received() > 3_000);
    assert_eq!(client.status().await.0, "NetStream.Unpublish.Success");
}

/// Some encoders do not wait for an answer: nothing they send early is lost.
#[tokio::test]
async fn media_sent_before_the_answer_is_kept() {
    let mut server = server(Config::default());
    let mut client = Client::publish(server.local_addr(), "live", "KEY").await;
    client.send(6, kind::VIDEO, 0, AVC_START).await;
    for i in 0..4_000 {
        client.send(6, kind::VIDEO, i * 33, AVC_IDR).await;
    }
    client
        .command(&["FCUnpublish".into(), 4.0.into(), Value::Null, "KEY".into()])
        .await;
    let mut publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
    let (events, end) = drain(&mut publisher).await;
    assert_eq!((events.len(), end), (4_001, End::Clean));
}

/// ffmpeg says goodbye and hangs up without reading. Words it has not read make its system reset the connection and drop
/// what was on the way, so there must be none, however much it sends and however it stutters.
#[tokio::test]
async fn nothing_is_said_to_a_client_that_only_sends() {
    let mut server = server(Config::default());
    let mut client = Client::publish(server.local_addr(), "live", "KEY").await;
    let mut publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
    assert_eq!(client.status().await.0, "NetStream.Publish.Start");
    let sending = async {
        client.send(6, kind::VIDEO, 0, AVC_START).await;
        for i in 0..16 {
            let picture = [
                b"\x17\x01\x00\x00\x00",
                &500_000_u32.to_be_bytes()[..],
                &[0x65; 500_000],
            ]
            .concat();
            client.send(6, kind::VIDEO, i * 330, &picture).await;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        assert_eq!(client.unread_bytes(), 0);
        client
            .command(&["FCUnpublish".into(), 4.0.into(), Value::Null, "KEY".into()])
            .await;
        drop(client);
    };
    let ((), (events, end)) = tokio::join!(sending, drain(&mut publisher));
    assert_eq!((events.len(), end), (17, End::Clean));
}

/// Some stop after a few megabytes until they hear of them, whether they asked to or not.
#[tokio::test]
async fn a_client_that_waits_for_acknowledgements_gets_them() {
    let mut server = server(Config::default());
    for (asked, sent) in [(None, 2_500_000), (Some(300_000_u32), 300_000)] {
        let mut client = Client::publish(server.local_addr(), "live", "KEY").await;
        let mut publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
        client.status().await;
        if let Some(window) = asked {
            client
                .send(2, kind::WINDOW_ACKNOWLEDGEMENT_SIZE, 0, &window.to_be_bytes())
                .await;
        }
        let waiting = async {
            for _ in 0..3 {
                let before = client.acknowledged();
                client.send(6, kind::VIDEO, 0, &vec![0x17; sent]).await;
                client.hear_acknowledgement().await;
                assert!(client.acknowledged() >= before + u32::try_from(sent).unwrap());
            }
        };
        tokio::select! {
            () = waiting => {}
            end = async { loop { if let Err(end) = publisher.next().await { return end } } } => panic!("{end:?}"),
        }
    }
}

#[tokio::test]
async fn a_lost_connection_is_not_a_goodbye() {
    let mut server = server(Config::default());
    let client = Client::publish(server.local_addr(), "live", "KEY").await;
    let mut publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
    drop(client);
    assert!(matches!(drain(&mut publisher).await.1, End::Lost(_)));
}

#[tokio::test]
async fn rejections_reach_the_client() {
    let mut server = server(Config::default());
    let addr = server.local_addr();
    let mut client = Client::publish(addr, "live", "wrong").await;
    soon(server.next())
        .await
        .unwrap()
        .reject(Rejection::WrongKey)
        .await;
    assert_eq!(client.status().await.0, "NetStream.Publish.BadName");
    assert!(client.try_hear().await.is_none());
    // To drop a request is to reject it.
    let mut client = Client::publish(addr, "live", "KEY").await;
    drop(soon(server.next()).await.unwrap());
    assert_eq!(client.status().await.0, "NetStream.Publish.Denied");
    // Even with media on the way, which a plain close would answer with a reset.
    let mut client = Client::publish(addr, "live", "KEY").await;
    for _ in 0..200 {
        client.send(6, kind::VIDEO, 0, &[0; 1_000]).await;
    }
    tokio::spawn(
        soon(server.next())
            .await
            .unwrap()
            .reject(Rejection::UnknownApplication),
    );
    assert_eq!(client.status().await.0, "NetConnection.Connect.InvalidApp");
}

#[tokio::test]
async fn unsupported_codecs_are_explained() {
    let mut server = server(Config::default());
    let mut client = Client::publish(server.local_addr(), "live", "KEY").await;
    let mut publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
    assert_eq!(client.status().await.0, "NetStream.Publish.Start");
    client.send(4, kind::AUDIO, 0, b"\x2fmp3").await;
    let End::Unsupported(text) = drain(&mut publisher).await.1 else {
        panic!("supported?")
    };
    assert_eq!(
        client.status().await,
        ("NetStream.Publish.Denied".to_owned(), text)
    );
    // And the program can do the same.
    let mut client = Client::publish(server.local_addr(), "live", "KEY").await;
    let mut publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
    client.status().await;
    tokio::join!(publisher.refuse("keyframes every minute: set 2 s"), async {
        assert_eq!(client.status().await.1, "keyframes every minute: set 2 s");
        drop(client);
    });
}

/// 45 kB of nested arrays, where the stack of others ends.
#[tokio::test]
async fn hostile_bytes_cost_one_connection() {
    let mut server = server(Config::default());
    let addr = server.local_addr();
    let bomb = [
        &[2, 0, 7][..],
        b"connect",
        &[0; 9],
        &[10, 0, 0, 0, 1].repeat(9_000),
    ]
    .concat();
    let mut client = Client::connect(addr).await;
    client.send(3, kind::COMMAND_AMF0, 0, &bomb).await;
    assert!(client.try_hear().await.is_none());
    for hello in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 3, 1, 2, 0], &[0; 5_000]] {
        let mut socket = TcpStream::connect(addr).await.unwrap();
        socket.write_all(hello).await.unwrap();
        assert!(soon(closed(&mut socket)).await);
    }
    let mut client = Client::connect(addr).await;
    client.raw(&[0xff; 100]).await;
    assert!(client.try_hear().await.is_none());
    // A publisher that turns bad.
    let mut client = Client::publish(addr, "live", "KEY").await;
    let mut publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
    client.raw(&[0xff; 100]).await;
    assert!(matches!(drain(&mut publisher).await.1, End::Protocol(_)));
}

/// Half a handshake, then silence: with time standing still but for our waiting, ten seconds pass at once.
#[tokio::test]
async fn half_a_handshake_has_a_deadline() {
    let server = server(Config::default());
    for half in [&[][..], &[3], &[3; 800], &[3; 1_537]] {
        let mut socket = TcpStream::connect(server.local_addr()).await.unwrap();
        socket.write_all(half).await.unwrap();
        tokio::task::yield_now().await;
        pause();
        let since = Instant::now();
        assert!(closed(&mut socket).await);
        let waited = since.elapsed();
        assert!(
            (Duration::from_secs(9)..Duration::from_secs(12)).contains(&waited),
            "{waited:?}"
        );
        tokio::time::resume();
    }
}

/// One byte a second is not enough to stay, neither for a stranger nor for a publisher.
#[tokio::test]
async fn slow_lorises_are_shown_out() {
    let mut server = server(Config::default());
    let addr = server.local_addr();
    let mut client = Client::publish(addr, "live", "KEY").await;
    let mut publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
    client.status().await;
    let mut stranger = TcpStream::connect(addr).await.unwrap();
    stranger.write_all(&[3]).await.unwrap();
    pause();
    let since = Instant::now();
    let dripping = async {
        client.raw(&[6, 0, 0, 0, 0, 1, 0, 9, 1, 0, 0, 0]).await;
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            client.raw(&[0]).await;
            let _ = stranger.write_all(&[7]).await;
        }
    };
    let end = tokio::select! {
        end = publisher.next() => end.unwrap_err(),
        () = dripping => unreachable!("it never ends"),
    };
    assert!(matches!(end, End::Lost(_)), "{end:?}");
    assert!(since.elapsed() < Duration::from_secs(12));
    assert!(closed(&mut stranger).await);
    assert!(since.elapsed() < Duration::from_secs(15));
}

/// A publisher that sends now and then stays.
#[tokio::test]
async fn a_quiet_publisher_stays() {
    let mut server = server(Config::default());
    let mut client = Client::publish(server.local_addr(), "live", "KEY").await;
    let mut publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
    client.status().await;
    pause();
    let quiet = async {
        for i in 0..10 {
            client.send(6, kind::VIDEO, i * 8_000, AVC_START).await;
            tokio::time::sleep(Duration::from_secs(8)).await;
        }
        client
            .command(&["closeStream".into(), 4.0.into(), Value::Null])
            .await;
        std::future::pending::<()>().await;
    };
    let end = tokio::select! {
        end = async { loop { if let Err(end) = publisher.next().await { return end } } } => end,
        () = quiet => unreachable!("it never ends"),
    };
    assert_eq!(end, End::Clean);
}

#[tokio::test]
async fn strangers_cannot_keep_a_streamer_out() {
    let config = Config {
        max_handshakes: 8,
        ..Config::default()
    };
    let mut server = server(config);
    let addr = server.local_addr();
    let mut strangers = Vec::new();
    for _ in 0..40 {
        strangers.push(TcpStream::connect(addr).await.unwrap());
    }
    let _client = Client::publish(addr, "live", "KEY").await;
    assert!(soon(server.next()).await.is_some());
    assert!(soon(closed(&mut strangers[0])).await, "the oldest made room");
}

#[tokio::test]
async fn connections_are_counted_by_address() {
    let mut server = server(Config {
        max_connections_per_ip: 2,
        ..Config::default()
    });
    let addr = server.local_addr();
    let first = Client::publish(addr, "live", "1").await;
    let publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
    let _second = Client::publish(addr, "live", "2").await;
    let _request = soon(server.next()).await.unwrap();
    let mut third = TcpStream::connect(addr).await.unwrap();
    assert!(soon(closed(&mut third)).await);
    // A place is free as soon as its holder is gone.
    drop((first, publisher));
    let _third = Client::publish(addr, "live", "3").await;
    assert!(soon(server.next()).await.is_some());
}

#[tokio::test]
async fn a_thousand_reconnects_leave_nothing_behind() {
    let mut server = server(Config {
        max_connections: 4,
        ..Config::default()
    });
    let addr = server.local_addr();
    let sockets = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let mut before = 0;
    for round in 0..1_000 {
        let mut client = Client::publish(addr, "live", "KEY").await;
        let mut publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
        client.send(6, kind::VIDEO, 0, AVC_START).await;
        if round % 2 == 0 {
            client
                .command(&["FCUnpublish".into(), 4.0.into(), Value::Null, "KEY".into()])
                .await;
        }
        drop(client);
        drain(&mut publisher).await;
        if round == 100 {
            before = sockets();
        }
    }
    assert!(sockets() <= before + 8, "{} then {}", before, sockets());
}

#[tokio::test]
async fn rtmps_is_the_same_behind_tls() {
    let certificate = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let der = certificate.cert.der().clone();
    let tls = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der.clone()], key)
        .unwrap();
    let mut server = Server::bind(
        "127.0.0.1:0".parse().unwrap(),
        Some(Arc::new(tls)),
        Config::default(),
    )
    .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(der).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(server.local_addr()).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let socket = tokio_rustls::TlsConnector::from(Arc::new(client))
        .connect(name, socket)
        .await
        .unwrap();
    let mut client = Client::greet(socket).await;
    client.ask_to_publish("live", "KEY").await;
    let request = soon(server.next()).await.unwrap();
    assert_eq!(request.protocol().to_string(), "RTMPS");
    let mut publisher = request.accept().await.unwrap();
    let sending = async {
        client.send(6, kind::VIDEO, 0, AVC_START).await;
        for i in 0..1_000 {
            client.send(6, kind::VIDEO, i * 33, AVC_IDR).await;
        }
        client
            .command(&["deleteStream".into(), 4.0.into(), Value::Null, 1.0.into()])
            .await;
    };
    let ((), (events, end)) = tokio::join!(sending, drain(&mut publisher));
    assert_eq!((events.len(), end), (1_001, End::Clean));
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let server = server(Config::default());
    let addr = server.local_addr();
    let Err(error @ Error::Bind { .. }) = Server::bind(addr, None, Config::default()) else {
        panic!("bound twice")
    };
    assert!(error.to_string().contains(&addr.to_string()));
}
