//! How many videos a list has, without counting a hundred thousand of them for each of its pages.
//!
//! Up to [`EXACT`] videos, the database counts every time and the number is exact: whoever publishes sees it at once. Longer
//! lists of everyone are counted once, and the number is remembered: after [`REFRESH_AFTER`] the next who asks still gets it at
//! once while one task counts again, after [`FORGET_AFTER`] they wait for the new one. Nobody misses one video in thousands.
//! Lists of somebody's own, of moderators and of what somebody follows are always counted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::{Audience, Db, Error, VideoFilter};

/// Counting this far takes about a millisecond where many match.
const EXACT: i64 = 1_000;
/// Counting takes a quarter of a second at worst: one in forty of that time is little.
const REFRESH_AFTER: Duration = Duration::from_secs(10);
/// A number is right enough for a minute, on a page that nobody opened in between.
const FORGET_AFTER: Duration = Duration::from_secs(60);
/// Lists whose number is remembered: the pages and usual filters of an instance. Whoever invents filters only wears out these.
const MAX_KEPT: usize = 128;

/// Numbers that were counted; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Totals(Arc<Mutex<HashMap<VideoFilter, Slot>>>);

#[derive(Debug, Clone, Default)]
struct Slot {
    counted: Option<Counted>,
    /// Held by the one who counts.
    turn: Arc<Turn<()>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counted {
    total: i64,
    at: Instant,
}

impl Counted {
    fn is_fresh(self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) < REFRESH_AFTER
    }
}

impl VideoFilter {
    /// How many videos match; see the module for how exact that is.
    pub(crate) async fn total(&self, db: &Db) -> Result<i64, Error> {
        let of_everyone = matches!(self.audience, Audience::Public | Audience::Members);
        if !of_everyone || self.followed_by.is_some() {
            return self.count(db).await;
        }
        let now = Instant::now();
        if let Some(counted) = db.totals().counted(self, now) {
            if !counted.is_fresh(now)
                && let Ok(turn) = db.totals().turn(self).try_lock_owned()
            {
                let (db, filter) = (db.clone(), self.clone());
                tokio::spawn(async move {
                    if let Err(error) = refresh(&db, &filter, turn).await {
                        tracing::warn!(%error, "cannot count videos");
                    }
                });
            }
            return Ok(counted.total);
        }
        let few = self.count_up_to(db, EXACT + 1).await?;
        if few <= EXACT {
            return Ok(few);
        }
        let turn = db.totals().turn(self).lock_owned().await;
        refresh(db, self, turn).await
    }
}

/// Counts, unless somebody did while this one waited for its turn.
async fn refresh(db: &Db, filter: &VideoFilter, _turn: OwnedMutexGuard<()>) -> Result<i64, Error> {
    let now = Instant::now();
    if let Some(counted) = db.totals().counted(filter, now)
        && counted.is_fresh(now)
    {
        return Ok(counted.total);
    }
    let total = filter.count(db).await?;
    db.totals().keep(filter, Counted { total, at: now });
    Ok(total)
}

impl Totals {
    fn counted(&self, filter: &VideoFilter, now: Instant) -> Option<Counted> {
        let counted = self.slots().get(filter)?.counted?;
        (now.saturating_duration_since(counted.at) < FORGET_AFTER).then_some(counted)
    }

    /// The turn of those who count this list. When there are too many lists, the one that was counted longest ago makes room.
    fn turn(&self, filter: &VideoFilter) -> Arc<Turn<()>> {
        let mut slots = self.slots();
        if slots.len() >= MAX_KEPT && !slots.contains_key(filter) {
            let oldest = slots
                .iter()
                .min_by_key(|(_, slot)| slot.counted.map(|counted| counted.at))
                .map(|(filter, _)| filter.clone());
            if let Some(oldest) = oldest {
                slots.remove(&oldest);
            }
        }
        Arc::clone(&slots.entry(filter.clone()).or_default().turn)
    }

    /// A list that became short is exact from now on.
    fn keep(&self, filter: &VideoFilter, counted: Counted) {
        let mut slots = self.slots();
        if counted.total <= EXACT {
            slots.remove(filter);
        } else if let Some(slot) = slots.get_mut(filter) {
            slot.counted = Some(counted);
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<VideoFilter, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(id: i64) -> VideoFilter {
        VideoFilter {
            categories: vec![id],
            ..VideoFilter::default()
        }
    }

    #[test]
    fn numbers_grow_old_and_are_forgotten() {
        let (totals, at) = (Totals::default(), Instant::now());
        let counted = Counted { total: 5_000, at };
        totals.turn(&category(1));
        totals.keep(&category(1), counted);
        assert_eq!(totals.counted(&category(1), at), Some(counted));
        assert_eq!(totals.counted(&category(2), at), None);
        assert!(counted.is_fresh(at) && !counted.is_fresh(at + REFRESH_AFTER));
        assert_eq!(totals.counted(&category(1), at + REFRESH_AFTER), Some(counted));
        assert_eq!(totals.counted(&category(1), at + FORGET_AFTER), None);
    }

    #[test]
    fn short_lists_are_not_remembered() {
        let (totals, at) = (Totals::default(), Instant::now());
        totals.turn(&category(1));
        totals.keep(&category(1), Counted { total: 5_000, at });
        totals.keep(&category(1), Counted { total: EXACT, at });
        assert_eq!(totals.counted(&category(1), at), None);
    }

    #[test]
    fn the_oldest_makes_room() {
        let (totals, mut at) = (Totals::default(), Instant::now());
        for id in 0..=i64::try_from(MAX_KEPT).unwrap() {
            totals.turn(&category(id));
            totals.keep(&category(id), Counted { total: 5_000, at });
            at += Duration::from_millis(1);
        }
        assert_eq!(totals.slots().len(), MAX_KEPT);
        assert_eq!(totals.counted(&category(0), at), None);
        assert!(totals.counted(&category(1), at).is_some());
    }

    #[test]
    fn one_counts_at_a_time() {
        let totals = Totals::default();
        let turn = totals.turn(&category(1)).try_lock_owned();
        assert!(turn.is_ok());
        assert!(totals.turn(&category(1)).try_lock_owned().is_err());
        assert!(totals.turn(&category(2)).try_lock_owned().is_ok());
    }
}
