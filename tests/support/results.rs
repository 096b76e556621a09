//! What a run ends with, whoever trained what: it has to be the same to the bit.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use superfuse::store::journal;
use superfuse::study::event::{EventKind, SeedOutcome};

/// Files of results by their names, and what happened to every trial.
#[derive(Debug, PartialEq)]
pub(crate) struct Results {
    /// The summary's rows by their columns, but for times.
    summary: Vec<BTreeMap<String, String>>,
    /// Hashes of the files of test rows, and of checkpoints' tensors.
    files: BTreeMap<String, String>,
    /// Of each configuration and seed, in order.
    trials: BTreeMap<String, Vec<String>>,
}

impl Results {
    /// Of the run in `run`, which is over.
    pub(crate) fn of(run: &Path) -> Self {
        let mut table = csv::Reader::from_path(run.join("summary.csv")).unwrap();
        let mut summary: Vec<BTreeMap<String, String>> =
            table.deserialize().map(|row| row.unwrap()).collect();
        for row in &mut summary {
            row.remove("seconds").unwrap();
            row.remove("seconds_per_step").unwrap();
        }
        let mut files = BTreeMap::new();
        for folder in ["correct", "under-noise", "checkpoints"] {
            for entry in fs::read_dir(run.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let bytes = fs::read(&path).unwrap();
                let name = path.strip_prefix(run).unwrap().display().to_string();
                files.insert(name, blake3::hash(tensors(&path, &bytes)).to_hex().to_string());
            }
        }
        Self { summary, files, trials: trials(run) }
    }

    /// Panics with what is different.
    #[track_caller]
    pub(crate) fn compare(&self, expected: &Self) {
        let names = |results: &Self| results.files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(self), names(expected));
        for (name, hash) in &expected.files {
            assert_eq!(&self.files[name], hash, "{name}");
        }
        assert_eq!(self.summary, expected.summary);
        for (trial, events) in &expected.trials {
            assert_eq!(self.trials.get(trial), Some(events), "{trial}");
        }
        assert_eq!(self.trials.len(), expected.trials.len());
    }
}

/// A checkpoint says when and in which run it was made, in front of its tensors.
fn tensors<'a>(path: &Path, bytes: &'a [u8]) -> &'a [u8] {
    if path.extension().is_none_or(|extension| extension != "safetensors") {
        return bytes;
    }
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    &bytes[8 + header..]
}

/// What the journal says of every trial, without numbers of events, times and shards. An epoch that was reported again, behind a
/// save, has to be the same and is there once.
fn trials(run: &Path) -> BTreeMap<String, Vec<String>> {
    let replay = journal::read(&run.join("events.jsonl")).unwrap();
    assert_eq!(replay.ignored, []);
    let mut trials: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in replay.events {
        match event.kind {
            EventKind::EpochFinished { cohort, epoch, metrics, .. } => {
                for metrics in metrics {
                    let of_trial = trials.entry(format!("{cohort} {}", metrics.seed.0)).or_default();
                    let said = format!("{epoch:?} {metrics:?}");
                    if let Some(before) =
                        of_trial.iter().find(|before| before.starts_with(&format!("{epoch:?} ")))
                    {
                        assert_eq!(*before, said);
                    } else {
                        of_trial.push(said);
                    }
                }
            }
            EventKind::CohortEvaluated { cohort, evaluations, .. } => {
                for evaluation in evaluations {
                    let of_trial = trials.entry(format!("{cohort} {}", evaluation.seed.0)).or_default();
                    of_trial.push(format!("{evaluation:?}"));
                }
            }
            EventKind::CohortFinished { cohort, seeds, .. } => {
                for (seed, outcome) in seeds {
                    assert_eq!(outcome, SeedOutcome::Completed, "{cohort} {seed:?}");
                    trials.entry(format!("{cohort} {}", seed.0)).or_default().push("completed".into());
                }
            }
            _ => {}
        }
    }
    trials
}
