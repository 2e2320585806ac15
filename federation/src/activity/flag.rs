//! Reports. Whoever looks after the server of what is reported is to hear of it, if the reporter wants that.

use std::collections::HashSet;

use db::{Abuse, Account, Actor, Comment, NewAbuse, Notification, Video};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::outbox::{self, Recipients};
use crate::protocol::{Flag, Reason};
use crate::{Error, Federation, Site, remote};

/// Things of one report that are looked at; Mastodon sends an account and some of its posts.
const MAX_OBJECTS: usize = 20;

/// What somebody here reports.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    pub reporter: &'a Account,
    pub about: About<'a>,
    pub text: &'a str,
    pub reasons: &'a [Reason],
    pub start_s: Option<i64>,
    pub end_s: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
pub enum About<'a> {
    Video(&'a Video),
    Comment(&'a Comment),
    Account(&'a Account),
}

impl<'a> About<'a> {
    /// Whom it is about.
    pub fn account(self) -> Option<&'a Account> {
        match self {
            Self::Video(video) => Some(&video.channel.account),
            Self::Comment(comment) => comment.account.as_ref(),
            Self::Account(account) => Some(account),
        }
    }

    fn url(self, site: &Site) -> String {
        match self {
            Self::Video(video) => site.video(video),
            Self::Comment(comment) => site.comment(comment),
            Self::Account(account) => site.account(account),
        }
    }
}

/// Keeps a report for the moderators here, and tells those elsewhere; its number.
pub async fn report(federation: &Federation, report: &Report<'_>) -> Result<i64, Error> {
    let about = report.about;
    let account = about
        .account()
        .ok_or_else(|| Error::refused("Whoever this is about is gone"))?;
    let now = Timestamp::now();
    let predefined: Vec<i64> = report.reasons.iter().map(|reason| reason.number()).collect();
    let new = NewAbuse {
        url: None,
        reporter_id: report.reporter.id,
        account_id: account.id,
        video_id: match about {
            About::Video(video) => Some(video.id),
            About::Comment(comment) => Some(comment.video.id),
            About::Account(_) => None,
        },
        comment_id: match about {
            About::Comment(comment) => Some(comment.id),
            About::Video(_) | About::Account(_) => None,
        },
        reason: report.text,
        predefined: &predefined,
        start_s: report.start_s,
        end_s: report.end_s,
    };
    let mut tx = federation.db.begin().await?;
    let id = Abuse::insert(&mut tx, &new, now).await?;
    let id = id.ok_or_else(|| Error::Unfinished("the report was not kept".to_owned()))?;
    let notified = Notification::of_abuse(&mut tx, id, now).await?;
    if !account.actor.is_local() {
        let body = flag(report, account, id, &federation.site);
        let to = Recipients::new().shared_inbox_of(&account.actor);
        outbox::write(&mut tx, report.reporter.actor.id, &body, &to, now).await?;
    }
    tx.commit().await?;
    federation.deliveries.notify_one();
    federation.tell_users(notified);
    Ok(id)
}

/// `Flag`: each thing of here that it is about is a report of its own; what is not of here is nobody's business here.
pub(super) async fn receive(
    federation: &Federation,
    sender: &Actor,
    id: &str,
    flag: &Flag,
) -> Result<(), Error> {
    let reporter = Account::by_actor(&federation.db, sender.id).await?;
    let reporter = reporter.ok_or_else(|| Error::refused("it was reported by nobody"))?;
    let predefined: Vec<i64> = flag.reasons.iter().map(|reason| reason.number()).collect();
    let (mut reported, mut known) = (Vec::new(), HashSet::new());
    for object in flag.objects.iter().take(MAX_OBJECTS) {
        if let Some(found) = find(federation, object).await?
            && known.insert(found)
        {
            reported.push(found);
        }
    }
    // The account that Mastodon names beside its posts is said with them.
    if reported.iter().any(|found| found.is_said_with_something()) {
        reported.retain(Reported::is_said_with_something);
    }
    let now = Timestamp::now();
    let mut tx = federation.db.begin().await?;
    let mut notified = Vec::new();
    for (index, found) in reported.iter().enumerate() {
        let url = match index {
            0 => id.to_owned(),
            index => format!("{id}#{index}"),
        };
        let new = NewAbuse {
            url: Some(&url),
            reporter_id: reporter.id,
            account_id: found.account_id,
            video_id: found.video_id,
            comment_id: found.comment_id,
            reason: flag.text.as_deref().unwrap_or_default(),
            predefined: &predefined,
            start_s: flag.start_s.map(i64::from),
            end_s: flag.end_s.map(i64::from),
        };
        if let Some(id) = Abuse::insert(&mut tx, &new, now).await? {
            notified.extend(Notification::of_abuse(&mut tx, id, now).await?);
        }
    }
    tx.commit().await?;
    federation.tell_users(notified);
    Ok(())
}

/// Something of here that somebody reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Reported {
    account_id: i64,
    video_id: Option<i64>,
    comment_id: Option<i64>,
}

impl Reported {
    fn is_said_with_something(&self) -> bool {
        self.video_id.is_some()
    }
}

async fn find(federation: &Federation, url: &str) -> Result<Option<Reported>, Error> {
    if !federation.site.is_here(url) {
        return Ok(None);
    }
    if let Some(comment) = remote::comment::known(federation, url).await? {
        return Ok(comment.account.as_ref().map(|account| Reported {
            account_id: account.id,
            video_id: Some(comment.video.id),
            comment_id: Some(comment.id),
        }));
    }
    if let Some(video) = remote::video::local(federation, url).await? {
        return Ok(Some(Reported {
            account_id: video.channel.account.id,
            video_id: Some(video.id),
            comment_id: None,
        }));
    }
    let Some(actor) = remote::actor::local(federation, url).await? else {
        return Ok(None);
    };
    let account = match Account::by_actor(&federation.db, actor.id).await? {
        Some(account) => Some(account.id),
        None => db::Channel::by_actor(&federation.db, actor.id)
            .await?
            .map(|channel| channel.account.id),
    };
    Ok(account.map(|account_id| Reported {
        account_id,
        video_id: None,
        comment_id: None,
    }))
}

fn flag(report: &Report<'_>, account: &Account, id: i64, site: &Site) -> Value {
    let tags: Vec<Value> = report
        .reasons
        .iter()
        .map(|reason| json!({ "type": "Hashtag", "name": reason.name() }))
        .collect();
    let mut flag = json!({
        "@context": crate::context::flag(),
        "to": [site.account(account)],
        "cc": [],
        "id": format!("{}/admin/abuses/{id}", site.url),
        "actor": site.account(report.reporter),
        "type": "Flag",
        "content": report.text,
        "mediaType": "text/markdown",
        "object": report.about.url(site),
        "tag": tags,
    });
    if let Some(fields) = flag.as_object_mut() {
        for (name, seconds) in [("startAt", report.start_s), ("endAt", report.end_s)] {
            if let Some(seconds) = seconds {
                fields.insert(name.to_owned(), json!(seconds));
            }
        }
    }
    flag
}
