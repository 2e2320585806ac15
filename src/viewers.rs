//! Who is watching. Players say every few seconds that they still are; who is silent for two minutes has left. Views are
//! counted here and written to the database in batches. Nothing of this outlives the process, and all of it is bounded.

mod elsewhere;
mod tell;

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use db::Uuid;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use elsewhere::Elsewhere;

pub(crate) use tell::listen;

/// PeerTube's: a viewer who has not been heard of for this long has left.
const PRESENCE: Duration = Duration::from_secs(120);
/// One viewer counts one view of a video in this time.
const VIEW_AGAIN_AFTER: Duration = Duration::from_secs(60 * 60);
/// Watching for this long is a view; of a short video, half of it.
const VIEW_AFTER: Duration = Duration::from_secs(30);
/// Players report every 5 s; a longer silence was not watching.
const LONGEST_STEP: Duration = Duration::from_secs(15);
/// Videos watched at the same time. Beyond it newcomers are not counted, those already counted stay.
const MAX_VIDEOS: usize = 10_000;
/// Addresses that watch one video.
const MAX_ADDRESSES: usize = 100_000;
/// Viewers behind one address: an office counts, a script that makes up sessions does not count for much.
const MAX_PER_ADDRESS: usize = 16;
/// How often the number of viewers of a video is worked out anew, however often it is asked for.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// How often other servers are told who watches: half of how long it is believed.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// Viewers of one video that are told to its server. More would only be more work for both.
const MAX_TOLD: usize = 200;
/// Viewers of other servers whose views are remembered, so that each counts once an hour.
const MAX_VIEWED: usize = 100_000;
/// How often views go to the database and those who left are forgotten.
const FLUSH_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(crate) struct Viewers {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    videos: HashMap<Uuid, Audience>,
    /// Views by video id, not yet in the database.
    views: HashMap<i64, i64>,
    /// When those of other servers viewed something; the id of a viewer names the video too.
    viewed: HashMap<String, Instant>,
    /// Names viewers to other servers, who learn nothing of them by it.
    names: RandomState,
}

#[derive(Debug, Default)]
struct Audience {
    addresses: HashMap<IpAddr, Vec<Watcher>>,
    elsewhere: Elsewhere,
    counted: Option<(Instant, u64)>,
}

#[derive(Debug)]
struct Watcher {
    session: u64,
    last_seen: Instant,
    watched: Duration,
    view_at: Option<Instant>,
}

/// A player's report, from whom and about what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    pub video_id: i64,
    pub uuid: Uuid,
    /// 0 for a live.
    pub duration_s: i64,
    pub address: IpAddr,
    /// Tells players behind one address apart.
    pub session: u64,
}

/// Who watches a video here, by names that mean nothing elsewhere.
#[derive(Debug)]
struct Watching {
    uuid: Uuid,
    viewers: Vec<String>,
}

impl Viewers {
    /// Somebody is watching.
    pub(crate) fn report(&self, report: Report, now: Instant) {
        let mut state = self.lock();
        let State { videos, views, .. } = &mut *state;
        if videos.len() >= MAX_VIDEOS && !videos.contains_key(&report.uuid) {
            return;
        }
        let audience = videos.entry(report.uuid).or_default();
        if audience.addresses.len() >= MAX_ADDRESSES && !audience.addresses.contains_key(&report.address) {
            return;
        }
        let watchers = audience.addresses.entry(report.address).or_default();
        let watcher = seat(watchers, report.session, now);
        let step = now.saturating_duration_since(watcher.last_seen);
        if step <= LONGEST_STEP {
            watcher.watched += step;
        }
        watcher.last_seen = now;
        let long_enough = watcher.watched >= view_after(report.duration_s);
        let again = watcher
            .view_at
            .is_none_or(|at| now.saturating_duration_since(at) >= VIEW_AGAIN_AFTER);
        if long_enough && again {
            watcher.view_at = Some(now);
            watcher.watched = Duration::ZERO;
            *views.entry(report.video_id).or_default() += 1;
        }
    }

    /// How many are watching a video now.
    pub(crate) fn count(&self, uuid: Uuid) -> u64 {
        self.count_at(uuid, Instant::now())
    }

    fn count_at(&self, uuid: Uuid, now: Instant) -> u64 {
        self.lock()
            .videos
            .get_mut(&uuid)
            .map_or(0, |audience| audience.count(now))
    }

