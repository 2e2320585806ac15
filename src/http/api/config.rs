//! What clients want to know before anything else. A flag that is off makes them hide what is not here.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::PEERTUBE_VERSION;
use crate::app::App;

/// How often players should say that they are watching.
const WATCHING_INTERVAL_MS: u32 = 5_000;

/// What this server is and does, in PeerTube's words. `software` says what it really is.
#[utoipa::path(get, path = "/config", tag = "Config", responses((status = 200, body = Value)))]
pub(crate) async fn get(State(app): State<App>) -> Json<Value> {
    let (config, instance) = (&app.config, app.settings.instance());
    let no_runners = json!({ "enabled": false });
    let images = json!({ "file": { "size": { "max": 0 }, "extensions": [] } });
    Json(json!({
        "client": {
            "videos": {
                "miniature": { "displayAuthorAvatar": false, "preferAuthorDisplayName": false },
                "resumableUpload": { "maxChunkSize": 0 },
            },
            "menu": { "login": { "redirectOnSingleExternalAuth": false } },
        },
        "defaults": {
            "publish": {
                "downloadEnabled": true, "commentsPolicy": 1, "commentsEnabled": true, "privacy": 1, "licence": null,
            },
            "p2p": { "webapp": { "enabled": false }, "embed": { "enabled": false } },
        },
        "webadmin": { "configuration": { "edition": { "allowed": false } } },
        "instance": {
            "name": instance.name,
            "shortDescription": instance.short_description,
            "isNSFW": false,
            "defaultNSFWPolicy": "do_not_list",
            "defaultClientRoute": "/",
            "customizations": { "javascript": "", "css": "" },
            "avatars": [],
            "banners": [],
        },
        "search": {
            "remoteUri": { "users": true, "anonymous": false },
            "searchIndex": { "enabled": false, "url": "", "disableLocalSearch": false, "isDefaultSearch": false },
        },
        "plugin": { "registered": [], "registeredExternalAuths": [], "registeredIdAndPassAuths": [] },
        "theme": { "registered": [], "default": "default" },
        "email": { "enabled": false },
        "contactForm": { "enabled": false },
        "serverVersion": PEERTUBE_VERSION,
        "serverCommit": "",
        "software": { "name": "tributary", "version": env!("CARGO_PKG_VERSION") },
        "transcoding": {
            "remoteRunners": no_runners,
            "hls": { "enabled": true },
            "web_videos": { "enabled": false },
            "enabledResolutions": [],
            "profile": "default",
            "availableProfiles": ["default"],
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
                "remoteRunners": no_runners,
                "enabledResolutions": [],
                "profile": "default",
                "availableProfiles": ["default"],
            },
            "rtmp": { "port": config.rtmp_listen().ok().flatten().map(|address| address.port()) },
        },
        "videoStudio": { "enabled": false, "remoteRunners": no_runners },
        "videoFile": { "update": { "enabled": false } },
        "videoTranscription": { "enabled": false, "remoteRunners": no_runners },
        "import": {
            "videos": { "http": { "enabled": false }, "torrent": { "enabled": false } },
            "videoChannelSynchronization": { "enabled": false },
            "users": { "enabled": false },
        },
        "export": { "users": { "enabled": false, "exportExpiration": 0, "maxUserVideoQuota": 0 } },
        "autoBlacklist": { "videos": { "ofUsers": { "enabled": false } } },
        "avatar": images,
        "banner": images,
        "video": { "image": { "size": { "max": 0 }, "extensions": [] }, "file": { "extensions": [] } },
        "videoCaption": { "file": { "size": { "max": 0 }, "extensions": [] } },
        "user": { "videoQuota": -1, "videoQuotaDaily": -1 },
        "videoChannels": { "maxPerUser": super::channels::MAX_PER_USER },
        "trending": {
            "videos": { "intervalDays": 7, "algorithms": { "enabled": ["most-viewed", "most-liked"], "default": "most-viewed" } },
        },
        "tracker": { "enabled": false },
        "followings": { "instance": { "autoFollowIndex": { "indexUrl": "" } } },
        "broadcastMessage": { "enabled": false, "message": "", "level": "info", "dismissable": false },
        "homepage": { "enabled": false },
        "openTelemetry": { "metrics": { "enabled": false, "playbackStatsInterval": 15_000 } },
        "views": {
            "videos": { "watchingInterval": { "anonymous": WATCHING_INTERVAL_MS, "users": WATCHING_INTERVAL_MS } },
        },
        "storyboards": { "enabled": false },
        "signup": {
            "allowed": false,
            "allowedForCurrentIP": false,
            "minimumAge": 16,
            "requiresApproval": false,
            "requiresEmailVerification": false,
        },
    }))
}

/// What the people behind this server say about it.
#[utoipa::path(get, path = "/config/about", tag = "Config", responses((status = 200, body = Value)))]
pub(crate) async fn about(State(app): State<App>) -> Json<Value> {
    let instance = app.settings.instance();
    Json(json!({
        "instance": {
            "name": instance.name,
            "shortDescription": instance.short_description,
            "description": instance.description,
            "terms": instance.terms,
            "codeOfConduct": "",
            "hardwareInformation": "",
            "creationReason": "",
            "moderationInformation": "",
            "administrator": instance.contact_email,
            "maintenanceLifetime": "",
            "businessModel": "",
            "languages": [],
            "categories": [],
            "banners": [],
            "avatars": [],
        },
    }))
}
