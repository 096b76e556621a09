//! Two runs' trials of one configuration, paired by their seeds.

use study::event::{RunHeader, SeedEvaluation};
use study::grid::{CohortId, Seed, Task};
use study::inference::Interval;
use study::inference::seeds::paired_t_within;
use study::statistics::Spread;

use super::model::Model;
use super::shown::Split;

/// The accuracy of a run's trials less that of a reference's, seed by seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The run's mean accuracy over the shared seeds.
    pub own: f64,
    /// The reference's.
    pub reference: f64,
    /// The mean difference.
    pub mean: f64,
    /// Its 95 % interval over seeds (Student's t); absent under two of them.
    pub interval: Option<Interval>,
    /// Seeds that both have tested.
    pub seeds: usize,
}

/// Why there is no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpaired {
    /// A run is not known yet.
    Loading,
    /// Fingerprints are of all tasks of a sweep, and the sweeps have different ones.
    OtherTasks,
    /// The arrays, labels or splits differ.
    OtherData,
    /// The sweeps have no seed in common.
    NoSharedSeeds,
    /// One of the sweeps lacks the configuration.
    Absent,
    /// No seed was tested in both.
    NotTested,
}

impl Unpaired {
    /// The reason, in a few words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Loading => "loading…",
            Self::OtherTasks => "not paired: with other tasks, equal data cannot be told",
            Self::OtherData => "not paired on equal data: data, split or test rows differ",
            Self::NoSharedSeeds => "no shared seeds",
            Self::Absent => "not in both sweeps",
            Self::NotTested => "no seed is tested in both yet",
        }
    }

    /// The same for a narrow column.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Loading => "loading…",
            Self::OtherTasks => "other tasks",
            Self::OtherData => "other data",
            Self::NoSharedSeeds => "no shared seeds",
            Self::Absent => "not in both",
            Self::NotTested => "not tested yet",
        }
    }
}

/// Whether seeds of two runs can be paired: the same seed then has the same rows, labels and split in both.
pub fn pairable(reference: &Model, other: &Model) -> Result<(), Unpaired> {
    let (Some(one), Some(two)) = (reference.run.header(), other.run.header()) else {
        return Err(Unpaired::Loading);
    };
    let tasks = |header: &RunHeader| {
        let mut tasks: Vec<Task> = header.sweep.tasks.clone();
        tasks.sort_unstable();
        tasks.dedup();
        tasks
    };
    let is_of_equal_data = one.data.fingerprint == two.data.fingerprint
        && one.data.rows == two.data.rows
        && one.data.splits.len() == two.data.splits.len();
    if !is_of_equal_data {
        return Err(if tasks(one) == tasks(two) { Unpaired::OtherData } else { Unpaired::OtherTasks });
    }
    let is_shared = one.sweep.seeds.iter().any(|seed| two.sweep.seeds.contains(seed));
    if is_shared { Ok(()) } else { Err(Unpaired::NoSharedSeeds) }
}

