//! Block shapes of the kernel's sums: every one gives the same numbers to the bit, and the fastest is chosen and kept.

use std::collections::BTreeMap;
use std::fs;

use tch::Device;

use super::kernel::{ROWS, form, labels, rows};
use super::{bits, every_fusion, random, shape, small_config};
use crate::backend::adamw::Adamw;
use crate::backend::fused::models::Models;
use crate::backend::kernel::{Heads, Kernel, KernelRows, Update, timed};
use crate::backend::parameters::{HeadShape, Parameters};
use crate::runtime::blocks::{choose_in, fastest, is_long};
use crate::runtime::preparation::prepare;
use store::blocks::Chosen;
use study::config::{Activation, Kernels, TrainConfig};
use study::event::RunHeader;
use study::grid::Seed;
use study::model::ModelId;

/// On both sides of what registers and blocks hold, and of packed columns.
fn shapes() -> impl Iterator<Item = HeadShape> {
    let sizes = [(6, 5), (37, 11), (64, 3), (144, 32), (150, 19), (301, 32)];
    every_fusion().flat_map(move |fusion| {
        sizes.map(|(width, hidden)| HeadShape { text: width, image: width, hidden, ..shape(fusion) })
    })
}

/// Weights and moments after three steps, with the sums of these, and logits, to the bit.
fn numbers(kernel: &mut Kernel, shape: HeadShape) -> Vec<u64> {
    let train = TrainConfig { learning_rate: 1e-2.into(), ..TrainConfig::default() };
    let parameters = Parameters::initial(shape, &[Seed(1)], Device::Cpu);
    let mut optimizer = Adamw::new(shape, 1, &train, Device::Cpu);
    let rows = KernelRows::of(&rows(shape).0);
    let (first, second, _) = optimizer.state();
    let models = Models::of(&form(shape), &parameters, Some([first, second]), Activation::Gelu);
    let batch: Vec<u32> = (0..ROWS as u32).rev().collect();
    let mut numbers = Vec::new();
    for _ in 0..3 {
        optimizer.begin_step();
        let update = Update { settings: optimizer.settings(), count: optimizer.count() };
        let sums = models.step(kernel, update, 0, &rows, &batch, &labels());
        numbers.extend([sums.loss.to_bits(), sums.correct as u64]);
    }
    let (first, second, _) = optimizer.state();
    let after = [&parameters, first, second].into_iter().flat_map(bits).map(u64::from);
    numbers.extend(after);
    let mut logits = vec![0.0; models.classes() * ROWS as usize];
    models.logits(kernel, 0, &rows, &mut logits);
    numbers.extend(logits.iter().map(|logit| u64::from(logit.to_bits())));
    numbers
}

/// Asserts that all block shapes of an instruction set give the same; the sets differ in the last bits.
fn assert_same_to_the_bit(shape: HeadShape, numbers: impl Fn(&mut Kernel) -> Vec<u64>) {
    let mut of_sets: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (name, mut kernel) in Kernel::each() {
        let (set, _) = name.split_once(' ').unwrap();
        let numbers = numbers(&mut kernel);
        let expected = of_sets.entry(set.to_owned()).or_insert_with(|| numbers.clone());
        assert!(numbers == *expected, "{name} {shape:?}");
    }
}

#[test]
fn every_block_shape_gives_the_same_numbers_to_the_bit() {
    for shape in shapes() {
        assert_same_to_the_bit(shape, |kernel| numbers(kernel, shape));
    }
}

#[test]
fn several_images_of_one_text_are_the_same_to_the_bit_too() {
    let shape = HeadShape { text: 301, image: 150, hidden: 3, ..shape(ModelId::TENSOR) };
    let parameters = Parameters::initial(shape, &[Seed(1)], Device::Cpu);
    let (text, images) = (random(31, &[ROWS, 301]), [32, 33].map(|key| random(key, &[ROWS, 150])));
    assert_same_to_the_bit(shape, |kernel| {
        let layers = kernel.hidden_of_pairs(&Heads::of(&parameters), 0, &text, &images.each_ref());
        layers.concat().iter().map(|value| u64::from(value.to_bits())).collect()
    });
}

#[test]
fn another_block_shape_is_taken_where_it_is_faster_by_more_than_noise() {
    assert_eq!(fastest(&[1.0, 0.95, 0.91]), 0);
    assert_eq!(fastest(&[1.0, 0.95, 0.89]), 2);
    assert_eq!(fastest(&[1.0]), 0);
}

fn header(kernels: Kernels) -> RunHeader {
    let mut config = small_config();
    config.run.kernels = kernels;
    let prepared = prepare(&config, None, None, "", &mut |_| {}).unwrap();
    (*prepared.header).clone()
}

#[test]
fn what_was_chosen_is_kept_and_taken_by_the_next_run_and_a_bad_file_is_measured_anew() {
    let names: Vec<_> = timed::names().collect();
    let [_, another, ..] = names.as_slice() else {
        eprintln!("skipped: this processor has one block shape");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("blocks.json");
    let header = header(Kernels::Fused);
    assert!(!is_long(&header), "a short study is not held up");
    let read = || fs::read_to_string(&file).unwrap_or_default();
    // On a busy machine the time does not do for all of them at once.
    let choose_all = || {
        let mut before = None;
        while before != Some(read()) {
            before = Some(read());
            choose_in(Some(file.clone()), &header);
        }
    };
    choose_all();
    // Every choice is another's now, and is taken as it stands.
    let value = |name: &str| format!(": \"{name}\"");
    let other = names.iter().fold(read(), |text, name| text.replace(&value(name), &value(another)));
    fs::write(&file, &other).unwrap();
    let said = choose_in(Some(file.clone()), &header);
    for sums in ["32 × 32, steps", "16 × 16 × 32, forward"] {
        assert!(said.contains(&format!("{another} for {sums}")), "{said}");
    }
    assert_eq!(read(), other);
    for damaged in ["{".to_owned(), other.replace(&value(another), &value("unknown"))] {
        fs::write(&file, damaged).unwrap();
        choose_all();
        assert!(Chosen::read(&file).is_ok());
        assert!(!read().contains("unknown"));
    }
}

#[test]
fn fixed_block_shapes_are_not_measured() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("blocks.json");
    assert_eq!(choose_in(Some(file.clone()), &header(Kernels::Fixed)), "");
    assert!(!file.exists());
}
