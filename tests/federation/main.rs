//! This server among others: what they find here, what they may do here, and what this one does there.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "one test program of several files"
)]

mod captured;
mod follows;
mod hostile;
mod live_notes;
mod objects;
mod peers;
mod shares;
mod social;
mod stranger;
#[path = "../support/mod.rs"]
mod support;
mod videos;
