//! Which of a cohort's trials become checkpoints, and what their metadata say.

use std::collections::BTreeMap;

use crate::checkpoint;
use crate::evaluation::TrialWeights;
use crate::runtime::worker::assignment::{Assignment, Beside, Standing};
use crate::runtime::worker::port::NewCheckpoint;
use data::Dataset;
use store::format::v1::checkpoint as disk;
use store::format::v1::{Model, Module, TaskName};
use study::config::Keep;
use study::event::{RunHeader, SeedEvaluation};
use study::grid::CohortId;

/// The checkpoints of the cohort's trials that `checkpoints.keep` names; `best` becomes the standing of the best trial,
/// those of other shares included.
pub(super) fn of<'a>(
    header: &RunHeader,
    dataset: &Dataset,
    assignment: &Assignment,
    attempt: u32,
    trials: &'a [TrialWeights],
    evaluations: &[SeedEvaluation],
    best: &mut Option<Standing>,
) -> Vec<NewCheckpoint<'a>> {
    let (keep, cohort) = (header.config.checkpoints.keep, assignment.cohort);
    let kept = match keep {
        Keep::None => Vec::new(),
        Keep::All => trials.iter().collect(),
        Keep::Best => better(header, trials, best).into_iter().collect(),
    };
    let mut of_set = BTreeMap::new();
    let mut new = |trial: &'a TrialWeights| {
        let split = dataset.of(trial.seed);
        let preprocessing =
            of_set.entry(dataset.facts.set_of(cohort.task, trial.seed)).or_insert_with(|| {
                let draw = dataset.draw(cohort.task, trial.seed)?;
                checkpoint::preprocessing(split, cohort.task, draw, &header.config)
            });
        let test = evaluations.iter().find(|evaluation| evaluation.seed == trial.seed);
        let mut metadata = metadata(header, cohort, trial, test);
        metadata.extend(preprocessing.clone().map(|text| (disk::PREPROCESSING, text)));
        NewCheckpoint {
            cohort,
            seed: (keep == Keep::All).then_some(trial.seed),
            attempt: (assignment.beside == Beside::Result).then_some(attempt),
            weights: &trial.best,
            metadata,
        }
    };
    kept.into_iter().map(&mut new).collect()
}

/// The trial with the highest validation accuracy; absent where `best`, which it becomes, is as good.
fn better<'a>(
    header: &RunHeader,
    trials: &'a [TrialWeights],
    best: &mut Option<Standing>,
) -> Option<&'a TrialWeights> {
    let seeds = &header.sweep.seeds;
    let is_better =
        |trial: &&TrialWeights| Standing::new(seeds, trial.seed, trial.val_accuracy).replaces(best);
    trials.iter().filter(is_better).last()
}

fn metadata(
    header: &RunHeader,
    cohort: CohortId,
    trial: &TrialWeights,
    test: Option<&SeedEvaluation>,
) -> Vec<(&'static str, String)> {
    let mut metadata = vec![
        (disk::FUSION, Model(cohort.fusion).to_string()),
        (disk::TASK, TaskName(cohort.task).to_string()),
        (disk::TRAIN_SIZE, cohort.train_size.to_string()),
        (disk::SEED, trial.seed.0.to_string()),
        (disk::BEST_EPOCH, trial.best_epoch.0.to_string()),
        (disk::VAL_ACCURACY, trial.val_accuracy.to_string()),
        (disk::DATA_FINGERPRINT, header.data.fingerprint.clone()),
        (disk::CONFIG, header.config.to_toml()),
    ];
    let classes = header.data.task(cohort.task).map(|facts| &facts.classes).filter(|names| !names.is_empty());
    let classes = classes.and_then(|names| serde_json::to_string(names).ok());
    metadata.extend(classes.map(|names| (disk::CLASSES, names)));
    metadata.extend(cohort.fusion.rate().map(|rate| (disk::LEARNING_RATE, rate.value().to_string())));
    let module = header
        .config
        .fusion
        .torchscript
        .modules
        .iter()
        .find(|of| of.model == cohort.fusion.at_rate(None).plain());
    let module = module.and_then(|of| serde_json::to_string(&Module::from(of)).ok());
    metadata.extend(module.map(|module| (disk::MODULE, module)));
    metadata.extend(test.map(|test| (disk::TEST_ACCURACY, test.test_accuracy.to_string())));
    metadata
}
