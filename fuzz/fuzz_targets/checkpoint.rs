#![no_main]
//! Checkpoints: read and checked, whatever their header claims.

use libfuzzer_sys::fuzz_target;
use rooms::store::checkpoint;
use rooms::store::format::v1::checkpoint as disk;

fuzz_target!(|bytes: &[u8]| {
    let path = rooms::file("checkpoint.safetensors", bytes);
    if let Ok(arrays) = checkpoint::read(&path) {
        let _ = arrays.head();
        let _ = arrays.metadata.get("config").map(|text| rooms::study::config::read(Some(text), &[]));
        let preprocessing = arrays.metadata.get(disk::PREPROCESSING);
        let _ = preprocessing.map(|text| serde_json::from_str::<disk::Preprocessing>(text));
    }
});
