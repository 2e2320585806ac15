//! What the tests of this crate share: an empty database of either kind, and rows to begin with.

use db::{
    Account, Channel, CommentsPolicy, Db, Handle, LatencyMode, Live, LiveSettings, NewChannel, NewUser,
    NewVideo, Privacy, Role, User,
};
use jiff::Timestamp;

/// Runs the same test on both databases.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: Db) $body:block)+) => {
        mod sqlite {
            use super::*;
            $(
                $(#[$meta])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let dir = tempfile::tempdir().expect("temporary folder");
                    let url = format!("sqlite://{}", dir.path().join("test.sqlite").display());
                    let $db = Db::connect(&url).await.expect("SQLite opens");
                    $body
                    $db.close().await;
                }
            )+
        }
        mod postgres {
            use super::*;
            $(
                $(#[$meta])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let server = $crate::postgres::Postgres::start();
                    let $db = Db::connect(&server.url).await.expect("PostgreSQL answers");
                    $body
                    $db.close().await;
                }
            )+
        }
    };
}

/// Milliseconds after the start of these tests' time.
pub fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_790_000_000_000 + ms).expect("in range")
}

pub fn new_user(name: &str) -> NewUser {
    NewUser {
        username: name.to_owned(),
        email: format!("{name}@example.org"),
        password_hash: "$argon2id$".to_owned(),
        role: Role::User,
        video_quota: -1,
        video_quota_daily: -1,
        channel: NewChannel {
            name: format!("{name}_channel"),
            display_name: format!("{name}'s channel"),
            description: None,
            support: None,
        },
    }
}

/// A user with account and channel.
pub async fn user(db: &Db, name: &str) -> (User, Account, Channel) {
    let mut tx = db.begin().await.unwrap();
    let (id, _) = User::create(&mut tx, &new_user(name), at(0)).await.unwrap();
    tx.commit().await.unwrap();
    let user = User::by_id(db, id).await.unwrap().unwrap();
    let account = Account::by_user(db, id).await.unwrap().unwrap();
    let channel = Channel::by_handle(db, &Handle::local(&format!("{name}_channel")))
        .await
        .unwrap()
        .unwrap();
    (user, account, channel)
}

pub fn new_video(channel: &Channel, name: &str) -> NewVideo {
    NewVideo {
        channel_id: channel.id,
        name: name.to_owned(),
        description: None,
        support: None,
        category: None,
        licence: None,
        language: None,
        privacy: Privacy::Public,
        nsfw: false,
        comments_policy: CommentsPolicy::Enabled,
        download_enabled: true,
        tags: Vec::new(),
        originally_published_at: None,
    }
}

pub fn settings(permanent: bool, save_replay: bool) -> LiveSettings {
    LiveSettings {
        permanent,
        save_replay,
        replay_privacy: save_replay.then_some(Privacy::Public),
        latency_mode: LatencyMode::Default,
        grace_s: None,
        dvr_window_s: None,
    }
}

pub async fn live(db: &Db, video: &NewVideo, settings: &LiveSettings) -> Live {
    let mut tx = db.begin().await.unwrap();
    let (id, _) = Live::create(&mut tx, video, settings, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    Live::by_video(db, id).await.unwrap().unwrap()
}
