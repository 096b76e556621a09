//! Each task by its definition, written out in loops.

use ndarray::Array2;
use rand::RngExt;
use study::config::Config;
use study::event::SplitOf;
use study::grid::{Alignment, Seed, Task};
use study::random::{Purpose, stream};

use super::*;
use crate::{Dataset, load};

const WIDTH: usize = 5;

fn aligned(thousandths: u16) -> Task {
    Task::Aligned(Alignment::thousandths(thousandths).unwrap())
}

fn tasks() -> Vec<Task> {
    vec![Task::Rotated, Task::Rank1, Task::Additive, aligned(0), aligned(500), aligned(1_000)]
}

/// Rows with means that are not 0.
fn inputs() -> Inputs {
    let mut rng = stream(Purpose::Bootstrap, 7, 0, 0);
    let mut rows =
        |count, shift| Array2::from_shape_fn((count, WIDTH), |_| rng.random::<f32>() * 2.0 - shift);
    let mut split =
        |shift| SplitOf { train: rows(41, shift), validation: rows(9, shift), test: rows(7, shift) };
    Inputs { text: split(0.4), image: split(0.7) }
}

/// z(·) with mean and deviation of the first `train` values.
fn standardised(values: &[f64], train: usize) -> (Vec<f64>, f64) {
    let mean = values[..train].iter().sum::<f64>() / train as f64;
    let mut square = 0.0;
    for value in &values[..train] {
        square += (value - mean) * (value - mean);
    }
    let deviation = (square / train as f64).sqrt();
    (values.iter().map(|value| (value - mean) / deviation).collect(), deviation)
}

/// The scores of training, then validation, then test rows.
fn written_out(task: Task, draw: usize, inputs: &Inputs) -> Vec<f64> {
    let rows = |split: &SplitOf<Array2<f32>>| -> Vec<Vec<f64>> {
        [&split.train, &split.validation, &split.test]
            .into_iter()
            .flat_map(|rows| rows.rows().into_iter())
            .map(|row| row.iter().map(|&value| f64::from(value)).collect())
            .collect()
    };
    let (x, y) = (rows(&inputs.text), rows(&inputs.image));
    let train = inputs.text.train.nrows();
    let mean =
        |rows: &[Vec<f64>], j: usize| rows[..train].iter().map(|row| row[j]).sum::<f64>() / train as f64;
    let (mean_x, mean_y): (Vec<f64>, Vec<f64>) = (0..WIDTH).map(|j| (mean(&x, j), mean(&y, j))).unzip();
    let turn = matrix(draw, WIDTH);
    let kind = if task == Task::Rank1 { Kind::Rank1 } else { Kind::Additive };
    let [in_text, in_image] = unit_vectors(draw, kind, [WIDTH, WIDTH]);
    let (mut raw, mut first, mut second, mut plain, mut rotated) = (vec![], vec![], vec![], vec![], vec![]);
    for (x, y) in x.iter().zip(&y) {
        let (mut xqy, mut ux, mut vy, mut ux_centred, mut vy_centred) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let (mut means, mut plain_here, mut rotated_here) = (0.0, 0.0, 0.0);
        for i in 0..WIDTH {
            let (tx, ty) = (x[i] - mean_x[i], y[i] - mean_y[i]);
            ux += in_text[i] * x[i];
            vy += in_image[i] * y[i];
            ux_centred += in_text[i] * tx;
            vy_centred += in_image[i] * ty;
            means += tx * mean_y[i] + mean_x[i] * ty;
            plain_here += tx * ty;
            for j in 0..WIDTH {
                xqy += x[i] * turn[(i, j)] * y[j];
                rotated_here += tx * turn[(i, j)] * (y[j] - mean_y[j]);
            }
        }
        raw.push(match task {
            Task::Rotated => xqy,
            Task::Rank1 => ux_centred * vy_centred,
            _ => means,
        });
        first.push(ux);
        second.push(vy);
        plain.push(plain_here);
        rotated.push(rotated_here);
    }
    match task {
        Task::Additive => {
            let (_, of_text) = standardised(&first, train);
            let (_, of_image) = standardised(&second, train);
            first.iter().zip(&second).map(|(x, y)| x / of_text + y / of_image).collect()
        }
        Task::Aligned(alignment) => {
            let a = alignment.value();
            let (plain, deviation) = standardised(&plain, train);
            let (rotated, _) = standardised(&rotated, train);
            let mixed: Vec<f64> = plain
                .iter()
                .zip(&rotated)
                .map(|(plain, rotated)| (1.0 - a * a).sqrt() * rotated + a * plain)
                .collect();
            let (mixed, _) = standardised(&mixed, train);
            raw.iter().zip(mixed).map(|(means, mixed)| means + deviation * mixed).collect()
        }
        _ => raw,
    }
}

