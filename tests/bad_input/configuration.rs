//! Errors in the configuration and on the command line.

use crate::cli::Place;
use crate::{one_message, refused};

/// A directory with this `config.toml`.
fn configured(text: &str) -> Place {
    let place = Place::new();
    place.write("config.toml", text);
    place
}

#[test]
fn an_unknown_key_is_named_with_its_file_its_line_and_the_keys_that_there_are() {
    let place = configured("[train]\nmomentum = 0.9\n");
    let parts = ["config.toml:\n", "line 2: train.momentum: unknown key", "learning_rate"];
    let err = refused(&place, &["run"], &[], &parts);
    assert_eq!(err.lines().count(), 2, "{err}");
}

#[test]
fn a_misspelt_key_is_answered_with_the_nearest_one() {
    for (text, parts) in [
        ("[train]\nepoch = 3\n", ["line 2: train.epoch: unknown key", "did you mean train.epochs?"]),
        ("[sweep]\nsieds = 3\n", ["line 2: sweep.sieds: unknown key", "did you mean sweep.seeds?"]),
        ("[modle]\nhidden = 3\n", ["line 2: modle.hidden: unknown key", "did you mean model.hidden?"]),
    ] {
        refused(&configured(text), &["run"], &[], &parts);
    }
}

#[test]
fn values_of_a_wrong_type_are_named_with_what_is_allowed() {
    for (text, parts) in [
        (
            "model.hidden = \"ten\"",
            ["model.hidden: \"ten\" is not a whole number", "a whole number from 1 to"],
        ),
        (
            "train.batch_size = 2.5",
            ["train.batch_size: 2.5 is not a whole number", "a whole number from 1 to"],
        ),
        (
            "train.learning_rate = true",
            ["train.learning_rate: true is not a number", "a finite number above 0"],
        ),
        (
            "sweep.fusions = \"product\"",
            ["sweep.fusions: \"product\" is not a list", "concat, product, tensor"],
        ),
        ("sweep.tasks = []", ["sweep.tasks: an empty list", "real, synthetic"]),
        (
            "sweep.fusions = [\"searched\"]",
            ["\"searched\" is derived from the fusions: set sweep.searched = true", "concat, product"],
        ),
        ("sweep.searched = \"yes\"", ["sweep.searched: \"yes\" is not valid", "true, false"]),
        (
            "train.learning_rate = []",
            ["train.learning_rate: an empty list", "a list of 1 to 16 of them, none twice"],
        ),
        ("train.learning_rate = [1e-3, 0]", ["train.learning_rate: 0 is out of range", "above 0"]),
        ("train.learning_rate = [1e-3, 0.001]", ["train.learning_rate: 0.001 is listed twice", "none twice"]),
        ("synthetic.allow_imbalance = 1", ["synthetic.allow_imbalance: 1 is not valid", "true, false"]),
        ("model.activation = \"reul\"", ["did you mean \"relu\"?", "relu, identity, gelu, tanh"]),
        ("model = 3", ["model: 3 is not a section", "hidden, activation"]),
    ] {
        refused(&configured(text), &["run"], &[], &["line 1: ", parts[0], parts[1]]);
    }
}

#[test]
fn all_errors_are_reported_together_in_the_order_of_the_lines() {
    let text = "[train]\nbatch_size = \"ten\"\npatience = -1\n\n[modle]\nhidden = 8\n\n[data]\ntest = 0.9\n";
    let err = refused(&configured(text), &["run"], &["run.workers=many", "nose.mean=both"], &[]);
    let begins = [
        "error: config.toml:",
        "line 2: train.batch_size: ",
        "line 3: train.patience: ",
        "line 6: modle.hidden: ",
        "line 9: data.test: ",
        "--set: run.workers: ",
        "--set: nose.mean: ",
    ];
    assert_eq!(err.lines().count(), begins.len(), "{err}");
    for (line, begin) in err.lines().zip(begins) {
        assert!(line.starts_with(begin), "{line:?} does not begin with {begin:?} in {err}");
    }
}

#[test]
fn a_file_that_is_no_toml_is_named_with_the_line() {
    let parts = ["config.toml:", "line 3: not TOML: "];
    refused(&configured("[run]\nname = \"a\"\n[train\n"), &["run"], &[], &parts);
}

