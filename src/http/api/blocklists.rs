//! Whom the server, or one user, does not want to hear of.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use db::{Account, Blocked, Blocklist, Handle, Instance, List, Tx};
use federation::remote;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::channels;
use super::input::{Body, Check, Given, Query};
use super::paging::{Listed, Paging};
use super::shape::actor::AccountShape;
use super::shape::{Site, iso};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{self, SignedIn, Viewer};

/// RFC 1035 2.3.4, and a port.
const MAX_HOST_BYTES: usize = 260;
/// Names of one question.
const MAX_ASKED: usize = 100;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockedAccount {
    by_account: Option<AccountShape>,
    blocked_account: AccountShape,
    created_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Host {
    host: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockedServer {
    by_account: Option<AccountShape>,
    blocked_server: Host,
    created_at: String,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountInput {
    /// `name` or `name@host`.
    #[serde(default)]
    #[schema(value_type = String)]
    account_name: Given<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct HostInput {
    #[serde(default)]
    #[schema(value_type = String)]
    host: Given<String>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Part of a name.
    #[param(value_type = Option<String>)]
    search: Given<String>,
}

/// Who blocks: a user, or a moderator for all of the server.
enum By {
    User(Box<Account>),
    Server,
}

impl By {
    async fn user(app: &App, signed_in: &SignedIn) -> Result<Self, ApiError> {
        let account = channels::account(app, signed_in.user()).await?;
        Ok(Self::User(Box::new(account)))
    }

    fn server(signed_in: &SignedIn) -> Result<Self, ApiError> {
        if signed_in.user().is_moderator() {
            Ok(Self::Server)
        } else {
            Err(extract::not_enough_rights())
        }
    }

    fn id(&self) -> Option<i64> {
        match self {
            Self::User(account) => Some(account.id),
            Self::Server => None,
        }
    }

    fn shape(&self, site: &Site) -> Option<AccountShape> {
        match self {
            Self::User(account) => Some(AccountShape::new(account, site)),
            Self::Server => None,
        }
    }

    async fn accounts(
        &self,
        app: &App,
        paging: &Paging,
        query: &SearchQuery,
    ) -> Result<Json<Listed<BlockedAccount>>, ApiError> {
        let (page, search) = read(paging, query)?;
        let blocked = Blocklist::accounts(&app.db, self.id(), search.as_deref(), page).await?;
        let site = Site::of(&app.config);
        Ok(Json(Listed::of(blocked, |Blocked { target, created_at }| {
            BlockedAccount {
                by_account: self.shape(&site),
                blocked_account: AccountShape::new(&target, &site),
                created_at: iso(created_at),
            }
        })))
    }

    async fn servers(
        &self,
        app: &App,
        paging: &Paging,
        query: &SearchQuery,
    ) -> Result<Json<Listed<BlockedServer>>, ApiError> {
        let (page, search) = read(paging, query)?;
        let blocked: List<Blocked<String>> =
            Blocklist::hosts(&app.db, self.id(), search.as_deref(), page).await?;
        let site = Site::of(&app.config);
        Ok(Json(Listed::of(blocked, |Blocked { target, created_at }| {
            BlockedServer {
                by_account: self.shape(&site),
                blocked_server: Host { host: target },
                created_at: iso(created_at),
            }
        })))
    }

    async fn block_account(&self, app: &App, input: &AccountInput) -> Result<StatusCode, ApiError> {
        const MESSAGE: &str = "Should have an account name";
        let mut check = Check::body();
        let name = check.value("accountName", &input.account_name, MESSAGE, |name| {
            !name.is_empty()
        });
        let name = check.required("accountName", name, MESSAGE);
        let name = check.finish_with(name)?;
        let account = match known(app, &name).await? {
            Some(account) => account,
            // Somebody of another server may have to be looked up.
            None if name.contains('@') => {
                let actor = remote::actor::resolve(&app.federation, &name).await?;
                Account::by_actor(&app.db, actor.id)
                    .await?
                    .ok_or_else(no_account)?
            }
            None => return Err(no_account()),
        };
        if Some(account.id) == self.id() {
            return Err(ApiError::conflict("You cannot block yourself."));
        }
        let mut tx = app.db.begin().await?;
        Blocklist::add_account(&mut tx, self.id(), account.id, Timestamp::now()).await?;
        tx.commit().await?;
        Ok(StatusCode::NO_CONTENT)
    }

    async fn unblock_account(&self, app: &App, name: &str) -> Result<StatusCode, ApiError> {
        let account = known(app, name).await?.ok_or_else(no_account)?;
        let mut tx = app.db.begin().await?;
        let was = Blocklist::remove_account(&mut tx, self.id(), account.id).await?;
        tx.commit().await?;
        found(was)
    }

    async fn block_server(&self, app: &App, input: &HostInput) -> Result<StatusCode, ApiError> {
        const MESSAGE: &str = "Should have a valid host";
        let mut check = Check::body();
        let host = check.value("host", &input.host, MESSAGE, |host| is_host(host));
        let host = check.required("host", host, MESSAGE);
        let host = check.finish_with(host)?.to_ascii_lowercase();
        if host == app.config.host() {
            return Err(ApiError::conflict("You cannot block your own server."));
        }
        let mut tx = app.db.begin().await?;
        match self {
            Self::User(account) => {
                Blocklist::add_host(&mut tx, Some(account.id), &host, Timestamp::now()).await?;
            }
            Self::Server => block_host(app, &mut tx, &host, Timestamp::now()).await?,
        }
        tx.commit().await?;
        Ok(StatusCode::NO_CONTENT)
    }

    async fn unblock_server(&self, app: &App, host: &str) -> Result<StatusCode, ApiError> {
        let mut tx = app.db.begin().await?;
        let was = Blocklist::remove_host(&mut tx, self.id(), &host.to_ascii_lowercase()).await?;
        tx.commit().await?;
        found(was)
    }
}

fn read(paging: &Paging, query: &SearchQuery) -> Result<(db::Page, Option<String>), ApiError> {
    let mut check = Check::query();
    let page = paging.page(&mut check);
    let search = check.value(
        "search",
        &query.search,
        "Should have a text to search for",
        |_| true,
    );
    check.finish()?;
    Ok((page, search))
}

async fn known(app: &App, name: &str) -> Result<Option<Account>, ApiError> {
    let handle = Handle::parse(name, &app.config.host());
    Ok(Account::by_handle(&app.db, &handle).await?)
}

fn no_account() -> ApiError {
    ApiError::not_found("Account not found")
}

fn found(was: bool) -> Result<StatusCode, ApiError> {
    if was {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("Block not found"))
    }
}

/// Blocks a server for everyone here. What waits for it is dropped: nobody wants to tell it anything any more.
pub(in crate::http) async fn block_host(
    app: &App,
    tx: &mut Tx,
    host: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    Blocklist::add_host(tx, None, host, now).await?;
    if let Some(instance) = Instance::by_host(&app.db, host).await? {
        Instance::drop_queue(tx, instance.id).await?;
    }
    Ok(())
}

/// Whether this is the name of a server and nothing more.
pub(in crate::http) fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_HOST_BYTES
        && url::Url::parse(&format!("https://{text}"))
            .is_ok_and(|url| url.path() == "/" && url.username().is_empty() && url.query().is_none())
        && !text.contains(['/', '#', '?', '@'])
}

/// Accounts the user blocks.
#[utoipa::path(get, path = "/users/me/blocklist/accounts", tag = "My blocks", security(("token" = [])),
    params(Paging, SearchQuery), responses((status = 200, body = Listed<BlockedAccount>), (status = 400), (status = 401)))]
