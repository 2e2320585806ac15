//! The judge is judged: a good playlist passes, and each rule notices its own breach and nothing else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use playlist_validator::{Kind, Validator};

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A low-latency live: two closed segments and an open one.
fn good() -> String {
    format!(
        "#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,HOLD-BACK=12.0,CAN-SKIP-UNTIL=24.0
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MAP:URI=\"init0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T18:00:00.000Z
#EXT-X-PART:DURATION=0.5,URI=\"1.0.m4s\",INDEPENDENT=YES,X-SHA256=\"{A}\"
#EXT-X-PART:DURATION=0.5,URI=\"1.1.m4s\",X-SHA256=\"{A}\"
#EXT-X-TRIBUTARY-SHA256:{A}
#EXTINF:1.0,
1.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T18:00:01.000Z
#EXT-X-PART:DURATION=0.5,URI=\"2.0.m4s\",INDEPENDENT=YES,X-SHA256=\"{A}\"
#EXT-X-PART:DURATION=0.1,URI=\"2.1.m4s\",X-SHA256=\"{A}\"
#EXT-X-TRIBUTARY-SHA256:{A}
#EXTINF:0.6,
2.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T18:00:01.600Z
#EXT-X-PART:DURATION=0.5,URI=\"3.0.m4s\",INDEPENDENT=YES,X-SHA256=\"{A}\"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"3.1.m4s\"
#EXT-X-RENDITION-REPORT:URI=\"1-ll.m3u8\",LAST-MSN=3,LAST-PART=0
"
    )
}

