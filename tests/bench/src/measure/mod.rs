//! One module per question.

pub(crate) mod delivery;
pub(crate) mod federation;
pub(crate) mod first;
pub(crate) mod glass;
pub(crate) mod ingest;
pub(crate) mod lists;
pub(crate) mod readers;
pub(crate) mod replay;
pub(crate) mod start;
