//! Servers and accounts that nobody here is to hear of: one by one, or as lists that instances give each other.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use db::{Account, Blocklist, Handle};
use federation::remote;
use jiff::Timestamp;
use serde::Deserialize;

use super::{DoneQuery, administrator, done};
use crate::app::App;
use crate::http::api::blocklists::{block_host, is_host};
use crate::http::ui::error::PageError;
use crate::http::ui::format::When;
use crate::http::ui::frame::{Frame, Visit};
use crate::http::ui::{search, show};

const PATH: &str = "/admin/blocklist";
/// Of each kind on the page; the export has more.
const ROWS: i64 = 200;
/// Lists that instances share have some thousands of lines.
const MAX_LINES: usize = 10_000;
const MAX_EXPORTED: i64 = 100_000;
const DONE: &[&str] = &["admin-done-blocked", "admin-done-unblocked"];

/// Who or what is blocked.
#[derive(Debug)]
struct Row {
    /// A host, or `name@host`.
    name: String,
    since: When,
}

#[derive(Debug, Template)]
#[template(path = "admin_blocklist.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    done: Option<&'static str>,
    /// What came of an import: how much was kept, and the lines that were not.
    imported: Option<(String, Vec<String>)>,
    problem: Option<String>,
    target: String,
    hosts: Vec<Row>,
    accounts: Vec<Row>,
}

impl Page {
    async fn load(app: &App, visit: &Visit) -> Result<Self, PageError> {
        let now = Timestamp::now();
        let page = db::Page {
            skip_total: true,
            ..db::Page::first(ROWS)
        };
        let hosts = Blocklist::hosts(&app.db, None, None, page).await?.data;
        let accounts = Blocklist::accounts(&app.db, None, None, page).await?.data;
        let host = |blocked: db::Blocked<String>| Row {
            since: When::ago(visit.t, blocked.created_at, now),
            name: blocked.target,
        };
        let account = |blocked: db::Blocked<Account>| Row {
            since: When::ago(visit.t, blocked.created_at, now),
            name: blocked.target.actor.handle().to_string(),
        };
        Ok(Self {
            frame: Frame::with_side(app, visit).await?,
            tab: "blocklist",
            done: None,
            imported: None,
            problem: None,
            target: String::new(),
            hosts: hosts.into_iter().map(host).collect(),
            accounts: accounts.into_iter().map(account).collect(),
        })
    }
}

/// `GET /admin/blocklist`
pub(crate) async fn page(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<DoneQuery>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let mut page = Page::load(&app, &visit).await?;
    page.done = query.key(DONE);
    Ok(show(&page))
}

/// What a line of a list or of the form names.
enum Target {
    Host(String),
    Account(String),
}

