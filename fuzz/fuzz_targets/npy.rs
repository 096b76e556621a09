#![no_main]
//! Data sets with `.npy` in them.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rooms::inspect_folder("text.npy", bytes));
