//! One address is a page for people and an object for servers: what is asked for?

/// Browsers send eight.
const MAX_RANGES: usize = 32;

/// Whether an `Accept` header prefers ActivityPub's JSON to a page. As in PeerTube, it has to be named: `*/*` is a page.
///
/// RFC 9110 12.5.1: the higher `q` wins, then the more specific range; of equals, the first.
pub fn prefers_object(accept: &str) -> bool {
    // (thousandths of q, how specific), and what it stands for. Only a better one replaces the best so far.
    let mut best = ((0, 0), false);
    for range in accept.split(',').take(MAX_RANGES) {
        let mut parts = range.split(';').map(str::trim);
        let (specific, object) = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "application/activity+json" | "application/ld+json" => (3, true),
            "text/html" | "application/json" => (3, false),
            "text/*" | "application/*" => (2, false),
            "*/*" => (1, false),
            _ => continue,
        };
        let rank = (quality(parts), specific);
        if rank.0 > 0 && rank > best.0 {
            best = (rank, object);
        }
    }
    best.1
}

/// `q` in thousandths; one that cannot be read counts as none given.
fn quality<'a>(mut params: impl Iterator<Item = &'a str>) -> u32 {
    let text = params.find_map(|param| param.strip_prefix("q=").or_else(|| param.strip_prefix("Q=")));
    let (whole, fraction) = match text {
        Some(text) => text.split_once('.').unwrap_or((text, "")),
        None => ("1", ""),
    };
    // RFC 9110 12.4.2: at most three digits.
    let thousandths = format!("{fraction:0<3}");
    match (whole, thousandths.get(..3).and_then(|digits| digits.parse().ok())) {
        ("0", Some(thousandths)) => thousandths,
        _ => 1_000,
    }
}

#[cfg(test)]
mod tests {
    use super::prefers_object;

    #[test]
    fn servers_get_objects() {
        for accept in [
            "application/activity+json",
            "application/activity+json, application/ld+json",
            r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#,
            // Mastodon
            r#"application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1"#,
            "application/activity+json, */*",
            "*/*, Application/Activity+JSON",
        ] {
            assert!(prefers_object(accept), "{accept}");
        }
    }

    #[test]
    fn people_get_pages() {
        for accept in [
            "",
            "*/*",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/html, application/activity+json",
            "application/json",
            "text/html, application/activity+json;q=0.9",
            "application/activity+json;q=0",
            "application/*",
            "q=1",
        ] {
            assert!(!prefers_object(accept), "{accept}");
        }
    }
}
