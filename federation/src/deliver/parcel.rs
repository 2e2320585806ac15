//! Activities as they are sent: read once, signed once, shared by all who post them.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use db::Outgoing;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::{Error, Federation, LocalSigner, signature};

/// Activities that are under way to many servers at a time. One that falls out is read again.
const MAX_PARCELS: usize = 32;

#[derive(Debug, Clone)]
pub(super) struct Parcel {
    activity_id: i64,
    /// Who signs the requests.
    pub(super) signer: Arc<LocalSigner>,
    pub(super) body: Bytes,
}

/// The newest last. Whoever needs an activity that somebody else is preparing waits for it.
#[derive(Debug, Default)]
pub(super) struct Parcels(Mutex<VecDeque<Parcel>>);

impl Parcels {
    /// `None` if the activity is not there any more: its author was deleted.
    pub(super) async fn get(
        &self,
        federation: &Federation,
        activity_id: i64,
    ) -> Result<Option<Parcel>, Error> {
        let mut parcels = self.0.lock().await;
        if let Some(known) = parcels.iter().find(|parcel| parcel.activity_id == activity_id) {
            return Ok(Some(known.clone()));
        }
        let Some(outgoing) = Outgoing::by_id(&federation.db, activity_id).await? else {
            return Ok(None);
        };
        let signer = federation.signer(outgoing.actor_id).await?;
        let body = if outgoing.signed {
            outgoing.body
        } else {
            sign(federation, &outgoing, &signer).await?
        };
        let parcel = Parcel {
            activity_id,
            signer,
            body: body.into(),
        };
        if parcels.len() >= MAX_PARCELS {
            parcels.pop_front();
        }
        parcels.push_back(parcel.clone());
        Ok(Some(parcel))
    }
}

/// Puts a signature into an activity, which then can be passed on, and keeps it: a restart sends the same text.
async fn sign(
    federation: &Federation,
    outgoing: &Outgoing,
    signer: &Arc<LocalSigner>,
) -> Result<String, Error> {
    let (body, by) = (outgoing.body.clone(), Arc::clone(signer));
    let sign = move || -> Result<String, String> {
        let document: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
        let signed = signature::ld::sign(&document, &by.url, &by.key, Timestamp::now());
        signed
            .map(|signed| signed.to_string())
            .map_err(|error| error.to_string())
    };
    let signed = tokio::task::spawn_blocking(sign)
        .await
        .map_err(|error| error.to_string())
        .flatten();
    match signed {
        Ok(body) => {
            let mut tx = federation.db.begin().await?;
            Outgoing::set_signed(&mut tx, outgoing.id, &body).await?;
            tx.commit().await?;
            Ok(body)
        }
        // Those it is sent to believe the request; only those it would be passed on to do not get it.
        Err(error) => {
            tracing::error!(activity = outgoing.id, error, "cannot sign an activity of ours");
            Ok(outgoing.body.clone())
        }
    }
}
