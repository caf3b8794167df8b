//! From the plan to files: one emitter a target, and the writers they share.

pub mod format;
