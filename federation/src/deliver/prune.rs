//! What was delivered, and what was given up long ago, is forgotten.

use std::time::Duration;

use db::{Delivery, Outgoing};
use jiff::Timestamp;

use super::worker::earlier;
use crate::Federation;

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Activities that have reached everyone.
const KEEP_DELIVERED: Duration = DAY;
/// Deliveries that were given up, for the administrator to see.
const KEEP_GIVEN_UP: Duration = DAY.saturating_mul(7);

pub(super) async fn prune(federation: &Federation) {
    let now = Timestamp::now();
    let pruned = async {
        let mut tx = federation.db.begin().await?;
        Delivery::prune(&mut tx, earlier(now, KEEP_GIVEN_UP)).await?;
        Outgoing::prune(&mut tx, earlier(now, KEEP_DELIVERED)).await?;
        tx.commit().await
    };
    if let Err(error) = pruned.await {
        tracing::error!(%error, "cannot forget old deliveries");
    }
}
