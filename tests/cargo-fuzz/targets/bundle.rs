#![no_main]
netgen_fuzz::fuzz!(BUNDLE);
