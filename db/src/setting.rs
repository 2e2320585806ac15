//! What an administrator set while the server runs: JSON by key. What the keys mean is the program's matter.

use serde_json::{Map, Value};

use crate::row::get;
use crate::{Db, Error, Tx};

/// The rows of `settings`.
#[derive(Debug)]
pub struct Setting;

impl Setting {
    /// All of them, as one object. What is no JSON was not written by this program, and is left out.
    pub async fn all(db: &Db) -> Result<Map<String, Value>, Error> {
        let rows = sqlx::query("SELECT key, value FROM settings")
            .fetch_all(db.readers())
            .await?;
        let mut settings = Map::new();
        for row in &rows {
            let value: String = get(row, "value")?;
            if let Ok(value) = serde_json::from_str(&value) {
                settings.insert(get(row, "key")?, value);
            }
        }
        Ok(settings)
    }

    pub async fn put(tx: &mut Tx, key: &str, value: &Value) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(key)
        .bind(value.to_string())
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    /// Forgets all of them: the configuration file counts again.
    pub async fn clear(tx: &mut Tx) -> Result<(), Error> {
        sqlx::query("DELETE FROM settings")
            .execute(tx.connection())
            .await?;
        Ok(())
    }
}
