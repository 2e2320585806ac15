//! Who follows whom.

use db::{Actor, Follow, FollowState};
use serde::Serialize;
use utoipa::ToSchema;

use super::actor::ActorImage;
use super::iso;

/// Followers that were not reached lose points in PeerTube, and are dropped at 0. Here servers have health of their own and
/// follows are never dropped: all have what PeerTube gives to a new one.
const SCORE: i64 = 1_000;

/// A person, a channel or a server, as one side of a follow.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FollowActor {
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
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FollowShape {
    pub id: i64,
    pub follower: FollowActor,
    pub following: FollowActor,
    /// Always 1000.
    pub score: i64,
    #[schema(example = "accepted")]
    pub state: &'static str,
    pub created_at: String,
    pub updated_at: String,
}

/// PeerTube's names of states.
pub(crate) const STATES: [(&str, FollowState); 3] = [
    ("pending", FollowState::Pending),
    ("accepted", FollowState::Accepted),
    ("rejected", FollowState::Rejected),
];

impl FollowActor {
    fn new(actor: &Actor, site: &federation::Site) -> Self {
        Self {
            url: site.actor(actor),
            name: actor.name.clone(),
            host: actor.host.clone().unwrap_or_else(|| site.host.clone()),
            avatars: Vec::new(),
            id: actor.id,
            host_redundancy_allowed: actor.redundancy_allowed,
            following_count: actor.following,
            followers_count: actor.followers,
            created_at: iso(actor.created_at),
            banners: Vec::new(),
        }
    }
}

impl FollowShape {
    pub(crate) fn new(follow: &Follow, site: &federation::Site) -> Self {
        Self {
            id: follow.id,
            follower: FollowActor::new(&follow.follower, site),
            following: FollowActor::new(&follow.target, site),
            score: SCORE,
            state: match follow.state {
                FollowState::Pending => "pending",
                FollowState::Accepted => "accepted",
                FollowState::Rejected => "rejected",
            },
            created_at: iso(follow.created_at),
            updated_at: iso(follow.updated_at),
        }
    }
}
