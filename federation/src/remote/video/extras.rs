//! What belongs to a video and is told elsewhere: its chapters, and how many like it. Asked for on the side, as it is only shown.

use db::{Chapter, Video};

use crate::protocol::{self, Collection, HttpUrl, parse_chapters};
use crate::{Error, Federation};

/// Asks for it if there is a place. If there is none, the next Update or refresh brings it.
pub(super) fn fetch_aside(federation: &Federation, id: i64, told: &protocol::Video) {
    let Some(place) = federation.lookups.refresh() else {
        return;
    };
    let federation = federation.clone();
    let [chapters, likes, dislikes] = [&told.chapters, &told.likes, &told.dislikes]
        .map(|url| url.clone().filter(|url| url.is_beside(&told.id)));
    tokio::spawn(async move {
        let _place = place;
        let rates = async {
            let likes = total(&federation, likes).await;
            let dislikes = total(&federation, dislikes).await;
            keep_rates(&federation, id, likes, dislikes).await
        };
        if let Err(error) = rates.await {
            tracing::debug!(id, %error, "cannot keep the likes of a video");
        }
        if let Some(url) = chapters
            && let Err(error) = keep_chapters(&federation, id, &url).await
        {
            tracing::debug!(id, %error, "cannot keep the chapters of a video");
        }
    });
}

async fn total(federation: &Federation, url: Option<HttpUrl>) -> Option<i64> {
    let fetched = federation.fetch(&url?).await.ok()?;
    Collection::parse(&fetched.body, federation.rules())
        .ok()?
        .total_items
}

async fn keep_rates(
    federation: &Federation,
    id: i64,
    likes: Option<i64>,
    dislikes: Option<i64>,
) -> Result<(), Error> {
    let mut tx = federation.db.begin().await?;
    Video::set_rates(&mut tx, id, likes, dislikes).await?;
    tx.commit().await?;
    Ok(())
}

async fn keep_chapters(federation: &Federation, id: i64, url: &HttpUrl) -> Result<(), Error> {
    let fetched = federation.fetch(url).await?;
    let chapters: Vec<_> = parse_chapters(&fetched.body, federation.rules())?
        .into_iter()
        .map(|chapter| Chapter {
            start_s: i64::from(chapter.start_s),
            title: chapter.name,
        })
        .collect();
    let mut tx = federation.db.begin().await?;
    Chapter::replace(&mut tx, id, &chapters).await?;
    tx.commit().await?;
    Ok(())
}
