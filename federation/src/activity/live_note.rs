//! A plain post about a live, for followers whose software knows no videos: written when the live starts, changed when it ends.
//! It is a Note of the account, which the channel shares.

use db::{LiveSession, Tx, Video};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::object::iso;
use crate::{Error, Federation, PUBLIC, Site, context, outbox};

/// What the post tells of.
#[derive(Debug, Clone, Copy)]
pub struct LiveNote<'a> {
    pub video: &'a Video,
    pub tags: &'a [String],
    pub session: &'a LiveSession,
    /// What is left to watch when it is over.
    pub replay: Option<&'a Video>,
    /// A JPEG.
    pub picture: &'a str,
}

impl LiveNote<'_> {
    fn id(&self, site: &Site) -> String {
        format!("{}/lives/{}", site.video(self.video), self.session.id)
    }

    /// The post as it reads now.
    pub fn describe(&self, site: &Site) -> Value {
        let mut note = self.note(site);
        if let Some(fields) = note.as_object_mut() {
            fields.insert("@context".to_owned(), context::live_note());
        }
        note
    }

    fn note(&self, site: &Site) -> Value {
        let account = site.account(&self.video.channel.account);
        let mut note = json!({
            "type": "Note",
            "id": self.id(site),
            "attributedTo": account,
            "content": self.content(site),
            "url": page(self.video, site),
            "published": iso(self.session.started_at),
            "sensitive": self.video.nsfw,
            "attachment": [{ "type": "Image", "mediaType": "image/jpeg", "url": self.picture, "name": self.video.name }],
            "tag": self.tags.iter().map(|tag| hashtag(tag, site)).collect::<Vec<_>>(),
            "to": [PUBLIC],
            "cc": [format!("{account}/followers")],
        });
        if let (Some(fields), Some(ended_at)) = (note.as_object_mut(), self.session.ended_at) {
            fields.insert("updated".to_owned(), json!(iso(ended_at)));
        }
        note
    }

    fn content(&self, site: &Site) -> String {
        let link =
            |video: &Video, text: &str| format!(r#"<a href="{}">{}</a>"#, page(video, site), escaped(text));
        let who = escaped(&self.video.channel.actor.display_name);
        let title = link(self.video, &self.video.name);
        match (self.session.ended_at, self.replay) {
            (None, _) => format!("<p>{who} is live: {title}</p>"),
            (Some(_), None) => format!("<p>{who} was live: {title}</p>"),
            (Some(_), Some(replay)) => {
                let replay = link(replay, "Watch the replay");
                format!("<p>{who} was live: {title}</p><p>{replay}</p>")
            }
        }
    }
}

fn page(video: &Video, site: &Site) -> String {
    format!("{}/w/{}", site.url, video.uuid.short())
}

fn hashtag(tag: &str, site: &Site) -> Value {
    let name: String = tag.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    let query: String = url::form_urlencoded::byte_serialize(tag.as_bytes()).collect();
    json!({ "type": "Hashtag", "name": format!("#{name}"), "href": format!("{}/search?tagsOneOf={query}", site.url) })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Tells followers that the live is on, or how it ended. Ring `deliveries` after the commit.
pub async fn tell(
    federation: &Federation,
    tx: &mut Tx,
    note: LiveNote<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let site = &federation.site;
    let (account, channel) = (&note.video.channel.account.actor, &note.video.channel.actor);
    let id = note.id(site);
    let (kind, activity) = match note.session.ended_at {
        None => ("Create", format!("{id}/activity")),
        Some(ended_at) => ("Update", format!("{id}/updates/{}", iso(ended_at))),
    };
    let object = note.note(site);
    let body = json!({
        "@context": context::live_note(),
        "type": kind,
        "id": activity,
        "actor": object.get("attributedTo"),
        "to": object.get("to"),
        "cc": object.get("cc"),
        "object": object,
    });
    // Those of the channel have the post from its account, and follow what becomes of it.
    let followers = outbox::Recipients::new()
        .followers_of(account.id)
        .followers_of(channel.id);
    outbox::write(tx, account.id, &body, &followers, now).await?;
    if note.session.ended_at.is_none() {
        let actor = site.channel(&note.video.channel);
        let share = json!({
            "@context": context::plain(),
            "type": "Announce",
            "id": format!("{id}/announce"),
            "actor": actor,
            "published": iso(now),
            "to": [PUBLIC],
            "cc": [format!("{actor}/followers")],
            "object": id,
        });
        let followers = outbox::Recipients::new().followers_of(channel.id);
        outbox::write(tx, channel.id, &share, &followers, now).await?;
    }
    Ok(())
}
