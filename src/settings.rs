//! What an administrator sets while the server runs: kept in the database, and stronger than the configuration file.

use std::sync::{Arc, PoisonError, RwLock};

use db::{Db, Setting};
use federation::{Federation, FollowPolicy, Followers};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{Config, Instance};

/// What was chosen; the rest is as in the configuration file. The names are the keys in the database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Chosen {
    #[serde(rename = "instance.name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(
        rename = "instance.short_description",
        skip_serializing_if = "Option::is_none"
    )]
    pub short_description: Option<String>,
    #[serde(rename = "instance.description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "instance.terms", skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    #[serde(rename = "instance.contact_email", skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<String>,
    #[serde(rename = "federation.followers", skip_serializing_if = "Option::is_none")]
    pub followers: Option<Followers>,
    #[serde(rename = "federation.follow_back", skip_serializing_if = "Option::is_none")]
    pub follow_back: Option<bool>,
}

/// The settings as they are now.
#[derive(Debug)]
pub(crate) struct Settings {
    instance: RwLock<Arc<Instance>>,
}

impl Settings {
    pub(crate) async fn load(db: &Db, config: &Config, federation: &Federation) -> Result<Self, db::Error> {
        let settings = Self {
            instance: RwLock::default(),
        };
        settings.reload(db, config, federation).await?;
        Ok(settings)
    }

    /// What this instance says of itself.
    pub(crate) fn instance(&self) -> Arc<Instance> {
        Arc::clone(&self.instance.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps what was chosen beside what was chosen before.
    pub(crate) async fn choose(
        &self,
        db: &Db,
        config: &Config,
        federation: &Federation,
        chosen: &Chosen,
    ) -> Result<(), db::Error> {
        let mut tx = db.begin().await?;
        if let Ok(Value::Object(chosen)) = serde_json::to_value(chosen) {
            for (key, value) in &chosen {
                Setting::put(&mut tx, key, value).await?;
            }
        }
        tx.commit().await?;
        self.reload(db, config, federation).await
    }

    /// Back to the configuration file.
    pub(crate) async fn forget(
        &self,
        db: &Db,
        config: &Config,
        federation: &Federation,
    ) -> Result<(), db::Error> {
        let mut tx = db.begin().await?;
        Setting::clear(&mut tx).await?;
        tx.commit().await?;
        self.reload(db, config, federation).await
    }

    async fn reload(&self, db: &Db, config: &Config, federation: &Federation) -> Result<(), db::Error> {
        let chosen = Value::Object(Setting::all(db).await?);
        let chosen = serde_json::from_value(chosen).unwrap_or_else(|error| {
            tracing::warn!(%error, "the settings in the database cannot be read; the configuration file counts");
            Chosen::default()
        });
        let (instance, policy) = chosen.over(&config.instance, config.federation.follow_policy());
        federation.set_follow_policy(policy);
        *self.instance.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(instance);
        Ok(())
    }
}

impl Chosen {
    fn over(self, instance: &Instance, policy: FollowPolicy) -> (Instance, FollowPolicy) {
        let or = |chosen: Option<String>, configured: &String| chosen.unwrap_or_else(|| configured.clone());
        let instance = Instance {
            name: or(self.name, &instance.name),
            short_description: or(self.short_description, &instance.short_description),
            description: or(self.description, &instance.description),
            terms: or(self.terms, &instance.terms),
            contact_email: or(self.contact_email, &instance.contact_email),
        };
        let policy = FollowPolicy {
            followers: self.followers.unwrap_or(policy.followers),
            follow_back: self.follow_back.unwrap_or(policy.follow_back),
        };
        (instance, policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_wins_and_the_rest_stays() {
        let config = Config::default();
        let chosen: Chosen = serde_json::from_value(serde_json::json!({
            "instance.name": "Tube", "federation.followers": "manual", "of.another.version": 1,
        }))
        .unwrap();
        let (instance, policy) = chosen.over(&config.instance, config.federation.follow_policy());
        assert_eq!(instance.name, "Tube");
        assert_eq!(instance.terms, config.instance.terms);
        assert_eq!(policy.followers, Followers::Manual);
        assert!(!policy.follow_back);
    }
}
