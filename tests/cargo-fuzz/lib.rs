//! The targets of `tests/fuzz` for libFuzzer, with changes that know structure beside its own.

#[path = "../fuzz/shared/mod.rs"]
mod shared;

use std::sync::OnceLock;

pub use libfuzzer_sys;
pub use shared::targets;

use shared::mutate::change;
use shared::random::Random;
use targets::Target;

/// One run: what does not hold is a crash, which libFuzzer keeps.
pub fn run(target: &Target, bytes: &[u8]) {
    if let Err(why) = (target.run)(bytes) {
        panic!("{}: {why}", target.name);
    }
}

/// A third of the changes are those of `tests/fuzz`, which know trees and lines: blind ones seldom get
/// past the reader. Now and then a real file comes in, so that the corpus here need not hold it.
pub fn mutated(target: &Target, bytes: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    static SEEDS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let mut random = Random::new(u64::from(seed));
    if random.once_in(3) {
        let seeds = SEEDS.get_or_init(target.seeds);
        let base =
            if random.once_in(8) { random.pick::<Vec<u8>>(seeds).clone() } else { bytes[..size].to_vec() };
        let made = change(&base, seeds, &mut random);
        if made.len() <= most {
            bytes[..made.len()].copy_from_slice(&made);
            return made.len();
        }
    }
    libfuzzer_sys::fuzzer_mutate(bytes, size, most)
}

/// The whole of a file in `targets/`.
#[macro_export]
macro_rules! fuzz {
    ($target:ident) => {
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::run(&$crate::targets::$target, bytes));
        libfuzzer_sys::fuzz_mutator!(|bytes: &mut [u8], size: usize, most: usize, seed: u32| {
            $crate::mutated(&$crate::targets::$target, bytes, size, most, seed)
        });
    };
}
