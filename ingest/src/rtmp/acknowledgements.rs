//! When the client hears how much of it was received (RTMP 1.0 section 5.4.3).
//!
//! A client that hangs up with unread words of ours, or is sent some after it has hung up, answers with a reset, and drops
//! what it had still to send: the end of the stream, and the goodbye. ffmpeg says goodbye and hangs up at once, with
//! megabytes on the way if it sends a file. So nothing is said that nobody waits for.

use std::time::Duration;

/// How much the client may send before it has to hear from us, as we tell it. So much that hardly any stream gets there.
/// Twice as much still fits the signed 32 bits some clients count in.
pub(super) const WINDOW_BYTES: u32 = 512 << 20;
/// A client that wants an acknowledgement more often than this gets one this often.
const MIN_WINDOW_BYTES: u64 = 16 * 1_024;
/// Some clients wait for acknowledgements without having asked for any, for as little as this.
const UNASKED_BYTES: u64 = 1_000_000;
/// A client that has come half its way hears of it in a pause of this length. Live streams have some; files that are sent
/// as fast as they can be read have none.
const PAUSE: Duration = Duration::from_millis(20);
/// A client that says nothing for so long waits for us. The next picture takes less, and so do most retransmissions.
const STALL: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct Acknowledgements {
    window_bytes: u64,
    acknowledged_bytes: u64,
}

impl Default for Acknowledgements {
    fn default() -> Self {
        Self {
            window_bytes: u64::from(WINDOW_BYTES),
            acknowledged_bytes: 0,
        }
    }
}

impl Acknowledgements {
    /// The client says how often it wants to hear (5.4.4).
    pub(super) fn set_window(&mut self, bytes: u32) {
        self.window_bytes = u64::from(bytes).max(MIN_WINDOW_BYTES);
    }

    /// How long the client must have been silent; `None` when there is nothing to acknowledge.
    pub(super) fn silence_before(&self, received_bytes: u64) -> Option<Duration> {
        match received_bytes.saturating_sub(self.acknowledged_bytes) {
            // "The receiving peer MUST send an Acknowledgement" (5.4.4): some stop sending without.
            due if due >= self.window_bytes => Some(Duration::ZERO),
            near if near >= self.window_bytes / 2 => Some(PAUSE),
            some if some >= UNASKED_BYTES => Some(STALL),
            _ => None,
        }
    }

    /// The sequence number to send: 32 bits, which wrap.
    pub(super) fn next(&mut self, received_bytes: u64) -> [u8; 4] {
        self.acknowledged_bytes = received_bytes;
        let [_, _, _, _, low @ ..] = received_bytes.to_be_bytes();
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_wait_for_a_moment_when_nothing_is_lost_by_them() {
        let mut unasked = Acknowledgements::default();
        assert_eq!(unasked.silence_before(999_999), None);
        // A file of a quarter of a gigabyte: nobody asked.
        assert_eq!(unasked.silence_before(250 << 20), Some(STALL));
        assert_eq!(unasked.silence_before(256 << 20), Some(PAUSE));
        assert_eq!(unasked.silence_before(512 << 20), Some(Duration::ZERO));
        assert_eq!(unasked.next((1 << 32) + 5), [0, 0, 0, 5]);
    }

    #[test]
    fn who_asks_for_them_gets_them_in_time() {
        let mut asked = Acknowledgements::default();
        asked.set_window(100_000);
        assert_eq!(asked.silence_before(49_999), None);
        assert_eq!(asked.silence_before(50_000), Some(PAUSE));
        assert_eq!(asked.silence_before(100_000), Some(Duration::ZERO));
        asked.next(100_000);
        assert_eq!(asked.silence_before(149_999), None);
        assert_eq!(asked.silence_before(200_000), Some(Duration::ZERO));
        asked.set_window(1);
        assert_eq!(asked.silence_before(100_000 + 8_000), None, "not for every byte");
    }
}
