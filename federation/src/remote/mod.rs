//! What lives on other servers: looked up in the database, and where it lives if it is not known or not fresh.

pub mod actor;
mod lookups;
pub mod outbox;
pub mod video;

pub(crate) use lookups::Lookups;
