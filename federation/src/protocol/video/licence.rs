//! Licences: PeerTube numbers seven, and takes their SPDX names as well.

/// The number of a licence.
pub(super) fn number(identifier: &str) -> Option<i64> {
    if let Ok(number) = identifier.parse() {
        return (1..=7).contains(&number).then_some(number);
    }
    // Every version of a Creative Commons licence counts as that licence: CC-BY-SA-4.0.
    let name = identifier.to_ascii_uppercase();
    let terms = match name.rsplit_once('-') {
        Some((terms, version)) if version.starts_with(|char: char| char.is_ascii_digit()) => terms,
        _ => name.as_str(),
    };
    Some(match terms {
        "CC-BY" => 1,
        "CC-BY-SA" => 2,
        "CC-BY-ND" => 3,
        "CC-BY-NC" => 4,
        "CC-BY-NC-SA" => 5,
        "CC-BY-NC-ND" => 6,
        "CC0" => 7,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn licences_are_numbers_or_spdx_names() {
        for (identifier, licence) in [
            ("1", Some(1)),
            ("7", Some(7)),
            ("0", None),
            ("8", None),
            ("-1", None),
            ("CC-BY-4.0", Some(1)),
            ("CC-BY", Some(1)),
            ("cc-by-nc-nd-3.0", Some(6)),
            ("CC0", Some(7)),
            ("CC0-1.0", Some(7)),
            ("MIT", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(number(identifier), licence, "{identifier}");
        }
    }
}