    /// How many are watching anything.
    pub(crate) fn total(&self) -> u64 {
        let now = Instant::now();
        self.lock()
            .videos
            .values_mut()
            .map(|audience| audience.count(now))
            .sum()
    }

    /// Somebody watched a video of here on another server.
    fn viewed_elsewhere(&self, video_id: i64, viewer: String, now: Instant) {
        let mut state = self.lock();
        let lately = |at: &Instant| now.saturating_duration_since(*at) < VIEW_AGAIN_AFTER;
        if state.viewed.get(&viewer).is_some_and(lately) || state.viewed.len() >= MAX_VIEWED {
            return;
        }
        state.viewed.insert(viewer, now);
        *state.views.entry(video_id).or_default() += 1;
    }

    /// Somebody watches on another server, for so long if nothing more is said.
    fn watches_elsewhere(&self, uuid: Uuid, viewer: String, left: Duration, now: Instant) {
        if let Some(audience) = self.lock().audience(uuid) {
            audience.elsewhere.watches(viewer, left, now);
        }
    }

    /// The server of a video says how many watch it.
    fn counted_elsewhere(&self, uuid: Uuid, total: u64, now: Instant) {
        if let Some(audience) = self.lock().audience(uuid) {
            audience.elsewhere.set_total(total, now);
        }
    }

    /// Who watches what, here.
    fn watching(&self, now: Instant) -> Vec<Watching> {
        let state = self.lock();
        let name = |address: &IpAddr, watcher: &Watcher| {
            format!("{:016x}", state.names.hash_one((address, watcher.session)))
        };
        let of = |audience: &Audience| -> Vec<String> {
            let present = audience.addresses.iter().flat_map(|(address, watchers)| {
                let present = watchers.iter().filter(|watcher| watcher.is_present(now));
                present.map(move |watcher| name(address, watcher))
            });
            present.take(MAX_TOLD).collect()
        };
        state
            .videos
            .iter()
            .map(|(uuid, audience)| Watching {
                uuid: *uuid,
                viewers: of(audience),
            })
            .filter(|watching| !watching.viewers.is_empty())
            .collect()
    }

    /// Forgets those who left; their views are remembered long enough to count once.
    fn sweep(&self, now: Instant) {
        let mut state = self.lock();
        state
            .viewed
            .retain(|_, at| now.saturating_duration_since(*at) < VIEW_AGAIN_AFTER);
        state.videos.retain(|_, audience| {
            audience.addresses.retain(|_, watchers| {
                watchers.retain(|watcher| !watcher.is_over(now));
                !watchers.is_empty()
            });
            !audience.elsewhere.sweep(now) || !audience.addresses.is_empty()
        });
    }

    fn take_views(&self) -> Vec<(i64, i64)> {
        self.lock().views.drain().collect()
    }

    fn give_back(&self, views: Vec<(i64, i64)>) {
        let mut state = self.lock();
        for (video_id, count) in views {
            *state.views.entry(video_id).or_default() += count;
        }
    }

    /// A panic elsewhere leaves nothing worse than a viewer counted twice.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// `None` when too many videos are watched.
    fn audience(&mut self, uuid: Uuid) -> Option<&mut Audience> {
        if self.videos.len() >= MAX_VIDEOS && !self.videos.contains_key(&uuid) {
            return None;
        }
        Some(self.videos.entry(uuid).or_default())
    }
}

impl Audience {
    fn count(&mut self, now: Instant) -> u64 {
        if let Some((at, count)) = self.counted
            && now.saturating_duration_since(at) < COUNT_EVERY
        {
            return count;
        }
        let present = self
            .addresses
            .values()
            .flatten()
            .filter(|watcher| watcher.is_present(now))
            .count();
        let here = u64::try_from(present).unwrap_or(u64::MAX);
        let count = self.elsewhere.count(here, now);
        self.counted = Some((now, count));
        count
    }
}

impl Watcher {
    fn is_present(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last_seen) < PRESENCE
    }

    fn is_over(&self, now: Instant) -> bool {
        let counts_again = self
            .view_at
            .is_none_or(|at| now.saturating_duration_since(at) >= VIEW_AGAIN_AFTER);
        !self.is_present(now) && counts_again
    }
}

