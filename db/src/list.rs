//! A page of something, and how many there are in all.

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub start: i64,
    pub count: i64,
    /// Leaves `total` at 0, for callers that show no number.
    pub skip_total: bool,
}

impl Page {
    pub const fn first(count: i64) -> Self {
        Self {
            start: 0,
            count,
            skip_total: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T> {
    pub total: i64,
    pub data: Vec<T>,
}

impl<T> List<T> {
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> List<U> {
        List {
            total: self.total,
            data: self.data.into_iter().map(f).collect(),
        }
    }
}

/// A `LIKE` pattern that finds `text` anywhere; used with `ESCAPE '\'`.
pub(crate) fn contains(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    #[test]
    fn wildcards_of_a_search_are_letters() {
        assert_eq!(super::contains("50%_A\\"), "%50\\%\\_a\\\\%");
    }
}
