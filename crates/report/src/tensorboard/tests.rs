//! What `TensorBoard` would find in the files.

use super::*;
use study::rows::RunRows;
use study::sample;

/// The records of a file, each checksum checked.
fn records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<8>() {
        let (crc, rest) = rest.split_first_chunk::<4>().unwrap();
        assert_eq!(u32::from_le_bytes(*crc), record::masked_crc(length));
        let (data, rest) = rest.split_at(u64::from_le_bytes(*length) as usize);
        let (crc, rest) = rest.split_first_chunk::<4>().unwrap();
        assert_eq!(u32::from_le_bytes(*crc), record::masked_crc(data));
        records.push(data.to_vec());
        bytes = rest;
    }
    assert!(bytes.is_empty(), "{} bytes behind the last record", bytes.len());
    records
}

fn has(record: &[u8], part: &[u8]) -> bool {
    record.windows(part.len()).any(|window| window == part)
}

#[test]
fn each_trial_has_a_file_of_whole_records_with_every_epoch() {
    let (state, rows) = (sample::state(), RunRows::new());
    let contents = Contents::of(&state, &rows).unwrap();
    let files: Vec<EventFile> = files(&contents).collect();
    assert_eq!(files.len(), 3 * 2 * 4 * 5);
    assert_eq!(files[0].path, "concat-real-32/seed0/events.out.tfevents.1795449600.superfuse");
    let records = records(&files[0].bytes);
    // The version, the provenance, three epochs and the test.
    assert_eq!(records.len(), 6);
    assert!(has(&records[0], b"brain.Event:2"));
    assert!(has(&records[1], b"2.11.0 (CPU)") && has(&records[1], b"text"));
    let loss = state.cohorts().next().unwrap().1.trials.values().next().unwrap().metrics[1].val_loss as f32;
    let expected = [b"\x0a\x0floss/validation\x15".as_slice(), &loss.to_le_bytes()].concat();
    assert!(has(&records[3], &expected));
    assert!(has(&records[5], b"test/accuracy"));
}

#[test]
fn a_run_that_has_trained_nothing_has_no_files() {
    let (state, rows) = (sample::planned(), RunRows::new());
    assert_eq!(files(&Contents::of(&state, &rows).unwrap()).count(), 0);
}