impl Target {
    /// A host or a handle. Of a line of a list the first column counts, without what Mastodon writes around it.
    fn parse(line: &str) -> Option<Self> {
        let text = line.split([',', ';', '\t']).next()?.trim().trim_matches('"');
        let text = text
            .trim_start_matches("https://")
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .trim_start_matches('@')
            .to_ascii_lowercase();
        if let Some((name, host)) = text.split_once('@') {
            return (!name.is_empty() && is_host(host)).then_some(Self::Account(text));
        }
        // Words are no servers; `localhost` is none that others could mean.
        (text.contains(['.', ':']) && is_host(&text)).then_some(Self::Host(text))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TargetForm {
    target: String,
}

/// `POST /admin/blocklist/add`
pub(crate) async fn add(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<TargetForm>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let problem = match Target::parse(&form.target) {
        None => visit.t.say("admin-block-malformed"),
        Some(Target::Host(host)) if host == app.config.host() => visit.t.say("admin-block-own"),
        Some(Target::Host(host)) => {
            let mut tx = app.db.begin().await?;
            block_host(&app, &mut tx, &host, Timestamp::now()).await?;
            tx.commit().await?;
            return Ok(done(PATH, "blocked").into_response());
        }
        Some(Target::Account(handle)) => match account(&app, &handle).await {
            Ok(Some(account)) => {
                let mut tx = app.db.begin().await?;
                Blocklist::add_account(&mut tx, None, account.id, Timestamp::now()).await?;
                tx.commit().await?;
                return Ok(done(PATH, "blocked").into_response());
            }
            Ok(None) => visit.t.say("admin-block-no-account"),
            Err(error) => search::why(visit.t, &error),
        },
    };
    let mut page = Page::load(&app, &visit).await?;
    page.problem = Some(problem);
    page.target = form.target;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response())
}

/// Whoever is meant, looked up where they live if they are not known.
async fn account(app: &App, handle: &str) -> Result<Option<Account>, federation::Error> {
    let actor = remote::actor::resolve(&app.federation, handle).await?;
    Ok(Account::by_actor(&app.db, actor.id).await?)
}

/// `POST /admin/blocklist/remove`
pub(crate) async fn remove(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<TargetForm>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let handle = Handle::parse(&form.target, &app.config.host());
    let account = Account::by_handle(&app.db, &handle).await?;
    let mut tx = app.db.begin().await?;
    match account {
        Some(account) => Blocklist::remove_account(&mut tx, None, account.id).await?,
        None => Blocklist::remove_host(&mut tx, None, &form.target).await?,
    };
    tx.commit().await?;
    Ok(done(PATH, "unblocked").into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ImportForm {
    list: String,
}

/// `POST /admin/blocklist/import`: one host or handle a line. Accounts have to be known here: a list is no reason to ask thousands
/// of servers.
pub(crate) async fn import(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<ImportForm>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let (mut hosts, mut accounts, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
    let lines = form.list.lines().map(str::trim).take(MAX_LINES);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match Target::parse(line) {
            Some(Target::Host(host)) if host != app.config.host() => hosts.push(host),
            Some(Target::Account(handle)) => {
                let handle = Handle::parse(&handle, &app.config.host());
                match Account::by_handle(&app.db, &handle).await? {
                    Some(account) => accounts.push(account.id),
                    None => skipped.push(line.to_owned()),
                }
            }
            _ => skipped.push(line.to_owned()),
        }
    }
    let now = Timestamp::now();
    let mut tx = app.db.begin().await?;
    for host in &hosts {
        block_host(&app, &mut tx, host, now).await?;
    }
    for account in &accounts {
        Blocklist::add_account(&mut tx, None, *account, now).await?;
    }
    tx.commit().await?;
    let kept = i64::try_from(hosts.len() + accounts.len()).unwrap_or(i64::MAX);
    let mut page = Page::load(&app, &visit).await?;
    page.imported = Some((visit.t.count("admin-imported", kept), skipped));
    Ok(show(&page))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ExportQuery {
    format: String,
}

/// `GET /admin/blocklist/export`: text, or with `?format=csv` the columns that Mastodon reads (servers only).
pub(crate) async fn export(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<ExportQuery>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let page = db::Page {
        skip_total: true,
        ..db::Page::first(MAX_EXPORTED)
    };
    let hosts = Blocklist::hosts(&app.db, None, None, page).await?.data;
    let is_csv = query.format == "csv";
    let (name, kind) = if is_csv {
        ("blocklist.csv", "text/csv; charset=utf-8")
    } else {
        ("blocklist.txt", "text/plain; charset=utf-8")
    };
    let mut text = String::new();
    if is_csv {
        text.push_str("#domain,#severity\n");
    }
    for host in hosts {
        text.push_str(&host.target);
        text.push_str(if is_csv { ",suspend\n" } else { "\n" });
    }
    if !is_csv {
        for account in Blocklist::accounts(&app.db, None, None, page).await?.data {
            let actor = account.target.actor;
            let host = actor.host.unwrap_or_else(|| app.config.host());
            text.push_str(&format!("{}@{host}\n", actor.name));
        }
    }
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> String {
        match Target::parse(line) {
            None => "nothing".to_owned(),
            Some(Target::Host(host)) => format!("host {host}"),
            Some(Target::Account(handle)) => format!("account {handle}"),
        }
    }

    #[test]
    fn lists_are_read_as_others_write_them() {
        assert_eq!(parse("Spam.example"), "host spam.example");
        assert_eq!(parse("https://spam.example/"), "host spam.example");
        assert_eq!(parse("spam.example,suspend,false"), "host spam.example");
        assert_eq!(parse("\"spam.example\";x"), "host spam.example");
        assert_eq!(parse("@troll@spam.example"), "account troll@spam.example");
        assert_eq!(parse("127.0.0.1:9000"), "host 127.0.0.1:9000");
        for nothing in [
            "",
            "#domain",
            "localhost",
            "a b.example",
            "@spam.example/x",
            "<script>.x",
        ] {
            assert_eq!(parse(nothing), "nothing", "{nothing}");
        }
    }
}
