//! What a checkpoint does on rows from elsewhere.

use std::path::PathBuf;
use std::thread;

use serde::{Serialize, Serializer};

use super::{Checkpoint, Preprocessing, Recorded};
use crate::backend::device;
use crate::backend::inputs::{upload, upload_labels};
use crate::backend::parameters::{HeadShape, Parameters};
use crate::error::EngineError;
use crate::evaluation::noise::{Draws, Moments, Noise};
use crate::evaluation::{Evaluation, TrialWeights};
use crate::fusion::{self, Reader, torchscript};
use data::{self, DataError, Elsewhere, RowChoice};
use store::format::v1;
use study::config::{Config, DeviceChoice, Fault, NoiseSource, Origin, RunConfig};
use study::confusion::{self, Confusion};
use study::event::NoiseCurve;
use study::grid::{Epoch, Seed, Task};
use study::model::ModelId;

/// What a checkpoint does on rows from elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tested {
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// How its modalities are joined.
    pub fusion: ModelId,
    /// What it predicts.
    pub task: Task,
    /// Rows that it was trained on.
    pub train_size: usize,
    /// Its seed.
    pub seed: Seed,
    /// The epoch of its weights.
    pub best_epoch: Epoch,
    /// What it was written with.
    pub recorded: Recorded,
    /// The rows' source.
    pub data: String,
    /// How many.
    pub rows: usize,
    /// Share of the largest class.
    pub majority_share: f64,
    /// Share of rows that it gets right.
    pub accuracy: f64,
    /// Mean of the classes' recalls.
    pub balanced_accuracy: f64,
    /// Area under the ROC curve; absent where the rows are of one class. Of more than two classes the mean over
    /// one against the rest.
    pub auc: Option<f64>,
    /// Levels of noise.
    pub levels: Vec<f64>,
    /// Accuracy at each level.
    #[serde(serialize_with = "noise")]
    pub noise: Vec<NoiseCurve>,
    /// Classes that it predicts.
    pub classes: usize,
    /// Mean F1 over the classes; absent for two classes of equally many rows.
    pub macro_f1: Option<f64>,
    /// Which classes were taken for which: true class, predicted class, rows; none for two classes.
    pub confusion: Confusion,
}

/// As the journal has it.
fn noise<S: Serializer>(curves: &[NoiseCurve], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(curves.iter().map(v1::NoiseCurve::from))
}

impl Checkpoint {
    /// The rows that `config.data` names, as the head receives them. What shapes its inputs or the head
    /// itself must be as in its own configuration.
    pub fn rows(&self, config: &Config, choice: RowChoice) -> Result<Elsewhere, EngineError> {
        self.compare(config)?;
        let Preprocessing { fitted, cut, graded, .. } = &self.preprocessing;
        let trained = (fitted, cut.as_ref(), graded.as_ref());
        let rows = data::elsewhere(config, (self.task, self.trial.0), &self.classes, trained, choice)?;
        let (n, m) = self.widths();
        for (name, rows, wanted) in [("text", &rows.text, n), ("image", &rows.image, m)] {
            let found = rows.ncols();
            if found != wanted {
                let place = format!("the {name} modality");
                return Err(DataError::OtherWidth { place, found, wanted }.into());
            }
        }
        Ok(rows)
    }

    /// Tests it on `rows`, which [`Self::rows`] made with the same `config`.
    pub fn test(&self, config: &Config, rows: &Elsewhere) -> Result<Tested, EngineError> {
        for module in self.config.fusion.torchscript.modules {
            torchscript::open_again(config, module)?;
        }
        let levels = config.noise.levels.resolve().map_err(|message| fault("noise.levels", message))?;
        // Where it was trained says nothing about where it is tested.
        let is_own = config.run.device == self.config.run.device;
        let asked = if is_own { DeviceChoice::Auto } else { config.run.device };
        let devices = device::choose(&RunConfig { device: asked, workers: 1, ..config.run.clone() }, 1)?;
        let compute = devices.workers.first().copied().unwrap_or_else(device::Compute::cpu);
        // LibTorch's infallible calls panic: on a worker's thread that is logged and no more.
        let tested = thread::scope(|scope| {
            let work = || self.compute(config, rows, &levels, compute);
            thread::Builder::new()
                .name("worker-0".into())
                .spawn_scoped(scope, work)
                .map(thread::ScopedJoinHandle::join)
        });
        match tested {
            Ok(Ok(tested)) => tested,
            Ok(Err(_)) => Err(EngineError::LibTorch("the test failed; the memory may not suffice".into())),
            Err(_) => Err(EngineError::Thread("worker")),
        }
    }

