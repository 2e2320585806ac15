//! The REST API against what PeerTube 6.3 answered to the same requests, and against what its clients rely on.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "one test program of several files"
)]

mod client;
mod errors;
mod follows;
mod people;
#[path = "../../db/tests/both/postgres.rs"]
mod postgres;
mod postgresql;
mod shapes;
#[path = "../support/mod.rs"]
mod support;
mod videos;