/// The accuracy of `other` less that of `reference` on a split at the best epoch.
///
/// # Errors
/// Why there is none.
pub fn difference(
    reference: &Model,
    other: &Model,
    id: CohortId,
    split: Split,
) -> Result<Difference, Unpaired> {
    pairable(reference, other)?;
    let (Some(one), Some(two)) = (reference.run.cohort(id), other.run.cohort(id)) else {
        return Err(Unpaired::Absent);
    };
    let accuracy = |evaluation: &SeedEvaluation| match split {
        Split::Validation => evaluation.val_accuracy,
        Split::Test => evaluation.test_accuracy,
    };
    let pairs: Vec<(Seed, f64, f64)> = two
        .evaluations()
        .filter_map(|own| {
            let reference = one.trials.get(&own.seed)?.evaluation.as_ref()?;
            Some((own.seed, accuracy(own), accuracy(reference)))
        })
        .collect();
    let differences: Vec<f64> = pairs.iter().map(|(_, own, reference)| own - reference).collect();
    let spread = Spread::of(&differences).ok_or(Unpaired::NotTested)?;
    let mean = |of: fn(&(Seed, f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / pairs.len() as f64;
    let place = |seed: Seed| reference.run.header().map_or(0, |header| header.data.split_of(seed));
    let splits: Vec<usize> = pairs.iter().map(|&(seed, ..)| place(seed)).collect();
    Ok(Difference {
        own: mean(|pair| pair.1),
        reference: mean(|pair| pair.2),
        mean: spread.mean,
        interval: paired_t_within(&differences, &splits),
        seeds: spread.n,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Extent, SMALL, Stage, model, model_of};
    use crate::fixture_others::elsewhere;
    use study::model::ModelId;

    const ID: CohortId = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 64 };

    #[test]
    fn a_run_differs_from_itself_by_nothing_and_the_difference_is_seed_by_seed() {
        let finished = model(Stage::Finished);
        let none = difference(&finished, &finished, ID, Split::Test).unwrap();
        assert_eq!((none.mean, none.seeds), (0.0, 5));
        assert!(none.interval.unwrap().holds(0.0));
        // Of a run with fewer seeds those are compared that both have.
        let fewer = model_of(Stage::Finished, Extent { seeds: 3, ..SMALL });
        assert_eq!(difference(&finished, &fewer, ID, Split::Test).unwrap().seeds, 3);
        let one = model_of(Stage::Finished, Extent { seeds: 1, ..SMALL });
        let single = difference(&finished, &one, ID, Split::Test).unwrap();
        assert_eq!((single.seeds, single.interval), (1, None));
    }

    // scipy.stats.t.interval(.95, 4, loc=mean, scale=sem) of the differences .01, .03, .02, .00, .04.
    #[test]
    fn the_interval_is_students_t_of_the_differences() {
        let finished = model(Stage::Finished);
        let better = elsewhere(&finished, ID, &[0.01, 0.03, 0.02, 0.0, 0.04]);
        let found = difference(&finished, &better, ID, Split::Test).unwrap();
        assert!((found.mean - 0.02).abs() < 1e-12);
        assert!((found.own - found.reference - 0.02).abs() < 1e-12);
        let interval = found.interval.unwrap();
        assert!((interval.low - 0.000_367_570_5).abs() < 1e-6, "{interval:?}");
        assert!((interval.high - 0.039_632_429_5).abs() < 1e-6, "{interval:?}");
        // The other way round it has the other sign.
        assert!((difference(&better, &finished, ID, Split::Test).unwrap().mean + 0.02).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_paired_has_its_reason_and_no_number() {
        let finished = model(Stage::Finished);
        let with = |change: fn(&mut RunHeader)| {
            let mut other = model(Stage::Planned);
            let mut header = other.run.header().unwrap().clone();
            change(&mut header);
            other.plan(std::sync::Arc::new(header));
            difference(&finished, &other, ID, Split::Test).unwrap_err()
        };
        assert_eq!(with(|header| header.data.fingerprint = "1".into()), Unpaired::OtherData);
        assert_eq!(with(|header| header.data.rows.test = 12), Unpaired::OtherData);
        let other_tasks = with(|header| {
            header.data.fingerprint = "1".into();
            header.sweep.tasks = vec![Task::Real];
        });
        assert_eq!(other_tasks, Unpaired::OtherTasks);
        assert_eq!(with(|header| header.sweep.seeds = vec![Seed(77)]), Unpaired::NoSharedSeeds);
        assert_eq!(with(|header| header.sweep.sizes = vec![7]), Unpaired::Absent);
        assert_eq!(with(|_| ()), Unpaired::NotTested);
        let preparing = model(Stage::Preparing);
        assert_eq!(difference(&finished, &preparing, ID, Split::Test), Err(Unpaired::Loading));
    }
}
