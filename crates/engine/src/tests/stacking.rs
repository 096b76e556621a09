//! A trial trained alone is the same trial in a stack; training learns, diverges and stops as it should.

use super::{bits, cohort, every_way, small_config, small_data, train};
use study::event::SeedOutcome;
use study::grid::{Epoch, Seed};
use study::model::ModelId;

#[test]
fn a_trial_alone_is_the_same_trial_in_a_stack() {
    let mut config = small_config();
    let dataset = small_data(&config);
    let seeds: Vec<Seed> = (0..7).map(Seed).collect();
    for (kernels, fusion) in every_way() {
        config.run.kernels = kernels;
        // 100 rows: two whole batches and a short one.
        let together = train(&config, &dataset, cohort(fusion, 100), &seeds);
        for seed in [Seed(0), Seed(4), Seed(6)] {
            let alone = train(&config, &dataset, cohort(fusion, 100), &[seed]);
            let index = seed.0 as usize;
            assert_eq!(alone.weights[0].best_epoch, together.weights[index].best_epoch);
            assert_eq!(
                bits(&alone.weights[0].best),
                bits(&together.weights[index].best),
                "{kernels:?} {fusion} best"
            );
            assert_eq!(
                bits(&alone.weights[0].last),
                bits(&together.weights[index].last),
                "{kernels:?} {fusion} last"
            );
            for (alone, together) in alone.epochs.iter().zip(&together.epochs) {
                let (alone, together) = (alone[0], together[index]);
                assert_eq!(alone.train_accuracy, together.train_accuracy);
                assert_eq!(alone.val_accuracy, together.val_accuracy);
                assert!((alone.train_loss - together.train_loss).abs() < 1e-6);
                assert!((alone.val_loss - together.val_loss).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn every_head_overfits_a_small_subset() {
    let mut config = small_config();
    config.train.epochs = 300;
    config.train.learning_rate = 1e-2.into();
    let dataset = small_data(&config);
    for (kernels, fusion) in every_way() {
        config.run.kernels = kernels;
        let trained = train(&config, &dataset, cohort(fusion, 16), &[Seed(0), Seed(1)]);
        let last = trained.epochs.last().unwrap();
        assert!(last.iter().all(|metrics| metrics.train_accuracy == 1.0), "{kernels:?} {fusion}: {last:?}");
        assert!(last.iter().all(|metrics| metrics.train_loss < 0.1), "{kernels:?} {fusion}: {last:?}");
    }
}

#[test]
fn the_best_epoch_is_the_earliest_of_equals() {
    let mut config = small_config();
    let dataset = small_data(&config);
    config.train.learning_rate = 1e-12.into();
    let still = train(&config, &dataset, cohort(ModelId::CONCAT, 64), &[Seed(0)]);
    assert_eq!(still.weights[0].best_epoch, Epoch(1), "nothing changes, so every epoch is as good");
    config.train.learning_rate = 1e-2.into();
    let trained = train(&config, &dataset, cohort(ModelId::CONCAT, 64), &[Seed(0), Seed(1), Seed(2)]);
    for (index, weights) in trained.weights.iter().enumerate() {
        let accuracies: Vec<f64> = trained.epochs.iter().map(|epoch| epoch[index].val_accuracy).collect();
        let highest = accuracies.iter().copied().fold(0.0, f64::max);
        let earliest = accuracies.iter().position(|&accuracy| accuracy == highest).unwrap();
        assert_eq!((weights.best_epoch, weights.val_accuracy), (Epoch(earliest as u32 + 1), highest));
    }
}

#[test]
fn a_loss_that_is_not_finite_ends_the_seed_as_diverged() {
    let mut config = small_config();
    config.train.learning_rate = 1e30.into();
    let dataset = small_data(&config);
    // One linear layer stays finite, and so does one behind bounded units.
    let is_bounded = |fusion: ModelId| fusion.is_logistic() || fusion == ModelId::GMU;
    for (kernels, fusion) in every_way().filter(|(_, fusion)| !is_bounded(*fusion)) {
        config.run.kernels = kernels;
        let trained = train(&config, &dataset, cohort(fusion, 100), &[Seed(0), Seed(1)]);
        assert!(trained.weights.is_empty(), "{kernels:?} {fusion}");
        for (_, outcome) in trained.outcomes {
            let is_soon = matches!(outcome, SeedOutcome::Diverged { epoch: Epoch(1 | 2) });
            assert!(is_soon, "{kernels:?} {fusion}: {outcome:?}");
        }
    }
}

#[test]
fn patience_ends_a_seed_that_no_longer_improves_and_keeps_its_weights_of_then() {
    let mut config = small_config();
    config.train.epochs = 40;
    config.train.patience = 2;
    let dataset = small_data(&config);
    let seeds: Vec<Seed> = (0..4).map(Seed).collect();
    let together = train(&config, &dataset, cohort(ModelId::CONCAT, 32), &seeds);
    let epochs_of = |seed: Seed| {
        together.epochs.iter().filter(|epoch| epoch.iter().any(|metrics| metrics.seed == seed)).count()
    };
    assert!(seeds.iter().any(|&seed| epochs_of(seed) < 40), "no seed ran out of patience");
    for (index, &seed) in seeds.iter().enumerate() {
        let weights = &together.weights[index];
        assert!(epochs_of(seed) == 40 || epochs_of(seed) == weights.best_epoch.0 as usize + 2);
        let alone = train(&config, &dataset, cohort(ModelId::CONCAT, 32), &[seed]);
        assert_eq!(bits(&alone.weights[0].last), bits(&weights.last));
    }
}
