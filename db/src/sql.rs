//! Statements put together at run time, where filters are optional. Text comes from the code, values are always bound.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{AnyConnection, AnyPool, Arguments, AssertSqlSafe, Encode, Row, Type};

use crate::Error;

/// A statement and its values.
#[derive(Default)]
pub(crate) struct Sql {
    text: String,
    values: AnyArguments,
    failed: Option<sqlx::Error>,
}

impl Sql {
    pub(crate) fn new(text: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }

    /// With the value of the `$1` in `text`, which may be there several times.
    pub(crate) fn with_value<T>(text: &'static str, value: T) -> Self
    where
        T: for<'q> Encode<'q, sqlx::Any> + Type<sqlx::Any> + Send + 'static,
    {
        let mut sql = Self::default();
        sql.bind(value);
        text.clone_into(&mut sql.text);
        sql
    }

    pub(crate) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn bind<T>(&mut self, value: T) -> &mut Self
    where
        T: for<'q> Encode<'q, sqlx::Any> + Type<sqlx::Any> + Send + 'static,
    {
        if let Err(error) = self.values.add(value) {
            self.failed.get_or_insert(sqlx::Error::Encode(error));
        }
        self.text.push_str(&format!("${}", self.values.len()));
        self
    }

    /// `($1, $2, ...)`. An empty list never gets here: callers leave the condition out instead.
    pub(crate) fn bind_list<T>(&mut self, values: impl IntoIterator<Item = T>) -> &mut Self
    where
        T: for<'q> Encode<'q, sqlx::Any> + Type<sqlx::Any> + Send + 'static,
    {
        for (index, value) in values.into_iter().enumerate() {
            self.push(if index == 0 { "(" } else { ", " });
            self.bind(value);
        }
        self.push(")")
    }

    fn finish(self) -> Result<(AssertSqlSafe<String>, AnyArguments), Error> {
        match self.failed {
            Some(error) => Err(Error::Sql(error)),
            // Safe: only `&'static str` and placeholders are ever added to the text.
            None => Ok((AssertSqlSafe(self.text), self.values)),
        }
    }

    pub(crate) async fn all(self, pool: &AnyPool) -> Result<Vec<AnyRow>, Error> {
        let (text, values) = self.finish()?;
        Ok(sqlx::query_with(text, values).fetch_all(pool).await?)
    }

    /// The rows that a statement of a transaction gives back.
    pub(crate) async fn all_in(self, connection: &mut AnyConnection) -> Result<Vec<AnyRow>, Error> {
        let (text, values) = self.finish()?;
        Ok(sqlx::query_with(text, values).fetch_all(connection).await?)
    }

    pub(crate) async fn count(self, pool: &AnyPool) -> Result<i64, Error> {
        let (text, values) = self.finish()?;
        Ok(sqlx::query_with(text, values).fetch_one(pool).await?.try_get(0)?)
    }

    pub(crate) async fn execute(self, connection: &mut AnyConnection) -> Result<u64, Error> {
        let (text, values) = self.finish()?;
        Ok(sqlx::query_with(text, values)
            .execute(connection)
            .await?
            .rows_affected())
    }
}
