//! Newer and older pages of a list.

use serde::Deserialize;

/// Deeper pages cost the database more than anyone reads.
const MAX_PAGE: i64 = 1_000;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct PagerQuery {
    #[serde(default)]
    pub(crate) page: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Pager {
    number: i64,
    size: i64,
}

impl Pager {
    pub(crate) fn new(query: PagerQuery, size: i64) -> Self {
        Self {
            number: query.page.parse().unwrap_or(1).clamp(1, MAX_PAGE),
            size,
        }
    }

    pub(crate) fn is_first(self) -> bool {
        self.number == 1
    }

    /// One more than fits: whether it is there says whether there is an older page, without counting.
    pub(crate) fn page(self) -> db::Page {
        db::Page {
            start: (self.number - 1) * self.size,
            count: self.size + 1,
            skip_total: true,
        }
    }

    /// Takes the one too many off, and gives the links to the newer and the older page.
    pub(crate) fn links<T>(self, path: &str, items: &mut Vec<T>) -> (Option<String>, Option<String>) {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let join = if path.contains('?') { '&' } else { '?' };
        let newer = match self.number {
            1 => None,
            2 => Some(path.to_owned()),
            number => Some(format!("{path}{join}page={}", number - 1)),
        };
        let older = (more && self.number < MAX_PAGE).then(|| format!("{path}{join}page={}", self.number + 1));
        (newer, older)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pager(page: &str) -> Pager {
        Pager::new(
            PagerQuery {
                page: page.to_owned(),
            },
            2,
        )
    }

    #[test]
    fn pages_have_neighbours() {
        let mut items = vec![1, 2, 3];
        assert_eq!(
            pager("").links("/", &mut items),
            (None, Some("/?page=2".to_owned()))
        );
        assert_eq!(items, [1, 2]);
        assert_eq!(pager("2").links("/", &mut vec![1]), (Some("/".to_owned()), None));
        assert_eq!(pager("3").page().start, 4);
        let (newer, _) = pager("3").links("/search?q=a", &mut vec![1]);
        assert_eq!(newer.as_deref(), Some("/search?q=a&page=2"));
    }

    #[test]
    fn nonsense_is_the_first_page() {
        for page in ["0", "-5", "x", "99999999999999999999"] {
            assert_eq!(pager(page).page().start, 0, "{page}");
        }
    }
}