pub(crate) async fn my_accounts(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Listed<BlockedAccount>>, ApiError> {
    By::user(&app, &signed_in)
        .await?
        .accounts(&app, &paging, &query)
        .await
}

/// Blocks an account for the user.
#[utoipa::path(post, path = "/users/me/blocklist/accounts", tag = "My blocks", security(("token" = [])),
    request_body = AccountInput,
    responses((status = 204), (status = 400), (status = 401), (status = 404), (status = 409)))]
pub(crate) async fn block_my_account(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(input): Body<AccountInput>,
) -> Result<StatusCode, ApiError> {
    By::user(&app, &signed_in)
        .await?
        .block_account(&app, &input)
        .await
}

/// Takes that back.
#[utoipa::path(delete, path = "/users/me/blocklist/accounts/{name}", tag = "My blocks", security(("token" = [])),
    params(("name" = String, Path)), responses((status = 204), (status = 401), (status = 404)))]
pub(crate) async fn unblock_my_account(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    By::user(&app, &signed_in)
        .await?
        .unblock_account(&app, &name)
        .await
}

/// Servers the user blocks.
#[utoipa::path(get, path = "/users/me/blocklist/servers", tag = "My blocks", security(("token" = [])),
    params(Paging, SearchQuery), responses((status = 200, body = Listed<BlockedServer>), (status = 400), (status = 401)))]
pub(crate) async fn my_servers(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Listed<BlockedServer>>, ApiError> {
    By::user(&app, &signed_in)
        .await?
        .servers(&app, &paging, &query)
        .await
}

/// Blocks a server for the user.
#[utoipa::path(post, path = "/users/me/blocklist/servers", tag = "My blocks", security(("token" = [])),
    request_body = HostInput, responses((status = 204), (status = 400), (status = 401), (status = 409)))]
pub(crate) async fn block_my_server(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(input): Body<HostInput>,
) -> Result<StatusCode, ApiError> {
    By::user(&app, &signed_in).await?.block_server(&app, &input).await
}

/// Takes that back.
#[utoipa::path(delete, path = "/users/me/blocklist/servers/{host}", tag = "My blocks", security(("token" = [])),
    params(("host" = String, Path)), responses((status = 204), (status = 401), (status = 404)))]
