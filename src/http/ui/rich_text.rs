//! What people write, as HTML that does nothing but say it: Markdown from here, HTML from elsewhere.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use db::Markup;
use pulldown_cmark::{Event, Parser};

/// No pictures, no styles, no forms; links lead to the web, and search engines do not follow them.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    cleaner
        .tags(HashSet::from([
            "a",
            "b",
            "blockquote",
            "br",
            "code",
            "del",
            "em",
            "i",
            "li",
            "ol",
            "p",
            "pre",
            "s",
            "strong",
            "ul",
        ]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .url_schemes(HashSet::from(["http", "https"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer ugc"));
    cleaner
});

pub(crate) fn html(text: &str, markup: Markup) -> String {
    match markup {
        Markup::Html => CLEANER.clean(text).to_string(),
        Markup::Markdown => {
            // Tags are what somebody typed, and a line ends where they ended it.
            let events = Parser::new(text).map(|event| match event {
                Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
                Event::SoftBreak => Event::HardBreak,
                event => event,
            });
            let mut html = String::with_capacity(text.len() * 2);
            pulldown_cmark::html::push_html(&mut html, events);
            CLEANER.clean(&html).to_string()
        }
    }
}

/// The words alone, on one line, for notices.
pub(crate) fn plain(text: &str, markup: Markup) -> String {
    const WITHIN_WORDS: [&str; 8] = ["a", "b", "code", "del", "em", "i", "s", "strong"];
    let html = html(text, markup);
    let mut words = String::with_capacity(html.len());
    let mut pieces = html.split('<');
    words.push_str(pieces.next().unwrap_or_default());
    // What was cleaned has no `<` but those of tags.
    for (tag, after) in pieces.filter_map(|piece| piece.split_once('>')) {
        let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        if !WITHIN_WORDS.contains(&name) {
            words.push(' ');
        }
        words.push_str(after);
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_rendered_and_its_tags_are_words() {
        let html = |text| super::html(text, Markup::Markdown);
        assert_eq!(html("a *b*\nc"), "<p>a <em>b</em><br>\nc</p>\n");
        assert_eq!(html("x <b>y</b>"), "<p>x &lt;b&gt;y&lt;/b&gt;</p>\n");
        assert!(!html("<script>x</script> <b>y</b>").contains('<'));
        let link = html("[x](https://x.example) [y](javascript:alert) ![z](https://x.example/z.png)");
        assert!(
            link.contains(r#"<a href="https://x.example" rel="nofollow noopener noreferrer ugc">x</a>"#),
            "{link}"
        );
        assert!(
            !link.contains("javascript") && !link.contains("<img") && !link.contains("z.png"),
            "{link}"
        );
    }

    #[test]
    fn html_of_others_is_inert() {
        let html = |text| super::html(text, Markup::Html);
        let evil = "<p onclick=x>Hi <script>alert(1)</script><img src=x onerror=alert(1)><style>*{}</style>\
            <a href='javascript:x'>a</a><a href='/logout'>b</a><iframe src=x></iframe><svg onload=x><form>c</form></p>";
        let clean = html(evil);
        for word in [
            "onclick", "script", "onerror", "img", "style", "iframe", "svg", "form", "logout", "alert",
        ] {
            assert!(!clean.contains(word), "{word} in {clean}");
        }
        // Mastodon's mentions.
        let mention = html(
            r#"<p><span class="h-card"><a href="https://x.example/@a" class="u-url">@<span>a</span></a></span> ok</p>"#,
        );
        assert_eq!(
            mention,
            r#"<p><a href="https://x.example/@a" rel="nofollow noopener noreferrer ugc">@a</a> ok</p>"#
        );
    }

    #[test]
    fn nesting_without_end_ends() {
        let deep = "<blockquote>".repeat(800);
        assert!(html(&deep, Markup::Html).len() < 50_000);
        assert!(html(&"> ".repeat(5_000), Markup::Markdown).len() < 1_000_000);
    }

    #[test]
    fn plain_words() {
        assert_eq!(plain("a *b* <c>\n\n& d", Markup::Markdown), "a b <c> & d");
        assert_eq!(plain("<p>a</p><p>b <b>c</b>?</p>", Markup::Html), "a b c?");
    }
}
