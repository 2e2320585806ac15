//! The delivery directives of a playlist request (RFC 8216bis 6.2.5): `_HLS_msn`, `_HLS_part`, `_HLS_skip`.

/// What a reload asks for. Every directive is optional, and parameters of others are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Query {
    /// Block until this segment, or its part, is in the playlist.
    pub msn: Option<u64>,
    pub part: Option<u32>,
    /// A delta update will do.
    pub skip: bool,
}

/// Directives that make no sense: 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("{0} is not a number in range")]
    NotANumber(&'static str),
    #[error("{0} is given twice")]
    Twice(&'static str),
    /// RFC 8216bis 6.2.5.2: "requires the presence of an _HLS_msn directive".
    #[error("_HLS_part needs _HLS_msn")]
    PartWithoutMsn,
    #[error("_HLS_skip is YES or v2")]
    Skip,
}

/// Numbers beyond this are refused: no session has so many segments, and arithmetic on them cannot overflow.
const MAX_NUMBER: u64 = 1 << 53;

impl Query {
    /// Parses the part of a URL after `?`.
    pub fn parse(query: &str) -> Result<Self, QueryError> {
        let mut parsed = Self::default();
        let mut skip = None;
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "_HLS_msn" => set(&mut parsed.msn, number(value), "_HLS_msn")?,
                "_HLS_part" => {
                    let part = number(value).and_then(|part| u32::try_from(part).ok());
                    set(&mut parsed.part, part, "_HLS_part")?;
                }
                "_HLS_skip" => {
                    // v2 also lets date ranges be skipped (4.4.5.2); there are none.
                    let known = matches!(value, "YES" | "v2").then_some(());
                    set(&mut skip, Some(known.ok_or(QueryError::Skip)?), "_HLS_skip")?;
                }
                _ => {}
            }
        }
        if parsed.part.is_some() && parsed.msn.is_none() {
            return Err(QueryError::PartWithoutMsn);
        }
        parsed.skip = skip.is_some();
        Ok(parsed)
    }
}

fn set<T>(slot: &mut Option<T>, value: Option<T>, name: &'static str) -> Result<(), QueryError> {
    match slot.replace(value.ok_or(QueryError::NotANumber(name))?) {
        Some(_) => Err(QueryError::Twice(name)),
        None => Ok(()),
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        text.parse().ok().filter(|number| *number <= MAX_NUMBER)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(msn: Option<u64>, part: Option<u32>, skip: bool) -> Result<Query, QueryError> {
        Ok(Query { msn, part, skip })
    }

    #[test]
    fn directives_are_optional_and_others_ignored() {
        assert_eq!(Query::parse(""), query(None, None, false));
        assert_eq!(Query::parse("vt=1&token=_HLS_msn"), query(None, None, false));
        assert_eq!(
            Query::parse("_HLS_msn=8&_HLS_part=2"),
            query(Some(8), Some(2), false)
        );
        assert_eq!(
            Query::parse("_HLS_skip=YES&x&_HLS_msn=8&=&"),
            query(Some(8), None, true)
        );
        assert_eq!(Query::parse("_HLS_skip=v2"), query(None, None, true));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "_HLS_msn=",
            "_HLS_msn=-1",
            "_HLS_msn=+1",
            "_HLS_msn=1.5",
            "_HLS_msn=18446744073709551616",
        ] {
            assert_eq!(
                Query::parse(text),
                Err(QueryError::NotANumber("_HLS_msn")),
                "{text}"
            );
        }
        assert_eq!(
            Query::parse("_HLS_msn=1&_HLS_part=4294967296"),
            Err(QueryError::NotANumber("_HLS_part"))
        );
        assert_eq!(Query::parse("_HLS_part=1"), Err(QueryError::PartWithoutMsn));
        assert_eq!(
            Query::parse("_HLS_msn=1&_HLS_msn=2"),
            Err(QueryError::Twice("_HLS_msn"))
        );
        assert_eq!(Query::parse("_HLS_skip=NO"), Err(QueryError::Skip));
    }
}
