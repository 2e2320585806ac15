//! Actors: a Person for an account, a Group for a channel, an Application for the server.

use db::{Account, Actor, Channel};
use serde_json::{Value, json};

use super::iso;
use crate::{INSTANCE_ACTOR, Site, context};

pub fn account(account: &Account, public_pem: &str, site: &Site) -> Value {
    actor("Person", &site.account(account), &account.actor, public_pem, site)
}

/// The server itself: follows other servers and signs what is fetched.
pub fn instance(instance: &Actor, public_pem: &str, site: &Site) -> Value {
    let mut object = actor("Application", &site.instance_actor(), instance, public_pem, site);
    if let Some(fields) = object.as_object_mut() {
        fields.insert("preferredUsername".to_owned(), json!(INSTANCE_ACTOR));
    }
    object
}

/// PeerTube takes a Group only with its owner: a Person of the same host.
pub fn channel(channel: &Channel, public_pem: &str, site: &Site) -> Value {
    let mut object = actor("Group", &site.channel(channel), &channel.actor, public_pem, site);
    if let Some(fields) = object.as_object_mut() {
        fields.insert("support".to_owned(), json!(channel.support));
        // Lemmy's word for: only the owner posts here.
        fields.insert("postingRestrictedToMods".to_owned(), json!(true));
        let owner = json!([{ "type": "Person", "id": site.account(&channel.account) }]);
        fields.insert("attributedTo".to_owned(), owner);
    }
    object
}

fn actor(kind: &str, id: &str, actor: &Actor, public_pem: &str, site: &Site) -> Value {
    json!({
        "@context": context::actor(),
        "type": kind,
        "id": id,
        "following": format!("{id}/following"),
        "followers": format!("{id}/followers"),
        "playlists": format!("{id}/playlists"),
        "inbox": format!("{id}/inbox"),
        "outbox": format!("{id}/outbox"),
        "preferredUsername": actor.name,
        // A string: PeerTube 6.3 refuses actors whose url is an array of links.
        "url": id,
        "name": actor.display_name,
        // PeerTube leaves followers without a shared inbox out of everything it sends.
        "endpoints": { "sharedInbox": site.shared_inbox() },
        "publicKey": {
            "id": format!("{id}#main-key"),
            "owner": id,
            "publicKeyPem": public_pem,
        },
        "published": iso(actor.created_at),
        "summary": actor.description,
    })
}
