//! What may change when a run is resumed: the grid may grow; everything else is refused by name.

use std::fs;

use crate::cli::Place;
use crate::{Results, count};

#[test]
fn more_seeds_sizes_and_fusions_end_like_a_run_that_had_them_from_the_start() {
    let place = Place::new();
    let small = ["sweep.fusions=[\"concat\"]", "sweep.sizes=[32]", "sweep.tasks=[\"real\"]"];
    assert_eq!(place.study(&["run", "--run-dir", "here"], &small).status, Some(0));
    let more = [
        "--set=sweep.fusions=[\"concat\", \"product\"]",
        "--set=sweep.sizes=[32, 64]",
        "--set=sweep.tasks=[\"real\", \"synthetic\"]",
        "--set=sweep.seeds=[0, 1, 5]",
    ];
    let grown = place.program(&[&["resume", "here", "--headless"], &more[..]].concat());
    assert_eq!(grown.status, Some(0), "{grown:?}");
    let sets: Vec<&str> = more.iter().map(|set| &set["--set=".len()..]).collect();
    assert_eq!(place.study(&["run", "--run-dir", "large"], &sets).status, Some(0));
    let (here, large) = (place.path("here"), place.path("large"));
    assert_eq!(Results::of(&here), Results::of(&large));
    // Eight configurations, and one of them had two of its seeds before.
    assert_eq!((count(&large, "cohort_started"), count(&here, "cohort_started")), (8, 9));
    let journal = fs::read_to_string(here.join("events.jsonl")).unwrap();
    assert_eq!(journal.matches("\"only\":[5]").count(), 1);
    // Without new options the run keeps its larger grid.
    assert_eq!(place.program(&["resume", "here", "--headless"]).status, Some(0));
    assert_eq!(Results::of(&here), Results::of(&large));
}

#[test]
fn more_ranks_and_a_fusion_with_settings_may_come_but_settings_of_one_that_is_there_stay() {
    let place = Place::new();
    let small = ["sweep.fusions=[\"lmf\", \"gmu\"]", "sweep.sizes=[32]", "sweep.tasks=[\"real\"]"];
    assert_eq!(place.study(&["run", "--run-dir", "here"], &small).status, Some(0));
    let refused = ["resume", "here", "--headless", "--set=fusion.gmu.gate=projections"];
    let ended = place.program(&refused);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains("fusion.gmu.gate: \"inputs\" in the run"), "{}", ended.err);
    let lost = place.program(&["resume", "here", "--headless", "--set=fusion.lmf.rank=2"]);
    assert!(lost.err.contains("lmf-4 is in the run, and cannot be taken out of it"), "{}", lost.err);
    let more = [
        "--set=sweep.fusions=[\"lmf\", \"gmu\", \"mcb\"]",
        "--set=fusion.lmf.rank=[4, 2]",
        "--set=fusion.mcb.width=20",
    ];
    let grown = place.program(&[&["resume", "here", "--headless"], &more[..]].concat());
    assert_eq!(grown.status, Some(0), "{grown:?}");
    let mut sets: Vec<&str> = more.iter().map(|set| &set["--set=".len()..]).collect();
    sets.extend(&small[1..]);
    assert_eq!(place.study(&["run", "--run-dir", "large"], &sets).status, Some(0));
    assert_eq!(Results::of(&place.path("here")), Results::of(&place.path("large")));
    assert_eq!(count(&place.path("here"), "cohort_started"), 4);
}

#[test]
fn a_run_without_baselines_stays_without_until_they_are_asked_for() {
    let place = Place::new();
    let small = ["sweep.sizes=[32]", "sweep.tasks=[\"real\"]", "sweep.fusions=[\"concat\"]"];
    assert_eq!(place.study(&["run", "--run-dir", "here"], &small).status, Some(0));
    let here = place.path("here");
    // As a program wrote it that knew no baselines.
    let journal = fs::read_to_string(here.join("events.jsonl")).unwrap();
    assert_eq!(journal.matches("\"baselines\":[],").count(), 1);
    place.write("here/events.jsonl", journal.replace("\"baselines\":[],", ""));
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(count(&here, "cohort_started"), 1);

    let baselines = "sweep.baselines=[\"image\", \"logistic\"]";
    let grown = place.program(&["resume", "here", "--headless", "--set", baselines]);
    assert_eq!(grown.status, Some(0), "{grown:?}");
    let from_the_start = [&small[..], &[baselines]].concat();
    assert_eq!(place.study(&["run", "--run-dir", "large"], &from_the_start).status, Some(0));
    assert_eq!(Results::of(&here), Results::of(&place.path("large")));
    let fusions: Vec<String> = Results::of(&here).rows.iter().map(|row| row["fusion"].clone()).collect();
    assert_eq!(fusions, ["concat", "image", "logistic-concat"]);
    assert_eq!(count(&here, "cohort_started"), 3);
    let ended = place.program(&["resume", "here", "--headless", "--set=sweep.baselines=[\"logistic\"]"]);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains("sweep.baselines: image is in the run"), "{}", ended.err);
}

