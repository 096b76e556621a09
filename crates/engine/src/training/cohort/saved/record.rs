//! What a file of training state says of its group, and what has to be true of it before it is used.

use std::collections::BTreeSet;

use super::file::FRAME;
use crate::backend::parameters::HeadShape;
use store::format::v1::state;
use study::config::{Config, TrainConfig};
use study::event::{Position, RunHeader, SeedMetrics, SeedOutcome};
use study::grid::{CohortId, Epoch, Seed};
use study::model::{Rate, Robust};

/// Bytes that a record takes at most: beside its seeds, for each seed, and for each epoch of a seed.
const RECORD_BYTES: [u64; 3] = [1_000, 400, 300];

/// Whose training state it is: run, configuration and attempt in one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner(String);

/// Which training state a cohort can use.
pub(crate) struct Wanted<'a> {
    pub(crate) cohort: CohortId,
    pub(crate) header: &'a RunHeader,
    /// The seeds to train.
    pub(crate) seeds: &'a [Seed],
}

/// What is saved beside tensors.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) owner: Owner,
    pub(super) position: Position,
    /// Worker time so far.
    pub(super) seconds: f64,
    pub(super) best: BestFile,
    pub(super) trials: Vec<SavedTrial>,
}

/// The file with the best weights that belongs to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BestFile {
    /// In its name; counts from 1.
    pub(super) number: u32,
    /// BLAKE3, hexadecimal.
    pub(super) checksum: String,
}

#[derive(Debug)]
pub(super) struct SavedTrial {
    pub(super) seed: Seed,
    pub(super) best: Option<(Epoch, f64)>,
    pub(super) ended: Option<SeedOutcome>,
    pub(super) is_frozen: bool,
    pub(super) metrics: Vec<SeedMetrics>,
}

impl Owner {
    /// Of a cohort's `attempt` in the run whose journal begins with a line of this hash. That line holds the data
    /// set's fingerprint as well.
    pub(crate) fn new(run: &str, config: &Config, cohort: CohortId, attempt: u32) -> Self {
        // Every field has its name, so two owners never print alike.
        Self::named(&format!("{run} {:?} {} {cohort} {attempt}", config.model, trained_with(config, cohort)))
    }

    fn named(text: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("superfuse-tui training state, owner");
        hasher.update(text.as_bytes());
        Self(hasher.finalize().to_hex().to_string())
    }
}

/// What the cohort is trained with: the configuration of a run that grows may get more rates and ways to train, which are
/// those of other cohorts. Plain training is written as it was before there were any.
fn trained_with(config: &Config, cohort: CohortId) -> String {
    let &TrainConfig { epochs, batch_size, weight_decay, patience, noise_max, drop, .. } = &config.train;
    let learning_rate = config.learning_rate(cohort.fusion).map_or(0.0, Rate::value);
    let against = match cohort.fusion.robust {
        Robust::None => String::new(),
        Robust::Noise => format!(", noise_max: {noise_max:?}"),
        Robust::Drop => format!(", drop: {drop:?}"),
    };
    format!(
        "TrainConfig {{ epochs: {epochs}, batch_size: {batch_size}, learning_rate: {learning_rate:?}, \
         weight_decay: {weight_decay:?}, patience: {patience}{against} }}"
    )
}

impl Wanted<'_> {
    pub(super) fn shape(&self) -> HeadShape {
        HeadShape::of(self.header, self.cohort)
    }

    /// Bytes that a file with weights and moments has at most.
    pub(super) fn most_bytes(&self) -> u64 {
        let seeds = self.seeds.len() as u64;
        FRAME + most_record_bytes(seeds, self.header.config.train.epochs) + main_bytes(self.shape(), seeds)
    }

    /// Bytes that a file with best weights has at most.
    pub(super) fn most_best_bytes(&self) -> u64 {
        FRAME + best_bytes(self.shape(), self.seeds.len() as u64, self.seeds.len() as u64)
    }

    fn steps(&self) -> usize {
        self.cohort.train_size.div_ceil(self.header.config.train.batch_size)
    }
}

impl Record {
    /// As a file has it.
    pub(super) fn encode(&self) -> serde_json::Result<Vec<u8>> {
        let best = state::BestFile { number: self.best.number, checksum: self.best.checksum.clone() };
        let of = state::TrainingState {
            owner: self.owner.0.clone(),
            position: self.position.into(),
            seconds: self.seconds,
            best,
            trials: self.trials.iter().map(SavedTrial::on_disk).collect(),
        };
        of.encode()
    }

    /// Reads what [`Self::encode`] wrote; none of it is believed before [`Self::check`].
    pub(super) fn decode(bytes: &[u8]) -> serde_json::Result<Self> {
        let state::TrainingState { owner, position, seconds, best, trials } =
            state::TrainingState::decode(bytes)?;
        Ok(Self {
            owner: Owner(owner),
            position: position.into(),
            seconds,
            best: BestFile { number: best.number, checksum: best.checksum },
            trials: trials.into_iter().map(SavedTrial::from_disk).collect(),
        })
    }

