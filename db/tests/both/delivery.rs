//! Queues of deliveries, on both databases.

use crate::support::{at, user};
use db::{
    Actor, ActorKind, Blocklist, Db, Delivery, DeliveryCounts, Follow, FollowState, Instance, InstanceSort,
    Job, Outgoing, Page, Recipient, RemoteActor, SignatureScheme,
};

async fn remote(db: &Db, host: &str, name: &str, shared: bool) -> Actor {
    let url = format!("https://{host}/u/{name}");
    let actor = RemoteActor {
        url: url.clone(),
        host: host.to_owned(),
        kind: ActorKind::Person,
        name: name.to_owned(),
        display_name: name.to_owned(),
        description: None,
        inbox: format!("{url}/inbox"),
        shared_inbox: shared.then(|| format!("https://{host}/inbox")),
        outbox: None,
        followers_url: None,
        public_pem: String::new(),
        icon_url: None,
        banner_url: None,
        published: None,
        support: None,
    };
    let mut tx = db.begin().await.unwrap();
    actor.save(&mut tx, None, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    Actor::by_url(db, &url).await.unwrap().unwrap()
}

async fn instance(db: &Db, host: &str) -> Instance {
    Instance::by_host(db, host).await.unwrap().unwrap()
}

/// An activity for these; how many inboxes that are.
async fn send(db: &Db, to: &[Recipient], except: &[i64], ms: i64) -> u64 {
    let signer = Actor::instance(db).await.unwrap().id;
    let mut tx = db.begin().await.unwrap();
    let activity = Outgoing::insert(&mut tx, signer, "{}", false, at(ms))
        .await
        .unwrap();
    let inboxes = Delivery::insert(&mut tx, activity, to, except, at(ms))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    inboxes
}

async fn follow(db: &Db, follower: &Actor, target: i64, state: FollowState) {
    let mut tx = db.begin().await.unwrap();
    Follow::put(&mut tx, (follower.id, target), state, None, at(0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

crate::on_both! {
    async fn an_activity_goes_to_every_inbox_once(db: Db) {
        let (_, ana, channel) = user(&db, "ana").await;
        let one = remote(&db, "one.example", "a", true).await;
        let same = remote(&db, "one.example", "b", true).await;
        let lone = remote(&db, "lone.example", "c", false).await;
        let pending = remote(&db, "pending.example", "d", true).await;
        let (_, bob, _) = user(&db, "bob").await;
        for (follower, state) in [
            (&one, FollowState::Accepted), (&same, FollowState::Accepted), (&lone, FollowState::Accepted),
            (&pending, FollowState::Pending), (&bob.actor, FollowState::Accepted),
        ] {
            follow(&db, follower, channel.actor.id, state).await;
        }
        follow(&db, &one, ana.actor.id, FollowState::Accepted).await;

        let followers = [Recipient::Followers(channel.actor.id), Recipient::Followers(ana.actor.id)];
        assert_eq!(send(&db, &followers, &[], 1).await, 2);
        let first = Delivery::next(&db, instance(&db, "one.example").await.id).await.unwrap().unwrap();
        assert_eq!((first.inbox.as_str(), first.attempts, first.created_at), ("https://one.example/inbox", 0, at(1)));
        let alone = Delivery::next(&db, instance(&db, "lone.example").await.id).await.unwrap().unwrap();
        assert_eq!(alone.inbox, "https://lone.example/u/c/inbox");

        let except = [instance(&db, "one.example").await.id];
        assert_eq!(send(&db, &followers, &except, 2).await, 1);
        let direct = [Recipient::Inbox(one.id), Recipient::SharedInbox(one.id), Recipient::SharedInbox(same.id), Recipient::Inbox(bob.actor.id)];
        assert_eq!(send(&db, &direct, &[], 3).await, 2);
        assert_eq!(Delivery::counts(&db).await.unwrap(), DeliveryCounts { queued: 5, given_up: 0, unreachable: 0 });

        // Whom the instance blocks hears nothing of what is said to all.
        let mut tx = db.begin().await.unwrap();
        Blocklist::add_host(&mut tx, None, "one.example", at(4)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(send(&db, &followers, &[], 4).await, 1);
        assert_eq!(send(&db, &[Recipient::Inbox(one.id)], &[], 5).await, 1, "a Reject, say");
    }

    async fn a_server_that_speaks_is_tried_soon(db: Db) {
        let (back, silent) = (remote(&db, "back.example", "x", true).await, remote(&db, "silent.example", "x", true).await);
        let mut tx = db.begin().await.unwrap();
        for actor in [&back, &silent] {
            let id = Instance::ensure(&mut tx, actor.host.as_deref().unwrap(), at(0)).await.unwrap();
            Instance::failed(&mut tx, id, 3, at(60_000), "refused").await.unwrap();
        }
        assert!(Instance::heard_from(&mut tx, back.id, at(2_000)).await.unwrap());
        assert!(!Instance::heard_from(&mut tx, back.id, at(3_000)).await.unwrap(), "it is to be tried before that");
        tx.commit().await.unwrap();
        send(&db, &[Recipient::SharedInbox(back.id), Recipient::SharedInbox(silent.id)], &[], 1).await;
        assert!(Instance::due(&db, at(1_999), 10).await.unwrap().is_empty());
        assert_eq!(Instance::due(&db, at(2_000), 10).await.unwrap(), [instance(&db, "back.example").await.id]);
    }

    async fn queues_go_on_in_order_and_rest_after_failures(db: Db) {
        let (a, b) = (remote(&db, "a.example", "x", true).await, remote(&db, "b.example", "x", true).await);
        remote(&db, "idle.example", "x", true).await;
        for ms in 1..=3 {
            send(&db, &[Recipient::SharedInbox(a.id), Recipient::SharedInbox(b.id)], &[], ms).await;
        }
        let (a, b) = (instance(&db, "a.example").await, instance(&db, "b.example").await);
        assert_eq!(Instance::due(&db, at(10), 10).await.unwrap(), [a.id, b.id]);
        assert_eq!(Instance::due(&db, at(10), 1).await.unwrap(), [a.id]);
        assert_eq!(Instance::next_retry(&db, at(10)).await.unwrap(), None);

        let first = Delivery::next(&db, a.id).await.unwrap().unwrap();
        let mut tx = db.begin().await.unwrap();
        Delivery::finish(&mut tx, first.id).await.unwrap();
        Instance::reached(&mut tx, a.id, Some(SignatureScheme::Rfc9421), at(11)).await.unwrap();
        let stuck = 2;
        Instance::failed(&mut tx, b.id, stuck, at(500), "connection refused").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(Instance::due(&db, at(499), 10).await.unwrap(), [a.id]);
        assert_eq!(Instance::next_retry(&db, at(499)).await.unwrap(), Some(at(500)));
        // The one in good health goes first.
        assert_eq!(Instance::due(&db, at(500), 10).await.unwrap(), [a.id, b.id]);
        let second = Delivery::next(&db, a.id).await.unwrap().unwrap();
        assert!(second.id > first.id);
        let known = instance(&db, "a.example").await;
        assert_eq!((known.signature_scheme, known.delivered_at), (Some(SignatureScheme::Rfc9421), Some(at(11))));

        let mut tx = db.begin().await.unwrap();
        Delivery::give_up(&mut tx, second.id, "it answered 410").await.unwrap();
        Instance::answered(&mut tx, a.id, "it answered 410").await.unwrap();
        assert_eq!(Delivery::give_up_older(&mut tx, b.id, at(3), "too late").await.unwrap(), 2);
        Instance::retry_now(&mut tx, b.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(Delivery::counts(&db).await.unwrap(), DeliveryCounts { queued: 2, given_up: 3, unreachable: 1 });
        assert_eq!(Instance::due(&db, at(0), 10).await.unwrap(), [a.id, b.id]);

        let list = Instance::list(&db, Some("EXAMPLE"), InstanceSort::Failures, Page::first(10)).await.unwrap();
        let shown: Vec<_> = list.data.iter().map(|facts| (facts.instance.host.as_str(), facts.queued, facts.given_up, facts.actors)).collect();
        assert_eq!(shown, [("b.example", 1, 2, 1), ("a.example", 1, 1, 1), ("idle.example", 0, 0, 1)]);
        assert_eq!(list.total, 3);
        assert_eq!(list.data[0].instance.last_error.as_deref(), Some("connection refused"));
        assert_eq!(Instance::list(&db, Some("_.ex"), InstanceSort::Host, Page::first(10)).await.unwrap().total, 0);

        let mut tx = db.begin().await.unwrap();
        assert_eq!(Instance::drop_queue(&mut tx, b.id).await.unwrap(), 3);
        tx.commit().await.unwrap();
        assert_eq!(Instance::due(&db, at(500), 10).await.unwrap(), [a.id]);
    }

    async fn what_arrived_is_forgotten(db: Db) {
        let actor = remote(&db, "a.example", "x", true).await;
        send(&db, &[Recipient::SharedInbox(actor.id)], &[], 1).await;
        send(&db, &[], &[], 2).await;
        let id = instance(&db, "a.example").await.id;
        let waiting = Delivery::next(&db, id).await.unwrap().unwrap();
        let mut tx = db.begin().await.unwrap();
        Outgoing::set_signed(&mut tx, waiting.activity_id, "{\"signature\":{}}").await.unwrap();
        assert_eq!(Outgoing::prune(&mut tx, at(2)).await.unwrap(), 0, "one waits, the other is young");
        assert_eq!(Outgoing::prune(&mut tx, at(3)).await.unwrap(), 1);
        Delivery::give_up(&mut tx, waiting.id, "no").await.unwrap();
        assert_eq!(Delivery::prune(&mut tx, at(1)).await.unwrap(), 0);
        tx.commit().await.unwrap();
        let kept = Outgoing::by_id(&db, waiting.activity_id).await.unwrap().unwrap();
        assert!(kept.signed);
        assert_eq!(kept.body, "{\"signature\":{}}");

        let mut tx = db.begin().await.unwrap();
        assert_eq!(Delivery::prune(&mut tx, at(2)).await.unwrap(), 1);
        assert_eq!(Outgoing::prune(&mut tx, at(3)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(Outgoing::by_id(&db, waiting.activity_id).await.unwrap(), None);
    }

    async fn a_server_is_known_once(db: Db) {
        let mut tx = db.begin().await.unwrap();
        let id = Instance::ensure(&mut tx, "New.Example", at(0)).await.unwrap();
        assert_eq!(Instance::ensure(&mut tx, "new.example", at(1)).await.unwrap(), id);
        Instance::set_redundancy_allowed(&mut tx, id, true).await.unwrap();
        tx.commit().await.unwrap();
        let known = Instance::by_id(&db, id).await.unwrap().unwrap();
        assert!(known.redundancy_allowed);
        assert_eq!((known.host.as_str(), known.created_at), ("new.example", at(0)));
    }

    async fn the_same_work_is_noted_once_and_done_in_order(db: Db) {
        let enqueue = async |payload: &str, ms: i64| {
            let mut tx = db.begin().await.unwrap();
            Job::enqueue_once(&mut tx, "tell", payload, at(ms)).await.unwrap();
            tx.commit().await.unwrap();
        };
        enqueue("1", 0).await;
        enqueue("1", 1).await;
        enqueue("2", 2).await;
        assert_eq!(Job::counts(&db).await.unwrap(), (2, 0));
        let first = Job::claim(&db, at(5)).await.unwrap().unwrap();
        // It may have looked before this change.
        enqueue("1", 6).await;
        enqueue("1", 7).await;
        assert_eq!(Job::counts(&db).await.unwrap(), (3, 0));
        let other = Job::claim(&db, at(8)).await.unwrap().unwrap();
        assert_eq!(other.payload, "2");
        assert!(Job::claim(&db, at(8)).await.unwrap().is_none(), "the first is not done");
        let mut tx = db.begin().await.unwrap();
        Job::finish(&mut tx, first.id).await.unwrap();
        Job::fail(&mut tx, other.id, "no", None, at(9)).await.unwrap();
        tx.commit().await.unwrap();
        let second = Job::claim(&db, at(9)).await.unwrap().unwrap();
        assert_eq!(second.payload, "1");
        assert_eq!(Job::counts(&db).await.unwrap(), (1, 1));
    }
}
