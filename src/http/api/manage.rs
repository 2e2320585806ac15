//! Changing and deleting videos. The files follow: whom a video is for decides which folder they lie in.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use db::{Channel, Removed, User, Uuid, Video, VideoState};
use federation::activity::video::{Involved, withdraw};
use jiff::Timestamp;

use super::input::{Body, Check};
use super::video_input::VideoInput;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{self, SignedIn};
use crate::jobs::federate;
use crate::storage::Access;

/// Changes what is said about a video, or whom it is for.
#[utoipa::path(put, path = "/videos/{id}", tag = "Videos", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID")), request_body = VideoInput,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Body(input): Body<VideoInput>,
) -> Result<StatusCode, ApiError> {
    let video = extract::managed_video(&app, signed_in.user(), &id).await?;
    let mut check = Check::body();
    let update = input.update(&mut check);
    check.finish()?;
    if let Some(channel_id) = update.channel_id
        && channel_id != video.channel.id
    {
        let owner = video.channel.account.user_id;
        let channel = owned_channel(&app, signed_in.user(), channel_id).await?;
        if channel.account.user_id != owner {
            return Err(ApiError::bad_request(
                "Cannot move a video to a channel of another user.",
            ));
        }
    }
    let privacy = update.privacy.filter(|privacy| *privacy != video.privacy);
    if privacy.is_some() && video.is_live && video.state != VideoState::WaitingForLive {
        return Err(ApiError::bad_request(
            "Cannot update privacy of a live that has already started",
        ));
    }

    // Files are closed before the video is said to be private, and opened after it is said to be public.
    if privacy.is_some_and(|privacy| Access::of(privacy) == Access::Private) {
        set_access(&app, video.uuid, Access::Private).await?;
    }
    let written = change(&app, &video, &update).await;
    let shown = if written.is_ok() {
        privacy.unwrap_or(video.privacy)
    } else {
        video.privacy
    };
    set_access(&app, video.uuid, Access::of(shown)).await?;
    written?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes what is said about a video, and lets other servers know: of the change, or that it is not for them any more.
pub(crate) async fn change(
    app: &App,
    video: &Video,
    update: &db::VideoUpdate,
) -> Result<(), federation::Error> {
    let now = Timestamp::now();
    let privacy = update.privacy.unwrap_or(video.privacy);
    let involved = Involved::of(&app.federation, video).await?;
    let mut tx = app.db.begin().await?;
    if federate::is_told(app, privacy, video.state) {
        federate::enqueue(&mut tx, video.id, now).await?;
    } else {
        withdraw(&app.federation, &mut tx, video, &involved, now).await?;
    }
    Video::update(&mut tx, video.id, update, now).await?;
    tx.commit().await?;
    app.federation.jobs.notify_one();
    app.federation.deliveries.notify_one();
    Ok(())
}

async fn set_access(app: &App, uuid: Uuid, access: Access) -> Result<(), ApiError> {
    let storage = app.storage.clone();
    let moved = tokio::task::spawn_blocking(move || storage.set_access(uuid, access)).await;
    match moved {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::error!(%uuid, %error, "cannot move the files of a video");
            Err(ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The files of the video cannot be moved",
            ))
        }
        Err(_) => Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "The server is stopping",
        )),
    }
}

/// Deletes a video with its files. A live that is on air ends.
#[utoipa::path(delete, path = "/videos/{id}", tag = "Videos", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn delete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let video = extract::managed_video(&app, signed_in.user(), &id).await?;
    remove(&app, &video).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a video of here with its files, and lets other servers know.
pub(crate) async fn remove(app: &App, video: &Video) -> Result<(), federation::Error> {
    let involved = Involved::of(&app.federation, video).await?;
    let mut tx = app.db.begin().await?;
    withdraw(&app.federation, &mut tx, video, &involved, Timestamp::now()).await?;
    let removed = Video::delete(&mut tx, video.id).await?;
    tx.commit().await?;
    app.federation.deliveries.notify_one();
    clean_up(app, removed).await;
    Ok(())
}

/// After videos were deleted: ends those on air and removes their files. What cannot be removed is for the administrator; the
/// video is gone for everyone else.
pub(crate) async fn clean_up(app: &App, removed: impl IntoIterator<Item = Removed>) {
    for Removed { uuid, .. } in removed {
        app.lives.end(uuid).await;
        let storage = app.storage.clone();
        let gone = tokio::task::spawn_blocking(move || storage.remove(uuid)).await;
        if let Ok(Err(error)) = gone {
            tracing::error!(%uuid, %error, "cannot remove the files of a deleted video");
        }
    }
}

/// A channel this user may publish on.
pub(crate) async fn owned_channel(app: &App, user: &User, channel_id: i64) -> Result<Channel, ApiError> {
    let unknown = || ApiError::bad_request("Unknown video \"video channel\" for this user.");
    let channel = Channel::by_id(&app.db, channel_id).await?.ok_or_else(unknown)?;
    if channel.is_local() && (channel.belongs_to(user.id) || user.is_moderator()) {
        Ok(channel)
    } else {
        Err(unknown())
    }
}
