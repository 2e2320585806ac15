//! The addresses of what lives here. Others have stored addresses of this form, so they never change.

use db::{Account, Actor, ActorKind, Channel, Comment, Uuid, Video};

use crate::protocol::host;

/// The name of the actor that stands for the whole server. PeerTube follows back those of this name only.
pub const INSTANCE_ACTOR: &str = "peertube";

/// This server, as others know it.
#[derive(Debug, Clone)]
pub struct Site {
    /// `https://tube.example`, without a slash at the end.
    pub url: String,
    /// What follows `@` in handles: the host, with the port if it is not the scheme's own.
    pub host: String,
}

impl Site {
    pub fn instance_actor(&self) -> String {
        format!("{}/accounts/{INSTANCE_ACTOR}", self.url)
    }

    /// The id of anyone: told by remote actors, made of the name for local ones.
    pub fn actor(&self, actor: &Actor) -> String {
        actor.url.clone().unwrap_or_else(|| match actor.kind {
            ActorKind::Group => format!("{}/video-channels/{}", self.url, actor.name),
            _ => format!("{}/accounts/{}", self.url, actor.name),
        })
    }

    /// Whether an address is of this server.
    pub fn is_here(&self, url: &str) -> bool {
        host(url).is_some_and(|host| host.eq_ignore_ascii_case(&self.host))
    }

    pub fn account(&self, account: &Account) -> String {
        self.actor(&account.actor)
    }

    pub fn channel(&self, channel: &Channel) -> String {
        self.actor(&channel.actor)
    }

    pub fn video(&self, video: &Video) -> String {
        video.url.clone().unwrap_or_else(|| self.local_video(video.uuid))
    }

    pub(crate) fn local_video(&self, uuid: Uuid) -> String {
        format!("{}/videos/watch/{uuid}", self.url)
    }

    /// As PeerTube has it: that of a comment of here on a video of another server ends like one on a video of here.
    pub fn comment(&self, comment: &Comment) -> String {
        let url = comment.url.clone();
        url.unwrap_or_else(|| self.local_comment(comment.video.uuid, comment.id))
    }

    pub(crate) fn local_comment(&self, video: Uuid, id: i64) -> String {
        format!("{}/comments/{id}", self.local_video(video))
    }

    /// The ApproveReply of a comment on a video of here.
    pub(crate) fn approval(&self, video: Uuid, id: i64) -> String {
        format!("{}/approve-reply", self.local_comment(video, id))
    }

    pub fn shared_inbox(&self) -> String {
        format!("{}/inbox", self.url)
    }
}