    fn compute(
        &self,
        config: &Config,
        rows: &Elsewhere,
        levels: &[f64],
        compute: device::Compute,
    ) -> Result<Tested, EngineError> {
        let _no_grad = compute.enter(compute.threads)?;
        let device = compute.device;
        let reader = Reader::of(&self.config, self.fusion, self.trial.0);
        let fused = fusion::rows(reader, &upload(&rows.text, device), &upload(&rows.image, device));
        let labels = upload_labels(&rows.labels, device);
        let moments = match config.noise.source {
            NoiseSource::Train => self.preprocessing.noise.clone(),
            NoiseSource::Test => {
                [&rows.text, &rows.image].map(|rows| Moments::of(rows, config.noise.statistics))
            }
        };
        let draws = Draws::on([&rows.text, &rows.image], moments, device, 0);
        let shape = HeadShape::new(self.fusion, self.sizes(), reader.choice);
        let evaluation = Evaluation {
            backend: &*fusion::backend(shape, compute),
            activation: config.model.activation,
            rows: &fused,
            labels: &rows.labels,
            noise: Noise { config: &config.noise, levels, draws: &draws, labels: &labels },
        };
        let weights = || Parameters::of_one(shape, &self.values, device);
        let (seed, best_epoch) = self.trial;
        let val_accuracy = self.recorded.val_accuracy;
        let (numbers, _) =
            evaluation.of(&TrialWeights { seed, best_epoch, val_accuracy, best: weights(), last: weights() });
        let classes = self.sizes().classes;
        let of_class = |class: u16| {
            let rows_of = rows.labels.iter().filter(|&&label| label == class).count();
            rows_of as f64 / rows.labels.len() as f64
        };
        let macro_f1 = match classes {
            2 => confusion::of_two(
                numbers.test_accuracy,
                numbers.test_balanced_accuracy,
                of_class(1),
                rows.labels.len(),
            )
            .and_then(|of_two| of_two.macro_f1()),
            _ => numbers.confusion.macro_f1(),
        };
        Ok(Tested {
            checkpoint: self.path.clone(),
            fusion: self.fusion,
            task: self.task,
            train_size: self.train_size,
            seed,
            best_epoch,
            recorded: self.recorded,
            data: rows.name.clone(),
            rows: rows.labels.len(),
            majority_share: (0..classes as u16).map(of_class).fold(0.0, f64::max),
            accuracy: numbers.test_accuracy,
            balanced_accuracy: numbers.test_balanced_accuracy,
            auc: numbers.auc,
            levels: levels.to_vec(),
            noise: numbers.noise,
            classes,
            macro_f1,
            confusion: numbers.confusion,
        })
    }

    /// Refuses other values for keys that shape the head or its inputs.
    fn compare(&self, config: &Config) -> Result<(), EngineError> {
        let ours = &self.config;
        let mut fusion = config.fusion.clone();
        fusion.torchscript.modules = ours.fusion.torchscript.modules;
        for (key, is_same) in [
            ("model.activation", ours.model.activation == config.model.activation),
            ("model.hidden", ours.model.hidden == config.model.hidden),
            ("fusion", ours.fusion == fusion),
            ("data.width", ours.data.width == config.data.width),
            ("data.pad", ours.data.pad == config.data.pad),
            ("data.scale", ours.data.scale == config.data.scale),
            ("synthetic.label", ours.synthetic.label == config.synthetic.label),
            ("synthetic.pairs", ours.synthetic.pairs == config.synthetic.pairs),
            ("noise.statistics", ours.noise.statistics == config.noise.statistics),
        ] {
            if !is_same {
                let message = "it must be as the checkpoint was trained: leave it out";
                return Err(fault(key, message.into()));
            }
        }
        Ok(())
    }
}

fn fault(key: &str, message: String) -> EngineError {
    EngineError::Config(Fault { key: key.into(), origin: Origin::Default, message })
}
