//! The words of the pages, from Fluent files, in the visitor's language.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::{HeaderMap, header};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::{LanguageIdentifier, langid};

use super::cookie;

/// Remembers a language that was chosen on a page; without it the browser's wish counts.
pub(crate) const LANGUAGE_COOKIE: &str = "tributary_lang";

/// Values that scripts fill in by themselves: they get `{seconds}` where a page would get the number.
const SCRIPT_VALUES: [&str; 6] = ["seconds", "time", "count", "picture", "bitrate", "keyframes"];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Locale {
    #[default]
    English,
    French,
}

struct Words {
    bundle: FluentBundle<FluentResource>,
    /// All keys, to give scripts theirs.
    keys: Vec<String>,
}

static ENGLISH: LazyLock<Words> =
    LazyLock::new(|| Words::parse(langid!("en"), include_str!("../../../web/locales/en.ftl")));
static FRENCH: LazyLock<Words> =
    LazyLock::new(|| Words::parse(langid!("fr"), include_str!("../../../web/locales/fr.ftl")));

impl Words {
    fn parse(language: LanguageIdentifier, source: &str) -> Self {
        // What a broken file still says is better than no page; the tests let no broken file through.
        let resource =
            FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _errors)| resource);
        let keys = resource
            .entries()
            .filter_map(|entry| match entry {
                fluent_syntax::ast::Entry::Message(message) => Some(message.id.name.to_owned()),
                _ => None,
            })
            .collect();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // The isolation marks are for mixed directions within a sentence, and garble attributes and titles.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Self { bundle, keys }
    }

    fn say(&self, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        Some(
            self.bundle
                .format_pattern(pattern, args, &mut errors)
                .into_owned(),
        )
    }
}

impl Locale {
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::French];

    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?.trim();
        Self::ALL
            .into_iter()
            .find(|locale| primary.eq_ignore_ascii_case(locale.tag()))
    }

    /// The language chosen here, or the browser's first wish that is spoken here.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if let Some(chosen) = cookie(headers, LANGUAGE_COOKIE).and_then(Self::from_tag) {
            return chosen;
        }
        let wishes = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        wished(wishes).unwrap_or_default()
    }

    fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::French => &FRENCH,
        }
    }

    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        self.words()
            .say(key, args)
            .or_else(|| ENGLISH.say(key, args))
            .unwrap_or_else(|| key.to_owned())
    }

    pub(crate) fn say(self, key: &str) -> String {
        self.format(key, None)
    }

    /// A sentence with a number, in its plural form.
    pub(crate) fn count(self, key: &str, count: i64) -> String {
        let mut args = FluentArgs::new();
        args.set("count", count);
        self.format(key, Some(&args))
    }

    /// A sentence with a name or other text in it.
    pub(crate) fn about(self, key: &str, name: &str) -> String {
        let mut args = FluentArgs::new();
        args.set("name", FluentValue::from(name));
        self.format(key, Some(&args))
    }

    /// A sentence about somebody and something.
    pub(crate) fn who_did_what(self, key: &str, who: &str, what: &str) -> String {
        let mut args = FluentArgs::new();
        args.set("who", FluentValue::from(who));
        args.set("what", FluentValue::from(what));
        self.format(key, Some(&args))
    }

    /// The messages that start with `prefix`, for a script.
    pub(crate) fn for_script(self, prefix: &str) -> BTreeMap<&'static str, String> {
        let mut args = FluentArgs::new();
        for name in SCRIPT_VALUES {
            args.set(name, format!("{{{name}}}"));
        }
        ENGLISH
            .keys
            .iter()
            .filter(|key| key.starts_with(prefix))
            .map(|key| (key.as_str(), self.format(key, Some(&args))))
            .collect()
    }
}

