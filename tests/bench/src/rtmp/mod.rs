//! Publishers that cost nearly nothing: one recording, serialised once, replayed to many RTMP connections by one thread.

mod connect;
mod fleet;
mod script;
mod wire;

pub(crate) use fleet::{Fleet, Leave, Outcome, Pace, Plan};
pub(crate) use script::Script;
