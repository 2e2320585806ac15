//! Numbers and times as playlists write them.

use std::fmt;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

/// Microseconds as decimal seconds, as short as exact: `2.0`, `0.466667`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seconds(pub(crate) i64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.max(0);
        let mut fraction = micros % 1_000_000;
        let mut digits = 6;
        while digits > 1 && fraction % 10 == 0 {
            fraction /= 10;
            digits -= 1;
        }
        write!(f, "{}.{fraction:0digits$}", micros / 1_000_000)
    }
}

/// EXT-X-PROGRAM-DATE-TIME: ISO 8601 with milliseconds, in UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(pub(crate) Timestamp);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        PRINTER
            .print_timestamp(&self.0, jiff::fmt::StdFmtWrite(f))
            .map_err(|_| fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact() {
        assert_eq!(Seconds(2_000_000).to_string(), "2.0");
        assert_eq!(Seconds(466_667).to_string(), "0.466667");
        assert_eq!(Seconds(1_500).to_string(), "0.0015");
        assert_eq!(Seconds(10_000_001).to_string(), "10.000001");
        assert_eq!(Seconds(-5).to_string(), "0.0");
    }

    #[test]
    fn clock_has_milliseconds() {
        let at: Timestamp = "2026-11-22T18:00:00.0405Z".parse().unwrap();
        assert_eq!(Clock(at).to_string(), "2026-11-22T18:00:00.040Z");
        assert_eq!(
            Clock(Timestamp::UNIX_EPOCH).to_string(),
            "1970-01-01T00:00:00.000Z"
        );
    }
}
