//! Accounts and channels.

use db::{Account, Actor, Channel};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Site, iso};
use crate::http::remote_files::avatar_path;

/// PeerTube's size for lists, which is chosen among those that a server offers.
const AVATAR_PX: u32 = 120;

/// A picture of an actor.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActorImage {
    pub width: u32,
    pub path: String,
    pub created_at: String,
    pub updated_at: String,
}

/// An account or a channel in a list of videos.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActorSummary {
    pub id: i64,
    pub display_name: String,
    pub name: String,
    pub url: String,
    pub host: String,
    pub avatars: Vec<ActorImage>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountShape {
    pub url: String,
    pub name: String,
    pub host: String,
    pub avatars: Vec<ActorImage>,
    pub id: i64,
    pub host_redundancy_allowed: bool,
    pub following_count: i64,
    pub followers_count: i64,
    pub created_at: String,
    pub display_name: String,
    pub description: Option<String>,
    pub updated_at: String,
    /// Set for local accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChannelShape {
    pub url: String,
    pub name: String,
    pub host: String,
    pub avatars: Vec<ActorImage>,
    pub id: i64,
    pub host_redundancy_allowed: bool,
    pub following_count: i64,
    pub followers_count: i64,
    pub created_at: String,
    pub banners: Vec<ActorImage>,
    pub display_name: String,
    pub description: Option<String>,
    pub support: Option<String>,
    pub is_local: bool,
    pub updated_at: String,
    /// Not repeated where the owner is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_account: Option<AccountShape>,
}

impl ActorSummary {
    pub(crate) fn account(account: &Account, site: &Site) -> Self {
        Self::new(account.id, &account.actor, "accounts", site)
    }

    pub(crate) fn channel(channel: &Channel, site: &Site) -> Self {
        Self::new(channel.id, &channel.actor, "video-channels", site)
    }

    fn new(id: i64, actor: &Actor, folder: &str, site: &Site) -> Self {
        Self {
            id,
            display_name: actor.display_name.clone(),
            name: actor.name.clone(),
            url: url(actor, folder, site),
            host: host(actor, site),
            avatars: avatars(actor),
        }
    }
}

impl AccountShape {
    pub(crate) fn new(account: &Account, site: &Site) -> Self {
        let actor = &account.actor;
        Self {
            url: url(actor, "accounts", site),
            name: actor.name.clone(),
            host: host(actor, site),
            avatars: avatars(actor),
            id: account.id,
            host_redundancy_allowed: actor.redundancy_allowed,
            following_count: actor.following,
            followers_count: actor.followers,
            created_at: iso(actor.created_at),
            display_name: actor.display_name.clone(),
            description: actor.description.clone(),
            updated_at: iso(actor.updated_at),
            user_id: account.user_id,
        }
    }
}

impl ChannelShape {
    /// With its owner.
    pub(crate) fn full(channel: &Channel, site: &Site) -> Self {
        Self {
            owner_account: Some(AccountShape::new(&channel.account, site)),
            ..Self::alone(channel, site)
        }
    }

    pub(crate) fn alone(channel: &Channel, site: &Site) -> Self {
        let actor = &channel.actor;
        Self {
            url: url(actor, "video-channels", site),
            name: actor.name.clone(),
            host: host(actor, site),
            avatars: avatars(actor),
            id: channel.id,
            host_redundancy_allowed: actor.redundancy_allowed,
            following_count: actor.following,
            followers_count: actor.followers,
            created_at: iso(actor.created_at),
            banners: Vec::new(),
            display_name: actor.display_name.clone(),
            description: actor.description.clone(),
            support: channel.support.clone(),
            is_local: channel.is_local(),
            updated_at: iso(actor.updated_at),
            owner_account: None,
        }
    }
}

/// Of remote actors, passed on from their servers; those who live here have none yet.
fn avatars(actor: &Actor) -> Vec<ActorImage> {
    let known = actor.icon_url.is_some().then(|| ActorImage {
        width: AVATAR_PX,
        path: avatar_path(actor),
        created_at: iso(actor.created_at),
        updated_at: iso(actor.updated_at),
    });
    known.into_iter().collect()
}

/// The ActivityPub id: told by remote actors, made of the name for local ones.
fn url(actor: &Actor, folder: &str, site: &Site) -> String {
    actor
        .url
        .clone()
        .unwrap_or_else(|| format!("{}/{folder}/{}", site.url, actor.name))
}

fn host(actor: &Actor, site: &Site) -> String {
    actor.host.clone().unwrap_or_else(|| site.host.clone())
}
