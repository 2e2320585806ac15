//! What happens here is told by rows written in the transaction of the change: either both happened or neither did. The worker
//! in [`crate::deliver`] does the rest; ring [`crate::Federation`]'s `deliveries` after the commit.

use db::{Actor, Delivery, Outgoing, Recipient, Tx};
use jiff::Timestamp;
use serde_json::Value;

use crate::Error;

/// Who is to get an activity. Each inbox gets it once, however many reasons there are.
#[derive(Debug, Clone, Default)]
pub struct Recipients {
    to: Vec<Recipient>,
    except: Vec<i64>,
}

impl Recipients {
    pub fn new() -> Self {
        Self::default()
    }

    /// The inbox of this actor alone. PeerTube wants follows and their answers there.
    #[must_use]
    pub fn inbox_of(mut self, actor: &Actor) -> Self {
        self.to.push(Recipient::Inbox(actor.id));
        self
    }

    /// The inbox this actor shares with others of its server, or its own if there is none.
    #[must_use]
    pub fn shared_inbox_of(mut self, actor: &Actor) -> Self {
        self.to.push(Recipient::SharedInbox(actor.id));
        self
    }

    /// Everyone who follows this actor, here or elsewhere; those here have no inbox and need none.
    #[must_use]
    pub fn followers_of(mut self, actor_id: i64) -> Self {
        self.to.push(Recipient::Followers(actor_id));
        self
    }

    /// Not those of this instance: it was there that the activity came from.
    #[must_use]
    pub fn except_instance(mut self, instance_id: i64) -> Self {
        self.except.push(instance_id);
        self
    }
}

/// Queues what an actor here did. The activity gets its signature before it is first sent.
pub async fn write(
    tx: &mut Tx,
    signer: i64,
    body: &Value,
    to: &Recipients,
    now: Timestamp,
) -> Result<(), Error> {
    queue(tx, signer, &body.to_string(), false, to, now).await
}

/// Passes on what somebody else did, as it came: it carries its author's signature. `instance_actor` signs the requests.
pub async fn forward(
    tx: &mut Tx,
    instance_actor: i64,
    body: &str,
    to: &Recipients,
    now: Timestamp,
) -> Result<(), Error> {
    queue(tx, instance_actor, body, true, to, now).await
}

async fn queue(
    tx: &mut Tx,
    signer: i64,
    body: &str,
    signed: bool,
    to: &Recipients,
    now: Timestamp,
) -> Result<(), Error> {
    let activity_id = Outgoing::insert(tx, signer, body, signed, now).await?;
    Delivery::insert(tx, activity_id, &to.to, &to.except, now).await?;
    Ok(())
}
