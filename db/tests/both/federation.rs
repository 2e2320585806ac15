//! Actors of other servers, follows and what comes in, on both databases.

use crate::support::{at, user};
use db::{
    Account, Actor, ActorKind, Arrival, Blocklist, Channel, Db, Follow, FollowFilter, FollowState, Handle,
    InboxActivity, Page, RemoteActor, Signer,
};

fn remote(kind: ActorKind, host: &str, name: &str) -> RemoteActor {
    RemoteActor {
        url: format!("https://{host}/actors/{name}"),
        host: host.to_owned(),
        kind,
        name: name.to_owned(),
        display_name: name.to_uppercase(),
        description: None,
        inbox: format!("https://{host}/actors/{name}/inbox"),
        shared_inbox: Some(format!("https://{host}/inbox")),
        outbox: Some(format!("https://{host}/actors/{name}/outbox")),
        followers_url: Some(format!("https://{host}/actors/{name}/followers")),
        public_pem: "-----BEGIN PUBLIC KEY-----".to_owned(),
        icon_url: None,
        banner_url: None,
        published: Some(at(-1_000)),
        support: None,
    }
}

async fn saved(db: &Db, actor: &RemoteActor, owner: Option<i64>) -> Actor {
    let mut tx = db.begin().await.unwrap();
    let id = actor.save(&mut tx, owner, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    Actor::by_id(db, id).await.unwrap().unwrap()
}

/// A person and their channel.
async fn neighbours(db: &Db) -> (Actor, Actor) {
    let person = saved(db, &remote(ActorKind::Person, "b.example", "bob"), None).await;
    let account = Account::by_actor(db, person.id).await.unwrap().unwrap();
    let channel = saved(
        db,
        &remote(ActorKind::Group, "b.example", "bobs"),
        Some(account.id),
    )
    .await;
    (person, channel)
}

async fn follow(db: &Db, follower: &Actor, target: &Actor, state: FollowState) -> i64 {
    let mut tx = db.begin().await.unwrap();
    let id = Follow::put(&mut tx, (follower.id, target.id), state, None, at(0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

async fn counts(db: &Db, actor: &Actor) -> (i64, i64) {
    let actor = Actor::by_id(db, actor.id).await.unwrap().unwrap();
    (actor.followers, actor.following)
}

async fn arrive(db: &Db, actor: &Actor, digest: &str, ms: i64) -> bool {
    let arrival = Arrival {
        url: "https://b.example/1".to_owned(),
        digest: digest.to_owned(),
        actor_id: actor.id,
        body: "{}".to_owned(),
    };
    let mut tx = db.begin().await.unwrap();
    let new = InboxActivity::store(&mut tx, &arrival, at(ms)).await.unwrap();
    tx.commit().await.unwrap();
    new
}

crate::on_both! {
    async fn remote_actors_are_kept_as_told(db: Db) {
        let (person, channel) = neighbours(&db).await;
        assert_eq!(person.host.as_deref(), Some("b.example"));
        assert_eq!(person.created_at, at(-1_000));
        assert_eq!(person.refreshed_at, Some(at(0)));
        assert!(!person.is_local());
        let handle = Handle { name: "BOB".into(), host: Some("b.example".into()) };
        assert_eq!(Actor::by_handle(&db, &handle).await.unwrap().as_ref(), Some(&person));
        assert_eq!(Actor::by_url(&db, "https://b.example/actors/bob").await.unwrap().as_ref(), Some(&person));
        let signer = Signer::by_url(&db, "https://b.example/actors/bob").await.unwrap().unwrap();
        assert_eq!((&signer.actor, signer.public_pem.as_str()), (&person, "-----BEGIN PUBLIC KEY-----"));
        let known = Channel::by_actor(&db, channel.id).await.unwrap().unwrap();
        assert_eq!(known.account.actor, person);
        assert_eq!(
            Actor::outbox(&db, channel.id).await.unwrap().as_deref(),
            Some("https://b.example/actors/bobs/outbox")
        );

        let changed = RemoteActor { display_name: "Bob B.".into(), ..remote(ActorKind::Person, "b.example", "bob") };
        let changed = saved(&db, &changed, None).await;
        assert_eq!((changed.id, changed.display_name.as_str()), (person.id, "Bob B."));
        let mut tx = db.begin().await.unwrap();
        Actor::set_told_counts(&mut tx, &person, Some(7), None).await.unwrap();
        Actor::set_told_counts(&mut tx, &person, Some(8), None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(counts(&db, &person).await, (7, 0));

        // One name, one actor: also when somebody there says otherwise.
        let impostor = RemoteActor { url: "https://b.example/other/bob".into(), ..remote(ActorKind::Person, "b.example", "Bob") };
        let mut tx = db.begin().await.unwrap();
        assert!(impostor.save(&mut tx, None, at(1)).await.unwrap_err().is_conflict());
        drop(tx);
        saved(&db, &remote(ActorKind::Person, "c.example", "bob"), None).await;
    }

    async fn followers_are_counted_where_they_are_followed(db: Db) {
        let (_, ana, ana_channel) = user(&db, "ana").await;
        let (bob, bobs) = neighbours(&db).await;
        let (ana, ana_channel) = (ana.actor, ana_channel.actor);
        let pending = follow(&db, &bob, &ana, FollowState::Pending).await;
        assert_eq!(counts(&db, &ana).await, (0, 0));
        let set = async |state| {
            let mut tx = db.begin().await.unwrap();
            let changed = Follow::set_state(&mut tx, pending, state, at(1)).await.unwrap();
            tx.commit().await.unwrap();
            changed
        };
        assert!(set(FollowState::Accepted).await);
        assert!(!set(FollowState::Accepted).await);
        assert_eq!(counts(&db, &ana).await, (1, 0));
        assert!(set(FollowState::Rejected).await);
        assert_eq!(counts(&db, &ana).await, (0, 0));
        assert!(set(FollowState::Accepted).await);

        // Again, with another id: the same follow.
        let again = follow(&db, &bob, &ana, FollowState::Accepted).await;
        assert_eq!(again, pending);
        follow(&db, &ana, &ana_channel, FollowState::Accepted).await;
        let of_bobs = follow(&db, &ana, &bobs, FollowState::Accepted).await;
        assert_eq!(counts(&db, &ana).await, (1, 2));
        assert_eq!(counts(&db, &ana_channel).await, (1, 0));
        assert_eq!(counts(&db, &bobs).await, (1, 0), "until its server tells");
        assert_eq!(counts(&db, &bob).await, (0, 0), "whom it follows elsewhere its server knows");

        let list = async |filter: FollowFilter| Follow::list(&db, &filter, Page::first(10)).await.unwrap();
        let followers = list(FollowFilter { target_id: Some(ana.id), ..FollowFilter::default() }).await;
        assert_eq!((followers.total, followers.data[0].follower.id), (1, bob.id));
        let followed = list(FollowFilter {
            follower_id: Some(ana.id),
            target_kind: Some(ActorKind::Group),
            state: Some(FollowState::Accepted),
            search: Some("B.EXAMPLE".into()),
            newest_first: true,
            ..FollowFilter::default()
        }).await;
        assert_eq!((followed.total, followed.data[0].id), (1, of_bobs));
        assert_eq!(Follow::between(&db, ana.id, bobs.id).await.unwrap(), Follow::by_id(&db, of_bobs).await.unwrap());

        // Whoever goes takes follows and channels along.
        let mut tx = db.begin().await.unwrap();
        Actor::delete_remote(&mut tx, bob.id).await.unwrap();
        Actor::delete_remote(&mut tx, ana.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(counts(&db, &ana).await, (0, 1), "who lives here stays");
        assert_eq!(Actor::by_id(&db, bobs.id).await.unwrap(), None);
        assert_eq!(Follow::by_id(&db, of_bobs).await.unwrap(), None);
    }

    async fn activities_are_done_once_and_in_order(db: Db) {
        let (bob, bobs) = neighbours(&db).await;
        let other = saved(&db, &remote(ActorKind::Person, "c.example", "cleo"), None).await;
        assert!(arrive(&db, &bob, "a", 0).await);
        assert!(!arrive(&db, &bob, "a", 1).await, "it came before");
        assert!(arrive(&db, &bob, "b", 2).await);
        assert!(arrive(&db, &bobs, "c", 3).await);
        assert!(arrive(&db, &other, "d", 4).await);
        assert_eq!(InboxActivity::waiting(&db).await.unwrap(), 4);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(InboxActivity::waiting_of_server(&mut tx, bobs.id).await.unwrap(), 3);
        drop(tx);

        let next = async |actors: &[i64], instances: &[i64]| {
            InboxActivity::next_actor(&db, actors, instances, at(10)).await.unwrap()
        };
        let (first, instance) = next(&[], &[]).await.unwrap();
        assert_eq!(first, bob.id);
        assert_eq!(next(&[bob.id], &[]).await.map(|(actor, _)| actor), Some(bobs.id));
        assert_eq!(next(&[bob.id], &[instance]).await.map(|(actor, _)| actor), Some(other.id));
        assert_eq!(InboxActivity::next_actor(&db, &[], &[], at(-1)).await.unwrap(), None);

        let due = InboxActivity::due(&db, bob.id, 10, at(10)).await.unwrap();
        assert_eq!(due.len(), 2);
        let mut tx = db.begin().await.unwrap();
        InboxActivity::retry(&mut tx, due[0].id, "not now", at(100)).await.unwrap();
        InboxActivity::finish(&mut tx, due[1].id, None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(InboxActivity::due(&db, bob.id, 10, at(10)).await.unwrap(), []);
        let again = InboxActivity::due(&db, bob.id, 10, at(100)).await.unwrap();
        assert_eq!((again[0].id, again[0].attempts), (due[0].id, 1));
        assert_eq!(InboxActivity::next_time(&db).await.unwrap(), Some(at(3)));

        // What is done is remembered, for a while.
        assert!(!arrive(&db, &bob, "b", 11).await);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(InboxActivity::forget(&mut tx, at(1_000), 10).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert!(arrive(&db, &bob, "b", 12).await);

        // Of actors that are gone there is nothing to do.
        let mut tx = db.begin().await.unwrap();
        Actor::delete_remote(&mut tx, bob.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(InboxActivity::waiting(&db).await.unwrap(), 1);
        assert!(!arrive(&db, &bob, "e", 13).await);
    }

    async fn servers_and_people_are_blocked_by_all_or_by_one(db: Db) {
        let (_, ana, ana_channel) = user(&db, "ana").await;
        let (bob, bobs) = neighbours(&db).await;
        let bobs_account = Account::by_actor(&db, bob.id).await.unwrap().unwrap();
        assert!(!Blocklist::has_actor(&db, bobs.id).await.unwrap());

        let mut tx = db.begin().await.unwrap();
        Blocklist::add_account(&mut tx, Some(ana.id), bobs_account.id, at(0)).await.unwrap();
        Blocklist::add_account(&mut tx, Some(ana.id), bobs_account.id, at(0)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!Blocklist::has_actor(&db, bob.id).await.unwrap());
        for mine in [&ana.actor, &ana_channel.actor] {
            for theirs in [&bob, &bobs] {
                assert!(Blocklist::has_between(&db, mine.id, theirs.id).await.unwrap());
            }
        }
        let mut tx = db.begin().await.unwrap();
        assert!(Blocklist::remove_account(&mut tx, Some(ana.id), bobs_account.id).await.unwrap());
        Blocklist::add_host(&mut tx, None, "b.example", at(0)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!Blocklist::has_between(&db, ana.actor.id, bob.id).await.unwrap());
        assert!(Blocklist::has_host(&db, "b.example").await.unwrap());
        assert!(Blocklist::has_actor(&db, bobs.id).await.unwrap());
        assert!(!Blocklist::has_actor(&db, ana.actor.id).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        assert!(Blocklist::remove_host(&mut tx, None, "b.example").await.unwrap());
        assert!(!Blocklist::remove_host(&mut tx, None, "b.example").await.unwrap());
        Blocklist::add_account(&mut tx, None, bobs_account.id, at(0)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(Blocklist::has_actor(&db, bobs.id).await.unwrap());
    }
}
