//! A viewer without a screen: reloads playlists as players do, judges every one, and fetches what they list.

use std::collections::HashMap;

use playlist_validator::{Kind, Playlist, Validator};
use sha2::{Digest, Sha256};

use super::{Live, Server};

/// Follows the low-latency playlist of a live by blocking reloads, and the classic one beside it.
pub struct Viewer<'a> {
    server: &'a Server,
    live: &'a Live,
    low_latency: Validator,
    classic: Validator,
    /// Ask for delta updates, as hls.js does.
    skip: bool,
    /// Bytes of the parts fetched, by name.
    parts: HashMap<String, Vec<u8>>,
    /// Segments whose bytes were compared with their parts.
    pub segments_checked: usize,
    pub reloads: usize,
}

impl<'a> Viewer<'a> {
    /// Joins a live; waits until it is on air.
    pub async fn join(server: &'a Server, live: &'a Live) -> Self {
        let mut viewer = Self {
            server,
            live,
            low_latency: Validator::new(Kind::LowLatency).with_frame_us(40_000),
            classic: Validator::new(Kind::Classic),
            skip: false,
            parts: HashMap::new(),
            segments_checked: 0,
            reloads: 0,
        };
        let deadline = std::time::Instant::now() + super::PATIENCE;
        while !viewer.reload("").await {
            assert!(std::time::Instant::now() < deadline, "the live never went on air");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        viewer
    }

    pub fn playlist(&self) -> &Playlist {
        self.low_latency.playlist().expect("a playlist")
    }

    /// The last segment that is closed.
    pub fn last_closed(&self) -> u64 {
        self.playlist()
            .segments
            .iter()
            .rev()
            .find(|s| s.uri.is_some())
            .map_or(0, |s| s.msn)
    }

    /// Reloads with blocking until the segment with this number is closed, or the live ends.
    pub async fn watch_until(&mut self, msn: u64) {
        while self.last_closed() < msn && !self.playlist().ended {
            self.next().await;
        }
    }

    /// Reloads with blocking until the live ends.
    pub async fn watch_to_the_end(&mut self) {
        while !self.playlist().ended {
            self.next().await;
        }
    }

    /// One blocking reload for the next part; fetches what is new.
    pub async fn next(&mut self) {
        let (msn, part) = match self.playlist().segments.last() {
            Some(open) if open.uri.is_none() => (open.msn, open.parts.len()),
            Some(closed) => (closed.msn + 1, 0),
            None => (1, 0),
        };
        self.skip = !self.skip;
        let skip = if self.skip { "&_HLS_skip=YES" } else { "" };
        assert!(
            self.reload(&format!("?_HLS_msn={msn}&_HLS_part={part}{skip}"))
                .await,
            "the playlist went away"
        );
        self.fetch().await;
    }

    async fn reload(&mut self, query: &str) -> bool {
        let response = self
            .server
            .get(&self.live.media(&format!("0-ll.m3u8{query}")))
            .await;
        // 503: nothing came while an interrupted publisher was away; players ask again.
        if response.status() == 503 && !query.is_empty() {
            return true;
        }
        if !response.status().is_success() {
            return false;
        }
        self.reloads += 1;
        let text = response.text().await.unwrap();
        if let Err(violations) = self.low_latency.check(&text) {
            panic!("{violations:#?}\n{text}");
        }
        // It may have ended since the other was fetched.
        if self.classic.playlist().is_some_and(|playlist| playlist.ended) {
            return true;
        }
        let classic = self.server.get(&self.live.media("0.m3u8")).await;
        if classic.status().is_success() {
            let text = classic.text().await.unwrap();
            if let Err(violations) = self.classic.check(&text) {
                panic!("{violations:#?}\n{text}");
            }
        }
        true
    }

    /// Fetches new parts and segments, and compares them with their digests and with each other.
    async fn fetch(&mut self) {
        let segments = self.playlist().segments.clone();
        for segment in segments.iter().rev().take(2) {
            for part in &segment.parts {
                if self.parts.contains_key(&part.uri) {
                    continue;
                }
                let data = self.bytes(&part.uri).await;
                assert_eq!(Some(hex(&data)), part.sha256, "{}", part.uri);
                let fragments = playlist_validator::mp4::fragments(&data).unwrap();
                assert_eq!(fragments.len(), 1, "{}", part.uri);
                self.parts.insert(part.uri.clone(), data);
            }
            let Some(uri) = segment.uri.as_ref().filter(|uri| !self.parts.contains_key(*uri)) else {
                continue;
            };
            let whole = self.bytes(uri).await;
            assert_eq!(Some(hex(&whole)), segment.sha256, "{uri}");
            if segment
                .parts
                .iter()
                .all(|part| self.parts.contains_key(&part.uri))
                && !segment.parts.is_empty()
            {
                let joined: Vec<u8> = segment
                    .parts
                    .iter()
                    .flat_map(|part| self.parts[&part.uri].clone())
                    .collect();
                assert!(joined == whole, "{uri} is not the concatenation of its parts");
                self.segments_checked += 1;
            }
            self.parts.insert(uri.clone(), Vec::new());
        }
    }

    async fn bytes(&self, uri: &str) -> Vec<u8> {
        let response = self.server.get(&self.live.media(uri)).await;
        assert_eq!(response.status(), 200, "{uri}");
        response.bytes().await.unwrap().to_vec()
    }
}

fn hex(data: &[u8]) -> String {
    Sha256::digest(data)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
