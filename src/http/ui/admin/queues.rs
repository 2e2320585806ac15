//! What waits for other servers: how much, since when it fails, and why.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use db::{Delivery, DeliveryCounts, Instance, InstanceFacts, InstanceSort};
use jiff::Timestamp;
use serde::Deserialize;

use super::{DoneQuery, administrator, done};
use crate::app::App;
use crate::http::ui::error::PageError;
use crate::http::ui::format::When;
use crate::http::ui::frame::{Frame, Visit};
use crate::http::ui::locale::Locale;
use crate::http::ui::pager::{Pager, PagerQuery};
use crate::http::ui::show;

const PATH: &str = "/admin/federation/queues";
const ROWS: i64 = 50;
const DONE: &[&str] = &["admin-done-retrying", "admin-done-dropped"];

#[derive(Debug)]
struct Row {
    id: i64,
    host: String,
    queued: i64,
    given_up: i64,
    failures: i64,
    /// When the next one is tried, in words.
    retry: Option<When>,
    delivered: Option<When>,
    error: Option<String>,
}

impl Row {
    fn new(t: Locale, facts: InstanceFacts, now: Timestamp) -> Self {
        let instance = facts.instance;
        let later = instance.retry_at.filter(|at| *at > now);
        Self {
            id: instance.id,
            host: instance.host,
            queued: facts.queued,
            given_up: facts.given_up,
            failures: instance.failures,
            retry: later.map(|at| When::ahead(t, at, now)),
            delivered: instance.delivered_at.map(|at| When::ago(t, at, now)),
            error: instance.last_error,
        }
    }

    fn is_failing(&self) -> bool {
        self.failures > 0
    }

    fn has_queue(&self) -> bool {
        self.queued + self.given_up > 0
    }
}

#[derive(Debug, Template)]
#[template(path = "admin_queues.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    done: Option<&'static str>,
    counts: DeliveryCounts,
    rows: Vec<Row>,
    newer: Option<String>,
    older: Option<String>,
}

/// `GET /admin/federation/queues`: those in trouble first.
pub(crate) async fn page(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<DoneQuery>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let done = query.key(DONE);
    let pager = Pager::new(PagerQuery { page: query.page }, ROWS);
    let list = Instance::list(&app.db, None, InstanceSort::Failures, pager.page()).await?;
    let now = Timestamp::now();
    let mut rows: Vec<Row> = list
        .data
        .into_iter()
        .map(|facts| Row::new(visit.t, facts, now))
        .collect();
    let (newer, older) = pager.links(PATH, &mut rows);
    Ok(show(&Page {
        frame: Frame::with_side(&app, &visit).await?,
        tab: "queues",
        done,
        counts: Delivery::counts(&app.db).await?,
        rows,
        newer,
        older,
    }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct QueueForm {
    id: i64,
}

/// `POST /admin/federation/queues/retry`
pub(crate) async fn retry(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<QueueForm>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let mut tx = app.db.begin().await?;
    Instance::retry_now(&mut tx, form.id).await?;
    tx.commit().await?;
    app.federation.deliveries.notify_one();
    Ok(done(PATH, "retrying").into_response())
}

/// `POST /admin/federation/queues/drop`
pub(crate) async fn discard(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<QueueForm>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let mut tx = app.db.begin().await?;
    Instance::drop_queue(&mut tx, form.id).await?;
    tx.commit().await?;
    Ok(done(PATH, "dropped").into_response())
}
