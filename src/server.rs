//! Starts in order, runs, and stops in order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{App, Handles};
use crate::config::Config;
use crate::http::Listener;
use crate::pictures::{self, Pictures};
use crate::remote_files::RemoteFiles;
use crate::settings::Settings;
use crate::storage::Storage;
use crate::viewers::Viewers;
use crate::{cli, http, live, tls};

/// Why the server did not start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot write to the data folder {path} (set another with --data): {source}")]
    Data { path: PathBuf, source: std::io::Error },
    #[error("cannot open the database: {0}")]
    Database(#[from] db::Error),
    #[error(
        "cannot listen on {address} for HTTP (is another server running? set another with --listen): {source}"
    )]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("{0} (is another server running? set another with --rtmp)")]
    Rtmp(#[from] ingest::Error),
    #[error(transparent)]
    Tls(#[from] tls::Error),
    #[error(transparent)]
    Config(#[from] crate::config::Error),
    #[error("cannot set up: {0}")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Assets(#[from] http::AssetsError),
    #[error(transparent)]
    Federation(#[from] federation::Error),
    #[error("metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    #[error("first start: {0}")]
    FirstStart(#[from] crate::auth::Error),
}

/// A server with everything bound and nothing running yet.
pub(crate) struct Server {
    app: App,
    router: axum::Router,
    http: Vec<Listener>,
    rtmp: Vec<ingest::rtmp::Server>,
    root_password: Option<String>,
}

impl Server {
    /// Opens storage and database, repairs what a crash left, and binds every socket: whatever can fail at the start
    /// fails here, before anyone is served.
    pub(crate) async fn load(config: Config) -> Result<Self, Error> {
        http::check_assets()?;
        tls::install_provider();
        raise_open_files();
        let certificates = tls::from_files(&config.tls)?;
        let data = &config.server.data_dir;
        let failed = |source| Error::Data {
            path: data.clone(),
            source,
        };
        std::fs::create_dir_all(data).map_err(failed)?;
        let storage = Storage::open(data).map_err(failed)?;
        let remote_files = RemoteFiles::open(data).map_err(failed)?;

        let slots = Arc::new(Semaphore::new(
            usize::try_from(config.server.max_connections).unwrap_or(Semaphore::MAX_PERMITS),
        ));
        let mut http = Vec::new();
        let bind = |address, tls| {
            let slots = Arc::clone(&slots);
            async move {
                Listener::bind(address, tls, slots)
                    .await
                    .map_err(|source| Error::Listen { address, source })
            }
        };
        http.push(bind(config.server.listen, None).await?);
        let https = match &certificates {
            Some(tls) => Some(Arc::clone(&tls.http)),
            None => tls::from_acme(&config.tls, data.join("acme")),
        };
        if let Some(https) = https {
            http.push(bind(config.tls.listen, Some(https)).await?);
        }

        let mut rtmp = Vec::new();
        if let Some(address) = config.rtmp_listen()? {
            rtmp.push(ingest::rtmp::Server::bind(
                address,
                None,
                config.rtmp.limits.clone(),
            )?);
        }
        if let (Some(address), Some(tls)) = (config.rtmps_listen()?, &certificates) {
            let tls = Some(Arc::clone(&tls.rtmps));
            rtmp.push(ingest::rtmp::Server::bind(
                address,
                tls,
                config.rtmp.limits.clone(),
            )?);
        }

        let db = db::Db::connect(&config.database_url()).await?;
        let root_password =
            crate::auth::first_start(&db, std::env::var("TRIBUTARY_ROOT_PASSWORD").ok()).await?;
        let metrics = http::install_metrics()?;
        let waiting =
            Semaphore::new(usize::try_from(config.limits.max_waiting).unwrap_or(Semaphore::MAX_PERMITS));
        let site = federation::Site {
            url: config.public_url(),
            host: config.host(),
        };
        let federation = federation::Federation::new(db.clone(), site, config.federation.clone())?;
        let settings = Settings::load(&db, &config, &federation).await?;
        let app = App::new(Handles {
            config,
            db,
            federation,
            settings,
            lives: live::Registry::default(),
            storage,
            pictures: Pictures::default(),
            remote_files,
            waiting,
            stopping: CancellationToken::new(),
            limits: http::Limits::default(),
            viewers: Viewers::default(),
        });
        live::recover(&app).await;
        let router = http::router(app.clone(), metrics);
        Ok(Self {
            app,
            router,
            http,
            rtmp,
            root_password,
        })
    }

    /// Serves until SIGTERM or SIGINT, then stops in this order:
    ///
    /// 1. no publisher is let in any more, and every session ends: its archive is closed, its replay published;
    /// 2. no connection is let in any more; answers under way finish, waiting viewers have been answered by 1;
    /// 3. what is only in memory (views) is written, and the database is closed.
    ///
    /// A second signal stops at once; the next start repairs.
    pub(crate) async fn run(self) -> Result<(), Error> {
        let Self {
            app,
            router,
            http,
            rtmp,
            root_password,
        } = self;
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let publishers = CancellationToken::new();
        let tasks = TaskTracker::new();
        announce(&app.config, &http, &rtmp, root_password.as_deref())?;
        for server in rtmp {
            tasks.spawn(live::serve(app.clone(), server, publishers.clone()));
        }
        for listener in http {
            tasks.spawn(listener.serve(router.clone(), app.stopping.clone()));
        }
        tasks.spawn(crate::jobs::run(app.clone(), app.stopping.clone()));
        if app.config.federation.enabled {
            let federation = &app.federation;
            tasks.spawn(federation::inbox::run(federation.clone(), app.stopping.clone()));
            tasks.spawn(federation::deliver::run(federation.clone(), app.stopping.clone()));
        }
        tasks.spawn(crate::viewers::listen(app.clone(), app.stopping.clone()));
        tasks.spawn(crate::viewers::flush(app.clone(), app.stopping.clone()));
        tasks.spawn(
            app.stopping
                .clone()
                .run_until_cancelled_owned(pictures::draw_missing(app.clone())),
        );
        tasks.close();
        cli::say("ready\n");

        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping; a second signal stops at once");
        let orderly = async {
            publishers.cancel();
            app.lives.end_all().await;
            app.stopping.cancel();
            tasks.wait().await;
            app.db.close().await;
        };
        tokio::select! {
            () = orderly => tracing::info!("stopped"),
            _ = terminate.recv() => tracing::warn!("stopped at once"),
            _ = interrupt.recv() => tracing::warn!("stopped at once"),
        }
        Ok(())
    }
}

/// Every viewer is an open file; the usual soft limit of 1,024 is for programs that use `select`.
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "cannot raise the number of open files");
    }
}

/// Where everything is, on stdout, for the person who typed the command.
fn announce(
    config: &Config,
    http: &[Listener],
    rtmp: &[ingest::rtmp::Server],
    root_password: Option<&str>,
) -> Result<(), std::io::Error> {
    let mut text = format!("web:  {}\n", config.public_url());
    for listener in http {
        text.push_str(&format!("      listening on {}\n", listener.local_addr()?));
    }
    for url in [config.rtmp_url(), config.rtmps_url()].into_iter().flatten() {
        text.push_str(&format!("rtmp: {url}\n"));
    }
    for server in rtmp {
        text.push_str(&format!("      listening on {}\n", server.local_addr()));
    }
    if let Some(password) = root_password {
        text.push_str(&format!(
            "first start: sign in as root with the password {password}\n"
        ));
    }
    cli::say(&text);
    Ok(())
}
