//! Comments of other servers: followed upwards, reply by reply, until the video they are about.

use std::collections::HashSet;

use db::{Account, Blocklist, Comment, Markup, NewComment, Tx, Video};

use super::{actor, video};
use crate::protocol::{self, Audience, HttpUrl, Note, Object};
use crate::{Error, Federation, PUBLIC};

/// As deep as PeerTube goes. Each level is a request to another server.
const MAX_LEVELS: usize = 100;

/// A comment that is known already, wherever it is from.
pub async fn known(federation: &Federation, url: &str) -> Result<Option<Comment>, Error> {
    if federation.site.is_here(url) {
        local(federation, url).await
    } else {
        Ok(Comment::by_url(&federation.db, url).await?)
    }
}

/// The comment from here with this id.
async fn local(federation: &Federation, url: &str) -> Result<Option<Comment>, Error> {
    let id = url.rsplit_once("/comments/").and_then(|(_, id)| id.parse().ok());
    let Some(id) = id else { return Ok(None) };
    let comment = Comment::by_id(&federation.db, id).await?;
    Ok(comment.filter(|comment| comment.is_local() && federation.site.comment(comment) == url))
}

/// A comment that is not known yet, with those above it that are not known either, the first of them first.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) video: Video,
    /// The last one above that is known.
    parent: Option<Comment>,
    missing: Vec<(Note, Account)>,
}

/// What a comment answers.
enum Parent {
    Video(Box<Video>),
    Comment(Box<Comment>),
    /// One that is not known yet.
    Note(Box<Note>),
}

/// Finds out where a comment belongs. It is its author's word: signed by them, or fetched from their server.
pub(crate) async fn resolve(federation: &Federation, note: &Note) -> Result<Thread, Error> {
    let (mut missing, mut seen) = (Vec::new(), HashSet::new());
    let mut current = note.clone();
    let (video, parent) = loop {
        if !is_public(&current) {
            return Err(Error::refused("it is not said to everyone"));
        }
        if !seen.insert(current.id.to_string()) {
            return Err(Error::refused("its thread is a circle"));
        }
        if seen.len() > MAX_LEVELS {
            return Err(Error::refused("its thread is too deep"));
        }
        let above = current.in_reply_to.clone();
        let above = above.ok_or_else(|| Error::refused("it is not about a video"))?;
        missing.push(current);
        match parent(federation, &above).await? {
            Parent::Video(video) => break (*video, None),
            Parent::Comment(comment) => {
                let video = Video::by_ref(&federation.db, comment.video.id).await?;
                let video = video.ok_or_else(|| Error::refused("the video was deleted meanwhile"))?;
                break (video, Some(*comment));
            }
            Parent::Note(note) => current = *note,
        }
    };
    let mut authored = Vec::with_capacity(missing.len());
    for note in missing.into_iter().rev() {
        let account = author(federation, &video, &note).await?;
        authored.push((note, account));
    }
    Ok(Thread {
        video,
        parent,
        missing: authored,
    })
}

/// Said to everyone, whether it is to be listed or not.
fn is_public(note: &Note) -> bool {
    match note.recipients.audience() {
        Audience::Public => true,
        Audience::Unlisted => note.recipients.cc.iter().any(|url| *url == PUBLIC),
        Audience::Private => false,
    }
}

async fn parent(federation: &Federation, url: &HttpUrl) -> Result<Parent, Error> {
    if let Some(comment) = known(federation, url).await? {
        return Ok(Parent::Comment(Box::new(comment)));
    }
    if let Some(video) = video::known(federation, url).await? {
        return Ok(Parent::Video(Box::new(video)));
    }
    if federation.site.is_here(url) {
        return Err(Error::refused("nothing here has this address"));
    }
    if Blocklist::has_host(&federation.db, &url.host()).await? {
        return Err(Error::refused("a server of the thread is blocked"));
    }
    let fetched = federation.fetch(url).await?;
    let object = Object::parse(&fetched.body, federation.rules())?;
    let is_its_own = |id: &HttpUrl| protocol::host(&fetched.url).as_deref() == Some(id.host().as_str());
    match object {
        Object::Video(told) => {
            let video = video::video(federation, &told.id).await?;
            Ok(Parent::Video(Box::new(video)))
        }
        Object::Note(note) if is_its_own(&note.id) => {
            // Asked for by another address than its id, it may be known after all.
            match known(federation, &note.id).await? {
                Some(comment) => Ok(Parent::Comment(Box::new(comment))),
                None if note.id == *url || note.id == fetched.url.as_str() => Ok(Parent::Note(note)),
                None => Err(Error::refused("a comment above it has another id")),
            }
        }
        _ => Err(Error::refused("it is not about a video")),
    }
}

/// Who wrote a comment, if they may comment on this video.
async fn author(federation: &Federation, video: &Video, note: &Note) -> Result<Account, Error> {
    let actor = actor::actor(federation, &note.author).await?;
    if Blocklist::has_actor(&federation.db, actor.id).await? {
        return Err(Error::refused("its author is blocked"));
    }
    let owner = &video.channel.account.actor;
    if owner.is_local() && Blocklist::has_between(&federation.db, owner.id, actor.id).await? {
        return Err(Error::refused(
            "whose video it is does not want to hear of its author",
        ));
    }
    let account = Account::by_actor(&federation.db, actor.id).await?;
    account.ok_or_else(|| Error::refused("channels do not comment"))
}

impl Thread {
    /// Those that are new, with who wrote them; the one that was resolved is the last.
    pub(crate) fn new_ones(&self) -> &[(Note, Account)] {
        &self.missing
    }

    /// Writes them; their numbers, in the same order.
    pub(crate) async fn insert(
        &self,
        tx: &mut Tx,
        held: impl Fn(&Account) -> bool,
    ) -> Result<Vec<i64>, Error> {
        let mut reply_to = self.parent.as_ref().map(|parent| (parent.id, parent.root_id()));
        let mut ids = Vec::with_capacity(self.missing.len());
        for (note, account) in &self.missing {
            let new = NewComment {
                video_id: self.video.id,
                account_id: account.id,
                url: Some(&note.id),
                reply_to,
                text: &note.content,
                markup: markup(note),
                held: held(account),
                approval_url: note.reply_approval.as_deref(),
                created_at: note.published,
                updated_at: note.updated.unwrap_or(note.published),
            };
            let id = Comment::insert(tx, &new).await?;
            // Whoever wrote it first has told the others; the next attempt finds it.
            let id =
                id.ok_or_else(|| Error::Unfinished("a comment of the thread came meanwhile".to_owned()))?;
            reply_to = Some((id, reply_to.map_or(id, |(_, root)| root)));
            ids.push(id);
        }
        Ok(ids)
    }
}

pub(crate) fn markup(note: &Note) -> Markup {
    match note.markup {
        protocol::Markup::Markdown => Markup::Markdown,
        protocol::Markup::Html => Markup::Html,
    }
}
