//! As much of a media playlist as a measurement reads.

/// Names of closed segments.
pub(crate) fn segments(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Names of the parts listed.
pub(crate) fn parts(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| line.starts_with("#EXT-X-PART:"))
        .filter_map(uri)
        .collect()
}

/// The initialization segment.
pub(crate) fn map(text: &str) -> Option<String> {
    text.lines()
        .find(|line| line.starts_with("#EXT-X-MAP:"))
        .and_then(uri)
}

/// Stretches of one file, as `EXT-X-BYTERANGE` names them: first byte and length.
pub(crate) fn byte_ranges(text: &str) -> Vec<(u64, u64)> {
    text.lines()
        .filter_map(|line| line.strip_prefix("#EXT-X-BYTERANGE:")?.split_once('@'))
        .filter_map(|(len, first)| Some((first.parse().ok()?, len.parse().ok()?)))
        .collect()
}

/// Segment and part to come, as the preload hint names them: `{session}-{rendition}-{msn}.{part}.m4s`.
pub(crate) fn next_part(text: &str) -> Option<(u64, u32)> {
    let hint = text
        .lines()
        .rev()
        .find(|line| line.starts_with("#EXT-X-PRELOAD-HINT:"))
        .and_then(uri)?;
    let (msn, part) = hint.strip_suffix(".m4s")?.rsplit('-').next()?.split_once('.')?;
    Some((msn.parse().ok()?, part.parse().ok()?))
}

fn uri(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("URI=\"")?;
    rest.split_once('"').map(|(uri, _)| uri.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "#EXTM3U
#EXT-X-MAP:URI=\"7-0-init0.mp4\"
#EXT-X-PART:DURATION=0.5,URI=\"7-0-3.0.m4s\",INDEPENDENT=YES
#EXTINF:2.0,
7-0-3.m4s
#EXT-X-PART:DURATION=0.5,URI=\"7-0-4.0.m4s\"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"7-0-4.1.m4s\"
";

    #[test]
    fn names_are_found() {
        assert_eq!(segments(TEXT), ["7-0-3.m4s"]);
        assert_eq!(parts(TEXT), ["7-0-3.0.m4s", "7-0-4.0.m4s"]);
        assert_eq!(map(TEXT).as_deref(), Some("7-0-init0.mp4"));
        assert_eq!(next_part(TEXT), Some((4, 1)));
        assert_eq!(
            byte_ranges("#EXT-X-BYTERANGE:20@1000\na.mp4\n#EXT-X-BYTERANGE:30@1020\na.mp4\n"),
            [(1000, 20), (1020, 30)]
        );
        assert_eq!(next_part("#EXTM3U\n#EXT-X-ENDLIST\n"), None);
    }
}
