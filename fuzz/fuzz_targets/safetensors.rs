#![no_main]
//! Data sets with `.safetensors` in them.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rooms::inspect(&rooms::file("set.safetensors", bytes)));
