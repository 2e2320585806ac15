//! What lives on other servers: looked up in the database, and where it lives if it is not known or not fresh.

pub mod actor;
pub mod comment;
mod find;
mod lookups;
pub mod outbox;
pub mod video;

pub use find::{Found, find, known};
pub(crate) use lookups::Lookups;
