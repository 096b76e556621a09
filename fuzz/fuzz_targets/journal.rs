#![no_main]
//! The journal: any bytes are folded or refused, and summed up where they are folded.

use libfuzzer_sys::fuzz_target;
use rooms::store::journal;
use rooms::study::run_state::RunState;
use rooms::study::summary;

fuzz_target!(|bytes: &[u8]| {
    let path = rooms::file("events.jsonl", bytes);
    let _ = journal::header(&path);
    if let Ok(replay) = journal::read(&path) {
        let state = RunState::replay(&replay.events);
        let _ = summary::summary(&state);
        let _ = summary::best_checkpoints(&state);
    }
});
