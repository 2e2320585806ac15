//! Reports to the moderators.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use db::{Abuse, AbuseFilter, AbuseSort, AbuseState, Account, Comment, List, Video};
use federation::activity::flag::{self, About, Report};
use federation::protocol::Reason;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::channels;
use super::input::{Body, Check, Given, Nested, Query};
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::abuse::AbuseShape;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{self, SignedIn, Viewer};

/// PeerTube's bounds.
pub(crate) const REASON_CHARS: std::ops::RangeInclusive<usize> = 2..=3_000;
const MAX_REASONS: usize = 8;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Named {
    id: Given<String>,
    start_at: Given<i64>,
    end_at: Given<i64>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AbuseInput {
    #[serde(default)]
    #[schema(value_type = String, min_length = 2, max_length = 3_000)]
    reason: Given<String>,
    /// Such as `spamOrMisleading`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    predefined_reasons: Given<Vec<String>>,
    /// One of these: `{"id", "startAt", "endAt"}`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    video: Given<Nested<Named>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    comment: Given<Nested<Named>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    account: Given<Nested<Named>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewAbuse {
    abuse: Numbered,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Numbered {
    id: i64,
}

/// Reports a video, a comment or an account.
#[utoipa::path(post, path = "/abuses", tag = "Abuses", security(("token" = [])), request_body = AbuseInput,
    responses((status = 200, body = NewAbuse), (status = 400), (status = 401), (status = 404)))]
pub(crate) async fn report(
    State(app): State<App>,
    viewer: Viewer,
    signed_in: SignedIn,
    Body(input): Body<AbuseInput>,
) -> Result<Json<NewAbuse>, ApiError> {
    const REASON: &str = "Should have a reason between 2 and 3000 characters long";
    const REASONS: &str = "Should have valid predefined reasons";
    let mut check = Check::body();
    let text = check.text("reason", &input.reason, REASON_CHARS, REASON);
    let text = check.required("reason", text, REASON);
    let names = check.value("predefinedReasons", &input.predefined_reasons, REASONS, |names| {
        names.len() <= MAX_REASONS && names.iter().all(|name| Reason::named(name).is_some())
    });
    let reasons: Vec<Reason> = names
        .iter()
        .flatten()
        .filter_map(|name| Reason::named(name))
        .collect();
    let about = [&input.video, &input.comment, &input.account].map(named);
    let text = check.finish_with(text)?;
    let reporter = channels::account(&app, signed_in.user()).await?;
    let new = |about, named: &Named| Report {
        reporter: &reporter,
        about,
        text: &text,
        reasons: &reasons,
        start_s: seconds(&named.start_at),
        end_s: seconds(&named.end_at),
    };
    let id = match about {
        [Some((id, named)), None, None] => {
            let video = extract::visible_video(&app, &viewer, id).await?;
            flag::report(&app.federation, &new(About::Video(&video), named)).await?
        }
        [None, Some((id, named)), None] => {
            let comment = comment(&app, &viewer, id).await?;
            flag::report(&app.federation, &new(About::Comment(&comment), named)).await?
        }
        [None, None, Some((id, named))] => {
            let unknown = || ApiError::not_found("Account not found");
            let account = Account::by_id(&app.db, id.parse().map_err(|_| unknown())?).await?;
            let account = account.ok_or_else(unknown)?;
            flag::report(&app.federation, &new(About::Account(&account), named)).await?
        }
        _ => {
            return Err(ApiError::bad_request(
                "Should have one of video, comment and account",
            ));
        }
    };
    Ok(Json(NewAbuse {
        abuse: Numbered { id },
    }))
}

fn named(given: &Given<Nested<Named>>) -> Option<(&str, &Named)> {
    match given {
        Given::Is(Nested(named)) => match &named.id {
            Given::Is(id) => Some((id, named)),
            _ => None,
        },
        _ => None,
    }
}

fn seconds(given: &Given<i64>) -> Option<i64> {
    match given {
        Given::Is(seconds) if *seconds >= 0 => Some(*seconds),
        _ => None,
    }
}

/// A comment on a video that this viewer may see.
async fn comment(app: &App, viewer: &Viewer, id: &str) -> Result<Comment, ApiError> {
    let unknown = || ApiError::not_found("Video comment not found");
    let comment = Comment::by_id(&app.db, id.parse().map_err(|_| unknown())?).await?;
    let comment = comment.ok_or_else(unknown)?;
    extract::visible_video(app, viewer, &comment.video.uuid.to_string()).await?;
    Ok(comment)
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct AbuseQuery {
    #[param(value_type = Option<i64>)]
    id: Given<i64>,
    /// 1 pending, 2 rejected, 3 accepted.
    #[param(value_type = Option<i64>)]
    state: Given<i64>,
}

/// All reports, for moderators.
#[utoipa::path(get, path = "/abuses", tag = "Abuses", security(("token" = [])), params(Paging, AbuseQuery),
    responses((status = 200, body = Listed<AbuseShape>), (status = 400), (status = 401), (status = 403)))]
