//! How long an Opus packet plays (RFC 6716 3.1): its table-of-contents byte says so.

/// The longest packet Opus allows: 120 ms at 48 kHz (RFC 6716 3.2.5, R5).
const MAX_SAMPLES: u32 = 5_760;

/// Samples at 48 kHz in `packet`; 20 ms for a packet that makes no sense.
pub(crate) fn packet_samples(packet: &[u8]) -> u32 {
    const DEFAULT: u32 = 960;
    let Some(&toc) = packet.first() else {
        return DEFAULT;
    };
    let config = toc >> 3;
    let frame = match config {
        // SILK: 10, 20, 40, 60 ms; hybrid: 10, 20 ms; CELT: 2.5, 5, 10, 20 ms.
        0..=11 => match config % 4 {
            0 => 480,
            1 => 960,
            2 => 1_920,
            _ => 2_880,
        },
        12..=15 => {
            if config % 2 == 0 {
                480
            } else {
                960
            }
        }
        _ => 120 << (config % 4),
    };
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => packet.get(1).map_or(1, |byte| u32::from(byte & 0x3f)),
    };
    match frame * count {
        samples @ 1..=MAX_SAMPLES => samples,
        _ => DEFAULT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_follow_the_table_of_contents() {
        assert_eq!(packet_samples(&[0b0000_1000]), 960, "SILK 20 ms");
        assert_eq!(packet_samples(&[0b1111_1000]), 960, "CELT 20 ms");
        assert_eq!(packet_samples(&[0b1000_0000]), 120, "CELT 2.5 ms");
        assert_eq!(packet_samples(&[0b1111_1001]), 1_920, "two frames");
        assert_eq!(packet_samples(&[0b1111_1011, 3]), 2_880, "three frames");
        assert_eq!(packet_samples(&[]), 960);
        assert_eq!(packet_samples(&[0b0001_1011, 63]), 960, "beyond 120 ms");
        assert_eq!(packet_samples(&[0b1111_1011, 0]), 960, "no frames");
    }
}
