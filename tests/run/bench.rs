//! `bench`: what is said of devices and times without training a study.

use serde_json::Value;

use crate::cli::Place;

/// The cells of a table's row that begins with `first`.
fn cells<'a>(out: &'a str, first: &str) -> Vec<&'a str> {
    let line = out.lines().find(|line| line.starts_with(&format!("| {first} |")));
    line.unwrap_or_else(|| panic!("no row {first} in {out}")).split('|').map(str::trim).collect()
}

#[test]
fn every_way_of_computing_agrees_with_libtorch_in_f32() {
    let place = Place::new();
    for (set, name) in [
        ("run.kernels=fused", "cpu"),
        ("run.kernels=fixed", "cpu"),
        ("run.kernels=libtorch", "cpu"),
        ("run.precision=bf16", "bf16"),
    ] {
        let ended = place.study(&["bench", "parity"], &[set]);
        assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{set} {ended:?}");
        assert!(ended.out.lines().next().is_some_and(|line| line.contains(name)), "{}", ended.out);
        assert!(ended.out.contains("\nagrees: "), "{}", ended.out);
        for fusion in ["concat-real-64", "product-real-64", "tensor-real-64"] {
            let cells = cells(&ended.out, fusion);
            let loss: f64 = cells[2].parse().unwrap();
            // The same operations are the same to the bit; the fused kernel's sums are made in another order.
            assert_eq!(loss == 0.0, set == "run.kernels=libtorch", "{set} {}", ended.out);
            assert_eq!(&cells[5..7], ["the same", "–"], "{set} {}", ended.out);
        }
    }
}

#[test]
fn a_study_is_estimated_fusion_by_fusion_beside_the_least_that_it_could_take() {
    let place = Place::new();
    let ended = place.study(&["bench", "study", "--seconds", "0.01"], &["train.epochs=100000"]);
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    for fusion in ["concat", "product", "tensor"] {
        let cells = cells(&ended.out, fusion);
        let seconds = |cell: &str| cell.strip_suffix(" s").unwrap().parse::<f64>().unwrap();
        assert!(seconds(cells[3]) >= seconds(cells[4]), "{}", ended.out);
        assert_ne!(cells[5], "00:00:00", "a hundred thousand epochs take a while: {}", ended.out);
    }
    assert_eq!(cells(&ended.out, "all").len(), 8, "{}", ended.out);
    let plan = ended.out.lines().nth(1).unwrap_or_default();
    assert!(plan.starts_with("24 trials (3 fusions × 2 tasks × 2 sizes × 2 seeds), about "), "{}", ended.out);
}

#[test]
fn a_part_of_training_is_timed_as_json() {
    let place = Place::new();
    for part in ["step", "validate", "noise"] {
        let ended = place.study(&["bench", part, "--count", "2"], &[]);
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let timing: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!((timing["cohort"].as_str(), timing["models"].as_u64()), (Some("concat-real-32"), Some(2)));
        let number = |of: &Value| of.as_f64().unwrap();
        let seconds = number(&timing["seconds"]);
        assert!(seconds > 0.0, "{timing}");
        for of in ["arithmetic", "memory"] {
            let reached = &timing[of];
            let giga = number(&reached["of_model"]) / seconds / 1e9;
            assert!((number(&reached["giga_per_second"]) / giga - 1.0).abs() < 1e-9, "{timing}");
            assert!(number(&reached["share"]) > 0.0, "{timing}");
        }
        // Four operations for each weight and row of a step, two of a forward pass.
        assert!(number(&timing["arithmetic"]["of_model"]) > 1e3, "{timing}");
    }
}
