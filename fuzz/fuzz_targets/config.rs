#![no_main]
//! `config.toml`: read, said again in full, and read back as the same.

use libfuzzer_sys::fuzz_target;
use rooms::study::config;

fuzz_target!(|text: &str| {
    if let Ok(config) = config::read(Some(text), &[]) {
        let _ = config.sweep.sizes.resolve(config.sweep.smallest, 1_000);
        let _ = config.noise.levels.resolve();
        let again = config::read(Some(&config.to_toml()), &[]).expect("what was read can be read again");
        assert_eq!(again, config);
    }
});
