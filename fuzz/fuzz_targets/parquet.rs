#![no_main]
//! Data sets in Parquet.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rooms::inspect(&rooms::file("set.parquet", bytes)));
