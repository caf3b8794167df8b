#![no_main]
netgen_fuzz::fuzz!(COMPILE);
