//! The configuration as administrators see it. What can be set while the server runs is kept in the database; what is asked to
//! change beyond that is refused by name, not ignored.

use axum::Json;
use axum::extract::State;
use federation::Followers;
use serde_json::{Value, json};

use super::input::{Body, Lenient};
use super::server_follows::administrator;
use crate::app::App;
use crate::http::error::{ApiError, InvalidParam};
use crate::http::extract::SignedIn;
use crate::settings::Chosen;

/// Deeper than PeerTube's configuration goes.
const MAX_DEPTH: usize = 8;
/// Keys named in one refusal.
const MAX_NAMED: usize = 50;
const MAX_NAME_CHARS: usize = 50;
const MAX_SHORT_CHARS: usize = 250;
/// PeerTube's limit of such texts.
const MAX_TEXT_CHARS: usize = 10_000;
const MAX_EMAIL_CHARS: usize = 254;

/// What PeerTube's `CustomConfig` says, truly: what this server does not have is off, none or empty.
fn describe(app: &App) -> Value {
    let (config, instance, policy) = (
        &app.config,
        app.settings.instance(),
        app.federation.follow_policy(),
    );
    let off = json!({ "enabled": false });
    json!({
        "instance": {
            "name": instance.name,
            "shortDescription": instance.short_description,
            "description": instance.description,
            "terms": instance.terms,
            "codeOfConduct": "",
            "creationReason": "",
            "moderationInformation": "",
            "administrator": instance.contact_email,
            "maintenanceLifetime": "",
            "businessModel": "",
            "hardwareInformation": "",
            "languages": [],
            "categories": [],
            "isNSFW": false,
            "defaultNSFWPolicy": "do_not_list",
            "defaultClientRoute": "/",
            "customizations": { "javascript": "", "css": "" },
        },
        "theme": { "default": "default" },
        "services": { "twitter": { "username": "" } },
        "client": {
            "videos": { "miniature": { "preferAuthorDisplayName": false } },
            "menu": { "login": { "redirectOnSingleExternalAuth": false } },
        },
        "cache": {
            "previews": { "size": 0 }, "captions": { "size": 0 }, "torrents": { "size": 0 }, "storyboards": { "size": 0 },
        },
        "signup": {
            "enabled": false, "limit": -1, "requiresApproval": false, "requiresEmailVerification": false, "minimumAge": 16,
        },
        "admin": { "email": instance.contact_email },
        "contactForm": off,
        "user": {
            "history": { "videos": off }, "videoQuota": -1, "videoQuotaDaily": -1, "defaultChannelName": "Main $1 channel",
        },
        "videoChannels": { "maxPerUser": super::channels::MAX_PER_USER },
        "transcoding": {
            "enabled": false,
            "originalFile": { "keep": false },
            "allowAdditionalExtensions": false,
            "allowAudioFiles": false,
            "remoteRunners": off,
            "threads": 0,
            "concurrency": 0,
            "profile": "default",
            "resolutions": {},
            "alwaysTranscodeOriginalResolution": true,
            "webVideos": off,
            "hls": { "enabled": true },
        },
        "live": {
            "enabled": config.live.enabled,
            "allowReplay": true,
            "latencySetting": { "enabled": true },
            "maxDuration": -1,
            "maxInstanceLives": config.live.max_instance_lives,
            "maxUserLives": config.live.max_user_lives,
            "transcoding": {
                "enabled": false,
                "remoteRunners": off,
                "threads": 0,
                "profile": "default",
                "resolutions": {},
                "alwaysTranscodeOriginalResolution": true,
            },
        },
        "videoStudio": { "enabled": false, "remoteRunners": off },
        "videoTranscription": { "enabled": false, "remoteRunners": off },
        "videoFile": { "update": off },
        "import": {
            "videos": { "concurrency": 0, "http": off, "torrent": off },
            "videoChannelSynchronization": { "enabled": false, "maxPerUser": 0 },
            "users": off,
        },
        "export": { "users": { "enabled": false, "maxUserVideoQuota": 0, "exportExpiration": 0 } },
        "trending": { "videos": { "algorithms": { "enabled": ["most-viewed", "most-liked"], "default": "most-viewed" } } },
        "autoBlacklist": { "videos": { "ofUsers": off } },
        "followers": {
            "instance": {
                "enabled": policy.followers != Followers::Nobody,
                "manualApproval": policy.followers == Followers::Manual,
            },
        },
        "followings": {
            "instance": {
                "autoFollowBack": { "enabled": policy.follow_back },
                "autoFollowIndex": { "enabled": false, "indexUrl": "" },
            },
        },
        "broadcastMessage": { "enabled": false, "message": "", "level": "info", "dismissable": false },
        "search": {
            "remoteUri": { "users": true, "anonymous": false },
            "searchIndex": { "enabled": false, "url": "", "disableLocalSearch": false, "isDefaultSearch": false },
        },
        "storyboards": off,
    })
}

/// What a client asks for, sorted into what can be done and what cannot.
#[derive(Default)]
struct Wishes {
    chosen: Chosen,
    followers: Option<bool>,
    manual_approval: Option<bool>,
    refused: Vec<InvalidParam>,
}

impl Wishes {
    fn refuse(&mut self, key: &str, value: &Value, message: &'static str) {
        if self.refused.len() < MAX_NAMED {
            self.refused
                .push(InvalidParam::new(key, Some(value.clone()), message, "body"));
        }
    }

