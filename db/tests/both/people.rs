//! Users, accounts, channels and tokens, on both databases.

use crate::support::{at, new_user, user};
use db::{
    Account, Actor, ActorKey, Channel, ChannelUpdate, Db, Handle, NewChannel, OauthClient, Page, Tokens,
    User, UserSettings, UserSort, UserUpdate,
};
use jiff::SignedDuration;

crate::on_both! {
    async fn the_server_is_an_actor_and_the_first_key_of_an_actor_stays(db: Db) {
        let instance = Actor::instance(&db).await.unwrap();
        assert_eq!(instance.name, "peertube");
        assert!(instance.is_local());
        assert!(Actor::name_taken(&db, "PeerTube").await.unwrap());
        assert_eq!(Account::by_handle(&db, &Handle::local("peertube")).await.unwrap(), None);

        let (_, account, _) = user(&db, "ana").await;
        assert_eq!(ActorKey::of(&db, account.actor.id).await.unwrap(), None);
        for (private, public) in [("first", "1"), ("second", "2")] {
            let mut tx = db.begin().await.unwrap();
            let kept = ActorKey::keep(&mut tx, account.actor.id, private, public, at(0)).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!((kept.private_key.as_str(), kept.public_pem.as_str()), ("first", "1"));
        }
        let key = ActorKey::of(&db, account.actor.id).await.unwrap().unwrap();
        assert_eq!(key.private_key, "first");
        assert!(!format!("{key:?}").contains("first"));
        assert_eq!(ActorKey::of(&db, instance.id).await.unwrap(), None);
    }

    async fn a_user_has_an_account_and_a_channel(db: Db) {
        assert!(!User::any(&db).await.unwrap());
        let (ana, account, channel) = user(&db, "ana").await;
        assert!(User::any(&db).await.unwrap());
        assert_eq!(ana.settings, UserSettings::default());
        assert_eq!(account.actor.name, "ana");
        assert_eq!(account.user_id, Some(ana.id));
        assert_eq!(channel.actor.display_name, "ana's channel");
        assert_eq!(channel.account, account);
        assert!(channel.belongs_to(ana.id));
        assert_eq!(channel.actor.created_at, at(0));

        for login in ["ana", "ANA", "Ana@Example.org"] {
            assert_eq!(User::by_login(&db, login).await.unwrap().map(|user| user.id), Some(ana.id), "{login}");
        }
        assert!(User::by_login(&db, "an%").await.unwrap().is_none());
    }

    async fn names_are_unique_across_accounts_and_channels(db: Db) {
        let (_, account, _) = user(&db, "ana").await;
        for name in ["ana", "ANA", "ana_channel"] {
            let mut tx = db.begin().await.unwrap();
            let new = NewChannel { name: name.into(), display_name: "x".into(), description: None, support: None };
            let error = Channel::create(&mut tx, account.id, &new, at(1)).await.unwrap_err();
            assert!(error.is_conflict(), "{error}");
            assert!(Actor::name_taken(&db, name).await.unwrap());
        }
        let mut tx = db.begin().await.unwrap();
        assert!(User::create(&mut tx, &new_user("Ana"), at(1)).await.unwrap_err().is_conflict());
        drop(tx);
        let mut same_mail = new_user("bob");
        same_mail.email = "ANA@example.org".into();
        let mut tx = db.begin().await.unwrap();
        assert!(User::create(&mut tx, &same_mail, at(1)).await.unwrap_err().is_conflict());
        drop(tx);
        assert_eq!(Channel::list(&db, None, None, false, Page::first(10)).await.unwrap().total, 1);
    }

    async fn a_handle_of_another_host_is_somebody_else(db: Db) {
        user(&db, "ana").await;
        assert!(Account::by_handle(&db, &Handle::parse("ana@here", "here")).await.unwrap().is_some());
        assert!(Account::by_handle(&db, &Handle::parse("ana", "here")).await.unwrap().is_some());
        assert!(Account::by_handle(&db, &Handle::parse("ana@there", "here")).await.unwrap().is_none());
        assert!(Account::by_handle(&db, &Handle::parse("ana_channel", "here")).await.unwrap().is_none());
    }

    async fn channels_change_and_go(db: Db) {
        let (_, account, channel) = user(&db, "ana").await;
        let update = ChannelUpdate {
            display_name: Some("Ana live".into()),
            description: Some(Some("Jazz".into())),
            support: Some(Some("tips".into())),
        };
        let mut tx = db.begin().await.unwrap();
        Channel::update(&mut tx, &channel, &update, at(5)).await.unwrap();
        Account::update(&mut tx, account.id, Some("Ana"), None, at(6)).await.unwrap();
        tx.commit().await.unwrap();
        let changed = Channel::by_id(&db, channel.id).await.unwrap().unwrap();
        assert_eq!(changed.actor.display_name, "Ana live");
        assert_eq!(changed.actor.description.as_deref(), Some("Jazz"));
        assert_eq!(changed.support.as_deref(), Some("tips"));
        assert_eq!(changed.actor.updated_at, at(5));
        assert_eq!(changed.account.actor.display_name, "Ana");

        let found = Channel::list(&db, Some(account.id), Some("LIVE"), true, Page::first(10)).await.unwrap();
        assert_eq!(found.total, 1);
        let none = Channel::list(&db, Some(account.id), Some("%"), true, Page::first(10)).await.unwrap();
        assert_eq!((none.total, none.data.len()), (0, 0));

        let mut tx = db.begin().await.unwrap();
        Channel::delete(&mut tx, &changed).await.unwrap();
        tx.commit().await.unwrap();
        assert!(Channel::by_id(&db, channel.id).await.unwrap().is_none());
        assert!(!Actor::name_taken(&db, "ana_channel").await.unwrap());
        assert!(Account::by_id(&db, account.id).await.unwrap().is_some());
    }

    async fn users_are_listed_changed_blocked_and_deleted(db: Db) {
        for name in ["cara", "ana", "bob"] {
            user(&db, name).await;
        }
        let by_name = |descending| User::list(&db, None, None, (UserSort::Username, descending), Page::first(2));
        let list = by_name(false).await.unwrap();
        assert_eq!(list.total, 3);
        assert_eq!(list.data.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), ["ana", "bob"]);
        assert_eq!(by_name(true).await.unwrap().data[0].username, "cara");
        let ana = list.data[0].clone();

        let settings = UserSettings { theme: "dark".into(), ..UserSettings::default() };
        let update = UserUpdate { settings: Some(settings.clone()), video_quota: Some(5), ..UserUpdate::default() };
        let mut tx = db.begin().await.unwrap();
        User::update(&mut tx, ana.id, &update, at(9)).await.unwrap();
        let tokens = Tokens::issue(&mut tx, ana.id, at(9)).await.unwrap();
        tx.commit().await.unwrap();
        let changed = User::by_id(&db, ana.id).await.unwrap().unwrap();
        assert_eq!((changed.settings, changed.video_quota, changed.email), (settings, 5, ana.email));

        let mut tx = db.begin().await.unwrap();
        User::set_blocked(&mut tx, ana.id, true, Some("spam"), at(10)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(Tokens::verify(&db, &tokens.access_token, at(11)).await.unwrap().is_none());
        let blocked = User::list(&db, Some("AN"), Some(true), (UserSort::Id, false), Page::first(9)).await.unwrap();
        assert_eq!(blocked.data[0].blocked_reason.as_deref(), Some("spam"));

        let mut tx = db.begin().await.unwrap();
        assert!(User::delete(&mut tx, ana.id).await.unwrap().is_empty());
        tx.commit().await.unwrap();
        assert!(User::by_id(&db, ana.id).await.unwrap().is_none());
        assert!(!Actor::name_taken(&db, "ana").await.unwrap());
        assert!(!Actor::name_taken(&db, "ana_channel").await.unwrap());
        assert_eq!(User::quota_used(&db, ana.id, None).await.unwrap(), 0);
    }

    async fn tokens_expire_rotate_and_are_not_stored(db: Db) {
        let (ana, ..) = user(&db, "ana").await;
        let mut tx = db.begin().await.unwrap();
        OauthClient::create(&mut tx).await.unwrap();
        let first = Tokens::issue(&mut tx, ana.id, at(0)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(OauthClient::local(&db).await.unwrap().unwrap().client_id.len(), 32);
        assert_eq!((first.access_token.len(), first.refresh_token.len()), (40, 40));
        assert!(!format!("{first:?}").contains(&first.access_token));

        let signed_in = Tokens::verify(&db, &first.access_token, at(1)).await.unwrap().unwrap();
        assert_eq!(signed_in.user.id, ana.id);
        assert_eq!(signed_in.user.last_login_at, Some(at(0)));
        assert!(Tokens::verify(&db, &first.refresh_token, at(1)).await.unwrap().is_none());
        let expired = first.access_expires_at + SignedDuration::from_millis(1);
        assert!(Tokens::verify(&db, &first.access_token, expired).await.unwrap().is_none());

        let mut tx = db.begin().await.unwrap();
        let second = Tokens::refresh(&mut tx, &first.refresh_token, at(2)).await.unwrap().unwrap();
        assert!(Tokens::refresh(&mut tx, &first.refresh_token, at(2)).await.unwrap().is_none(), "good for one use");
        tx.commit().await.unwrap();
        assert!(Tokens::verify(&db, &first.access_token, at(3)).await.unwrap().is_none());
        let signed_in = Tokens::verify(&db, &second.access_token, at(3)).await.unwrap().unwrap();

        let mut tx = db.begin().await.unwrap();
        let late = second.refresh_expires_at + SignedDuration::from_millis(1);
        assert!(Tokens::refresh(&mut tx, &second.refresh_token, late).await.unwrap().is_none());
        Tokens::revoke(&mut tx, signed_in.token_id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(Tokens::verify(&db, &second.access_token, at(3)).await.unwrap().is_none());
    }

    async fn sessions_of_one_user_are_bounded(db: Db) {
        let (ana, ..) = user(&db, "ana").await;
        let mut tx = db.begin().await.unwrap();
        let mut all = Vec::new();
        for index in 0..103 {
            all.push(Tokens::issue(&mut tx, ana.id, at(index)).await.unwrap());
        }
        tx.commit().await.unwrap();
        let alive = |index: usize| Tokens::verify(&db, &all[index].access_token, at(200));
        assert!(alive(2).await.unwrap().is_none());
        assert!(alive(3).await.unwrap().is_some());
        assert!(alive(102).await.unwrap().is_some());
    }
}

/// Another process keeps the write lock of SQLite: readers go on, a writer is told in the end.
#[tokio::test]
async fn a_locked_database_is_not_available_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/locked.sqlite", dir.path().display());
    let db = Db::connect(&url).await.unwrap();
    let other = Db::connect(&url).await.unwrap();
    let held = other.begin().await.unwrap();
    let error = db.begin().await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    assert!(!User::any(&db).await.unwrap());
    drop(held);
    db.begin().await.unwrap();
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_named() {
    let error = Db::connect("sqlite:///nowhere/at/all.sqlite")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("/nowhere/at/all.sqlite"), "{error}");
    let error = Db::connect("mysql://user:secret@host/name")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("postgres://") && !error.contains("secret"),
        "{error}"
    );

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("private.sqlite");
    Db::connect(&format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}
