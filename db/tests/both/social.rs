//! Comments, likes, blocks, reports and notifications, on both databases.

use crate::support::{at, live, new_video, settings, user};
use db::{
    Abuse, AbuseFilter, AbuseState, Account, Blocklist, Comment, CommentFilter, Db, Follow, FollowState,
    Markup, NewAbuse, NewComment, Notification, NotificationKind, Page, Rate, Rating, Reader, ThreadSort,
    User, Video,
};

fn said<'a>(video_id: i64, account: &Account, text: &'a str, reply_to: Option<(i64, i64)>) -> NewComment<'a> {
    NewComment {
        video_id,
        account_id: account.id,
        url: None,
        reply_to,
        text,
        markup: Markup::Markdown,
        held: false,
        approval_url: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

async fn say(db: &Db, new: &NewComment<'_>) -> i64 {
    let mut tx = db.begin().await.unwrap();
    let id = Comment::insert(&mut tx, new).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    id
}

async fn texts(db: &Db, video_id: i64, reader: Reader) -> Vec<String> {
    let found = Comment::threads(db, video_id, reader, ThreadSort::Oldest, Page::first(10))
        .await
        .unwrap();
    assert_eq!(
        found.threads.total,
        i64::try_from(found.threads.data.len()).unwrap()
    );
    found
        .threads
        .data
        .into_iter()
        .map(|thread| thread.comment.text)
        .collect()
}

async fn counts(db: &Db, video_id: i64) -> (i64, i64, i64) {
    let video = Video::by_ref(db, video_id).await.unwrap().unwrap();
    (video.comments, video.likes, video.dislikes)
}

crate::on_both! {
    async fn threads_keep_their_order_and_their_count(db: Db) {
        let (_, ana, channel) = user(&db, "ana").await;
        let (_, bob, _) = user(&db, "bob").await;
        let video = live(&db, &new_video(&channel, "A live"), &settings(true, false)).await.video;
        let first = say(&db, &said(video.id, &bob, "first", None)).await;
        let answer = say(&db, &said(video.id, &ana, "answer", Some((first, first)))).await;
        let deeper = say(&db, &said(video.id, &bob, "deeper", Some((answer, first)))).await;
        let second = say(&db, &NewComment { created_at: at(5), ..said(video.id, &bob, "second", None) }).await;
        assert_eq!(counts(&db, video.id).await, (4, 0, 0));

        let everyone = Reader::default();
        let found = Comment::threads(&db, video.id, everyone, ThreadSort::Newest, Page::first(1)).await.unwrap();
        assert_eq!((found.threads.total, found.comments), (2, 4));
        assert_eq!(found.threads.data[0].comment.id, second);
        let found = Comment::threads(&db, video.id, everyone, ThreadSort::MostReplies, Page::first(1)).await.unwrap();
        let thread = &found.threads.data[0];
        assert_eq!((thread.comment.id, thread.replies, thread.replies_from_author), (first, 2, 1));
        let replies = Comment::replies(&db, &[first], everyone).await.unwrap();
        assert_eq!(replies.iter().map(|reply| reply.id).collect::<Vec<_>>(), [answer, deeper]);
        let above = Comment::ancestors(&db, deeper).await.unwrap();
        assert_eq!(above.iter().map(|above| above.id).collect::<Vec<_>>(), [answer, first]);

        // What is deleted leaves its place while somebody answered.
        let mut tx = db.begin().await.unwrap();
        for id in [first, second] {
            assert!(Comment::remove(&mut tx, id, at(10)).await.unwrap());
            assert!(!Comment::remove(&mut tx, id, at(11)).await.unwrap());
            assert!(!Comment::edit(&mut tx, id, ("x", Markup::Html), at(12)).await.unwrap());
        }
        assert!(Comment::edit(&mut tx, answer, ("<p>x</p>", Markup::Html), at(12)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(texts(&db, video.id, everyone).await, [""]);
        assert_eq!(counts(&db, video.id).await.0, 2);
        let filter = CommentFilter { owner_id: Some(ana.id), search: Some("X".into()), ..CommentFilter::default() };
        let listed = Comment::list(&db, &filter, everyone, Page::first(10)).await.unwrap();
        assert_eq!((listed.total, listed.data[0].id, listed.data[0].markup), (1, answer, Markup::Html));

        // What somebody said goes with the account.
        let mut tx = db.begin().await.unwrap();
        User::delete(&mut tx, bob.user_id.unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        let gone = Comment::by_id(&db, deeper).await.unwrap().unwrap();
        assert_eq!((gone.text.as_str(), gone.account.is_none(), gone.is_deleted()), ("", true, true));
        assert_eq!(counts(&db, video.id).await.0, 1);
    }

    async fn comments_that_wait_are_for_their_author_and_the_owner(db: Db) {
        let (_, ana, channel) = user(&db, "ana").await;
        let (_, bob, _) = user(&db, "bob").await;
        let video = live(&db, &new_video(&channel, "A live"), &settings(true, false)).await.video;
        let id = say(&db, &NewComment { held: true, ..said(video.id, &bob, "may I", None) }).await;
        let url = NewComment { url: Some("https://x.example/1"), ..said(video.id, &bob, "once", None) };
        say(&db, &url).await;
        let mut tx = db.begin().await.unwrap();
        assert_eq!(Comment::insert(&mut tx, &url).await.unwrap(), None, "the same comes twice");
        tx.commit().await.unwrap();

        let author = Reader { account_id: Some(bob.id), manages: false };
        let owner = Reader { account_id: Some(ana.id), manages: true };
        assert_eq!(texts(&db, video.id, Reader::default()).await, ["once"]);
        assert_eq!(texts(&db, video.id, author).await, ["may I", "once"]);
        assert_eq!(texts(&db, video.id, owner).await, ["may I", "once"]);
        assert_eq!(counts(&db, video.id).await.0, 1);
        let mut tx = db.begin().await.unwrap();
        assert!(Comment::approve(&mut tx, id).await.unwrap());
        assert!(!Comment::approve(&mut tx, id).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(counts(&db, video.id).await.0, 2);
        let known = Comment::by_url(&db, "https://x.example/1").await.unwrap().unwrap();
        assert!(!known.is_local());
    }

    async fn who_is_blocked_is_not_heard(db: Db) {
        let (_, ana, channel) = user(&db, "ana").await;
        let (_, bob, _) = user(&db, "bob").await;
        let (_, eve, _) = user(&db, "eve").await;
        let video = live(&db, &new_video(&channel, "A live"), &settings(true, false)).await.video;
        say(&db, &said(video.id, &eve, "spam", None)).await;
        let (everyone, me) = (Reader::default(), Reader { account_id: Some(bob.id), manages: false });
        for by in [Some(bob.id), Some(ana.id), None] {
            let mut tx = db.begin().await.unwrap();
            Blocklist::add_account(&mut tx, by, eve.id, at(0)).await.unwrap();
            tx.commit().await.unwrap();
            assert!(Blocklist::blocks_account(&db, by, eve.id).await.unwrap());
            let listed = Blocklist::accounts(&db, by, Some("EV"), Page::first(10)).await.unwrap();
            assert_eq!((listed.total, listed.data[0].target.id), (1, eve.id));
            assert_eq!(texts(&db, video.id, me).await, [""; 0]);
            let hidden = by != Some(bob.id);
            assert_eq!(texts(&db, video.id, everyone).await.is_empty(), hidden, "{by:?}");
            let mut tx = db.begin().await.unwrap();
            assert!(Blocklist::remove_account(&mut tx, by, eve.id).await.unwrap());
            tx.commit().await.unwrap();
        }
        let mut tx = db.begin().await.unwrap();
        Blocklist::add_host(&mut tx, Some(bob.id), "spam.example", at(0)).await.unwrap();
        tx.commit().await.unwrap();
        let hosts = Blocklist::hosts(&db, Some(bob.id), None, Page::first(10)).await.unwrap();
        assert_eq!((hosts.total, hosts.data[0].target.as_str()), (1, "spam.example"));
        assert!(!Blocklist::blocks_host(&db, None, "spam.example").await.unwrap());
        assert!(Blocklist::blocks_host(&db, Some(bob.id), "Spam.Example").await.unwrap());
    }

    async fn an_account_likes_or_dislikes_once(db: Db) {
        let (_, ana, channel) = user(&db, "ana").await;
        let (_, bob, _) = user(&db, "bob").await;
        let video = live(&db, &new_video(&channel, "A live"), &settings(true, false)).await.video;
        for (account, rating, before, counted) in [
            (&bob, Some(Rating::Like), None, (1, 0)),
            (&bob, Some(Rating::Like), Some(Rating::Like), (1, 0)),
            (&ana, Some(Rating::Dislike), None, (1, 1)),
            (&bob, Some(Rating::Dislike), Some(Rating::Like), (0, 2)),
            (&bob, None, Some(Rating::Dislike), (0, 1)),
            (&bob, None, None, (0, 1)),
        ] {
            let mut tx = db.begin().await.unwrap();
            let was = Rate::set(&mut tx, (account.id, video.id), rating, None, at(0)).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(was, before);
            assert_eq!(Rate::of(&db, account.id, video.id).await.unwrap(), rating);
            let (_, likes, dislikes) = counts(&db, video.id).await;
            assert_eq!((likes, dislikes), counted);
        }
        let mine = Rate::of_account(&db, ana.id, None, Page::first(10)).await.unwrap();
        assert_eq!((mine.total, mine.data[0].0, mine.data[0].1.id), (1, Rating::Dislike, video.id));
        let all = Rate::of_video(&db, video.id, Rating::Dislike, Page::first(10)).await.unwrap();
        assert_eq!((all.total, all.data[0].actor.id, &all.data[0].url), (1, ana.actor.id, &None));
    }

    async fn reports_are_kept_until_somebody_decides(db: Db) {
        let (_, ana, channel) = user(&db, "ana").await;
        let (_, bob, _) = user(&db, "bob").await;
        let video = live(&db, &new_video(&channel, "A live"), &settings(true, false)).await.video;
        let new = NewAbuse {
            url: Some("https://x.example/flags/1"),
            reporter_id: bob.id,
            account_id: ana.id,
            video_id: Some(video.id),
            comment_id: None,
            reason: "spam",
            predefined: &[3, 6],
            start_s: Some(1),
            end_s: None,
        };
        let mut tx = db.begin().await.unwrap();
        let id = Abuse::insert(&mut tx, &new, at(0)).await.unwrap().unwrap();
        assert_eq!(Abuse::insert(&mut tx, &new, at(1)).await.unwrap(), None);
        Abuse::update(&mut tx, id, Some(AbuseState::Accepted), Some(Some("seen")), at(2)).await.unwrap();
        tx.commit().await.unwrap();
        let abuse = Abuse::by_id(&db, id).await.unwrap().unwrap();
        assert_eq!((abuse.predefined.as_slice(), abuse.state), ([3, 6].as_slice(), AbuseState::Accepted));
        assert_eq!(abuse.reporter.map(|account| account.id), Some(bob.id));
        assert_eq!(abuse.moderation_comment.as_deref(), Some("seen"));
        let pending = AbuseFilter { state: Some(AbuseState::Pending), ..AbuseFilter::default() };
        assert_eq!(Abuse::list(&db, &pending, Page::first(10)).await.unwrap().total, 0);
        let mut tx = db.begin().await.unwrap();
        assert!(Abuse::delete(&mut tx, id).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn who_is_concerned_is_told_once(db: Db) {
        let (ana_user, ana, channel) = user(&db, "ana").await;
        let (bob_user, bob, _) = user(&db, "bob").await;
        let (eve_user, eve, _) = user(&db, "eve").await;
        let video = live(&db, &new_video(&channel, "A live"), &settings(true, false)).await.video;
        let own = say(&db, &said(video.id, &ana, "mine", None)).await;
        let first = say(&db, &said(video.id, &bob, "first", None)).await;
        let answer = say(&db, &said(video.id, &eve, "answer", Some((first, first)))).await;
        let mut tx = db.begin().await.unwrap();
        assert_eq!(Notification::of_comment(&mut tx, own, at(0)).await.unwrap(), [0; 0], "one's own");
        assert_eq!(Notification::of_comment(&mut tx, first, at(1)).await.unwrap(), [ana_user.id]);
        let mut told = Notification::of_comment(&mut tx, answer, at(2)).await.unwrap();
        told.sort_unstable();
        assert_eq!(told, [ana_user.id, bob_user.id]);
        assert_eq!(Notification::of_comment(&mut tx, answer, at(3)).await.unwrap(), [0; 0], "again");

        let pair = (eve.actor.id, channel.actor.id);
        let follow = Follow::put(&mut tx, pair, FollowState::Accepted, None, at(4)).await.unwrap();
        assert_eq!(Notification::of_follow(&mut tx, follow, at(4)).await.unwrap(), [ana_user.id]);
        assert_eq!(Notification::of_follow(&mut tx, follow, at(5)).await.unwrap(), [0; 0]);
        let new = NotificationKind::NewLive;
        assert_eq!(Notification::of_video(&mut tx, video.id, new, at(6)).await.unwrap(), [0; 0], "not on air");
        Video::set_state(&mut tx, video.id, db::VideoState::Published).await.unwrap();
        assert_eq!(Notification::of_video(&mut tx, video.id, new, at(6)).await.unwrap(), [eve_user.id]);
        tx.commit().await.unwrap();

        let found = Notification::list(&db, ana_user.id, false, Page::first(10)).await.unwrap();
        let kinds: Vec<_> = found.data.iter().map(|told| told.kind).collect();
        let comment = NotificationKind::CommentOnMyVideo;
        assert_eq!(kinds, [NotificationKind::NewFollow, comment, comment]);
        assert_eq!(Notification::unread(&db, ana_user.id).await.unwrap(), 3);
        let mut tx = db.begin().await.unwrap();
        // Not somebody else's.
        Notification::mark_read(&mut tx, bob_user.id, Some(&[found.data[0].id])).await.unwrap();
        Notification::mark_read(&mut tx, ana_user.id, Some(&[found.data[1].id])).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(Notification::unread(&db, ana_user.id).await.unwrap(), 2);
        assert_eq!(Notification::list(&db, ana_user.id, true, Page::first(1)).await.unwrap().total, 2);
        let mut tx = db.begin().await.unwrap();
        Notification::mark_read(&mut tx, ana_user.id, None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(Notification::unread(&db, ana_user.id).await.unwrap(), 0);
        assert_eq!(bob.user_id, Some(bob_user.id));
    }
}
