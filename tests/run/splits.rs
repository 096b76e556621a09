//! Several splits: every trial is what it would be in a study of its own split alone, and everything beside the
//! journal says which split is whose.

use std::collections::BTreeMap;

use serde_json::Value;
use superfuse::data;
use superfuse::store::format::v1;
use superfuse::store::{RunDir, journal, rows};
use superfuse::study::event::SeedEvaluation;
use superfuse::study::grid::{CohortId, Seed};
use superfuse::study::run_state::RunState;

use crate::cli::Place;
use crate::{names, results};

const SPLITS: [&str; 5] = [
    "data.split_seeds=2",
    "sweep.seeds=[0, 1, 2, 5]",
    "sweep.sizes=[64]",
    "data.width=8",
    "checkpoints.keep=\"all\"",
];

fn state(place: &Place, run: &str) -> (RunDir, RunState) {
    let directory = RunDir::open(&place.path(run)).unwrap();
    let state = RunState::replay(&journal::read(&directory.journal()).unwrap().events);
    (directory, state)
}

fn evaluations(state: &RunState) -> BTreeMap<(CohortId, Seed), SeedEvaluation> {
    let of = |(cohort, of): (CohortId, &superfuse::study::run_state::CohortState)| {
        of.evaluations().map(move |one| ((cohort, one.seed), one.clone())).collect::<Vec<_>>()
    };
    state.cohorts().flat_map(of).collect()
}

#[test]
fn a_seed_on_one_of_two_splits_is_what_it_is_on_that_split_alone() {
    let place = Place::new();
    let ended = place.study(&["run", "--run-dir", "both"], &SPLITS);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let (directory, both) = state(&place, "both");
    let mut alone = BTreeMap::new();
    for (run, split, seeds) in [("first", "0", "[0, 2]"), ("second", "1", "[1, 5]")] {
        let (split, seeds) = (format!("data.split_seed={split}"), format!("sweep.seeds={seeds}"));
        let sets = [&SPLITS[..], &["data.split_seeds=1", &split, &seeds]].concat();
        assert_eq!(place.study(&["run", "--run-dir", run], &sets).status, Some(0));
        assert!(!place.path(run).join("test-rows.npy").exists(), "one split needs no places of its rows");
        alone.extend(evaluations(&state(&place, run).1));
    }
    assert_eq!(evaluations(&both), alone);
    assert_eq!(alone.len(), 6 * 4);

    // The places beside the journal are the splits' own, in the order of what each seed got right.
    let header = both.header().unwrap();
    let dataset = data::load(&header.config).unwrap();
    let kept = rows::read_all(&directory, &both).rows;
    assert_eq!(kept.len(), 6);
    for (cohort, of) in kept {
        assert_eq!(of.places.len(), 2);
        for (seed, of_seed) in &of.seeds {
            let split = dataset.of(*seed);
            assert_eq!(of.places[header.data.split_of(*seed)], split.test_rows);
            let right = of_seed.correct.iter().filter(|&&right| right).count() as f64;
            let accuracy = right / of_seed.correct.len() as f64;
            assert_eq!(accuracy, alone[&(cohort, *seed)].test_accuracy, "{cohort} {seed:?}");
        }
    }
}

#[test]
fn a_checkpoint_is_tested_on_the_split_of_its_own_seed() {
    let place = Place::new();
    let sets = [&SPLITS[..], &["sweep.fusions=[\"product\"]"]].concat();
    assert_eq!(place.study(&["run", "--run-dir", "run"], &sets).status, Some(0));
    let found = names(&place.path("run/checkpoints"));
    assert!(found.contains(&"projection-split0.safetensors".to_owned()), "{found:?}");
    assert!(found.contains(&"projection-split1.safetensors".to_owned()), "{found:?}");
    assert_eq!(found.len(), 2 + 2 * 4, "{found:?}");
    let evaluations = evaluations(&state(&place, "run").1);
    for ((cohort, Seed(seed)), evaluation) in &evaluations {
        let checkpoint = format!("run/checkpoints/{cohort}-seed{seed}.safetensors");
        let tested = place.tested(&checkpoint, "clip-like");
        assert_eq!(tested["accuracy"], evaluation.test_accuracy, "{checkpoint}");
        assert_eq!(tested["auc"].as_f64(), evaluation.auc, "{checkpoint}");
        let noise: Vec<v1::NoiseCurve> = evaluation.noise.iter().map(Into::into).collect();
        assert_eq!(tested["noise"], serde_json::to_value(noise).unwrap(), "{checkpoint}");
    }
}

#[test]
fn several_splits_give_the_same_results_however_many_work_on_them() {
    let place = Place::new();
    let sets = [&SPLITS[..], &["sweep.fusions=[\"concat\", \"tensor\"]"]].concat();
    let (mut found, mut named) = (Vec::new(), Vec::new());
    for workers in ["1", "3"] {
        let (run, workers) = (format!("by-{workers}"), format!("run.workers={workers}"));
        let ended = place.study(&["run", "--run-dir", &run], &[&sets[..], &[&workers]].concat());
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let files = names(&place.path(&run).join("correct"));
        let bytes: Vec<Vec<u8>> = files
            .iter()
            .map(|name| std::fs::read(place.path(&run).join("correct").join(name)).unwrap())
            .collect();
        let mut summary = results(&place.path(&run));
        let devices: Vec<String> = summary.iter_mut().map(|row| row.remove("device").unwrap()).collect();
        found.push((summary, bytes, evaluations(&state(&place, &run).1)));
        named.extend(devices.into_iter().take(1));
    }
    assert_ne!(named[0], named[1], "as many worked on both");
    // Not shown: it would be long.
    assert!(found[0] == found[1], "the results differ");
}

#[test]
fn a_report_says_how_many_splits_there_are_and_claims_no_split_for_all() {
    let place = Place::new();
    let sets = ["data.split_seeds=2", "sweep.seeds=6", "sweep.sizes=[64, \"all\"]"];
    assert_eq!(place.study(&["run", "--run-dir", "run"], &sets).status, Some(0));
    let report = place.program(&["report", "run", "--format", "md"]).out;
    for text in [
        "2 splits (seeds 0, 1)",
        "over seeds within 2 splits (paired t)",
        "over seeds, test rows and splits",
        "a seed's training rows are its split's",
    ] {
        assert!(report.contains(text), "no {text:?} in {report}");
    }
    assert!(!report.contains("this split"), "{report}");
    assert!(!report.contains("optimisation noise only"), "{report}");
    let json: Value =
        serde_json::from_str(&place.program(&["report", "run", "--format", "json"]).out).unwrap();
    let effects = json["findings"]["claims"][1]["effects"].as_array().unwrap();
    assert!(effects[0]["over_seeds_and_rows"]["low"].is_f64(), "{effects:?}");
    assert_eq!(json["data"]["splits"].as_array().unwrap().len(), 2);
}