/// The spoken language with the highest weight in `Accept-Language` (RFC 9110 12.5.4).
fn wished(wishes: &str) -> Option<Locale> {
    /// More wishes than anyone sends by hand.
    const MAX_WISHES: usize = 32;
    let mut best: Option<(f32, Locale)> = None;
    for wish in wishes.split(',').take(MAX_WISHES) {
        let (tag, parameters) = wish.split_once(';').unwrap_or((wish, ""));
        let weight = parameters
            .trim()
            .strip_prefix("q=")
            .map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
        if let Some(locale) = Locale::from_tag(tag)
            && weight > best.map_or(0.0, |(weight, _)| weight)
        {
            best = Some((weight, locale));
        }
    }
    best.map(|(_, locale)| locale)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_browsers_first_spoken_wish_counts() {
        assert_eq!(wished("fr-CA,fr;q=0.9,en;q=0.8"), Some(Locale::French));
        assert_eq!(wished("de, en;q=0.5, fr;q=0.4"), Some(Locale::English));
        assert_eq!(wished("fr;q=0, de"), None);
        assert_eq!(wished(";;,,q=x"), None);
    }

    #[test]
    fn a_chosen_language_wins_over_the_browsers() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, "en".parse().unwrap());
        assert_eq!(Locale::of(&headers), Locale::English);
        headers.insert(header::COOKIE, "a=b; tributary_lang=fr".parse().unwrap());
        assert_eq!(Locale::of(&headers), Locale::French);
    }

    #[test]
    fn plurals_and_names() {
        assert_eq!(Locale::English.count("watching", 1), "1 watching");
        assert_eq!(Locale::English.count("ago-minutes", 1), "a minute ago");
        assert_eq!(Locale::French.count("ago-minutes", 12), "il y a 12 minutes");
        assert_eq!(Locale::English.about("channel-by", "Ana"), "by Ana");
        assert_eq!(Locale::English.say("no-such-key"), "no-such-key");
    }

    #[test]
    fn scripts_get_names_where_they_put_values() {
        let strings = Locale::English.for_script("player-");
        assert_eq!(strings["player-behind"], "{seconds} s behind");
        assert!(strings.keys().all(|key| key.starts_with("player-")));
    }

    #[test]
    fn every_language_says_everything_and_no_file_is_broken() {
        let sources = [
            include_str!("../../../web/locales/en.ftl"),
            include_str!("../../../web/locales/fr.ftl"),
        ];
        for source in sources {
            assert!(FluentResource::try_new(source.to_owned()).is_ok());
        }
        let keys = |locale: Locale| locale.words().keys.iter().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(Locale::English), keys(Locale::French));
        for locale in Locale::ALL {
            assert_eq!(
                locale.words().keys.len(),
                keys(locale).len(),
                "a key is there twice"
            );
        }
    }

    /// A key that is asked for and not there would show on the page.
    #[test]
    fn every_key_of_templates_and_scripts_exists() {
        let web = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
        let mut asked = BTreeSet::new();
        for (folder, markers) in [
            ("templates", ["say(\"", "count(\"", "about(\""]),
            ("src/player", ["say('", "#say('", "say(\""]),
            ("src/studio", ["say('", "#say('", "say(\""]),
            ("src/site", ["say('", "#say('", "say(\""]),
        ] {
            let paths = std::fs::read_dir(web.join(folder)).unwrap();
            // Feeds, in their folder, have no words.
            for path in paths
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.is_file())
            {
                let text = std::fs::read_to_string(path).unwrap();
                for marker in markers {
                    for found in text.split(marker).skip(1) {
                        let end = found.find(['"', '\'']).unwrap();
                        asked.insert(found[..end].to_owned());
                    }
                }
            }
        }
        assert!(asked.len() > 50, "the markers no longer match");
        for key in asked {
            let there = ENGLISH
                .keys
                .iter()
                .any(|known| *known == key || *known == format!("{key}-other"));
            assert!(there, "{key} is asked for, and nowhere said");
        }
    }
}