/// The place of a session among those of its address; a newcomer takes the place that has been quiet for longest, and with it
/// the time until its next view.
fn seat(watchers: &mut Vec<Watcher>, session: u64, now: Instant) -> &mut Watcher {
    let index = match watchers.iter().position(|watcher| watcher.session == session) {
        Some(known) => known,
        None if watchers.len() < MAX_PER_ADDRESS => {
            watchers.push(Watcher {
                session,
                last_seen: now,
                watched: Duration::ZERO,
                view_at: None,
            });
            watchers.len() - 1
        }
        None => {
            let quietest = watchers
                .iter()
                .enumerate()
                .min_by_key(|(_, watcher)| watcher.last_seen);
            quietest.map_or(0, |(index, _)| index)
        }
    };
    // The seat that was found goes to the end, where it can be borrowed without asking again whether it is there.
    let watcher = Watcher {
        session,
        ..watchers.swap_remove(index)
    };
    watchers.push_mut(watcher)
}

fn view_after(duration_s: i64) -> Duration {
    match u64::try_from(duration_s) {
        Ok(seconds @ 1..) => VIEW_AFTER.min(Duration::from_secs(seconds) / 2),
        _ => VIEW_AFTER,
    }
}

/// Writes views from time to time, and once more at the end.
pub(crate) async fn flush(app: App, stop: CancellationToken) {
    let mut every = tokio::time::interval(FLUSH_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told_at = Instant::now();
    loop {
        let stopping = tokio::select! {
            () = stop.cancelled() => true,
            _ = every.tick() => false,
        };
        app.viewers.sweep(Instant::now());
        let views = app.viewers.take_views();
        if !views.is_empty()
            && let Err(error) = tell::views(&app, &views).await
        {
            tracing::warn!(%error, "cannot write views; trying again");
            app.viewers.give_back(views);
        }
        if app.federation.settings.enabled && told_at.elapsed() >= TELL_EVERY {
            told_at = Instant::now();
            let watching = app.viewers.watching(told_at);
            if let Err(error) = tell::presence(&app, &watching).await {
                tracing::warn!(%error, "cannot tell other servers who watches");
            }
        }
        if stopping {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(address: u8, session: u64) -> Report {
        Report {
            video_id: 7,
            uuid: "65adcf8a-1447-4195-a92a-e73eba873eb8".parse().unwrap(),
            duration_s: 0,
            address: IpAddr::from([127, 0, 0, address]),
            session,
        }
    }

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn viewers_are_those_heard_of_in_the_last_two_minutes() {
        let (viewers, start) = (Viewers::default(), Instant::now());
        let uuid = report(1, 1).uuid;
        viewers.report(report(1, 1), start);
        viewers.report(report(1, 2), start);
        viewers.report(report(2, 1), after(start, 60));
        assert_eq!(viewers.count_at(uuid, after(start, 61)), 3);
        assert_eq!(viewers.count_at(uuid, after(start, 125)), 1);
        assert_eq!(viewers.count_at(Uuid::random(), start), 0);
        viewers.sweep(after(start, 300));
        assert!(viewers.lock().videos.is_empty());
    }

    #[test]
    fn a_view_is_thirty_seconds_once_an_hour() {
        let (viewers, start) = (Viewers::default(), Instant::now());
        for second in (0..30).step_by(5) {
            viewers.report(report(1, 1), after(start, second));
        }
        assert!(viewers.take_views().is_empty());
        for second in (30..600).step_by(5) {
            viewers.report(report(1, 1), after(start, second));
        }
        assert_eq!(viewers.take_views(), [(7, 1)]);
        viewers.sweep(after(start, 1_000));
        for second in (1_000..1_100).step_by(5) {
            viewers.report(report(1, 1), after(start, second));
        }
        assert!(viewers.take_views().is_empty(), "remembered although it had left");
        for second in (3_700..3_800).step_by(5) {
            viewers.report(report(1, 1), after(start, second));
        }
        assert_eq!(viewers.take_views(), [(7, 1)]);
        viewers.give_back(vec![(7, 1)]);
        assert_eq!(viewers.take_views(), [(7, 1)]);
    }

    #[test]
    fn half_of_a_short_video_is_a_view() {
        assert_eq!(view_after(10), Duration::from_secs(5));
        assert_eq!(view_after(600), VIEW_AFTER);
        assert_eq!(view_after(0), VIEW_AFTER);
    }

    #[test]
    fn made_up_sessions_take_no_more_room_than_allowed() {
        let (viewers, start) = (Viewers::default(), Instant::now());
        for session in 0..1_000 {
            viewers.report(report(1, session), start);
        }
        assert_eq!(viewers.count_at(report(1, 1).uuid, start), 16);
    }
}
