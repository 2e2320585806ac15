//! The public lives on air, for lists.

use crate::app::App;

/// More than anyone scrolls through.
const MAX: i64 = 60;

/// Public lives on air now, the newest first.
pub(crate) async fn on_air(app: &App) -> Result<Vec<db::Video>, db::Error> {
    // A live that waits is in no public list, so what is listed is on air (or interrupted).
    let filter = db::VideoFilter {
        is_live: Some(true),
        ..db::VideoFilter::default()
    };
    let page = db::Page {
        skip_total: true,
        ..db::Page::first(MAX)
    };
    Ok(
        db::Video::list(&app.db, &filter, (db::VideoSort::PublishedAt, true), page)
            .await?
            .data,
    )
}
