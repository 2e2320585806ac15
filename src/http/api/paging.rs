//! Lists: `start`, `count`, `sort` and the shape `{total, data}`.

use db::{List, Page};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::input::{Check, Given};
use crate::http::error::ApiError;

/// PeerTube's.
const DEFAULT_COUNT: i64 = 15;
const MAX_COUNT: i64 = 100;
/// Further pages are nobody's; a database would walk through all that comes before.
const MAX_START: i64 = 10_000_000;

/// The part of a list that is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// How many to skip.
    #[param(value_type = Option<i64>, minimum = 0)]
    pub start: Given<i64>,
    /// How many to give, 15 if not said.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 100)]
    pub count: Given<i64>,
    /// A field, `-` before it for descending.
    #[param(value_type = Option<String>)]
    pub sort: Given<String>,
    /// Do not count all of them: `total` is 0.
    #[param(value_type = Option<bool>)]
    pub skip_count: Given<bool>,
}

impl Paging {
    pub(crate) fn page(&self, check: &mut Check) -> Page {
        let start = check.value("start", &self.start, "Should have a number start", |start| {
            (0..=MAX_START).contains(start)
        });
        let count = check.value(
            "count",
            &self.count,
            "Should have a number count, 100 at most",
            |count| (0..=MAX_COUNT).contains(count),
        );
        Page {
            start: start.unwrap_or(0),
            count: count.unwrap_or(DEFAULT_COUNT),
            skip_total: check.flag("skipCount", &self.skip_count).unwrap_or(false),
        }
    }

    /// The order that was asked for, by one of these names; the first is the default, written like a client would.
    pub(crate) fn order<T: Copy>(
        &self,
        check: &mut Check,
        default: &str,
        names: &[(&str, T)],
    ) -> Option<(T, bool)> {
        let asked = match &self.sort {
            Given::Absent | Given::Null => default,
            Given::Is(sort) => sort,
            Given::Wrong(value) => {
                check.fail("sort", Some(value.clone()), "Should have correct sortable column");
                return None;
            }
        };
        let (name, descending) = match asked.strip_prefix('-') {
            Some(name) => (name, true),
            None => (asked, false),
        };
        let found = names
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, order)| (*order, descending));
        if found.is_none() {
            check.fail(
                "sort",
                Some(Value::String(asked.to_owned())),
                "Should have correct sortable column",
            );
        }
        found
    }

    /// Page and order, or what is wrong with them.
    pub(crate) fn read<T: Copy>(
        &self,
        default: &str,
        names: &[(&str, T)],
    ) -> Result<(Page, (T, bool)), ApiError> {
        let mut check = Check::query();
        let page = self.page(&mut check);
        let order = self.order(&mut check, default, names);
        check.finish_with(order.map(|order| (page, order)))
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    /// How many there are in all.
    pub total: i64,
    pub data: Vec<T>,
}

impl<T> Listed<T> {
    pub(crate) fn of<U>(list: List<U>, shape: impl FnMut(U) -> T) -> Self {
        let List { total, data } = list.map(shape);
        Self { total, data }
    }
}
