//! To whom something is said, and so who may see it.

use serde_json::Value;

use super::HttpUrl;
use super::read::{Node, id_of};
use crate::PUBLIC;

/// A video that a thousand servers announced is said to the followers of each; what comes after so many is not read.
const MAX_RECIPIENTS: usize = 2_000;

/// Who may see an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everyone, and it may be listed.
    Public,
    /// Everyone who knows the address. PeerTube addresses those to nobody, Mastodon mentions everyone in `cc`.
    Unlisted,
    /// Some followers, or those it is addressed to.
    Private,
}

/// `to` and `cc`. Everyone is always spelled [`PUBLIC`](crate::PUBLIC) here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipients {
    pub to: Vec<HttpUrl>,
    pub cc: Vec<HttpUrl>,
    /// Somebody is addressed whose address cannot be read. Without this, a letter to one person would count as one to nobody.
    others: bool,
}

impl Recipients {
    pub(super) fn of(node: Node<'_>) -> Self {
        let mut others = false;
        let mut read = |field| -> Vec<HttpUrl> {
            node.each(field, MAX_RECIPIENTS)
                .filter_map(|value| {
                    let url = recipient(value, field, node);
                    others |= url.is_none();
                    url
                })
                .collect()
        };
        let (to, cc) = (read("to"), read("cc"));
        Self { to, cc, others }
    }

    pub fn audience(&self) -> Audience {
        let everyone = |list: &[HttpUrl]| list.iter().any(|url| *url == PUBLIC);
        if everyone(&self.to) {
            Audience::Public
        } else if everyone(&self.cc) || (self.to.is_empty() && self.cc.is_empty() && !self.others) {
            Audience::Unlisted
        } else {
            Audience::Private
        }
    }
}

fn recipient(value: &Value, field: &'static str, node: Node<'_>) -> Option<HttpUrl> {
    let text = match id_of(value)? {
        // ActivityPub 5.6: these are all the same.
        "Public" | "as:Public" => PUBLIC,
        text => text,
    };
    HttpUrl::parse(text, field, node.rules).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Rules;
    use serde_json::json;

    fn audience(value: &Value) -> Audience {
        Recipients::of(Node::new(value, Rules::default()).unwrap()).audience()
    }

    #[test]
    fn who_is_addressed_is_who_may_see_it() {
        let followers = "https://tube.example/accounts/ana/followers";
        for public in ["Public", "as:Public", PUBLIC] {
            assert_eq!(audience(&json!({ "to": public })), Audience::Public);
            assert_eq!(
                audience(&json!({ "to": [public], "cc": [followers] })),
                Audience::Public
            );
            assert_eq!(
                audience(&json!({ "to": [followers], "cc": [public] })),
                Audience::Unlisted
            );
        }
        assert_eq!(audience(&json!({})), Audience::Unlisted);
        assert_eq!(audience(&json!({ "to": [], "cc": null })), Audience::Unlisted);
        assert_eq!(audience(&json!({ "to": followers })), Audience::Private);
        assert_eq!(
            audience(&json!({ "to": "acct:ana@tube.example" })),
            Audience::Private
        );
        assert_eq!(
            audience(&json!({ "to": [], "cc": [followers] })),
            Audience::Private
        );
    }
}
