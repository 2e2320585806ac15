//! What was filled in, and what it means.

use db::{LatencyMode, Privacy};
use serde::Deserialize;

use super::super::super::language::LANGUAGES;

/// PeerTube's bounds, which other servers expect.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 3..=120;
const DESCRIPTION_CHARS: usize = 10_000;
const MAX_GRACE_S: u32 = 600;
const MAX_DVR_MINUTES: u32 = 24 * 60;
pub(super) const CATEGORIES: i64 = 18;
pub(super) const LICENCES: i64 = 7;

/// The form as it was filled in: text, until it is checked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::http::ui) struct LiveForm {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) channel: String,
    pub(super) privacy: String,
    pub(super) category: String,
    pub(super) language: String,
    pub(super) licence: String,
    pub(super) nsfw: Option<String>,
    pub(super) permanent: Option<String>,
    pub(super) replay: Option<String>,
    pub(super) replay_privacy: String,
    pub(super) latency: String,
    pub(super) grace: String,
    pub(super) dvr: String,
}

/// The form, checked.
#[derive(Debug)]
pub(super) struct Wishes {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) channel_id: i64,
    pub(super) privacy: Privacy,
    pub(super) category: Option<i64>,
    pub(super) language: Option<String>,
    pub(super) licence: Option<i64>,
    pub(super) nsfw: bool,
    pub(super) settings: db::LiveSettings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FieldError {
    pub(super) field: &'static str,
    pub(super) text: &'static str,
}

impl LiveForm {
    pub(super) fn of(live: &db::Live) -> Self {
        let (video, settings) = (&live.video, &live.settings);
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let on = |on: bool| on.then(|| "on".to_owned());
        let mut form = Self {
            name: video.name.clone(),
            description: video.description.clone().unwrap_or_default(),
            channel: video.channel.id.to_string(),
            privacy: video.privacy.id().to_string(),
            category: number(video.category),
            language: video.language.clone().unwrap_or_default(),
            licence: number(video.licence),
            nsfw: on(video.nsfw),
            permanent: on(settings.permanent),
            ..Self::default()
        };
        form.keep_how_of(live);
        form
    }

    /// Takes over what stays as it is while the live runs. Browsers leave disabled fields out; what another client asks
    /// for in spite of it is refused, as by the API.
    pub(super) fn keep_what_runs(&mut self, live: &db::Live) -> Vec<FieldError> {
        self.keep_how_of(live);
        let asked = std::mem::replace(&mut self.privacy, live.video.privacy.id().to_string());
        if asked.is_empty() || asked == self.privacy {
            Vec::new()
        } else {
            vec![FieldError {
                field: "privacy",
                text: "error-privacy-on-air",
            }]
        }
    }

    /// Takes over how the live works.
    fn keep_how_of(&mut self, live: &db::Live) {
        let settings = &live.settings;
        let on = |on: bool| on.then(|| "on".to_owned());
        self.permanent = on(settings.permanent);
        self.replay = on(settings.save_replay);
        self.replay_privacy = settings
            .replay_privacy
            .unwrap_or(live.video.privacy)
            .id()
            .to_string();
        self.latency = settings.latency_mode.id().to_string();
        self.grace = settings
            .grace_s
            .map(|seconds| seconds.to_string())
            .unwrap_or_default();
        self.dvr = settings
            .dvr_window_s
            .map(|seconds| (seconds / 60).to_string())
            .unwrap_or_default();
    }

