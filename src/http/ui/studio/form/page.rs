//! The form as a page.

use askama::Template;
use db::LatencyMode;

use super::super::super::frame::{Frame, Visit};
use super::super::super::language::LANGUAGES;
use super::super::super::locale::Locale;
use super::fields::{CATEGORIES, FieldError, LICENCES, LiveForm, PRIVACIES};
use crate::app::App;

#[derive(Debug)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// What the template reads of the form.
#[derive(Debug)]
struct Values {
    name: String,
    description: String,
    nsfw: bool,
    permanent: bool,
    replay: bool,
    grace: String,
    dvr: String,
}

#[derive(Debug, Template)]
#[template(path = "live_form.html")]
pub(super) struct FormPage {
    frame: Frame,
    heading: &'static str,
    submit: &'static str,
    action: String,
    back: String,
    on_air: bool,
    default_grace: u32,
    errors: Vec<FieldError>,
    values: Values,
    channels: Vec<Choice>,
    privacies: Vec<Choice>,
    categories: Vec<Choice>,
    languages: Vec<Choice>,
    licences: Vec<Choice>,
    replay_privacies: Vec<Choice>,
    latencies: Vec<Choice>,
}

impl FormPage {
    pub(super) fn new(
        app: &App,
        visit: &Visit,
        form: LiveForm,
        channels: &[db::Channel],
        live: Option<&db::Live>,
        errors: Vec<FieldError>,
    ) -> Self {
        let t = visit.t;
        let short = live.map(|live| live.video.uuid.short());
        let choice = |value: String, label: String, chosen: &str| Choice {
            chosen: value == chosen,
            value,
            label,
        };
        let none = |chosen: &str| choice(String::new(), t.say("form-none"), chosen);
        let numbered = |prefix: &str, last: i64, chosen: &str| {
            let each = (1..=last).map(|id| choice(id.to_string(), t.say(&format!("{prefix}-{id}")), chosen));
            std::iter::once(none(chosen)).chain(each).collect()
        };
        let languages = LANGUAGES
            .iter()
            .map(|(code, name)| choice((*code).to_owned(), (*name).to_owned(), &form.language));
        Self {
            frame: Frame::bare(app, visit),
            heading: if live.is_some() {
                "form-edit-title"
            } else {
                "form-new-title"
            },
            submit: if live.is_some() {
                "form-save"
            } else {
                "form-create"
            },
            action: short.as_ref().map_or("/studio/live/new".to_owned(), |short| {
                format!("/studio/live/{short}/edit")
            }),
            back: short.map_or("/studio".to_owned(), |short| format!("/studio/live/{short}")),
            on_air: live.is_some_and(|live| live.video.state != db::VideoState::WaitingForLive),
            default_grace: app.config.live.grace_s,
            errors,
            channels: channels
                .iter()
                .map(|channel| {
                    choice(
                        channel.id.to_string(),
                        channel.actor.display_name.clone(),
                        &form.channel,
                    )
                })
                .collect(),
            privacies: privacies(t, &form.privacy),
            categories: numbered("category", CATEGORIES, &form.category),
            languages: std::iter::once(none(&form.language)).chain(languages).collect(),
            licences: numbered("licence", LICENCES, &form.licence),
            replay_privacies: privacies(t, &form.replay_privacy),
            latencies: [
                (LatencyMode::Small, "latency-small"),
                (LatencyMode::Default, "latency-default"),
                (LatencyMode::High, "latency-high"),
            ]
            .into_iter()
            .map(|(mode, key)| choice(mode.id().to_string(), t.say(key), &form.latency))
            .collect(),
            values: Values {
                name: form.name,
                description: form.description,
                nsfw: form.nsfw.is_some(),
                permanent: form.permanent.is_some(),
                replay: form.replay.is_some(),
                grace: form.grace,
                dvr: form.dvr,
            },
        }
    }

    fn wrong(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.field == field)
    }
}

fn privacies(t: Locale, chosen: &str) -> Vec<Choice> {
    PRIVACIES
        .into_iter()
        .map(|(privacy, key)| {
            let value = privacy.id().to_string();
            Choice {
                chosen: value == chosen,
                value,
                label: t.say(key),
            }
        })
        .collect()
}
