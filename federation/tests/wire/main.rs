//! Requests to other servers and deliveries, against servers of several kinds on this machine.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "one test program of several files, and a test may panic"
)]

mod client;
mod deliver;
mod peer;
mod support;