    /// Goes through all values that differ from those of now.
    fn read(&mut self, key: &str, now: Option<&Value>, wanted: &Value, depth: usize) {
        match (now, wanted) {
            (Some(now), wanted) if now == wanted => {}
            (Some(Value::Object(now)), Value::Object(wanted)) if depth < MAX_DEPTH => {
                for (name, value) in wanted {
                    let key = if key.is_empty() {
                        name.clone()
                    } else {
                        format!("{key}.{name}")
                    };
                    self.read(&key, now.get(name), value, depth + 1);
                }
            }
            (None, value) => self.refuse(key, value, "Is not known to this server"),
            (Some(_), value) => self.set(key, value),
        }
    }

    fn set(&mut self, key: &str, value: &Value) {
        let text = |least: usize, most: usize| {
            String::read(value)
                .map(|text| text.trim().to_owned())
                .filter(|text| (least..=most).contains(&text.chars().count()))
        };
        let flag = bool::read(value);
        let wrong = match key {
            "instance.name" => keep(&mut self.chosen.name, text(1, MAX_NAME_CHARS)),
            "instance.shortDescription" => keep(&mut self.chosen.short_description, text(0, MAX_SHORT_CHARS)),
            "instance.description" => keep(&mut self.chosen.description, text(0, MAX_TEXT_CHARS)),
            "instance.terms" => keep(&mut self.chosen.terms, text(0, MAX_TEXT_CHARS)),
            "admin.email" => keep(
                &mut self.chosen.contact_email,
                text(0, MAX_EMAIL_CHARS).filter(|email| email.is_empty() || email.contains('@')),
            ),
            "followers.instance.enabled" => keep(&mut self.followers, flag),
            "followers.instance.manualApproval" => keep(&mut self.manual_approval, flag),
            "followings.instance.autoFollowBack.enabled" => keep(&mut self.chosen.follow_back, flag),
            _ => {
                return self.refuse(
                    key,
                    value,
                    "Cannot be changed while the server runs; see its configuration file",
                );
            }
        };
        if wrong {
            self.refuse(key, value, "Should have a valid value");
        }
    }

    fn finish(mut self, now: Followers) -> Result<Chosen, ApiError> {
        if !self.refused.is_empty() {
            return Err(ApiError::invalid(self.refused));
        }
        let enabled = self.followers.unwrap_or(now != Followers::Nobody);
        let manual = self.manual_approval.unwrap_or(now == Followers::Manual);
        if self.followers.is_some() || self.manual_approval.is_some() {
            self.chosen.followers = Some(match (enabled, manual) {
                (false, _) => Followers::Nobody,
                (true, true) => Followers::Manual,
                (true, false) => Followers::Auto,
            });
        }
        Ok(self.chosen)
    }
}

/// Whether there was nothing to keep.
fn keep<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    *place = value;
    place.is_none()
}

/// The configuration, in PeerTube's words.
#[utoipa::path(get, path = "/config/custom", tag = "Config", security(("token" = [])),
    responses((status = 200, body = Value), (status = 401), (status = 403)))]
pub(crate) async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Json<Value>, ApiError> {
    administrator(&signed_in)?;
    Ok(Json(describe(&app)))
}

/// Sets what can be set while the server runs: what the instance says of itself, and who may follow it. What is left out stays.
#[utoipa::path(put, path = "/config/custom", tag = "Config", security(("token" = [])), request_body = Value,
    responses((status = 200, body = Value), (status = 400), (status = 401), (status = 403)))]
pub(crate) async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(wanted): Body<Value>,
) -> Result<Json<Value>, ApiError> {
    administrator(&signed_in)?;
    if !wanted.is_object() {
        return Err(ApiError::bad_request("Send an object"));
    }
    let mut wishes = Wishes::default();
    wishes.read("", Some(&describe(&app)), &wanted, 0);
    let chosen = wishes.finish(app.federation.follow_policy().followers)?;
    app.choose(&chosen).await?;
    Ok(Json(describe(&app)))
}

/// Forgets what was set: the configuration file counts again.
#[utoipa::path(delete, path = "/config/custom", tag = "Config", security(("token" = [])),
    responses((status = 200, body = Value), (status = 401), (status = 403)))]
pub(crate) async fn reset(State(app): State<App>, signed_in: SignedIn) -> Result<Json<Value>, ApiError> {
    administrator(&signed_in)?;
    app.forget_chosen().await?;
    Ok(Json(describe(&app)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(wanted: &Value) -> Result<Chosen, ApiError> {
        let now = json!({
            "instance": { "name": "A", "isNSFW": false },
            "followers": { "instance": { "enabled": true, "manualApproval": false } },
        });
        let mut wishes = Wishes::default();
        wishes.read("", Some(&now), wanted, 0);
        wishes.finish(Followers::Auto)
    }

    #[test]
    fn what_stays_as_it_is_need_not_be_changeable() {
        let chosen = read(&json!({ "instance": { "name": "B", "isNSFW": false } })).unwrap();
        assert_eq!(chosen.name.as_deref(), Some("B"));
        assert_eq!(chosen.followers, None);
        let chosen = read(&json!({ "followers": { "instance": { "manualApproval": true } } })).unwrap();
        assert_eq!(chosen.followers, Some(Followers::Manual));
        let chosen = read(&json!({ "followers": { "instance": { "enabled": false } } })).unwrap();
        assert_eq!(chosen.followers, Some(Followers::Nobody));
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        for wanted in [
            json!({ "instance": { "isNSFW": true } }),
            json!({ "instance": { "name": "" } }),
            json!({ "instance": "x" }),
            json!({ "unknown": 1 }),
            json!({ "followers": { "instance": { "enabled": [] } } }),
        ] {
            assert!(read(&wanted).is_err(), "{wanted}");
        }
    }
}