fn findings(kind: Kind, reloads: &[String]) -> Vec<String> {
    let mut validator = Validator::new(kind);
    let (last, before) = reloads.split_last().unwrap();
    for text in before {
        validator.check(text).unwrap();
    }
    validator
        .check(last)
        .err()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[track_caller]
fn breaks(from: &str, to: &str, rule: &str) {
    let good = good();
    assert!(good.contains(from), "{from}");
    let found = findings(Kind::LowLatency, &[good.replace(from, to)]);
    assert!(found.iter().any(|what| what.contains(rule)), "{found:#?}");
}

#[test]
fn a_good_playlist_passes() {
    assert_eq!(findings(Kind::LowLatency, &[good()]), [""; 0]);
    assert_eq!(findings(Kind::LowLatency, &[good(), good()]), [""; 0]);
}

#[test]
fn one_playlist() {
    breaks("#EXTM3U\n", "\n", "#EXTM3U");
    breaks("VERSION:9", "VERSION:6", "version 6");
    breaks("#EXT-X-TARGETDURATION:4\n", "", "TARGETDURATION");
    breaks("SEQUENCE:1\n", "SEQUENCE:0\n", "media sequence number 0");
    breaks(
        "#EXT-X-VERSION:9\n",
        "#EXT-X-VERSION:9\n#EXT-X-VERSION:9\n",
        "twice",
    );
    breaks("#EXT-X-MAP:URI=\"init0.mp4\"\n", "", "no EXT-X-MAP");
    breaks(
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T18:00:01.000Z\n",
        "",
        "no EXT-X-PROGRAM-DATE-TIME",
    );
    breaks("18:00:01.000Z", "18:00:01.100Z", "100000 us off");
    breaks("#EXT-X-MAP", "#EXT-X-GAP\n#EXT-X-MAP", "GAP at the start");
    breaks("#EXT-X-MAP", "#EXT-X-NONSENSE\n#EXT-X-MAP", "unknown tag");
    breaks("#EXTINF:1.0,\n1.m4s\n", "1.m4s\n#EXTINF:1.0,\n", "without EXTINF");
    breaks("#EXTINF:1.0,\n", "#EXTINF:9.0,\n", "over the target duration");
    breaks("2.m4s", "1.m4s", "twice");
    breaks("#EXT-X-TRIBUTARY-SHA256", "#EXT-X-OTHER", "no digest");
    breaks(
        "LAST-PART=0\n",
        "LAST-PART=0\n#EXT-X-DISCONTINUITY\n",
        "after a preload hint",
    );
    breaks(
        "1.m4s\n#EXT-X-PROGRAM",
        "1.m4s\n#EXT-X-MAP:URI=\"init1.mp4\"\n#EXT-X-PROGRAM",
        "MAP changes",
    );
}

#[test]
fn parts() {
    breaks(
        "DURATION=0.5,URI=\"1.1.m4s\"",
        "DURATION=0.501,URI=\"1.1.m4s\"",
        "over PART-TARGET",
    );
    breaks(
        "DURATION=0.5,URI=\"1.0.m4s\"",
        "DURATION=0.4,URI=\"1.0.m4s\"",
        "under 85 %",
    );
    breaks("#EXTINF:1.0", "#EXTINF:1.1", "make a segment");
    breaks("PART-HOLD-BACK=1.5", "PART-HOLD-BACK=1.4", "PART-HOLD-BACK");
    breaks(",HOLD-BACK=12.0", ",HOLD-BACK=4.0", "HOLD-BACK");
    breaks("CAN-SKIP-UNTIL=24.0", "CAN-SKIP-UNTIL=12.0", "CAN-SKIP-UNTIL");
    breaks("CAN-BLOCK-RELOAD=YES,", "", "CAN-BLOCK-RELOAD");
    breaks(
        "URI=\"3.0.m4s\"",
        "URI=\"3.0.m4s\",BYTERANGE=\"10@0\"",
        "BYTERANGE kills",
    );
    breaks(
        "URI=\"3.0.m4s\",INDEPENDENT=YES",
        "URI=\"3.0.m4s\"",
        "INDEPENDENT-SEGMENTS",
    );
    breaks(
        "TYPE=PART,URI=\"3.1.m4s\"",
        "TYPE=PART,URI=\"3.0.m4s\"",
        "a part that is there",
    );
    breaks(
        "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"3.1.m4s\"\n",
        "",
        "not one preload hint",
    );
    breaks("#EXT-X-PART-INF:PART-TARGET=0.5\n", "", "no EXT-X-PART-INF");
    breaks(
        "#EXT-X-PART-INF",
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXT-X-PART-INF",
        "after EXT-X-SKIP",
    );
    breaks(
        "#EXT-X-MAP",
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=0\n#EXT-X-MAP",
        "SKIP of nothing",
    );
    let tidy = |text: String| findings(Kind::Classic, &[text]);
    assert!(tidy(good()).iter().any(|what| what.contains("low-latency tags")));
}

#[track_caller]
fn reload_breaks(second: String, rule: &str) {
    let found = findings(Kind::LowLatency, &[good(), second]);
    assert!(found.iter().any(|what| what.contains(rule)), "{found:#?}");
}

#[test]
fn reloads() {
    let changed = |from: &str, to: &str| good().replace(from, to);
    reload_breaks(
        changed("PART-TARGET=0.5", "PART-TARGET=0.51"),
        "PART-TARGET changed",
    );
    reload_breaks(
        changed("PART-HOLD-BACK=1.5", "PART-HOLD-BACK=1.6"),
        "SERVER-CONTROL changed",
    );
    reload_breaks(
        changed("TARGETDURATION:4", "TARGETDURATION:5"),
        "TARGETDURATION changed",
    );
    reload_breaks(
        changed("#EXTINF:0.6,\n2.m4s", "#EXTINF:0.6,\nother.m4s"),
        "URI or EXTINF changed",
    );
    reload_breaks(changed("URI=\"3.0.m4s\"", "URI=\"other.m4s\""), "parts changed");
    reload_breaks(
        changed(
            &format!("#EXT-X-PART:DURATION=0.5,URI=\"3.0.m4s\",INDEPENDENT=YES,X-SHA256=\"{A}\"\n"),
            "",
        )
        .replace("#EXT-X-PROGRAM-DATE-TIME:2026-11-22T18:00:01.600Z\n", "")
        .replace("3.1.m4s", "3.0.m4s"),
        "goes back",
    );
    reload_breaks(
        changed("DISCONTINUITY-SEQUENCE:0", "DISCONTINUITY-SEQUENCE:1"),
        "DISCONTINUITY-SEQUENCE",
    );
    let kept =
        format!("X-SHA256=\"{A}\"\n#EXT-X-PART:DURATION=0.5,URI=\"9.m4s\",X-SHA256=\"{A}\"\n#EXT-X-PRELOAD");
    reload_breaks(
        changed(&format!("X-SHA256=\"{A}\"\n#EXT-X-PRELOAD"), &kept),
        "was hinted",
    );
    // Skipping what is too new.
    let head = good().split("#EXT-X-MAP").next().unwrap().to_owned();
    let tail = good().split("2.m4s\n").nth(1).unwrap().to_owned();
    let delta = format!("{head}#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n#EXT-X-MAP:URI=\"init0.mp4\"\n{tail}");
    reload_breaks(delta, "is skipped");
    // After the end there is nothing to reload.
    let mut ended = good();
    for line in [
        "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"3.1.m4s\"\n",
        "#EXT-X-RENDITION-REPORT:URI=\"1-ll.m3u8\",LAST-MSN=3,LAST-PART=0\n",
    ] {
        ended = ended.replace(line, "");
    }
    ended.push_str(&format!(
        "#EXT-X-TRIBUTARY-SHA256:{A}\n#EXTINF:0.5,\n3.m4s\n#EXT-X-ENDLIST\n"
    ));
    assert_eq!(findings(Kind::LowLatency, &[good(), ended.clone()]), [""; 0]);
    let again = findings(Kind::LowLatency, &[ended.clone(), ended]);
    assert!(
        again.iter().any(|what| what.contains("ended playlist")),
        "{again:#?}"
    );
}

#[test]
fn fragments() {
    use playlist_validator::mp4::fragments;
    assert_eq!(fragments(&[]), Ok(Vec::new()));
    assert!(fragments(b"\0\0\0\x08mdat").is_err());
    assert!(fragments(b"\0\0\0\x08moof").is_err(), "no mdat");
    assert!(
        fragments(b"\0\0\0\xffmoof").is_err(),
        "a box longer than the data"
    );
    assert!(
        fragments(b"\0\0\0\0moof").is_err(),
        "a box shorter than its header"
    );
    // A moof without tracks cannot own data.
    assert!(fragments(b"\0\0\0\x08moof\0\0\0\x09mdat!").is_err());
}