pub(crate) async fn unblock_my_server(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(host): Path<String>,
) -> Result<StatusCode, ApiError> {
    By::user(&app, &signed_in)
        .await?
        .unblock_server(&app, &host)
        .await
}

/// Accounts the whole server blocks.
#[utoipa::path(get, path = "/server/blocklist/accounts", tag = "Server blocks", security(("token" = [])),
    params(Paging, SearchQuery),
    responses((status = 200, body = Listed<BlockedAccount>), (status = 400), (status = 401), (status = 403)))]
pub(crate) async fn server_accounts(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Listed<BlockedAccount>>, ApiError> {
    By::server(&signed_in)?.accounts(&app, &paging, &query).await
}

/// Blocks an account for everyone here.
#[utoipa::path(post, path = "/server/blocklist/accounts", tag = "Server blocks", security(("token" = [])),
    request_body = AccountInput,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404), (status = 409)))]
pub(crate) async fn block_account(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(input): Body<AccountInput>,
) -> Result<StatusCode, ApiError> {
    By::server(&signed_in)?.block_account(&app, &input).await
}

/// Takes that back.
#[utoipa::path(delete, path = "/server/blocklist/accounts/{name}", tag = "Server blocks", security(("token" = [])),
    params(("name" = String, Path)), responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn unblock_account(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    By::server(&signed_in)?.unblock_account(&app, &name).await
}

/// Servers the whole server blocks.
#[utoipa::path(get, path = "/server/blocklist/servers", tag = "Server blocks", security(("token" = [])),
    params(Paging, SearchQuery),
    responses((status = 200, body = Listed<BlockedServer>), (status = 400), (status = 401), (status = 403)))]
pub(crate) async fn server_servers(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Listed<BlockedServer>>, ApiError> {
    By::server(&signed_in)?.servers(&app, &paging, &query).await
}

/// Blocks a server for everyone here.
#[utoipa::path(post, path = "/server/blocklist/servers", tag = "Server blocks", security(("token" = [])),
    request_body = HostInput,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 409)))]
pub(crate) async fn block_server(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(input): Body<HostInput>,
) -> Result<StatusCode, ApiError> {
    By::server(&signed_in)?.block_server(&app, &input).await
}

/// Takes that back.
#[utoipa::path(delete, path = "/server/blocklist/servers/{host}", tag = "Server blocks", security(("token" = [])),
    params(("host" = String, Path)), responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn unblock_server(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(host): Path<String>,
) -> Result<StatusCode, ApiError> {
    By::server(&signed_in)?.unblock_server(&app, &host).await
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatusQuery {
    #[param(value_type = Option<Vec<String>>)]
    accounts: Given<Vec<String>>,
    #[param(value_type = Option<Vec<String>>)]
    hosts: Given<Vec<String>>,
}

/// Whether these accounts and servers are blocked, by the server or by the user.
#[utoipa::path(get, path = "/blocklist/status", tag = "My blocks", params(StatusQuery),
    responses((status = 200, body = Value), (status = 400)))]
pub(crate) async fn status(
    State(app): State<App>,
    viewer: Viewer,
    Query(query): Query<StatusQuery>,
) -> Result<Json<Value>, ApiError> {
    const MESSAGE: &str = "Should have a list of names, 100 at most";
    let mut check = Check::query();
    let accounts = check.value("accounts", &query.accounts, MESSAGE, |list| {
        list.len() <= MAX_ASKED
    });
    let hosts = check.value("hosts", &query.hosts, MESSAGE, |list| list.len() <= MAX_ASKED);
    check.finish()?;
    let me = match viewer.user() {
        Some(user) => Some(channels::account(&app, user).await?.id),
        None => None,
    };
    let mut told = Value::Object(Map::from_iter([
        ("accounts".to_owned(), json!({})),
        ("hosts".to_owned(), json!({})),
    ]));
    let mut tell = |kind: &str, name: String, by_server: bool, by_user: bool| {
        if let Some(names) = told.get_mut(kind).and_then(Value::as_object_mut) {
            names.insert(
                name,
                json!({ "blockedByServer": by_server, "blockedByUser": by_user }),
            );
        }
    };
    for name in accounts.unwrap_or_default() {
        let account = known(&app, &name).await?.map(|account| account.id);
        let (mut by_server, mut by_user) = (false, false);
        if let Some(id) = account {
            by_server = Blocklist::blocks_account(&app.db, None, id).await?;
            by_user = me.is_some() && Blocklist::blocks_account(&app.db, me, id).await?;
        }
        tell("accounts", name, by_server, by_user);
    }
    for host in hosts.unwrap_or_default() {
        let by_server = Blocklist::blocks_host(&app.db, None, &host).await?;
        let by_user = me.is_some() && Blocklist::blocks_host(&app.db, me, &host).await?;
        tell("hosts", host, by_server, by_user);
    }
    Ok(Json(told))
}