#[test]
fn what_would_change_results_is_refused_with_both_values() {
    let place = Place::new();
    assert_eq!(place.study(&["run", "--run-dir", "here"], &["sweep.sizes=[32]"]).status, Some(0));
    let before = place.contents();
    let sets = ["--set=train.epochs=9", "--set=sweep.seeds=1", "--set=data.clip_like.seed=4"];
    let ended = place.program(&[&["resume", "here", "--headless"], &sets[..]].concat());
    assert_eq!(ended.status, Some(2), "{ended:?}");
    for part in [
        "train.epochs: 2 in the run, 9 asked for",
        "sweep.seeds: 1 is in the run, and cannot be taken out of it",
        "data.clip_like.seed: 0 in the run, 4 asked for",
    ] {
        assert!(ended.err.contains(part), "no {part:?} in {}", ended.err);
    }
    place.write("other.toml", "[train]\nepochs = 3\n");
    let ended = place.program(&["resume", "here", "--headless", "--config", "other.toml"]);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains("data.clip_like.samples: 400 in the run, 6000 asked for"), "{}", ended.err);
    let after = place.contents();
    let journal = place.path("here/events.jsonl");
    assert_eq!(before[&journal], after[&journal]);
}

#[test]
fn other_data_behind_the_same_name_are_refused() {
    let place = Place::new();
    let generate = |seed: &str| {
        let sets = [seed, "data.clip_like.samples=200", "data.clip_like.width=16"];
        assert_eq!(place.study(&["data", "generate", "pairs.npz"], &sets).status, Some(0));
    };
    generate("data.clip_like.seed=0");
    let source = ["data.source=pairs.npz", "sweep.sizes=[32]"];
    let ended = place.study(&["run", "--run-dir", "here"], &source);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    fs::remove_file(place.path("pairs.npz")).unwrap();
    generate("data.clip_like.seed=1");
    let ended = place.program(&["resume", "here", "--headless", "--set=sweep.seeds=3"]);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("pairs.npz does not hold the data that the run was begun with"),
        "{}",
        ended.err
    );
}

#[test]
fn more_learning_rates_and_the_derived_row_may_come_but_none_may_go() {
    let place = Place::new();
    let small = ["sweep.fusions=[\"concat\", \"product\"]", "sweep.sizes=[32]", "sweep.tasks=[\"real\"]"];
    let two = [&small[..], &["train.learning_rate=[0.02, 0.0001]"]].concat();
    assert_eq!(place.study(&["run", "--run-dir", "here"], &two).status, Some(0));
    for (set, complaint) in [
        (
            "train.learning_rate=[0.02, 0.5]",
            "train.learning_rate: [0.02, 0.0001] in the run, [0.02, 0.5] asked for",
        ),
        (
            "train.learning_rate=[0.0001, 0.02]",
            "train.learning_rate: [0.02, 0.0001] in the run, [0.0001, 0.02] asked for",
        ),
        ("train.learning_rate=0.02", "train.learning_rate: [0.02, 0.0001] in the run, 0.02 asked for"),
    ] {
        let ended = place.program(&["resume", "here", "--headless", &format!("--set={set}")]);
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(ended.err.contains(complaint), "{}", ended.err);
    }
    let order = ["--set=sweep.searched=true", "--set=sweep.fusions=[\"product\", \"concat\"]"];
    let ended = place.program(&["resume", "here", "--headless", order[0], order[1]]);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains("of equals `searched` takes the first"), "{}", ended.err);
    let more = ["train.learning_rate=[0.02, 0.0001, 0.001]", "sweep.searched=true"];
    let sets = more.map(|set| format!("--set={set}"));
    let grown = place.program(&["resume", "here", "--headless", &sets[0], &sets[1]]);
    assert_eq!(grown.status, Some(0), "{grown:?}");
    assert_eq!(place.study(&["run", "--run-dir", "large"], &[&small[..], &more].concat()).status, Some(0));
    assert_eq!(Results::of(&place.path("here")), Results::of(&place.path("large")));
    assert_eq!(count(&place.path("here"), "cohort_started"), 6);
}
