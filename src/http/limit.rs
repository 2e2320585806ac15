//! (temporary)