#[test]
fn every_score_is_its_definition_and_its_label_is_cut_at_the_training_median() {
    let inputs = inputs();
    for (task, draw) in tasks().into_iter().flat_map(|task| [(task, 0), (task, 3)]) {
        let (graded, scores) = Graded::fit(task, draw, &inputs, &mut Rotations::new(&inputs));
        let found: Vec<f64> =
            [&scores.train, &scores.validation, &scores.test].into_iter().flatten().copied().collect();
        let wanted = written_out(task, draw, &inputs);
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-9, "{task} {draw}: {found} is not {wanted}");
        }
        let mut sorted = wanted[..41].to_vec();
        sorted.sort_by(f64::total_cmp);
        assert!((graded.threshold - sorted[20]).abs() < 1e-9, "{task}");
        let labels = graded.labels(task, &inputs.text.test, &inputs.image.test);
        let of_test: Vec<u16> = wanted[50..].iter().map(|&score| u16::from(score > sorted[20])).collect();
        assert_eq!(labels, of_test, "{task}");
        assert!(graded.is_sound(task, [WIDTH, WIDTH]) && !graded.is_sound(task, [WIDTH, WIDTH + 1]));
    }
}

fn generated(draws: usize, splits: u64) -> Dataset {
    let mut config = Config::default();
    config.data.clip_like.samples = 800;
    config.data.split_seeds = study::config::Seeds::Count(splits);
    config.sweep.tasks = [Task::Real, Task::Synthetic].into_iter().chain(tasks()).collect();
    config.synthetic.draws = draws;
    load(&config).unwrap()
}

#[test]
fn whole_alignment_has_the_labels_of_the_synthetic_task() {
    let dataset = generated(4, 1);
    let labels = |task| dataset.draw(task, Seed(2)).unwrap().data.labels.clone();
    let (ours, synthetic) = (labels(aligned(1_000)), labels(Task::Synthetic));
    let differ = |a: &[u16], b: &[u16]| a.iter().zip(b).filter(|(a, b)| a != b).count();
    assert!(differ(&ours.train, &synthetic.train) <= 1);
    assert!(differ(&ours.test, &synthetic.test) <= 1 && differ(&ours.validation, &synthetic.validation) <= 1);
    assert!(differ(&labels(aligned(0)).test, &synthetic.test) > 10);
}

#[test]
fn seeds_of_one_draw_share_labels_and_others_do_not_and_all_share_inputs() {
    let dataset = generated(3, 2);
    for task in tasks().into_iter().filter(|task| task.has_draws()) {
        let of = |seed| &dataset.draw(task, Seed(seed)).unwrap().data;
        // Two splits and three draws: seeds 6 apart have both in common, seeds 2 apart the split alone.
        assert_eq!(of(1).labels, of(7).labels, "{task}");
        assert_ne!(of(1).labels, of(3).labels, "{task}");
        assert_ne!(of(3).labels, of(5).labels, "{task}");
        let real = &dataset.draw(Task::Real, Seed(3)).unwrap().data;
        assert!(of(1).key() == of(3).key());
        assert!(of(1).key() == real.key());
        let set = |seed| dataset.facts.set_of(task, Seed(seed));
        assert_eq!([set(1), set(3), set(7), set(2)], [(1, 1), (1, 0), (1, 1), (0, 2)]);
        let facts = dataset.facts.task_of(task, Seed(3)).unwrap();
        let ones: usize = of(3).labels.test.iter().map(|&label| usize::from(label)).sum();
        assert!((facts.positive_share.test - ones as f64 / of(3).labels.test.len() as f64).abs() < 1e-12);
        assert!((facts.positive_share.train - 0.5).abs() < 0.01, "{task}: a median halves");
    }
    let set = |seed| dataset.facts.set_of(Task::Synthetic, Seed(seed));
    assert_eq!([set(1), set(3), set(2)], [(1, 0), (1, 0), (0, 0)]);
}

#[test]
fn additive_scores_are_known_from_others() {
    let dataset = generated(2, 1);
    let additive = |task| dataset.facts.task(task).unwrap().additive;
    assert_eq!(additive(Task::Real), None);
    assert!(additive(Task::Additive).unwrap() > 0.999);
    assert!(additive(Task::Rank1).unwrap() < 0.3);
    let facts = dataset.facts.task(Task::Rank1).unwrap();
    assert_eq!((facts.draws.len(), facts.threshold), (2, None));
    assert!(facts.draws.iter().all(|draw| draw.threshold.is_some() && draw.draws.is_empty()));
}