    pub(super) fn check(&self, channels: &[db::Channel]) -> Result<Wishes, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut fail = |field, text| errors.push(FieldError { field, text });
        let name = self.name.trim().to_owned();
        if !NAME_CHARS.contains(&name.chars().count()) {
            fail("name", "error-name-length");
        }
        let description = self.description.trim().replace("\r\n", "\n");
        if description.chars().count() > DESCRIPTION_CHARS {
            fail("description", "error-description-length");
        }
        let channel_id = channels
            .iter()
            .map(|channel| channel.id)
            .find(|id| id.to_string() == self.channel);
        if channel_id.is_none() {
            fail("channel", "error-channel");
        }
        let privacy = offered_privacy(&self.privacy);
        if privacy.is_none() {
            fail("privacy", "error-choice");
        }
        let saves = self.replay.is_some();
        let replay_privacy = offered_privacy(&self.replay_privacy);
        if saves && replay_privacy.is_none() {
            fail("replay_privacy", "error-choice");
        }
        let grace_s = optional_number(&self.grace, MAX_GRACE_S);
        if grace_s.is_none() {
            fail("grace", "error-grace-range");
        }
        let dvr_minutes = optional_number(&self.dvr, MAX_DVR_MINUTES);
        if dvr_minutes.is_none() {
            fail("dvr", "error-dvr-range");
        }
        let wishes = Wishes {
            name,
            description: (!description.is_empty()).then_some(description),
            channel_id: channel_id.unwrap_or_default(),
            privacy: privacy.unwrap_or(Privacy::Private),
            category: offered_number(&self.category, CATEGORIES),
            language: LANGUAGES
                .iter()
                .find(|(code, _)| *code == self.language)
                .map(|(code, _)| (*code).to_owned()),
            licence: offered_number(&self.licence, LICENCES),
            nsfw: self.nsfw.is_some(),
            settings: db::LiveSettings {
                permanent: self.permanent.is_some(),
                save_replay: saves,
                replay_privacy: if saves { replay_privacy } else { None },
                latency_mode: self
                    .latency
                    .parse()
                    .ok()
                    .and_then(|id: i64| LatencyMode::try_from(id).ok())
                    .unwrap_or(LatencyMode::Default),
                grace_s: grace_s.flatten(),
                dvr_window_s: dvr_minutes.flatten().map(|minutes| minutes * 60),
            },
        };
        if errors.is_empty() {
            Ok(wishes)
        } else {
            Err(errors)
        }
    }
}

/// Privacies a form offers: a password would need a place to type it.
pub(super) const PRIVACIES: [(Privacy, &str); 4] = [
    (Privacy::Public, "privacy-public"),
    (Privacy::Unlisted, "privacy-unlisted"),
    (Privacy::Internal, "privacy-internal"),
    (Privacy::Private, "privacy-private"),
];

fn offered_privacy(text: &str) -> Option<Privacy> {
    PRIVACIES
        .into_iter()
        .map(|(privacy, _)| privacy)
        .find(|privacy| privacy.id().to_string() == text)
}

fn offered_number(text: &str, max: i64) -> Option<i64> {
    text.parse().ok().filter(|number| (1..=max).contains(number))
}

/// `Some(None)` for an empty field, `None` for a wrong one.
fn optional_number(text: &str, max: u32) -> Option<Option<u32>> {
    match text.trim() {
        "" => Some(None),
        text => text.parse().ok().filter(|number| *number <= max).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors_of(form: &LiveForm) -> Vec<&'static str> {
        form.check(&[])
            .unwrap_err()
            .into_iter()
            .map(|error| error.field)
            .collect()
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let form = LiveForm {
            name: " ab ".to_owned(),
            description: "x".repeat(10_001),
            privacy: "5".to_owned(),
            replay: Some("on".to_owned()),
            replay_privacy: String::new(),
            grace: "601".to_owned(),
            dvr: "-1".to_owned(),
            ..LiveForm::default()
        };
        assert_eq!(
            errors_of(&form),
            [
                "name",
                "description",
                "channel",
                "privacy",
                "replay_privacy",
                "grace",
                "dvr"
            ]
        );
    }

    #[test]
    fn empty_numbers_mean_the_instances_own() {
        assert_eq!(optional_number(" ", 10), Some(None));
        assert_eq!(optional_number("10", 10), Some(Some(10)));
        assert_eq!(optional_number("11", 10), None);
        assert_eq!(offered_number("0", 18), None);
        assert_eq!(offered_number("18", 18), Some(18));
    }
}
