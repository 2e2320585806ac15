//! NodeInfo 2.0: what this server is and how many use it, for directories and for servers that want to follow it.

use db::Stats;
use serde_json::{Value, json};

use crate::Site;

pub const CONTENT_TYPE: &str =
    "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/2.0#\"; charset=utf-8";

/// What the program knows about itself.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    pub name: &'a str,
    pub description: &'a str,
    pub version: &'a str,
}

/// `/.well-known/nodeinfo`. PeerTube finds the actor of the server by the second link.
pub fn links(site: &Site) -> Value {
    json!({ "links": [
        { "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": format!("{}/nodeinfo/2.0.json", site.url) },
        { "rel": "https://www.w3.org/ns/activitystreams#Application", "href": site.instance_actor() },
    ] })
}

/// `/nodeinfo/2.0.json`.
pub fn describe(node: Node<'_>, stats: &Stats) -> Value {
    json!({
        "version": "2.0",
        "software": { "name": "tributary", "version": node.version },
        "protocols": ["activitypub"],
        "services": { "inbound": [], "outbound": [] },
        "openRegistrations": false,
        "usage": {
            "users": {
                "total": stats.users,
                "activeMonth": stats.monthly_active_users,
                "activeHalfyear": stats.half_year_active_users,
            },
            "localPosts": stats.local_videos,
            "localComments": 0,
        },
        "metadata": {
            "taxonomy": { "postsName": "Videos" },
            "nodeName": node.name,
            "nodeDescription": node.description,
            "nodeConfig": { "live": { "enabled": true, "transcoding": { "enabled": false, "enabledResolutions": [] } } },
        },
    })
}
