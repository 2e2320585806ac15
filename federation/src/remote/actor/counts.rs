//! How many follow an actor and are followed by it, as its server says.

use db::Actor;

use super::refreshed_lately;
use crate::protocol::{self, Collection};
use crate::{Error, Federation};

/// Asks on the side how many follow and are followed. It is only shown: that it cannot be told is nobody's problem.
pub(super) fn ask(federation: &Federation, known: &Actor, told: &protocol::Actor) {
    if refreshed_lately(federation, "counts", known.id) {
        return;
    }
    let Some(place) = federation.lookups.refresh() else {
        return;
    };
    let (federation, known) = (federation.clone(), known.clone());
    let [followers, following] = [&told.followers, &told.following].map(|url| {
        url.as_ref()
            .filter(|url| url.is_beside(&told.id))
            .map(ToString::to_string)
    });
    tokio::spawn(async move {
        let _place = place;
        let followers = total(&federation, followers).await;
        let following = total(&federation, following).await;
        if let Err(error) = keep(&federation, &known, followers, following).await {
            tracing::debug!(actor = known.url, %error, "cannot keep the counts of an actor");
        }
    });
}

async fn total(federation: &Federation, url: Option<String>) -> Option<i64> {
    let fetched = federation.fetch(&url?).await.ok()?;
    Collection::parse(&fetched.body, federation.rules())
        .ok()?
        .total_items
}

async fn keep(
    federation: &Federation,
    known: &Actor,
    followers: Option<i64>,
    following: Option<i64>,
) -> Result<(), Error> {
    if followers.is_none() && following.is_none() {
        return Ok(());
    }
    let mut tx = federation.db.begin().await?;
    Actor::set_told_counts(&mut tx, known, followers, following).await?;
    tx.commit().await?;
    Ok(())
}
