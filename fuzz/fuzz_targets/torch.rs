#![no_main]
//! Data sets in `.pt` files of `torch.save`.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rooms::inspect(&rooms::file("set.pt", bytes)));
