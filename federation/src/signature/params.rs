//! The `Signature` header (draft-cavage-http-signatures 2.1): `name="value"` or `name=number`, separated by commas.

use super::Refusal;

/// A 4096-bit signature takes 684 characters, an address at most 2,000.
const MAX_HEADER_BYTES: usize = 4_096;
/// The draft knows six.
const MAX_PARAMS: usize = 12;

/// Names and values in their order. A name twice could mean one thing to us and another to the sender: it is refused.
pub(super) fn parse(header: &str) -> Result<Vec<(&str, &str)>, Refusal> {
    if header.len() > MAX_HEADER_BYTES {
        return Err(Refusal::Malformed);
    }
    // Some put the scheme of `Authorization` in front.
    let mut rest = header.trim();
    rest = rest.strip_prefix("Signature ").unwrap_or(rest).trim_start();
    let mut params: Vec<(&str, &str)> = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or(Refusal::Malformed)?;
        let (name, after) = (name.trim(), after.trim_start());
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(Refusal::Malformed)?,
            None => {
                let end = after.find(',').unwrap_or(after.len());
                let (value, after) = after.split_at(end);
                (value.trim_end(), after)
            }
        };
        if name.is_empty() || params.len() >= MAX_PARAMS || params.iter().any(|(known, _)| *known == name) {
            return Err(Refusal::Malformed);
        }
        params.push((name, value));
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if after.is_empty() => after,
            None => return Err(Refusal::Malformed),
        };
    }
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_bare_values_are_read() {
        let params = parse(r#"Signature keyId="https://a.example/u,1", created=17 ,headers="a b""#);
        assert_eq!(
            params,
            Ok(vec![
                ("keyId", "https://a.example/u,1"),
                ("created", "17"),
                ("headers", "a b")
            ])
        );
        assert_eq!(parse(""), Ok(Vec::new()));
    }

    #[test]
    fn nonsense_is_refused() {
        let long = format!("a=\"{}\"", "x".repeat(MAX_HEADER_BYTES));
        let many: String = (0..=MAX_PARAMS).map(|n| format!("p{n}=1,")).collect();
        for wrong in [
            "keyId",
            "keyId=\"a",
            "=\"a\"",
            "a=\"1\"b=\"2\"",
            "a=1,a=2",
            &long,
            &many,
        ] {
            assert_eq!(parse(wrong), Err(Refusal::Malformed), "{wrong}");
        }
    }
}
