//! Reading columns: milliseconds become timestamps, 0 and 1 become booleans, numbers become enums.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Decode, Row, Type};

use crate::Error;

pub(crate) fn get<'r, T>(row: &'r AnyRow, column: &'static str) -> Result<T, Error>
where
    T: Decode<'r, sqlx::Any> + Type<sqlx::Any>,
{
    row.try_get(column).map_err(Error::Sql)
}

pub(crate) fn flag(row: &AnyRow, column: &'static str) -> Result<bool, Error> {
    Ok(get::<i64>(row, column)? != 0)
}

pub(crate) fn time(row: &AnyRow, column: &'static str) -> Result<Timestamp, Error> {
    timestamp(column, get(row, column)?)
}

pub(crate) fn optional_time(row: &AnyRow, column: &'static str) -> Result<Option<Timestamp>, Error> {
    get::<Option<i64>>(row, column)?
        .map(|ms| timestamp(column, ms))
        .transpose()
}

fn timestamp(column: &'static str, ms: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(ms).map_err(|_| unknown(column, ms))
}

/// A value of a closed set, kept as a number.
pub(crate) fn one_of<T: TryFrom<i64>>(row: &AnyRow, column: &'static str) -> Result<T, Error> {
    let id = get(row, column)?;
    T::try_from(id).map_err(|_| unknown(column, id))
}

pub(crate) fn optional_one_of<T: TryFrom<i64>>(
    row: &AnyRow,
    column: &'static str,
) -> Result<Option<T>, Error> {
    get::<Option<i64>>(row, column)?
        .map(|id| T::try_from(id).map_err(|_| unknown(column, id)))
        .transpose()
}

/// A value kept as text: a UUID.
pub(crate) fn parsed<T: std::str::FromStr>(row: &AnyRow, column: &'static str) -> Result<T, Error> {
    let text: String = get(row, column)?;
    text.parse().map_err(|_| unknown(column, text))
}

pub(crate) fn unknown(column: &'static str, value: impl ToString) -> Error {
    Error::Value {
        column,
        value: value.to_string(),
    }
}

/// Numbers of a closed set: `id()`, and back with `TryFrom<i64>`.
macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $id:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The number PeerTube gives it.
            pub const fn id(self) -> i64 {
                match self { $(Self::$variant => $id),+ }
            }
        }

        impl TryFrom<i64> for $name {
            type Error = i64;
            fn try_from(id: i64) -> Result<Self, i64> {
                match id { $($id => Ok(Self::$variant),)+ other => Err(other) }
            }
        }
    };
}
pub(crate) use numbered;
