//! Heads on texts and images that are put together anew, against loops and against what follows from how a head reads them.

use tch::{Device, Tensor};

use super::{classes, cohort, compute, every_way, small_config, small_data, train, values};
use crate::evaluation::emap::Projections;
use crate::evaluation::{Recombined, TrialWeights, missing};
use crate::fusion;
use crate::training::feature_cache::FeatureCache;
use data::{Dataset, TaskData};
use study::config::{Activation, Config, Fill, Kernels, NoiseSource};
use study::event::{Emap, Missing};
use study::grid::{Seed, Task};
use study::model::ModelId;

const KERNELS: [Kernels; 2] = [Kernels::Fused, Kernels::LibTorch];

/// Two heads that were trained, and their data.
struct Tested {
    config: Config,
    data: TaskData,
    weights: Vec<TrialWeights>,
}

impl Tested {
    fn new(kernels: Kernels, fusion: ModelId) -> Self {
        let config = small_config();
        let dataset = small_data(&config);
        Self::of(config, &dataset, kernels, fusion)
    }

    fn of(mut config: Config, dataset: &Dataset, kernels: Kernels, fusion: ModelId) -> Self {
        (config.run.kernels, config.noise.source, config.train.epochs) = (kernels, NoiseSource::Test, 12);
        let cohort = cohort(fusion, dataset.facts.rows.train);
        let weights = train(&config, dataset, cohort, &[Seed(0), Seed(5)]).weights;
        Self { config, data: dataset.task(Task::Real).unwrap().clone(), weights }
    }

    fn rows(&self) -> [Tensor; 2] {
        FeatureCache::new(compute(&self.config), 0, 1).draws(&self.config.noise, &self.data).rows()
    }

