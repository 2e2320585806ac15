//! What an actor published before anybody here followed it.

use federation::remote::{outbox, video};

use super::Error;
use crate::app::App;

/// Looks its videos up. One that cannot be had is not worth the others: it comes with its next change.
pub(super) async fn run(app: &App, actor_id: i64, job_id: i64) -> Result<(), Error> {
    let federation = &app.federation;
    for url in outbox::crawl(federation, actor_id).await? {
        if let Err(error) = video::video(federation, &url).await {
            tracing::debug!(%error, url, "a video of an outbox");
        }
    }
    Ok(outbox::finish(federation, job_id).await?)
}