    /// The group's first seed, by which its files are named.
    pub(super) fn first(&self) -> Option<Seed> {
        self.trials.first().map(|trial| trial.seed)
    }

    /// Says what keeps it from being used by the cohort's attempt of this owner; `free` are the seeds that no other
    /// file has.
    pub(super) fn check(
        &self,
        wanted: &Wanted<'_>,
        owner: &Owner,
        free: &BTreeSet<Seed>,
    ) -> Result<(), String> {
        if self.owner != *owner {
            return Err("it belongs to another run, configuration or attempt".into());
        }
        let seeds: BTreeSet<Seed> = self.trials.iter().map(|trial| trial.seed).collect();
        if seeds.is_empty() || seeds.len() != self.trials.len() || !seeds.is_subset(free) {
            return Err("its seeds are not those that are to be trained".into());
        }
        let settings = wanted.header.config.fusion.settings();
        let cohort = wanted.cohort;
        let rows_of = |seed: &Seed| {
            (wanted.header.data.set_of(cohort.task, *seed), cohort.fusion.choice_of(*seed, &settings))
        };
        if seeds.iter().map(rows_of).collect::<BTreeSet<_>>().len() > 1 {
            return Err("its seeds belong to several splits, draws of labels or frozen choices".into());
        }
        let (epochs, Position { epoch, step }) = (wanted.header.config.train.epochs, self.position);
        let steps = if epoch.0 > epochs { 1 } else { wanted.steps() };
        if epoch.0 == 0 || epoch.0 > epochs + 1 || step as usize >= steps {
            return Err(format!("it stands at step {step} of epoch {}, which there is not", epoch.0));
        }
        if !self.seconds.is_finite() || self.seconds < 0.0 {
            return Err("its time is no time".into());
        }
        let done = epoch.0 as usize - 1;
        match self.trials.iter().find(|trial| !trial.is_sound(done)) {
            Some(trial) => Err(format!("what it says of seed {} cannot be", trial.seed.0)),
            None => Ok(()),
        }
    }

    /// Bytes of its tensors in the file with weights and moments, and in that with the best weights.
    pub(super) fn tensor_bytes(&self, wanted: &Wanted<'_>) -> [u64; 2] {
        let frozen = self.trials.iter().filter(|trial| trial.is_frozen).count() as u64;
        let (shape, seeds) = (wanted.shape(), self.trials.len() as u64);
        [main_bytes(shape, seeds), best_bytes(shape, seeds, frozen)]
    }
}

impl SavedTrial {
    fn on_disk(&self) -> state::Trial {
        state::Trial {
            seed: self.seed.0,
            best: self.best.map(|(epoch, accuracy)| (epoch.0, accuracy)),
            ended: self.ended.as_ref().map(Into::into),
            is_frozen: self.is_frozen,
            metrics: self.metrics.iter().map(Into::into).collect(),
        }
    }

    fn from_disk(trial: state::Trial) -> Self {
        Self {
            seed: Seed(trial.seed),
            best: trial.best.map(|(epoch, accuracy)| (Epoch(epoch), accuracy)),
            ended: trial.ended.map(Into::into),
            is_frozen: trial.is_frozen,
            metrics: trial.metrics.into_iter().map(Into::into).collect(),
        }
    }

    /// Whether it can have come about in so many epochs.
    fn is_sound(&self, epochs: usize) -> bool {
        let has_all = match &self.ended {
            None => self.metrics.len() == epochs,
            Some(_) => self.metrics.len() <= epochs,
        };
        let best_was_told = self.best.is_none_or(|(epoch, accuracy)| {
            let at = (epoch.0 as usize).checked_sub(1).and_then(|place| self.metrics.get(place));
            at.is_some_and(|metrics| metrics.val_accuracy == accuracy)
        });
        let finite = |metrics: &SeedMetrics| {
            let SeedMetrics { seed, train_loss, train_accuracy, val_loss, val_accuracy } = *metrics;
            let numbers = [train_loss, train_accuracy, val_loss, val_accuracy];
            seed == self.seed && numbers.iter().all(|number| number.is_finite())
        };
        has_all && best_was_told && self.metrics.iter().all(finite)
    }
}

/// Bytes that a record of so many seeds takes at most. A longer one is not written, since it would not be read back.
pub(super) fn most_record_bytes(seeds: u64, epochs: u32) -> u64 {
    let [fixed, of_seed, of_epoch] = RECORD_BYTES;
    fixed + seeds * (of_seed + of_epoch * u64::from(epochs))
}

