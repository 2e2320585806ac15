//! Making a live, and changing it.

mod fields;
mod page;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use db::{LatencyMode, Privacy};
use jiff::Timestamp;

use super::super::error::PageError;
use super::super::frame::Visit;
use super::super::show;
use super::{managed_live, own_account};
use crate::app::App;
use crate::http::api::{lives, manage};
use crate::jobs::federate;
use crate::storage::Access;
use fields::{FieldError, LiveForm};
use page::FormPage;

/// Channels of one person that the form offers.
const CHANNELS: i64 = 100;

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
    Ok(show(&FormPage::new(
        &app,
        &visit,
        form,
        &channels,
        None,
        Vec::new(),
    )))
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
    let mut refused = Vec::new();
    if !lives::may_have_another(&app, own_account(&app, &visit).await?.id).await? {
        refused.push(FieldError {
            field: "name",
            text: "error-too-many-lives",
        });
    }
    let wishes = match form.check(&channels) {
        Ok(wishes) if refused.is_empty() => wishes,
        checked => {
            refused.extend(checked.err().unwrap_or_default());
            return Ok(again(&FormPage::new(
                &app, &visit, form, &channels, None, refused,
            )));
        }
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
    let now = Timestamp::now();
    let mut tx = app.db.begin().await?;
    let (id, uuid) = db::Live::create(&mut tx, &video, &wishes.settings, now).await?;
    federate::enqueue(&mut tx, id, now).await?;
    tx.commit().await?;
    app.federation.jobs.notify_one();
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
    Ok(show(&FormPage::new(
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
    let mut refused = if waits {
        Vec::new()
    } else {
        form.keep_what_runs(&live)
    };
    let channels = channels_of(&app, &live).await?;
    let wishes = match form.check(&channels) {
        Ok(wishes) if refused.is_empty() => wishes,
        checked => {
            refused.extend(checked.err().unwrap_or_default());
            return Ok(again(&FormPage::new(
                &app,
                &visit,
                form,
                &channels,
                Some(&live),
                refused,
            )));
        }
    };
    let update = db::VideoUpdate {
        channel_id: Some(wishes.channel_id),
        name: Some(wishes.name),
        description: Some(wishes.description),
        category: Some(wishes.category),
        licence: Some(wishes.licence),
        language: Some(wishes.language),
        privacy: waits.then_some(wishes.privacy),
        nsfw: Some(wishes.nsfw),
        ..db::VideoUpdate::default()
    };
    if waits {
        let mut tx = app.db.begin().await?;
        db::Live::update(&mut tx, live.video.id, &wishes.settings, Timestamp::now()).await?;
        tx.commit().await?;
    }
    manage::change(&app, &live.video, &update).await?;
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
