//! What a data frame of a long form holds.

use std::collections::BTreeMap;
use std::io::Write;

use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::Field;

use super::*;
use crate::sentences;
use study::event::{EventKind, SeedOutcome};
use study::grid::{CohortId, Seed, Task};
use study::model::{ModelId, Rate, Robust};
use study::rows::RunRows;
use study::run_state::RunState;
use study::sample;

/// A table's rows, by column, as its CSV and as its Parquet have them.
struct Frames {
    csv: Vec<BTreeMap<String, String>>,
    parquet: Vec<BTreeMap<String, Field>>,
    metadata: BTreeMap<String, String>,
}

fn frames(state: &RunState, name: &str) -> Frames {
    let rows = RunRows::new();
    let contents = Contents::of(state, &rows).unwrap();
    let tables = tables(&contents);
    let table = tables.iter().find(|table| table.name == name).unwrap();
    let text = csv::render(table).unwrap();
    let csv = ::csv::Reader::from_reader(&text[..]).into_deserialize().map(Result::unwrap).collect();
    let bytes = parquet::render(table, &sentences::provenance_pairs(&contents)).unwrap();
    let mut written = tempfile::tempfile().unwrap();
    written.write_all(&bytes).unwrap();
    let file = SerializedFileReader::new(written).unwrap();
    let row = |row: Result<::parquet::record::Row, _>| row.unwrap().into_columns().into_iter().collect();
    let parquet = file.get_row_iter(None).unwrap().map(row).collect();
    let metadata = file.metadata().file_metadata().key_value_metadata().unwrap();
    let metadata =
        metadata.iter().map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect();
    Frames { csv, parquet, metadata }
}

/// The row of a trial, and of an epoch where the table has them.
fn place<V>(rows: &[BTreeMap<String, V>], is_it: impl Fn(&str, &V) -> bool) -> usize {
    rows.iter().position(|row| row.iter().all(|(name, value)| is_it(name, value))).unwrap()
}

#[test]
fn there_is_a_row_for_each_trial_and_each_epoch_of_it() {
    let state = sample::state();
    for (name, rows) in [("trials", 3 * 2 * 4 * 5), ("epochs", 3 * 2 * 4 * 5 * 3)] {
        let frames = frames(&state, name);
        assert_eq!((frames.csv.len(), frames.parquet.len()), (rows, rows), "{name}");
    }
    let planned = frames(&sample::planned(), "trials");
    assert_eq!(planned.csv.len(), 3 * 2 * 4 * 5);
    assert!(planned.csv.iter().all(|row| row["outcome"] == "open" && row["test_accuracy"].is_empty()));
    assert!(frames(&sample::planned(), "epochs").parquet.is_empty());
}

