//! Notifications, and what they are about.

use db::{Comment, Follow, Notification, Video};
use serde::Serialize;
use utoipa::ToSchema;

use super::actor::{AccountShape, ActorSummary};
use super::{Site, iso};

/// A notification with what it is about, as far as that is still there.
#[derive(Debug)]
pub(crate) struct Told {
    pub notification: Notification,
    pub video: Option<Video>,
    pub comment: Option<Comment>,
    pub follow: Option<Follow>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotifiedVideo {
    id: i64,
    uuid: String,
    #[serde(rename = "shortUUID")]
    short_uuid: String,
    name: String,
    channel: ActorSummary,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotifiedComment {
    id: i64,
    thread_id: i64,
    held_for_review: bool,
    account: Option<AccountShape>,
    video: Option<NotifiedVideo>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Follower {
    display_name: String,
    name: String,
    host: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotifiedFollow {
    id: i64,
    state: &'static str,
    follower: Follower,
    following: Followed,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Followed {
    /// `account`, `channel` or `instance`.
    #[serde(rename = "type")]
    kind: &'static str,
    display_name: String,
    name: String,
    host: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotifiedAbuse {
    id: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationShape {
    id: i64,
    /// PeerTube's number.
    #[serde(rename = "type")]
    kind: i64,
    read: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    video: Option<NotifiedVideo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<NotifiedComment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    abuse: Option<NotifiedAbuse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_follow: Option<NotifiedFollow>,
    created_at: String,
    updated_at: String,
}

impl NotificationShape {
    pub(crate) fn new(told: &Told, site: &Site) -> Self {
        let Told {
            notification,
            video,
            comment,
            follow,
        } = told;
        let video = || {
            video.as_ref().map(|video| NotifiedVideo {
                id: video.id,
                uuid: video.uuid.to_string(),
                short_uuid: video.uuid.short(),
                name: video.name.clone(),
                channel: ActorSummary::channel(&video.channel, site),
            })
        };
        let at = iso(notification.created_at);
        Self {
            id: notification.id,
            kind: notification.kind.id(),
            read: notification.read,
            video: if comment.is_none() { video() } else { None },
            comment: comment.as_ref().map(|comment| NotifiedComment {
                id: comment.id,
                thread_id: comment.root_id(),
                held_for_review: comment.held,
                account: comment
                    .account
                    .as_ref()
                    .map(|account| AccountShape::new(account, site)),
                video: video(),
            }),
            abuse: notification.abuse_id.map(|id| NotifiedAbuse { id }),
            actor_follow: follow.as_ref().map(|follow| of_follow(follow, site)),
            created_at: at.clone(),
            updated_at: at,
        }
    }
}

fn of_follow(follow: &Follow, site: &Site) -> NotifiedFollow {
    let host = |actor: &db::Actor| actor.host.clone().unwrap_or_else(|| site.host.clone());
    let Follow { follower, target, .. } = follow;
    NotifiedFollow {
        id: follow.id,
        state: match follow.state {
            db::FollowState::Pending => "pending",
            db::FollowState::Accepted => "accepted",
            db::FollowState::Rejected => "rejected",
        },
        follower: Follower {
            display_name: follower.display_name.clone(),
            name: follower.name.clone(),
            host: host(follower),
        },
        following: Followed {
            kind: match target.kind {
                db::ActorKind::Group => "channel",
                db::ActorKind::Application => "instance",
                _ => "account",
            },
            display_name: target.display_name.clone(),
            name: target.name.clone(),
            host: host(target),
        },
    }
}
