//! Making a live, and changing it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use db::{LatencyMode, Privacy};
use jiff::Timestamp;
use serde::Deserialize;

use super::super::error::PageError;
use super::super::frame::{Frame, Visit};
use super::super::language::LANGUAGES;
use super::super::locale::Locale;
use super::super::show;
use super::{managed_live, own_account};
use crate::app::App;
use crate::storage::Access;

/// PeerTube's bounds, which other servers expect.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 3..=120;
const DESCRIPTION_CHARS: usize = 10_000;
const MAX_GRACE_S: u32 = 600;
const MAX_DVR_MINUTES: u32 = 24 * 60;
const CATEGORIES: i64 = 18;
const LICENCES: i64 = 7;
const CHANNELS: i64 = 100;

/// The form as it was filled in: text, until it is checked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LiveForm {
    name: String,
    description: String,
    channel: String,
    privacy: String,
    category: String,
    language: String,
    licence: String,
    nsfw: Option<String>,
    permanent: Option<String>,
    replay: Option<String>,
    replay_privacy: String,
    latency: String,
    grace: String,
    dvr: String,
}

/// The form, checked.
#[derive(Debug)]
struct Wishes {
    name: String,
    description: Option<String>,
    channel_id: i64,
    privacy: Privacy,
    category: Option<i64>,
    language: Option<String>,
    licence: Option<i64>,
    nsfw: bool,
    settings: db::LiveSettings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FieldError {
    field: &'static str,
    text: &'static str,
}

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
struct FormPage {
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
    fn wrong(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.field == field)
    }
}

/// `GET /studio/live/new`
pub(crate) async fn new(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let channels = own_channels(&app, &visit).await?;
    let form = LiveForm {
        privacy: Privacy::Public.id().to_string(),
        permanent: Some("on".to_owned()),
        replay: app.config.live.save_replay.then(|| "on".to_owned()),
        replay_privacy: Privacy::Public.id().to_string(),
        latency: LatencyMode::Small.id().to_string(),
        ..LiveForm::default()
    };
    Ok(show(&page(&app, &visit, form, &channels, None, Vec::new())))
}

/// `POST /studio/live/new`
pub(crate) async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<LiveForm>,
) -> Result<Response, PageError> {
    if !app.config.live.enabled {
        return Err(PageError::Forbidden);
    }
    let channels = own_channels(&app, &visit).await?;
    let wishes = match form.check(&channels) {
        Ok(wishes) => wishes,
        Err(errors) => return Ok(again(&page(&app, &visit, form, &channels, None, errors))),
    };
    let video = db::NewVideo {
        channel_id: wishes.channel_id,
        name: wishes.name,
        description: wishes.description,
        support: None,
        category: wishes.category,
        licence: wishes.licence,
        language: wishes.language,
        privacy: wishes.privacy,
        nsfw: wishes.nsfw,
        comments_policy: db::CommentsPolicy::Enabled,
        download_enabled: true,
        tags: Vec::new(),
        originally_published_at: None,
    };
    let mut tx = app.db.begin().await?;
    let (_, uuid) = db::Live::create(&mut tx, &video, &wishes.settings, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/studio/live/{}", uuid.short())).into_response())
}

/// `GET /studio/live/{id}/edit`
pub(crate) async fn edit(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let live = managed_live(&app, &visit, &id).await?;
    let channels = channels_of(&app, &live).await?;
    Ok(show(&page(
        &app,
        &visit,
        LiveForm::of(&live),
        &channels,
        Some(&live),
        Vec::new(),
    )))
}

/// `POST /studio/live/{id}/edit`
pub(crate) async fn save(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Form(mut form): Form<LiveForm>,
) -> Result<Response, PageError> {
    let live = managed_live(&app, &visit, &id).await?;
    let waits = live.video.state == db::VideoState::WaitingForLive;
    if !waits {
        // The browser leaves disabled fields out, and how a live works is not changed while it runs.
        form.keep_how_of(&live);
    }
    let channels = channels_of(&app, &live).await?;
    let wishes = match form.check(&channels) {
        Ok(wishes) => wishes,
        Err(errors) => return Ok(again(&page(&app, &visit, form, &channels, Some(&live), errors))),
    };
    let update = db::VideoUpdate {
        channel_id: Some(wishes.channel_id),
        name: Some(wishes.name),
        description: Some(wishes.description),
        category: Some(wishes.category),
        licence: Some(wishes.licence),
        language: Some(wishes.language),
        privacy: Some(wishes.privacy),
        nsfw: Some(wishes.nsfw),
        ..db::VideoUpdate::default()
    };
    let now = Timestamp::now();
    let mut tx = app.db.begin().await?;
    db::Video::update(&mut tx, live.video.id, &update, now).await?;
    if waits {
        db::Live::update(&mut tx, live.video.id, &wishes.settings, now).await?;
    }
    tx.commit().await?;
    // The folder is the access right; a live that waits has none yet.
    if let Err(error) = app
        .storage
        .set_access(live.video.uuid, Access::of(wishes.privacy))
    {
        tracing::error!(%error, video = %live.video.uuid, "cannot move the files of a video");
    }
    Ok(Redirect::to(&format!("/studio/live/{}", live.video.uuid.short())).into_response())
}

fn again(page: &FormPage) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, show(page)).into_response()
}

async fn own_channels(app: &App, visit: &Visit) -> Result<Vec<db::Channel>, PageError> {
    let account = own_account(app, visit).await?;
    Ok(list_channels(app, account.id).await?)
}

/// Those of the live's owner, also when a moderator looks at it.
async fn channels_of(app: &App, live: &db::Live) -> Result<Vec<db::Channel>, PageError> {
    Ok(list_channels(app, live.video.channel.account.id).await?)
}

async fn list_channels(app: &App, account_id: i64) -> Result<Vec<db::Channel>, db::Error> {
    let page = db::Page {
        skip_total: true,
        ..db::Page::first(CHANNELS)
    };
    Ok(db::Channel::list(&app.db, Some(account_id), None, false, page)
        .await?
        .data)
}

impl LiveForm {
    fn of(live: &db::Live) -> Self {
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

    fn check(&self, channels: &[db::Channel]) -> Result<Wishes, Vec<FieldError>> {
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
const PRIVACIES: [(Privacy, &str); 4] = [
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

fn page(
    app: &App,
    visit: &Visit,
    form: LiveForm,
    channels: &[db::Channel],
    live: Option<&db::Live>,
    errors: Vec<FieldError>,
) -> FormPage {
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
    FormPage {
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
