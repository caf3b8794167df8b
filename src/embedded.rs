//! The `templates/` folder as the build script embedded it.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
