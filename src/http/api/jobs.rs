//! What the server has still to do, as PeerTube's lists of jobs: what a change left to be done, and what waits for other servers.

use axum::Json;
use axum::extract::{Path, State};
use db::{Work, WorkFilter, WorkKind, WorkState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::input::{Check, Given, Query};
use super::paging::{Listed, Paging};
use super::server_follows::administrator;
use super::shape::iso;
use crate::app::App;
use crate::http::error::{ApiError, InvalidParam};
use crate::http::extract::SignedIn;

/// PeerTube's name of a delivery to one inbox.
const DELIVERY: &str = "activitypub-http-unicast";
/// Those of ours that PeerTube has as well, by its names.
const KINDS: &[(&str, &str)] = &[(federation::remote::outbox::CRAWL_JOB, "activitypub-http-fetcher")];
const MAX_KIND_CHARS: usize = 100;

/// A job.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobShape {
    /// `job-` or `delivery-` and its number.
    id: String,
    /// `active`, `waiting`, `delayed` or `failed`: what is completed is not kept.
    state: &'static str,
    #[serde(rename = "type")]
    kind: String,
    /// What it is about.
    data: Value,
    priority: i64,
    progress: i64,
    attempts: i64,
    error: Option<String>,
    created_at: String,
    processed_on: Option<String>,
    finished_on: Option<String>,
}

impl JobShape {
    fn new(work: Work) -> Self {
        let (prefix, kind, data) = match work.kind {
            WorkKind::Delivery => {
                let data = json!({ "uri": work.name, "activityId": work.payload.parse::<i64>().ok() });
                ("delivery", DELIVERY.to_owned(), data)
            }
            WorkKind::Job => {
                let known = KINDS.iter().find(|(ours, _)| *ours == work.name);
                let kind = known.map_or(work.name, |(_, theirs)| (*theirs).to_owned());
                let data = serde_json::from_str(&work.payload).unwrap_or(Value::Null);
                ("job", kind, data)
            }
        };
        Self {
            id: format!("{prefix}-{}", work.id),
            state: match work.state {
                WorkState::Active => "active",
                WorkState::Waiting => "waiting",
                WorkState::Delayed => "delayed",
                WorkState::Failed => "failed",
            },
            kind,
            data,
            priority: 0,
            progress: 0,
            attempts: work.attempts,
            error: work.error,
            created_at: iso(work.created_at),
            processed_on: None,
            finished_on: None,
        }
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct JobsQuery {
    #[param(value_type = Option<String>)]
    job_type: Given<String>,
}

impl JobsQuery {
    fn narrow(&self, filter: &mut WorkFilter) -> Result<(), ApiError> {
        let mut check = Check::query();
        let kind = check.text(
            "jobType",
            &self.job_type,
            0..=MAX_KIND_CHARS,
            "Should have a valid job type",
        );
        check.finish()?;
        match kind.as_deref() {
            None | Some("") => {}
            Some(DELIVERY) => filter.kind = Some(WorkKind::Delivery),
            Some(kind) => {
                let known = KINDS.iter().find(|(_, theirs)| *theirs == kind);
                filter.kind = Some(WorkKind::Job);
                filter.name = Some(known.map_or(kind, |(ours, _)| *ours).to_owned());
            }
        }
        Ok(())
    }
}

async fn respond(
    app: &App,
    paging: &Paging,
    query: &JobsQuery,
    state: Option<WorkState>,
) -> Result<Json<Listed<JobShape>>, ApiError> {
    let (page, ((), newest_first)) = paging.read("-createdAt", &[("createdAt", ())])?;
    let mut filter = WorkFilter {
        state,
        ..WorkFilter::default()
    };
    query.narrow(&mut filter)?;
    let work = Work::list(&app.db, &filter, newest_first, page, Timestamp::now()).await?;
    Ok(Json(Listed::of(work, JobShape::new)))
}

/// Everything that is not done.
#[utoipa::path(get, path = "/jobs", tag = "Job", security(("token" = [])), params(Paging, JobsQuery),
    responses((status = 200, body = Listed<JobShape>), (status = 400), (status = 401), (status = 403)))]
pub(crate) async fn all(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<JobsQuery>,
) -> Result<Json<Listed<JobShape>>, ApiError> {
    administrator(&signed_in)?;
    respond(&app, &paging, &query, None).await
}

/// What is being done, waits, waits for another try, or failed. What is completed is not kept.
#[utoipa::path(get, path = "/jobs/{state}", tag = "Job", security(("token" = [])),
    params(("state" = String, Path, description = "`active`, `waiting`, `delayed`, `failed`; `completed`, `paused` and others of PeerTube's are empty"),
        Paging, JobsQuery),
    responses((status = 200, body = Listed<JobShape>), (status = 400), (status = 401), (status = 403)))]
pub(crate) async fn by_state(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(state): Path<String>,
    Query(paging): Query<Paging>,
    Query(query): Query<JobsQuery>,
) -> Result<Json<Listed<JobShape>>, ApiError> {
    administrator(&signed_in)?;
    let state = match state.as_str() {
        "active" => WorkState::Active,
        "waiting" => WorkState::Waiting,
        "delayed" => WorkState::Delayed,
        "failed" => WorkState::Failed,
        "completed" | "paused" | "waiting-children" | "prioritized" => {
            return Ok(Json(Listed {
                total: 0,
                data: Vec::new(),
            }));
        }
        _ => {
            let param = InvalidParam::new(
                "state",
                Some(state.into()),
                "Should have a valid job state",
                "params",
            );
            return Err(ApiError::invalid(vec![param]));
        }
    };
    respond(&app, &paging, &query, Some(state)).await
}
