//! Who hears of what happens to a video: those who follow its account, or anyone who shared it; and those who shared it.

use db::{Actor, Db, Page, Privacy, Share, Video};
use serde_json::{Value, json};

use crate::{Error, Federation, PUBLIC, Recipients, Site, outbox};

/// Shares that are looked at. Each is one inbox and the followers behind it.
const MAX_SHARES: i64 = 1_000;

/// The account of a video, and whoever shared it: its channel, this server, others.
#[derive(Debug, Clone)]
pub struct Involved {
    actors: Vec<Actor>,
    is_public: bool,
    shared_here: bool,
}

impl Involved {
    /// Those involved in a video of here.
    pub async fn of(federation: &Federation, video: &Video) -> Result<Self, Error> {
        let mut actors = vec![video.channel.account.actor.clone(), video.channel.actor.clone()];
        let instance = federation.instance_actor().await?;
        actors.extend(Actor::by_id(&federation.db, instance).await?);
        let shares = shares(&federation.db, video.id).await?;
        let shared_here = shares.iter().any(|share| share.actor.is_local());
        for share in shares {
            if actors.iter().all(|actor| actor.id != share.actor.id) {
                actors.push(share.actor);
            }
        }
        Ok(Self {
            actors,
            is_public: video.privacy == Privacy::Public,
            shared_here,
        })
    }

    /// Whether the video was told of at all.
    pub fn is_known_elsewhere(&self) -> bool {
        self.shared_here
    }

    pub fn recipients(&self) -> Recipients {
        self.actors.iter().fold(Recipients::new(), |to, actor| {
            if actor.is_local() {
                to.followers_of(actor.id)
            } else {
                to.followers_of(actor.id).shared_inbox_of(actor)
            }
        })
    }

    /// `to` of an activity for all of them.
    pub(crate) fn everyone(&self, site: &Site) -> Value {
        if !self.is_public {
            return json!([]);
        }
        let followers = self
            .actors
            .iter()
            .filter(|actor| actor.is_local())
            .map(|actor| format!("{}/followers", site.actor(actor)));
        std::iter::once(PUBLIC.to_owned()).chain(followers).collect()
    }
}

async fn shares(db: &Db, video_id: i64) -> Result<Vec<Share>, Error> {
    let page = Page {
        skip_total: true,
        ..Page::first(MAX_SHARES)
    };
    Ok(Share::of_video(db, video_id, page).await?.data)
}

/// Passes on, as it came, what somebody elsewhere did to a video of here; all who are involved hear of it but the server it came
/// from. Videos of other servers are theirs to tell of.
pub(crate) async fn forward(
    federation: &Federation,
    video: &Video,
    sender: &Actor,
    raw: &str,
) -> Result<(), Error> {
    if !video.is_local() {
        return Ok(());
    }
    let involved = Involved::of(federation, video).await?;
    let from = match &sender.host {
        Some(host) => db::Instance::by_host(&federation.db, host).await?,
        None => None,
    };
    let mut to = involved.recipients();
    if let Some(instance) = from {
        to = to.except_instance(instance.id);
    }
    let signer = federation.instance_actor().await?;
    let mut tx = federation.db.begin().await?;
    outbox::forward(&mut tx, signer, raw, &to, jiff::Timestamp::now()).await?;
    tx.commit().await?;
    federation.deliveries.notify_one();
    Ok(())
}