pub(crate) async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<AbuseQuery>,
) -> Result<Json<Listed<AbuseShape>>, ApiError> {
    moderator(&signed_in)?;
    respond(&app, &paging, &query, None).await
}

/// One's own reports.
#[utoipa::path(get, path = "/users/me/abuses", tag = "Abuses", security(("token" = [])), params(Paging, AbuseQuery),
    responses((status = 200, body = Listed<AbuseShape>), (status = 400), (status = 401)))]
pub(crate) async fn mine(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<AbuseQuery>,
) -> Result<Json<Listed<AbuseShape>>, ApiError> {
    let account = channels::account(&app, signed_in.user()).await?;
    respond(&app, &paging, &query, Some(account.id)).await
}

async fn respond(
    app: &App,
    paging: &Paging,
    query: &AbuseQuery,
    reporter_id: Option<i64>,
) -> Result<Json<Listed<AbuseShape>>, ApiError> {
    let mut check = Check::query();
    let page = paging.page(&mut check);
    let order = paging.order(
        &mut check,
        "-createdAt",
        &[("createdAt", ()), ("id", ()), ("state", ())],
    );
    let mut filter = AbuseFilter {
        id: check.value("id", &query.id, "Should have a valid id", |_| true),
        state: check.one_of("state", &query.state, "Should have a valid state"),
        reporter_id,
        sort: AbuseSort::Newest,
    };
    let ((), newest_first) = check.finish_with(order)?;
    if !newest_first {
        filter.sort = AbuseSort::Oldest;
    }
    let List { total, data } = Abuse::list(&app.db, &filter, page).await?;
    let site = Site::of(&app.config);
    let mut shapes = Vec::with_capacity(data.len());
    for abuse in &data {
        let video = match abuse.video_id {
            Some(id) => Video::by_ref(&app.db, id).await?,
            None => None,
        };
        let comment = match abuse.comment_id {
            Some(id) => Comment::by_id(&app.db, id).await?,
            None => None,
        };
        let mut shape = AbuseShape::new(abuse, video.as_ref(), comment.as_ref(), &site);
        if reporter_id.is_some() {
            shape.keep_among_moderators();
        }
        shapes.push(shape);
    }
    Ok(Json(Listed { total, data: shapes }))
}

fn moderator(signed_in: &SignedIn) -> Result<(), ApiError> {
    if signed_in.user().is_moderator() {
        Ok(())
    } else {
        Err(extract::not_enough_rights())
    }
}

async fn find(app: &App, id: &str) -> Result<Abuse, ApiError> {
    let unknown = || ApiError::not_found("Abuse not found");
    let id = id.parse().map_err(|_| unknown())?;
    Abuse::by_id(&app.db, id).await?.ok_or_else(unknown)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AbuseUpdate {
    /// 1 pending, 2 rejected, 3 accepted.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    state: Given<i64>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    moderation_comment: Given<String>,
}

/// Decides on a report.
#[utoipa::path(put, path = "/abuses/{id}", tag = "Abuses", security(("token" = [])), params(("id" = i64, Path)),
    request_body = AbuseUpdate,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Body(input): Body<AbuseUpdate>,
) -> Result<StatusCode, ApiError> {
    moderator(&signed_in)?;
    let abuse = find(&app, &id).await?;
    let mut check = Check::body();
    let state: Option<AbuseState> = check.one_of("state", &input.state, "Should have a valid state");
    let comment = check.nullable_text(
        "moderationComment",
        &input.moderation_comment,
        REASON_CHARS,
        "Should have a moderation comment between 2 and 3000 characters long",
    );
    check.finish()?;
    let comment = comment.as_ref().map(|comment| comment.as_deref());
    let mut tx = app.db.begin().await?;
    Abuse::update(&mut tx, abuse.id, state, comment, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets a report.
#[utoipa::path(delete, path = "/abuses/{id}", tag = "Abuses", security(("token" = [])), params(("id" = i64, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn delete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    moderator(&signed_in)?;
    let abuse = find(&app, &id).await?;
    let mut tx = app.db.begin().await?;
    Abuse::delete(&mut tx, abuse.id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
