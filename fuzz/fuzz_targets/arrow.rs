#![no_main]
//! Data sets in Arrow's own format, and in Feather.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rooms::inspect(&rooms::file("set.feather", bytes)));
