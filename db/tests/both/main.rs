//! The same tests on SQLite and on a real PostgreSQL.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "one test program of several files"
)]

mod administration;
mod delivery;
mod federation;
mod people;
mod postgres;
mod remote_videos;
mod scale;
mod social;
mod support;
mod videos;