/// Weights and two moments of each seed, the step count, and each seed's sums of loss and right predictions.
fn main_bytes(shape: HeadShape, seeds: u64) -> u64 {
    seeds * (3 * shape.bytes() + 16) + 4
}

/// The best weights of each seed, and those of seeds that ended early.
fn best_bytes(shape: HeadShape, seeds: u64, frozen: u64) -> u64 {
    (seeds + frozen) * shape.bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use study::grid::Task;
    use study::model::ModelId;

    #[test]
    fn the_longest_record_fits() {
        let (seed, longest) = (Seed(u64::MAX), -f64::MIN_POSITIVE);
        let metrics = SeedMetrics {
            seed,
            train_loss: longest,
            train_accuracy: longest,
            val_loss: longest,
            val_accuracy: longest,
        };
        for (seeds, epochs) in [(1, 1), (1, 50), (20, 1), (20, 50)] {
            let trial = || SavedTrial {
                seed,
                best: Some((Epoch(u32::MAX), longest)),
                ended: Some(SeedOutcome::Diverged { epoch: Epoch(u32::MAX) }),
                is_frozen: false,
                metrics: vec![metrics; epochs],
            };
            let cohort = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 32 };
            let record = Record {
                owner: Owner::new("run", &Config::default(), cohort, u32::MAX),
                position: Position { epoch: Epoch(u32::MAX), step: u32::MAX },
                seconds: longest,
                best: BestFile { number: u32::MAX, checksum: "0".repeat(64) },
                trials: (0..seeds).map(|_| trial()).collect(),
            };
            let bytes = record.encode().unwrap().len() as u64;
            let most = most_record_bytes(seeds, epochs as u32);
            assert!(bytes <= most, "{bytes} {most}");
        }
    }

    #[test]
    fn run_configuration_and_attempt_each_make_another_owner() {
        let cohort = |train_size| CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size };
        let config = Config::default();
        let owner = Owner::new("run", &config, cohort(32), 1);
        assert_eq!(owner, Owner::new("run", &config, cohort(32), 1));
        let mut other = config.clone();
        other.train.learning_rate = 0.002.into();
        for another in [
            Owner::new("another", &config, cohort(32), 1),
            Owner::new("run", &other, cohort(32), 1),
            Owner::new("run", &config, cohort(64), 1),
            Owner::new("run", &config, cohort(32), 2),
        ] {
            assert_ne!(owner, another);
        }
    }

    #[test]
    fn what_other_cohorts_are_trained_with_makes_no_other_owner() {
        let rate = Rate::new;
        let of = |model: ModelId, config: &Config| {
            Owner::new("run", config, CohortId { fusion: model, task: Task::Real, train_size: 32 }, 1)
        };
        let config = Config::default();
        // As before there were ways to train and several rates.
        let written = "run ModelConfig { hidden: 32, activation: Relu } TrainConfig { epochs: 30, batch_size: 256, \
                       learning_rate: 0.001, weight_decay: 0.0, patience: 0 } concat-real-32 1";
        assert_eq!(of(ModelId::CONCAT, &config), Owner::named(written));
        let mut own = config.clone();
        own.fusion.concat.learning_rate = Some(0.5.into());
        assert_ne!(of(ModelId::CONCAT, &own), of(ModelId::CONCAT, &config), "its own rate");
        let mut grown = config.clone();
        grown.train.robust = serde_json::from_str("[\"none\", \"noise\", \"drop\"]").unwrap();
        (grown.train.noise_max, grown.train.drop) = (0.5, 0.1);
        assert_eq!(of(ModelId::CONCAT, &grown), of(ModelId::CONCAT, &config));
        let [noise, drop] = [Robust::Noise, Robust::Drop].map(|robust| ModelId::CONCAT.trained_with(robust));
        let mut other = grown.clone();
        other.train.drop = 0.3;
        assert_eq!(of(noise, &other), of(noise, &grown));
        assert_ne!(of(drop, &other), of(drop, &grown));
        other.train.noise_max = 0.6;
        assert_ne!(of(noise, &other), of(noise, &grown));
        // More rates, and the cohort's own among them.
        grown.train.learning_rate = serde_json::from_str("[0.02, 0.0001]").unwrap();
        let more = Config {
            train: TrainConfig {
                learning_rate: serde_json::from_str("[0.02, 0.0001, 0.003]").unwrap(),
                ..grown.train.clone()
            },
            ..grown.clone()
        };
        let model = ModelId::CONCAT.at_rate(rate(0.0001));
        assert_eq!(of(model, &more), of(model, &grown));
        assert_ne!(of(ModelId::CONCAT.at_rate(rate(0.02)), &grown), of(model, &grown));
        grown.fusion.product.learning_rate = Some(0.5.into());
        assert_eq!(of(model, &more), of(model, &grown), "another fusion's rate");
    }
}
