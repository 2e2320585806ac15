//! What every page has around it: the instance, the visitor, the language, who is on air.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::locale::Locale;
use super::{assets, format, live_list};
use crate::app::App;
use crate::http::extract::Viewer;

/// Who is looking at a page.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub t: Locale,
    pub viewer: Viewer,
    /// Path and query of this page.
    pub path: String,
}

impl Visit {
    pub(crate) fn user(&self) -> Option<&db::User> {
        self.viewer.user()
    }

    /// Whether this visitor may manage that video.
    pub(crate) fn manages(&self, video: &db::Video) -> bool {
        self.viewer.manages(video)
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        // A page is shown to whoever cannot be recognised as to anybody.
        let viewer = Viewer::from_request_parts(parts, app)
            .await
            .unwrap_or(Viewer { signed_in: None });
        let path = parts
            .uri
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned();
        Ok(Self {
            t: Locale::of(&parts.headers),
            viewer,
            path,
        })
    }
}

/// A person or channel as a name and a coloured initial.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub name: String,
    /// `@name` or `@name@host`.
    pub handle: String,
    /// Of those who live elsewhere.
    pub host: Option<String>,
    pub href: String,
    pub hue: u8,
    pub initial: String,
}

impl Who {
    pub(crate) fn channel(channel: &db::Channel) -> Self {
        Self::actor(&channel.actor, "/c/")
    }

    pub(crate) fn account(account: &db::Account) -> Self {
        Self::actor(&account.actor, "/a/")
    }

    /// A channel or an account.
    pub(crate) fn of(actor: &db::Actor) -> Self {
        let prefix = if actor.kind == db::ActorKind::Group {
            "/c/"
        } else {
            "/a/"
        };
        Self::actor(actor, prefix)
    }

    fn actor(actor: &db::Actor, prefix: &str) -> Self {
        let handle = match &actor.host {
            Some(host) => format!("{}@{host}", actor.name),
            None => actor.name.clone(),
        };
        Self {
            name: actor.display_name.clone(),
            href: format!("{prefix}{handle}"),
            handle: format!("@{handle}"),
            host: actor.host.clone(),
            hue: format::hue(&actor.name),
            initial: format::initial(&actor.display_name),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Me {
    pub username: String,
    pub name: String,
    pub hue: u8,
    pub initial: String,
}

/// A live in the side list.
#[derive(Debug, Clone)]
pub(crate) struct SideLive {
    pub title: String,
    pub href: String,
    pub channel: String,
    pub hue: u8,
    pub initial: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub t: Locale,
    pub instance: String,
    pub me: Option<Me>,
    pub path: String,
    /// Whether this is an administrator.
    pub admin: bool,
    /// Whether this is a moderator or an administrator.
    pub moderates: bool,
    /// What the search field holds.
    pub search: String,
    /// Whether wide screens show the side list; pages made of one thing go without.
    pub side: bool,
    pub on_air: Vec<SideLive>,
}

/// Entries of the side list; more would be a page of its own.
const SIDE_LIVES: usize = 12;

impl Frame {
    /// A frame that asks the database nothing: for sign-in, embeds and errors.
    pub(crate) fn bare(app: &App, visit: &Visit) -> Self {
        let me = visit.user().map(|user| Me {
            username: user.username.clone(),
            name: user.username.clone(),
            hue: format::hue(&user.username),
            initial: format::initial(&user.username),
        });
        Self {
            t: visit.t,
            instance: app.settings.instance().name.clone(),
            me,
            path: visit.path.clone(),
            admin: visit.user().is_some_and(db::User::is_admin),
            moderates: visit.viewer.is_moderator(),
            search: String::new(),
            side: false,
            on_air: Vec::new(),
        }
    }

    pub(crate) async fn with_side(app: &App, visit: &Visit) -> Result<Self, db::Error> {
        let on_air = live_list::on_air(app).await?;
        let side = on_air.iter().take(SIDE_LIVES).map(|video| {
            let channel = Who::channel(&video.channel);
            SideLive {
                title: video.name.clone(),
                href: format!("/w/{}", video.uuid.short()),
                channel: channel.name,
                hue: channel.hue,
                initial: channel.initial,
            }
        });
        Ok(Self {
            side: true,
            on_air: side.collect(),
            ..Self::bare(app, visit)
        })
    }

    /// The frame of a page of results.
    pub(crate) fn searching(self, text: &str) -> Self {
        Self {
            search: text.to_owned(),
            ..self
        }
    }

    pub(crate) fn asset(&self, source: &str) -> &'static str {
        assets::address(source)
    }

    pub(crate) fn languages(&self) -> &'static [Locale] {
        &Locale::ALL
    }

    pub(crate) fn at_home(&self) -> bool {
        self.path.split('?').next() == Some("/")
    }

    pub(crate) fn at_subscriptions(&self) -> bool {
        self.path.starts_with("/subscriptions")
    }

    pub(crate) fn at_search(&self) -> bool {
        self.path.starts_with("/search")
    }

    pub(crate) fn at_admin(&self) -> bool {
        self.path.starts_with("/admin")
    }

    pub(crate) fn at_new_live(&self) -> bool {
        self.path.starts_with("/studio/live/new")
    }

    pub(crate) fn at_studio(&self) -> bool {
        self.path.starts_with("/studio") && !self.at_new_live()
    }

    pub(crate) fn at_login(&self) -> bool {
        self.path.starts_with("/login")
    }
}
