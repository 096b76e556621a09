#![no_main]
//! Data sets in HDF5 files.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rooms::inspect(&rooms::file("set.h5", bytes)));