    fn on<T>(&self, work: impl FnOnce(&Recombined<'_>) -> T) -> T {
        let shape = self.weights[0].best.shape();
        work(&Recombined {
            backend: &*fusion::backend(shape, compute(&self.config)),
            activation: Activation::Relu,
            reader: shape.into(),
            heads: self.weights.iter().map(|trial| &trial.best).collect(),
            rows: self.rows(),
            labels: &self.data.labels.test,
        })
    }

    /// Each head's logits of text and image, `[rows, classes]`, by the fusion's definition.
    fn logits(&self, text: &Tensor, image: &Tensor) -> Vec<Vec<f32>> {
        let of = |trial: &TrialWeights| {
            values(&fusion::by_definition(&trial.best, Activation::Relu, text, image).squeeze_dim(0))
        };
        self.weights.iter().map(of).collect()
    }

    fn correct(&self, logits: &[f32]) -> Vec<bool> {
        let labels = &self.data.labels.test;
        let largest = |logits: &[f32]| {
            (1..logits.len()).fold(0, |best, class| if logits[class] > logits[best] { class } else { best })
        };
        let of_rows = logits.chunks(logits.len() / labels.len()).zip(labels);
        of_rows.map(|(logits, &label)| largest(logits) == usize::from(label)).collect()
    }

    fn missing(&self, fill: Fill) -> Vec<Missing> {
        let means = FeatureCache::new(compute(&self.config), 0, 1).train_means(&self.data);
        self.on(|on| missing::accuracies(on, &missing::filling(fill, &means, Device::Cpu)))
    }

    fn projections(&self, rows: usize) -> Projections {
        self.on(|on| {
            let mut projections = Projections::new(on, rows);
            while !projections.is_complete() {
                projections.step(on);
            }
            projections
        })
    }

    /// Of each head, and each head's logits of the clean test rows.
    fn emaps(&self, projections: &Projections) -> (Vec<Emap>, Vec<Vec<f32>>) {
        let [text, image] = self.rows();
        let logits = self.logits(&text, &image);
        let correct: Vec<Vec<bool>> = logits.iter().map(|logits| self.correct(logits)).collect();
        let emaps = projections.accuracies(&self.data.labels.test, correct.iter().map(Vec::as_slice));
        (emaps.into_iter().map(Option::unwrap).collect(), logits)
    }

    fn accuracy(&self, logits: &[f32]) -> f64 {
        let correct = self.correct(logits);
        correct.iter().filter(|&&right| right).count() as f64 / correct.len() as f64
    }
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// The logits of some rows, `[places, 2]`.
fn at(places: &[usize], logits: &[f32]) -> Vec<f64> {
    places.iter().flat_map(|&place| [logits[2 * place], logits[2 * place + 1]]).map(f64::from).collect()
}

fn assert_projected(tested: &Tested, classes: usize, what: &str) {
    const ROWS: usize = 12;
    let projections = tested.projections(ROWS);
    let places = projections.places();
    let [text, image] = tested.rows();
    let row = |of: &Tensor, place: usize| of.narrow(0, place as i64, 1);
    // One pair after the other: [heads][text][image][class].
    let mut pairs = vec![vec![vec![Vec::new(); ROWS]; ROWS]; tested.weights.len()];
    for (i, &of_text) in places.iter().enumerate() {
        for (j, &of_image) in places.iter().enumerate() {
            let logits = tested.logits(&row(&text, of_text), &row(&image, of_image));
            for (pairs, logits) in pairs.iter_mut().zip(logits) {
                assert_eq!(logits.len(), classes, "{what}");
                pairs[i][j] = logits.into_iter().map(f64::from).collect();
            }
        }
    }
    for (pairs, projected) in pairs.iter().zip(projections.projected()) {
        let mut expected = Vec::new();
        let mean = |logits: &mut dyn Iterator<Item = f64>| logits.sum::<f64>() / ROWS as f64;
        for (i, class) in (0..ROWS).flat_map(|i| (0..classes).map(move |class| (i, class))) {
            let of_text = mean(&mut pairs[i].iter().map(|logits| logits[class]));
            let of_image = mean(&mut pairs.iter().map(|of_text| of_text[i][class]));
            let of_all =
                mean(&mut pairs.iter().map(|of_text| mean(&mut of_text.iter().map(|logits| logits[class]))));
            expected.push(of_text + of_image - of_all);
        }
        let difference = largest_difference(&projected, &expected);
        assert!(difference < 1e-4, "{what}: {difference}");
    }
}

#[test]
fn a_projection_is_what_a_loop_over_all_pairs_gives() {
    let _no_grad = tch::no_grad_guard();
    for (kernels, fusion) in every_way() {
        assert_projected(&Tested::new(kernels, fusion), 2, &format!("{kernels:?} {fusion}"));
    }
}

#[test]
fn three_classes_are_projected_and_tested_without_a_modality_as_two_are() {
    let _no_grad = tch::no_grad_guard();
    let (config, dataset) = classes::loaded();
    for (kernels, fusion) in every_way() {
        let tested = Tested::of(config.clone(), &dataset, kernels, fusion);
        let what = format!("{kernels:?} {fusion}");
        assert_projected(&tested, 3, &what);
        assert_missing(&tested, &what);
    }
}

#[test]
fn a_head_without_interaction_is_its_own_projection_and_a_product_is_not() {
    let _no_grad = tch::no_grad_guard();
    for kernels in KERNELS {
        for fusion in [ModelId::LATE, ModelId::TEXT, ModelId::IMAGE, ModelId::PRODUCT] {
            let tested = Tested::new(kernels, fusion);
            let projections = tested.projections(40);
            let (emaps, logits) = tested.emaps(&projections);
            for ((emap, projected), logits) in emaps.iter().zip(projections.projected()).zip(&logits) {
                let difference = largest_difference(&projected, &at(projections.places(), logits));
                if fusion == ModelId::PRODUCT {
                    assert!(difference > 0.05, "{kernels:?} {fusion}: {difference}");
                } else {
                    assert!(difference < 1e-4, "{kernels:?} {fusion}: {difference}");
                    assert_eq!(emap.additive_accuracy, emap.accuracy, "{kernels:?} {fusion}");
                }
            }
        }
    }
}

#[test]
fn more_rows_than_there_are_mean_all_and_none_mean_no_projection() {
    let _no_grad = tch::no_grad_guard();
    let tested = Tested::new(Kernels::Fused, ModelId::CONCAT);
    let (emaps, logits) = tested.emaps(&tested.projections(10_000));
    for (emap, logits) in emaps.iter().zip(&logits) {
        assert_eq!((emap.rows, emap.accuracy), (tested.data.labels.test.len(), tested.accuracy(logits)));
    }
    // Fewer rows are some of the same.
    let (few, more) = (tested.projections(5), tested.projections(9));
    assert_eq!(few.places(), &more.places()[..5]);
    let none = tested.projections(0);
    assert_eq!(none.accuracies(&tested.data.labels.test, [[].as_slice(); 2].into_iter()), [None, None]);
}

fn assert_missing(tested: &Tested, what: &str) {
    let mean = |rows: &ndarray::Array2<f32>| {
        let mean: Vec<f32> = rows.columns().into_iter().map(|column| column.mean().unwrap()).collect();
        Tensor::from_slice(&mean).view([1, -1]).expand([tested.data.labels.test.len() as i64, -1], false)
    };
    let inputs = tested.data.inputs();
    let ([text, image], [no_text, no_image]) =
        (tested.rows(), [mean(&inputs.text.train), mean(&inputs.image.train)]);
    let expected = tested.logits(&no_text, &image).into_iter().zip(tested.logits(&text, &no_image));
    for (missing, (without_text, without_image)) in tested.missing(Fill::Mean).iter().zip(expected) {
        // A row whose logits are equal to the last bits may fall on either side.
        let row = 1.5 / tested.data.labels.test.len() as f64;
        let differs = |got: f64, logits: &[f32]| (got - tested.accuracy(logits)).abs() > row;
        assert!(!differs(missing.text, &without_text), "{what} {missing:?}");
        assert!(!differs(missing.image, &without_image), "{what} {missing:?}");
    }
}

#[test]
fn a_missing_modality_is_the_training_means_in_every_row() {
    let _no_grad = tch::no_grad_guard();
    for (kernels, fusion) in every_way() {
        assert_missing(&Tested::new(kernels, fusion), &format!("{kernels:?} {fusion}"));
    }
}

#[test]
fn what_a_head_does_not_read_may_be_missing_and_without_what_it_reads_every_row_is_the_same() {
    let _no_grad = tch::no_grad_guard();
    let of_one_answer = |tested: &Tested, accuracy: f64| {
        let labels = &tested.data.labels.test;
        let ones = labels.iter().filter(|&&label| label == 1).count() as f64 / labels.len() as f64;
        accuracy == ones || (accuracy - (1.0 - ones)).abs() < 1e-12
    };
    for kernels in KERNELS {
        for fusion in [ModelId::TEXT, ModelId::IMAGE] {
            let tested = Tested::new(kernels, fusion);
            let [text, image] = tested.rows();
            let clean = tested.logits(&text, &image);
            for (missing, logits) in tested.missing(Fill::Mean).iter().zip(&clean) {
                let (unread, read) = match fusion {
                    ModelId::TEXT => (missing.image, missing.text),
                    _ => (missing.text, missing.image),
                };
                assert_eq!(unread, tested.accuracy(logits), "{kernels:?} {fusion}");
                assert!(of_one_answer(&tested, read), "{kernels:?} {fusion} {missing:?}");
            }
        }
        for fusion in [ModelId::PRODUCT, ModelId::TENSOR, ModelId::MCB] {
            let tested = Tested::new(kernels, fusion);
            for missing in tested.missing(Fill::Zero) {
                assert!(of_one_answer(&tested, missing.text), "{kernels:?} {fusion} {missing:?}");
                assert!(of_one_answer(&tested, missing.image), "{kernels:?} {fusion} {missing:?}");
            }
            let of_means = tested.missing(Fill::Mean);
            let all_the_same = |missing: &Missing| {
                of_one_answer(&tested, missing.text) && of_one_answer(&tested, missing.image)
            };
            assert!(!of_means.iter().all(all_the_same), "{kernels:?} {fusion} {of_means:?}");
        }
    }
}
