#![no_main]
//! Data sets with `.npz` in them.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rooms::inspect(&rooms::file("set.npz", bytes)));
