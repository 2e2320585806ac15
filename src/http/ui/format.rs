//! Numbers and times as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::locale::Locale;

/// A moment: in words, and exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    pub text: String,
    pub iso: String,
    /// On hover; scripts put the visitor's own time zone in its place.
    pub exact: String,
}

impl When {
    pub(crate) fn ago(t: Locale, then: Timestamp, now: Timestamp) -> Self {
        Self::worded(ago(t, then, now), then)
    }

    /// With more words around: `key` has `{ $name }` where the time belongs.
    pub(crate) fn sentence(t: Locale, key: &str, then: Timestamp, now: Timestamp) -> Self {
        Self::worded(t.about(key, &ago(t, then, now)), then)
    }

    /// Of a moment to come.
    pub(crate) fn ahead(t: Locale, then: Timestamp, now: Timestamp) -> Self {
        let seconds = then.as_second().saturating_sub(now.as_second());
        let text = match seconds {
            ..60 => t.say("ahead-soon"),
            60..3_600 => t.count("ahead-minutes", seconds / 60),
            _ => t.count("ahead-hours", seconds / 3_600),
        };
        Self::worded(text, then)
    }

    fn worded(text: String, then: Timestamp) -> Self {
        let exact = then
            .to_zoned(TimeZone::UTC)
            .strftime("%Y-%m-%d %H:%M UTC")
            .to_string();
        Self {
            text,
            iso: then.to_string(),
            exact,
        }
    }
}

fn ago(t: Locale, then: Timestamp, now: Timestamp) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const MONTH: i64 = 30 * DAY;
    const YEAR: i64 = 365 * DAY;
    let seconds = now.as_second().saturating_sub(then.as_second());
    match seconds {
        ..MINUTE => t.say("ago-now"),
        MINUTE..HOUR => t.count("ago-minutes", seconds / MINUTE),
        HOUR..DAY => t.count("ago-hours", seconds / HOUR),
        DAY..MONTH => t.count("ago-days", seconds / DAY),
        MONTH..YEAR => t.count("ago-months", seconds / MONTH),
        _ => t.count("ago-years", seconds / YEAR),
    }
}

/// 0:07, 12:30, 1:02:03.
pub(crate) fn length(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// One of the eight colours that stand for whoever has no picture (controls.css): the same for the same name.
pub(crate) fn hue(name: &str) -> u8 {
    name.bytes()
        .fold(7_u8, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte))
        % 8
}

pub(crate) fn initial(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .unwrap_or('?')
        .to_uppercase()
        .collect()
}

/// The start of a text on one line, for link previews.
pub(crate) fn summary(text: &str) -> String {
    /// What previews show at most.
    const CHARS: usize = 200;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ago_of(seconds: i64) -> String {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let then = Timestamp::from_second(1_800_000_000 - seconds).unwrap();
        ago(Locale::English, then, now)
    }

    #[test]
    fn moments_in_words() {
        assert_eq!(ago_of(-5), "just now", "clocks differ a little");
        assert_eq!(ago_of(59), "just now");
        assert_eq!(ago_of(60), "a minute ago");
        assert_eq!(ago_of(59 * 60), "59 minutes ago");
        assert_eq!(ago_of(3_600), "an hour ago");
        assert_eq!(ago_of(86_400), "yesterday");
        assert_eq!(ago_of(20 * 86_400), "20 days ago");
        assert_eq!(ago_of(400 * 86_400), "a year ago");
    }

    #[test]
    fn the_exact_time_is_at_hand() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let when = When::sentence(Locale::English, "watch-started", at, at);
        assert_eq!(when.text, "Started just now");
        assert_eq!(when.exact, "2027-01-15 08:00 UTC");
        assert_eq!(when.iso, "2027-01-15T08:00:00Z");
    }

    #[test]
    fn lengths() {
        assert_eq!(length(7), "0:07");
        assert_eq!(length(750), "12:30");
        assert_eq!(length(3_723), "1:02:03");
        assert_eq!(length(-1), "0:00");
    }

    #[test]
    fn stand_ins_for_pictures() {
        assert_eq!(initial("  été"), "É");
        assert_eq!(initial("!!"), "?");
        assert_eq!(hue("root"), hue("root"));
        assert!(hue("anything") < 8);
    }

    #[test]
    fn summaries_are_one_short_line() {
        assert_eq!(summary("a\n\n b  c"), "a b c");
        let long = summary(&"é".repeat(500));
        assert_eq!(long.chars().count(), 201);
        assert!(long.ends_with('…'));
    }
}
