//! The button to follow somebody: from here for those who are signed in, from their own server for all others.

use db::{Account, Actor, Follow, FollowState};

use super::frame::Visit;
use crate::app::App;

/// What pressing the button would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Nobody is signed in: they may have an account elsewhere.
    Elsewhere,
    Follow,
    /// Asked to follow, and the other server has not answered.
    Pending,
    Following,
    /// Nobody follows their own things to see them.
    Own,
}

#[derive(Debug, Clone)]
pub(crate) struct FollowButton {
    pub wish: Wish,
    /// `name@host`, for people elsewhere.
    pub handle: String,
    /// "12 followers".
    pub followers: String,
    /// The page to come back to.
    pub back: String,
}

impl FollowButton {
    pub(crate) async fn of(app: &App, visit: &Visit, actor: &Actor, is_own: bool) -> Result<Self, db::Error> {
        let wish = match visit.user() {
            None => Wish::Elsewhere,
            Some(_) if is_own => Wish::Own,
            Some(user) => match Account::by_user(&app.db, user.id).await? {
                None => Wish::Own,
                Some(me) => match Follow::between(&app.db, me.actor.id, actor.id).await? {
                    None => Wish::Follow,
                    Some(follow) => match follow.state {
                        FollowState::Pending => Wish::Pending,
                        FollowState::Accepted => Wish::Following,
                        FollowState::Rejected => Wish::Follow,
                    },
                },
            },
        };
        let host = actor.host.clone().unwrap_or_else(|| app.config.host());
        Ok(Self {
            wish,
            handle: format!("{}@{host}", actor.name),
            followers: visit.t.count("followers", actor.followers),
            back: visit.path.clone(),
        })
    }

    pub(crate) fn is_elsewhere(&self) -> bool {
        self.wish == Wish::Elsewhere
    }

    pub(crate) fn may_follow(&self) -> bool {
        self.wish == Wish::Follow
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.wish == Wish::Pending
    }

    pub(crate) fn may_leave(&self) -> bool {
        matches!(self.wish, Wish::Pending | Wish::Following)
    }
}
