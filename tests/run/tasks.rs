//! Tasks that are graded by a score, through the whole program.

use std::fs;

use superfuse::store::{RunDir, journal};
use superfuse::study::run_state::RunState;

use crate::cli::Place;
use crate::{names, results};

pub(crate) const TASKS: &str = "sweep.tasks=[\"rotated\", \"rank1\", \"additive\", \"aligned:0\", \"aligned:0.5\", \"aligned:1\", \"synthetic\"]";

fn state(place: &Place, run: &str) -> RunState {
    let directory = RunDir::open(&place.path(run)).unwrap();
    RunState::replay(&journal::read(&directory.journal()).unwrap().events)
}

#[test]
fn graded_tasks_are_trained_reported_and_tested_again_each_seed_on_its_own_draw() {
    let place = Place::new();
    let sets = [
        TASKS,
        "sweep.fusions=[\"concat\", \"product\"]",
        "sweep.sizes=[\"all\"]",
        "sweep.seeds=4",
        "synthetic.draws=2",
        "checkpoints.keep=\"all\"",
    ];
    let ended = place.study(&["run", "--run-dir", "run"], &sets);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let state = state(&place, "run");
    assert_eq!(state.cohorts().count(), 7 * 2);

    // The plain dot product by either name, apart from ties; seeds of one draw differ in their seed alone.
    let rows = results(&place.path("run"));
    let accuracy = |task: &str| -> Vec<&str> {
        rows.iter().filter(|row| row["task"] == task).map(|row| row["test_accuracy_mean"].as_str()).collect()
    };
    assert_eq!(accuracy("aligned:1").len(), 2);
    assert_eq!(accuracy("aligned:1"), accuracy("synthetic"));
    assert_ne!(accuracy("aligned:0.5"), accuracy("synthetic"));

    // A trial is what it is in a run of its seed alone.
    let alone = [&sets[..], &["sweep.seeds=[3]", "sweep.tasks=[\"rank1\", \"aligned:0.5\"]"]].concat();
    assert_eq!(place.study(&["run", "--run-dir", "alone"], &alone).status, Some(0));
    let alone = self::state(&place, "alone");
    for (id, cohort) in alone.cohorts() {
        let all = state.cohort(id).unwrap();
        let of_seed = all.evaluations().find(|evaluation| evaluation.seed.0 == 3);
        assert_eq!(cohort.evaluations().next(), of_seed, "{id}");
    }

    // Names of files have no colon, and each checkpoint finds its own labels again.
    let checkpoints = names(&place.path("run/checkpoints"));
    assert_eq!(checkpoints.len(), 7 * 2 * 4, "{checkpoints:?}");
    assert!(checkpoints.iter().all(|name| !name.contains(':')), "{checkpoints:?}");
    assert!(checkpoints.contains(&"product-aligned_0.5-280-seed3.safetensors".to_owned()), "{checkpoints:?}");
    for name in checkpoints.iter().filter(|name| name.contains("-seed1") || name.contains("-seed2")) {
        let file = format!("run/checkpoints/{name}");
        let tested = place.tested(&file, "clip-like");
        assert_eq!(tested["accuracy"], tested["recorded"]["test_accuracy"], "{name}");
    }

    assert!(fs::read_to_string(place.path("run/figures/alignment.svg")).unwrap().contains("alignment a"));
    assert_eq!(place.program(&["report", "run", "--export", "out"]).status, Some(0));
    let tensorboard = names(&place.path("out/tensorboard"));
    assert!(tensorboard.contains(&"concat-aligned_0.5-280".to_owned()), "{tensorboard:?}");

    let report = place.program(&["report", "run", "--format", "md"]).out;
    for text in ["## Tasks", "| additive | ", "## Aligned:0.5 task"] {
        assert!(report.contains(text), "no {text:?} in {report}");
    }
    let inspected = place.study(&["data", "inspect"], &sets).out;
    let additive = inspected.lines().find(|line| line.starts_with("additive ")).unwrap();
    assert!(
        additive.contains("mean of 2 draws") && additive.contains("additive part R² 1.00"),
        "{inspected}"
    );
}
