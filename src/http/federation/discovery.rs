//! How other servers find who lives here, and what kind of server this is.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use db::{Account, Channel, Handle, Stats};
use federation::webfinger::{self, Resource};
use federation::{INSTANCE_ACTOR, nodeinfo};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::site;
use crate::app::App;
use crate::http::error::{ApiError, InvalidParam};

#[derive(Debug, Deserialize)]
pub(super) struct WebfingerQuery {
    resource: Option<String>,
}

/// `GET /.well-known/webfinger?resource=acct:name@host`
pub(super) async fn webfinger(
    State(app): State<App>,
    Query(query): Query<WebfingerQuery>,
) -> Result<Json<Value>, ApiError> {
    let site = site(&app);
    let resource = query.resource.unwrap_or_default();
    let name = match Resource::parse(&resource, &site.host) {
        Resource::Local(name) => name,
        Resource::Elsewhere => return Err(super::no_actor()),
        Resource::Malformed => {
            let message = "Should be of the form acct:name@host";
            let shown = Some(resource.as_str().into());
            return Err(ApiError::invalid(vec![InvalidParam::new(
                "resource", shown, message, "query",
            )]));
        }
    };
    let handle = Handle::local(name);
    let url = if name.eq_ignore_ascii_case(INSTANCE_ACTOR) {
        site.instance_actor()
    } else if let Some(account) = Account::by_handle(&app.db, &handle).await? {
        site.account(&account)
    } else if let Some(channel) = Channel::by_handle(&app.db, &handle).await? {
        site.channel(&channel)
    } else {
        return Err(super::no_actor());
    };
    Ok(Json(webfinger::describe(&resource, &url, site)))
}

/// `GET /.well-known/host-meta`
pub(super) async fn host_meta(State(app): State<App>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
    (headers, webfinger::host_meta(site(&app))).into_response()
}

/// `GET /.well-known/nodeinfo`
pub(super) async fn nodeinfo_links(State(app): State<App>) -> Json<Value> {
    Json(nodeinfo::links(site(&app)))
}

/// `GET /nodeinfo/2.0.json`
pub(super) async fn nodeinfo(
    State(app): State<App>,
    Path(version): Path<String>,
) -> Result<Response, ApiError> {
    if version != "2.0.json" {
        return Err(ApiError::not_found("Nodeinfo schema version not handled"));
    }
    let stats = Stats::gather(&app.db, Timestamp::now()).await?;
    let instance = app.settings.instance();
    let node = nodeinfo::Node {
        name: &instance.name,
        description: &instance.short_description,
        version: env!("CARGO_PKG_VERSION"),
    };
    let headers = [
        (header::CONTENT_TYPE, nodeinfo::CONTENT_TYPE),
        (header::CACHE_CONTROL, "max-age=600"),
    ];
    Ok((headers, nodeinfo::describe(node, &stats).to_string()).into_response())
}