#[test]
fn both_formats_hold_the_same_values_to_the_bit() {
    for name in ["trials", "epochs"] {
        let frames = frames(&sample::state(), name);
        for (csv, parquet) in frames.csv.iter().zip(&frames.parquet) {
            assert_eq!(csv.len(), parquet.len());
            for (column, text) in csv {
                match &parquet[column] {
                    Field::Null => assert_eq!(text, "", "{column}"),
                    Field::Str(value) => assert_eq!(text, value, "{column}"),
                    Field::ULong(count) => assert_eq!(text.parse(), Ok(*count), "{column}"),
                    Field::Double(number) => {
                        assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{column}");
                    }
                    other => panic!("{column}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn a_value_is_the_journals_and_a_missing_one_is_null() {
    let state = sample::state();
    let cohort = CohortId { fusion: ModelId::PRODUCT, task: Task::Synthetic, train_size: 512 };
    let trial = &state.cohort(cohort).unwrap().trials[&Seed(3)];
    let frames_of = |name| frames(&state, name);
    let is = |name: &str, value: &Field| match (name, value) {
        ("fusion", Field::Str(fusion)) => fusion == "product",
        ("task", Field::Str(task)) => task == "synthetic",
        ("train_size", Field::ULong(size)) => *size == 512,
        ("seed", Field::ULong(seed)) => *seed == 3,
        ("epoch", Field::ULong(epoch)) => *epoch == 2,
        _ => true,
    };
    let trials = frames_of("trials").parquet;
    let row = &trials[place(&trials, is)];
    assert_eq!(row["test_accuracy"], Field::Double(trial.evaluation.as_ref().unwrap().test_accuracy));
    assert_eq!((&row["best_epoch"], &row["epochs"]), (&Field::ULong(2), &Field::ULong(3)));
    assert_eq!(row["split_seed"], Field::ULong(0));
    assert!(matches!(row["retained_zero_mean_both"], Field::Double(share) if share > 0.5 && share < 1.0));
    let epochs = frames_of("epochs").parquet;
    let row = &epochs[place(&epochs, is)];
    assert_eq!(row["val_loss"], Field::Double(trial.metrics[1].val_loss));
    assert_eq!(row["train_accuracy"], Field::Double(trial.metrics[1].train_accuracy));
    let diverged = trials.iter().find(|row| row["outcome"] == Field::Str("diverged".into())).unwrap();
    assert_eq!((&diverged["test_accuracy"], &diverged["message"]), (&Field::Null, &Field::Null));
}

/// The names of a table's columns, in order.
fn names(state: &RunState, name: &str) -> Vec<String> {
    let rows = RunRows::new();
    let contents = Contents::of(state, &rows).unwrap();
    let table = tables(&contents).into_iter().find(|table| table.name == name).unwrap();
    table.columns.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn how_a_model_is_trained_stands_behind_the_other_columns() {
    let rates = [1e-3, 1e-4].map(|rate| Rate::new(rate).unwrap());
    let mut header = sample::header();
    header.sweep.fusions = vec![ModelId::CONCAT, ModelId::CONCAT.trained_with(Robust::Noise), ModelId::DYNMM];
    header.sweep.rates = [(ModelId::CONCAT, rates.to_vec())].into();
    let state = RunState::replay(&sample::events(header));
    assert_eq!(names(&sample::state(), "epochs").last().unwrap(), "robust");
    let (plain, more) = (names(&sample::state(), "trials"), names(&state, "trials"));
    let behind = [
        "learning_rate",
        "gate_text",
        "gate_image",
        "gate_concat",
        "gate_product",
        "gate_text_text",
        "gate_image_text",
    ];
    assert_eq!(more[..plain.len()], plain);
    assert_eq!(more[plain.len()..][..behind.len()], behind);
    assert_eq!(more.len(), plain.len() + 1 + 4 * 4);
    let trials = frames(&state, "trials").csv;
    let is = |row: &&BTreeMap<String, String>, of: [&str; 3]| {
        ["fusion", "robust", "learning_rate"].iter().zip(of).all(|(name, value)| row[*name] == value)
    };
    for of in [["concat", "none", "0.0001"], ["concat", "noise", ""], ["dynmm", "none", ""]] {
        assert_eq!(trials.iter().filter(|row| is(row, of)).count(), 2 * 4 * 5, "{of:?}");
    }
    let gate = |name: &str| trials.iter().find(|row| row["fusion"] == name).map(|row| &*row["gate_concat"]);
    assert_eq!((gate("concat"), gate("dynmm")), (Some(""), Some("0.75")));
}

#[test]
fn a_message_is_no_formula_and_no_escape_sequence() {
    let frames = frames(&sample::state(), "trials");
    let message = frames.csv.iter().find(|row| row["outcome"] == "failed").map(|row| &row["message"]);
    assert_eq!(message.unwrap(), "out of[31m memory | 50% of it");
    let mut events = sample::events(sample::header());
    let last = events.len() - 2;
    let EventKind::CohortFinished { seeds, .. } = &mut events[last].kind else { panic!("{last}") };
    seeds[0].1 = SeedOutcome::Failed { message: "=HYPERLINK(\"x\")".into() };
    let hostile = self::frames(&RunState::replay(&events), "trials");
    let row = hostile.csv.iter().find(|row| row["message"].contains("HYPERLINK")).unwrap();
    assert!(row["message"].starts_with("'="), "{row:?}");
}

#[test]
fn parquet_says_in_full_what_the_run_was_made_on() {
    let metadata = frames(&sample::state(), "epochs").metadata;
    assert_eq!(metadata["libtorch"], "2.11.0 (CPU)");
    assert_eq!(metadata["data_fingerprint"], "00112233445566778899aabbccddeeff");
}
