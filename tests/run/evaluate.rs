//! `evaluate`: a checkpoint on its own test rows, on others, and files that are not checkpoints.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::arrays::Pairs;
use crate::cli::{Ended, Place};

/// A place with a run in `run`, made with these `sets`.
fn trained(sets: &[&str]) -> Place {
    let place = Place::new();
    let ended = place.study(&["run", "--run-dir", "run"], sets);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    place
}

fn checkpoints(place: &Place) -> Vec<PathBuf> {
    let files = fs::read_dir(place.path("run/checkpoints")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| !file.ends_with("projection.safetensors")).collect()
}

fn evaluate(place: &Place, checkpoint: &str, more: &[&str]) -> Ended {
    let mut args = vec!["evaluate", checkpoint, "--data", "clip-like", "--set", "run.device=cpu"];
    args.extend(more);
    place.program(&args)
}

fn json(ended: &Ended) -> Value {
    assert_eq!(ended.status, Some(0), "{ended:?}");
    serde_json::from_str(&ended.out).unwrap()
}

/// What the run's journal says of the checkpoint's seed.
fn journalled(place: &Place, tested: &Value) -> Value {
    let journal = fs::read_to_string(place.path("run/events.jsonl")).unwrap();
    let mut events = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_it = |event: &Value| {
        let cohort = &event["cohort"];
        event["event"] == "cohort_evaluated"
            && ["fusion", "task", "train_size"].iter().all(|key| cohort[key] == tested[key])
    };
    let event = events.rfind(is_it).unwrap();
    let seeds = event["evaluations"].as_array().unwrap();
    seeds.iter().find(|seed| seed["seed"] == tested["seed"]).unwrap().clone()
}

#[test]
fn its_own_test_rows_give_the_journals_numbers_whatever_was_fitted_on_the_training_rows() {
    let baselines = "sweep.baselines=[\"text\", \"image\", \"logistic\"]";
    let fusions = "sweep.fusions=[\"tfn\", \"mcb\", \"lmf\", \"gmu\", \"dynmm\"]";
    // Seeds of different sketches and permutations.
    let other_fusions = [
        "sweep.sizes=[64]",
        fusions,
        "sweep.baselines=[\"late\", \"permuted\"]",
        "sweep.seeds=[2, 5]",
        "fusion.lmf.rank=[1, 4]",
        "fusion.dynmm.gate=[\"soft\", \"hard\"]",
        "fusion.gmu.gate=projections",
    ];
    for (sets, heads) in [
        (&other_fusions[..], 18),
        (&["sweep.sizes=[64]", baselines], 16),
        (&["sweep.sizes=[64]", "data.width=8", "data.scale=standard", "synthetic.label=centred"], 6),
        (&["sweep.sizes=[64]", "synthetic.pairs=shuffled", "noise.statistics=scalar", "data.scale=none"], 6),
    ] {
        let place = trained(sets);
        let found = checkpoints(&place);
        assert_eq!(found.len(), heads, "{found:?}");
        for checkpoint in found {
            let ended =
                evaluate(&place, checkpoint.to_str().unwrap(), &["--rows", "test", "--format", "json"]);
            let tested = json(&ended);
            let journalled = journalled(&place, &tested);
            assert_eq!(tested["rows"], 60, "{sets:?} {tested}");
            assert_eq!(tested["accuracy"], journalled["test_accuracy"], "{sets:?} {tested}");
            assert_eq!(tested["accuracy"], tested["recorded"]["test_accuracy"], "{sets:?} {tested}");
            assert_eq!(tested["balanced_accuracy"], journalled["test_balanced_accuracy"], "{sets:?}");
            assert_eq!(tested["auc"], journalled["auc"], "{sets:?} {tested}");
            assert_eq!(tested["noise"], journalled["noise"], "{sets:?} {tested}");
        }
    }
}