#[test]
fn a_configuration_that_cannot_be_read_is_named_with_the_way_to_get_one() {
    let place = Place::new();
    place.write("binary.toml", b"name = \"\xff\xfe\"");
    for file in ["nowhere/study.toml", ".", "binary.toml"] {
        let parts = [file, "cannot read", "superfuse-tui config"];
        refused(&place, &["run", "--config", file], &[], &parts);
    }
}

#[test]
fn an_override_without_a_value_is_refused_by_the_command_line() {
    for text in ["train.epochs", "=3", ""] {
        let parts = ["--set", "is not KEY=VALUE", "train.epochs=5"];
        refused(&Place::new(), &["run"], &[text], &parts);
    }
}

#[test]
fn an_unknown_key_of_an_override_is_not_named_as_a_line_of_the_file() {
    let parts = ["command line:\n", "--set: train.epoch: unknown key", "did you mean train.epochs?"];
    refused(&Place::new(), &["run"], &["train.epoch=3"], &parts);
}

#[test]
fn every_command_that_reads_a_study_refuses_a_bad_one() {
    let place = configured("[train]\nepochs = 0\n");
    for command in ["data inspect", "data generate set.npz", "run --run-dir here"] {
        let command: Vec<&str> = command.split(' ').collect();
        one_message(&place.program(&command), &["config.toml:\n", "line 2: train.epochs: 0 is too small"]);
    }
    assert_eq!(place.contents().len(), 1);
}

#[test]
fn what_is_no_command_is_refused() {
    let place = Place::new();
    for (args, named) in [
        (&["rnu"][..], "'rnu'"),
        (&["report"], "<RUN_DIR>"),
        (&["run", "--seeds", "3"], "'--seeds'"),
        (&["report", ".", "--format", "pdf"], "'pdf'"),
    ] {
        one_message(&place.program(args), &[named]);
    }
    assert!(place.contents().is_empty(), "something was made: {:?}", place.contents().keys());
}

#[test]
fn cuda_on_a_machine_without_it_is_refused_with_the_reason() {
    let place = Place::new();
    let doctor = place.program(&["doctor"]).out;
    let cuda = doctor.lines().find(|line| line.starts_with("CUDA")).unwrap();
    let Some((_, why)) = cuda.split_once("none: ") else {
        println!("skipped: CUDA is usable here ({cuda})");
        return;
    };
    let reason = why.split([';', ':', '(']).next().unwrap().trim();
    for device in ["cuda", "cuda:1"] {
        let asked = format!("run.device = \"{device}\" cannot be used: {reason}");
        let set = format!("run.device={device}");
        refused(&place, &["run"], &[&set], &[&asked, "\"cpu\""]);
    }
}

#[test]
fn train_sizes_above_the_training_split_are_named_with_its_rows() {
    let parts = ["sweep.sizes", "300, 5000 are more than the training split's 280 rows", "\"all\""];
    refused(&Place::new(), &["run"], &["sweep.sizes=[32, 5000, 300]"], &parts);
}

#[test]
fn keys_that_contradict_each_other_are_named() {
    let place = Place::new();
    refused(&place, &["run"], &["data.validation=0.7", "data.test=0.4"], &["data.validation", "data.test"]);
    refused(
        &place,
        &["run"],
        &["data.clip_like.samples=20"],
        &["data.clip_like.samples", "20 samples leave"],
    );
    refused(&place, &["run"], &["data.split=fold"], &["data.split", "random", "data.source"]);
    let splits = ["data.source=pairs.npz", "data.split=fold", "data.split_seeds=3"];
    refused(&place, &["run"], &splits, &["data.split_seeds: 3 random splits", "data.split \"random\""]);
}

#[test]
fn what_a_terminal_would_obey_in_a_configuration_is_not_repeated() {
    let hostile = "\"a\\u001b]0;owned\\u0007\" = 1\n[run]\nname = \"\\u001b[31mred\\u202e\\n\"\n";
    let err = refused(&configured(hostile), &["run"], &[], &["line 1", "line 3: run.name: "]);
    assert_eq!(err.lines().count(), 3, "a line feed came through: {err:?}");
    for set in ["run.device=\u{1b}[31mgpu", "\u{1b}[31mkey=1", "data.source=\u{1b}[2J.npz", "\u{1b}[31m"] {
        refused(&Place::new(), &["run"], &[set], &["error: "]);
    }
}
