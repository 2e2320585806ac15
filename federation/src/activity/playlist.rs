//! Playlists of other people: kept as they are told, with the videos in them.

use db::{Account, Actor, PlaylistElement, Privacy, RemoteVideoPlaylist, VideoPlaylist};
use jiff::Timestamp;

use crate::protocol::{self, Audience, Collection, First, HttpUrl};
use crate::{Error, Federation, remote};

/// PeerTube's pages have ten elements each. Longer playlists are cut.
const MAX_PAGES: usize = 20;
/// Each is asked for by itself, and may be of a video that is not known yet.
const MAX_ELEMENTS: usize = 200;

/// Made or changed. Which elements it has is not said: they are asked for.
pub(crate) async fn receive(
    federation: &Federation,
    sender: &Actor,
    told: &protocol::Playlist,
) -> Result<(), Error> {
    if told.recipients.audience() == Audience::Private {
        return Err(Error::refused("the playlist is not for everyone"));
    }
    let account = Account::by_actor(&federation.db, sender.id)
        .await?
        .ok_or_else(|| Error::refused("playlists are made by people"))?;
    let known = VideoPlaylist::by_url(&federation.db, &told.id).await?;
    if known.is_some_and(|known| known.account_id != account.id) {
        return Err(Error::refused("the playlist is somebody else's"));
    }
    let channel = remote::actor::actor(federation, &told.channel).await?;
    let channel = db::Channel::by_actor(&federation.db, channel.id)
        .await?
        .filter(|channel| channel.account.id == account.id)
        .ok_or_else(|| Error::refused("the channel is somebody else's"))?;
    let row = RemoteVideoPlaylist {
        url: told.id.to_string(),
        uuid: told.uuid,
        account_id: account.id,
        channel_id: channel.id,
        name: told.name.clone(),
        description: told.description.clone(),
        privacy: match told.recipients.audience() {
            Audience::Public => Privacy::Public,
            Audience::Unlisted | Audience::Private => Privacy::Unlisted,
        },
        picture_url: told.icon.as_ref().map(|icon| icon.url.to_string()),
        published_at: told.published,
        updated_at: told.updated.unwrap_or(told.published),
    };
    let elements = elements(federation, told).await?;
    let mut tx = federation.db.begin().await?;
    let id = VideoPlaylist::upsert_remote(&mut tx, &row)
        .await
        .map_err(|error| {
            if error.is_conflict() {
                Error::refused("another playlist has its UUID")
            } else {
                error.into()
            }
        })?;
    VideoPlaylist::replace_elements(&mut tx, id, &elements, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(())
}

/// `false`: no playlist of this address is known here, or not as the sender's.
pub(crate) async fn receive_delete(
    federation: &Federation,
    sender: &Actor,
    url: &HttpUrl,
) -> Result<bool, Error> {
    let Some(account) = Account::by_actor(&federation.db, sender.id).await? else {
        return Ok(false);
    };
    let mut tx = federation.db.begin().await?;
    let deleted = VideoPlaylist::delete_remote(&mut tx, url, account.id).await?;
    tx.commit().await?;
    Ok(deleted)
}

/// Walks the pages, within bounds. Elements that cannot be had are left out: their videos are gone or private.
async fn elements(federation: &Federation, told: &protocol::Playlist) -> Result<Vec<PlaylistElement>, Error> {
    let mut elements = Vec::new();
    let mut next = told.first.clone();
    let mut seen = Vec::new();
    while let Some(url) = next.take() {
        if !url.is_beside(&told.id) || seen.len() >= MAX_PAGES || seen.contains(&url) {
            break;
        }
        let fetched = federation.fetch(&url).await?;
        let page = Collection::parse(&fetched.body, federation.rules())?;
        seen.push(url);
        let ids = page.items.iter().filter_map(protocol::Item::id);
        for id in ids {
            if elements.len() >= MAX_ELEMENTS {
                return Ok(elements);
            }
            match element(federation, told, id).await {
                Ok(element) => elements.push(element),
                Err(error) => tracing::debug!(id, %error, "an element of a playlist is left out"),
            }
        }
        next = page.next.or(match page.first {
            Some(First::Id(url)) => Some(url),
            Some(First::Page(_)) | None => None,
        });
    }
    Ok(elements)
}

async fn element(
    federation: &Federation,
    playlist: &protocol::Playlist,
    id: &str,
) -> Result<PlaylistElement, Error> {
    let id = HttpUrl::parse(id, "items", federation.rules())?;
    if !id.is_beside(&playlist.id) {
        return Err(Error::refused("it is of another server than the playlist"));
    }
    let fetched = federation.fetch(&id).await?;
    let told = protocol::PlaylistElement::parse(&fetched.body, federation.rules())?;
    let video = remote::video::video(federation, &told.video).await?;
    Ok(PlaylistElement {
        url: Some(told.id.to_string()),
        video_id: Some(video.id),
        position: i64::from(told.position),
        start_s: told.start_s.map(i64::from),
        stop_s: told.stop_s.map(i64::from),
    })
}
