//! The `netgen` command.

fn main() {}