#[test]
fn other_rows_are_tested_as_a_table_and_what_shapes_the_head_stays() {
    let place = trained(&["sweep.sizes=[64]", "sweep.tasks=[\"synthetic\"]"]);
    let checkpoint = "run/checkpoints/product-synthetic-64.safetensors";
    let ended = evaluate(&place, checkpoint, &["--set", "data.clip_like.seed=5"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    for text in [
        "product fusion, synthetic task, 64 training rows",
        "\nrows              400\n",
        "both empirical",
        "\n  0.90  ",
    ] {
        assert!(ended.out.contains(text), "no {text:?} in {}", ended.out);
    }
    assert!(ended.err.contains("`--rows test` leaves them out"), "{}", ended.err);
    for (set, wanted) in [
        ("model.hidden=8", "model.hidden"),
        ("data.scale=none", "data.scale"),
        ("fusion.gmu.gate=projections", "fusion: it must be as the checkpoint was trained"),
        ("data.clip_like.width=24", "has width 24, but the model was trained on width 16"),
    ] {
        let ended = evaluate(&place, checkpoint, &["--set", set]);
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(ended.err.contains(wanted), "{set}: {}", ended.err);
    }
}

#[test]
fn rows_are_saved_over_nothing_that_is_read_and_over_no_link() {
    let place = trained(&["sweep.sizes=[32]", "sweep.fusions=[\"concat\"]", "sweep.tasks=[\"real\"]"]);
    let checkpoint = "run/checkpoints/concat-real-32.safetensors";
    let before = fs::read(place.path(checkpoint)).unwrap();
    std::os::unix::fs::symlink("elsewhere", place.path("link.safetensors")).unwrap();
    let same = format!("./{checkpoint}");
    for (file, why) in [(same.as_str(), "read at the same time"), ("link.safetensors", "a symbolic link")] {
        let ended = evaluate(&place, checkpoint, &["--save", file]);
        assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.err.contains("cannot write") && ended.err.contains(why), "{}", ended.err);
    }
    assert_eq!(fs::read(place.path(checkpoint)).unwrap(), before);
    // A data set that is tested on is read as well.
    assert_eq!(place.study(&["data", "generate", "set.safetensors"], &[]).status, Some(0));
    let other = ["evaluate", checkpoint, "--data", "set.safetensors", "--save", "set.safetensors"];
    assert!(place.program(&other).err.contains("read at the same time"));
    let ended = evaluate(&place, checkpoint, &["--save", "rows.safetensors"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(place.path("rows.safetensors").is_file());
}

#[test]
fn a_file_that_is_no_checkpoint_is_refused_with_the_reason() {
    let place = trained(&["sweep.sizes=[32]", "sweep.fusions=[\"concat\"]", "data.width=8"]);
    let whole = fs::read(place.path("run/checkpoints/concat-real-32.safetensors")).unwrap();
    let refused = |name: &str, bytes: &[u8], wanted: &str| {
        place.write(name, bytes);
        let ended = evaluate(&place, name, &[]);
        assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{name}: {ended:?}");
        assert!(ended.err.contains(wanted) && !ended.err.contains("panicked"), "{name}: {}", ended.err);
    };
    refused("empty", b"", "too short for a header");
    refused("cut", &whole[..whole.len() - 7], "cut short");
    let mut huge = whole.clone();
    huge[..8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    refused("huge", &huge, "header claims 1099511627776 bytes");
    let swapped = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let place = whole.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        let mut bytes = whole.clone();
        bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    refused("task", &swapped("\"task\":\"real\"", "\"task\":\"hack\""), "its `task`");
    refused("keys", &swapped("\"preprocessing\"", "\"preprocessinG\""), "no `preprocessing`");
    // Beside the projections that it needs before its shapes can be checked.
    refused("run/checkpoints/units", &swapped("hidden = 32", "hidden = 33"), "none of");
    let mut nan = whole.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    refused("nan", &nan, "holds NaN");
    // Alone, away from the projections of its run.
    refused("alone", &whole, "needs the projections");
    let ended = evaluate(&place, "nowhere.safetensors", &[]);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains("nowhere.safetensors"), "{}", ended.err);
    let ended = evaluate(&place, "/dev/zero", &[]);
    assert!(ended.err.contains("not a regular file"), "{ended:?}");
}

#[test]
fn a_checkpoint_of_the_synthetic_task_needs_no_label() {
    let place = trained(&["sweep.sizes=[64]", "sweep.fusions=[\"concat\"]"]);
    place.write("other.npz", Pairs::new(200, 16, 16).npz());
    let checkpoint = "run/checkpoints/concat-synthetic-64.safetensors";
    let args =
        ["evaluate", checkpoint, "--data", "other.npz", "--set", "data.label=absent", "--format", "json"];
    let tested = json(&place.program(&args));
    assert_eq!(tested["rows"], 200);
}
