//! WebFinger as a client: from the answer of another server to the address of an actor.

use serde_json::Value;

use super::read::Node;
use super::{HttpUrl, Invalid, Rules};

const MAX_LINKS: usize = 100;

/// The `self` link of a JRD (RFC 7033 4.4): the one of ActivityPub's type, or the first if none has it, as in PeerTube.
pub fn actor(jrd: &Value, rules: Rules) -> Result<HttpUrl, Invalid> {
    let node = Node::new(jrd, rules)?;
    let links: Vec<_> = node
        .nodes("links", MAX_LINKS)
        .filter(|link| link.str("rel") == Some("self"))
        .collect();
    links
        .iter()
        .find(|link| link.str("type").is_some_and(is_activity))
        .or_else(|| links.first())
        .ok_or(Invalid::new("links", "has no link to an actor"))?
        .url("href")
}

/// Where somebody of that server follows `uri` from: its template for that, filled in.
pub fn subscribe(jrd: &Value, uri: &str, rules: Rules) -> Result<HttpUrl, Invalid> {
    let node = Node::new(jrd, rules)?;
    let template = node
        .nodes("links", MAX_LINKS)
        .filter(|link| link.str("rel") == Some(crate::webfinger::SUBSCRIBE))
        .find_map(|link| link.str("template").map(str::to_owned))
        .filter(|template| template.contains("{uri}"))
        .ok_or(Invalid::new("links", "has no page to follow from"))?;
    let uri: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
    HttpUrl::parse(&template.replace("{uri}", &uri), "template", rules)
}

fn is_activity(media_type: &str) -> bool {
    media_type == "application/activity+json" || media_type.starts_with("application/ld+json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_self_link_of_the_right_type_is_the_actor() {
        let link = |rel, kind, href| json!({ "rel": rel, "type": kind, "href": href });
        let profile = link(
            "http://webfinger.net/rel/profile-page",
            "text/html",
            "https://a.example/@ana",
        );
        let html = link("self", "text/html", "https://a.example/html");
        let object = link("self", "application/activity+json", "https://a.example/ana");
        let find = |links: &[&Value]| actor(&json!({ "links": links }), Rules::default());
        assert_eq!(
            find(&[&profile, &html, &object]).unwrap(),
            "https://a.example/ana"
        );
        assert_eq!(find(&[&profile, &html]).unwrap(), "https://a.example/html");
        assert_eq!(find(&[&profile]).unwrap_err().field, "links");
        assert_eq!(find(&[]).unwrap_err().field, "links");
        let script = link("self", "application/activity+json", "javascript:alert(1)");
        assert_eq!(find(&[&script]).unwrap_err().field, "href");
    }

    #[test]
    fn the_page_to_follow_from_gets_whom() {
        let find = |template: &str| {
            let link = json!({ "rel": crate::webfinger::SUBSCRIBE, "template": template });
            subscribe(&json!({ "links": [link] }), "ana@b.example", Rules::default())
        };
        let page = find("https://a.example/remote-interaction?uri={uri}").unwrap();
        assert_eq!(page, "https://a.example/remote-interaction?uri=ana%40b.example");
        assert!(find("https://a.example/").is_err());
        assert!(find("javascript:alert({uri})").is_err());
        assert!(subscribe(&json!({ "links": [] }), "ana@b.example", Rules::default()).is_err());
    }
}
