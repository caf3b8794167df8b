#![no_main]
netgen_fuzz::fuzz!(ARCHIVE);
