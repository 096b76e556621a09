//! The checkpoints that a cohort leaves.

use std::collections::BTreeMap;

use super::{Assignment, Bench, Beside};
use crate::checkpoint;
use crate::error::EngineError;
use crate::evaluation::TrialWeights;
use store::format::v1::checkpoint as disk;
use store::format::v1::{Model, Named};
use store::run_dir::of_attempt;
use store::{StoreError, rows};
use study::config::Keep;
use study::event::{RunHeader, SeedEvaluation};
use study::grid::{CohortId, Seed};

/// Keeps the weights of the cohort's trials that `checkpoints.keep` names, with all that testing them elsewhere takes.
pub(super) fn keep(
    bench: &Bench,
    assignment: &Assignment,
    attempt: u32,
    trials: &[TrialWeights],
    evaluations: &[SeedEvaluation],
) -> Result<(), EngineError> {
    let header = &bench.header;
    // Rows that are kept without their places would be no one's.
    let places: Vec<&[u32]> = bench.dataset.partitions().iter().map(|split| &*split.test_rows).collect();
    rows::keep_places(&assignment.run_dir, &places)?;
    if header.config.checkpoints.keep == Keep::None {
        return Ok(());
    }
    // It may have been removed since the run began.
    let folder = assignment.run_dir.checkpoints();
    std::fs::create_dir_all(folder).map_err(StoreError::io("make", folder))?;
    for split in bench.dataset.partitions() {
        checkpoint::keep_projections(split, &header.config, &assignment.run_dir)?;
    }
    let mut of_split = BTreeMap::new();
    let mut save = |trial: &TrialWeights, seed_in_name: Option<Seed>| {
        let split = bench.dataset.of(trial.seed);
        let preprocessing = of_split
            .entry(split.seed)
            .or_insert_with(|| checkpoint::preprocessing(split, assignment.cohort.task, &header.config));
        let path = assignment.run_dir.checkpoint(assignment.cohort, seed_in_name);
        let path = match assignment.beside {
            Beside::Result => of_attempt(&path, attempt),
            Beside::Nothing => path,
        };
        let test = evaluations.iter().find(|evaluation| evaluation.seed == trial.seed);
        let mut metadata = metadata(header, assignment.cohort, trial, test);
        metadata.extend(preprocessing.clone().map(|text| (disk::PREPROCESSING, text)));
        checkpoint::save(&trial.best, &path, &metadata)
    };
    match header.config.checkpoints.keep {
        Keep::None => Ok(()),
        Keep::All => trials.iter().try_for_each(|trial| save(trial, Some(trial.seed))),
        Keep::Best => {
            let mut best: Option<&TrialWeights> = None;
            // Splits are trained in groups of their own, and of equals the first seed is kept.
            let place = |trial: &&TrialWeights| assignment.seeds.iter().position(|seed| *seed == trial.seed);
            let mut in_order: Vec<&TrialWeights> = trials.iter().collect();
            in_order.sort_by_key(place);
            for trial in in_order {
                if best.is_none_or(|best| trial.val_accuracy > best.val_accuracy) {
                    best = Some(trial);
                }
            }
            // Of equals the one that is kept already.
            let best = best.filter(|best| assignment.best_before.is_none_or(|kept| best.val_accuracy > kept));
            best.map_or(Ok(()), |trial| save(trial, None))
        }
    }
}

fn metadata(
    header: &RunHeader,
    cohort: CohortId,
    trial: &TrialWeights,
    test: Option<&SeedEvaluation>,
) -> Vec<(&'static str, String)> {
    let mut metadata = vec![
        (disk::FUSION, Model(cohort.fusion).to_string()),
        (disk::TASK, cohort.task.on_disk().to_owned()),
        (disk::TRAIN_SIZE, cohort.train_size.to_string()),
        (disk::SEED, trial.seed.0.to_string()),
        (disk::BEST_EPOCH, trial.best_epoch.0.to_string()),
        (disk::VAL_ACCURACY, trial.val_accuracy.to_string()),
        (disk::DATA_FINGERPRINT, header.data.fingerprint.clone()),
        (disk::CONFIG, header.config.to_toml()),
    ];
    metadata.extend(test.map(|test| (disk::TEST_ACCURACY, test.test_accuracy.to_string())));
    metadata
}
