//! What a finished run prints and leaves: the summary, the run's directory, the journal, the checkpoints.

use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use crate::cli::Place;
use crate::{column, events, names, results, rows};

/// INTERFACE.md's columns, in its order.
const COLUMNS: &str = "fusion,task,train_size,seeds,parameters,val_accuracy_mean,val_accuracy_std,\
    test_accuracy_mean,test_accuracy_std,auc_mean,auc_std,retained_text,retained_image,retained_both,\
    best_epoch_median,seconds,status,test_rows,majority_share,steps,test_last_mean,test_last_std,\
    best_is_last,area_text,area_image,area_both,retained_zero_mean_text,retained_zero_mean_image,\
    retained_zero_mean_both,difference_to_concat,difference_low,difference_high";

#[test]
fn a_run_ends_with_its_summary_and_names_files_that_exist() {
    let place = Place::new();
    let ended = place.study(&["run"], &["run.name=tiny"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(!ended.out.contains(|c: char| c != '\n' && c.is_control()), "{:?}", ended.out);
    let runs = names(&place.path("runs"));
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert!(runs[0].starts_with("tiny-20"), "{runs:?}");

    // The directory stands alone on a line, and below it, indented, the files that were written into it.
    let named = format!("runs/{}", runs[0]);
    let files = ended.out.lines().skip_while(|line| *line != named).skip(1).map(str::trim);
    let files: Vec<&str> = files.collect();
    for format in ["md", "csv", "json", "tex"] {
        assert!(files.contains(&format!("summary.{format}").as_str()), "{}", ended.out);
    }
    assert!(files.iter().any(|file| file.starts_with("figures/")), "{}", ended.out);
    for file in files {
        assert!(place.path(&named).join(file).is_file(), "{file} is named and is not there");
    }

    // The table on standard output holds the numbers of the CSV, in percent.
    for row in rows(&place.path(&named)) {
        let percent = |name: &str| format!("{:.1}", 100.0 * row[name].parse::<f64>().unwrap());
        let cell = format!("{} ± {}", percent("test_accuracy_mean"), percent("test_accuracy_std"));
        let line = |line: &&str| line.trim_start().starts_with(&row["train_size"]) && line.contains(&cell);
        assert!(ended.out.lines().any(|text| line(&text)), "no {cell} in\n{}", ended.out);
    }
}

#[test]
fn a_run_directory_holds_configuration_journal_log_summary_and_figures() {
    let place = Place::new();
    let ended = place.study(&["run", "--run-dir", "here"], &[]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let here = place.path("here");
    for file in [
        "config.toml",
        "events.jsonl",
        "log.txt",
        "summary.md",
        "summary.csv",
        "summary.json",
        "summary.tex",
        "report.html",
    ] {
        assert!(fs::metadata(here.join(file)).unwrap().len() > 0, "{file} is empty");
    }
    let figures = names(&here.join("figures"));
    assert!(figures.contains(&"accuracy.svg".to_owned()), "{figures:?}");
    assert!(figures.contains(&"accuracy.png".to_owned()), "{figures:?}");
    let is_svg = |figure: &String| Path::new(figure).extension().is_some_and(|end| end == "svg");
    for figure in figures.into_iter().filter(is_svg) {
        let text = fs::read_to_string(here.join("figures").join(&figure)).unwrap();
        assert!(text.contains("<svg") && text.trim_end().ends_with("</svg>"), "{figure}");
        assert!(!text.contains("NaN"), "{figure}");
    }
    let log = fs::read_to_string(here.join("log.txt")).unwrap();
    assert!(!log.contains('\u{1b}'), "{log:?}");
    // Nothing of a half-written file stays behind, and nothing is made outside.
    assert!(!place.contents().keys().any(|path| path.extension().is_some_and(|end| end == "tmp")));
    assert_eq!(names(&place.path("")), ["here"]);
}

#[test]
fn the_csv_has_the_columns_of_the_interface_in_order_and_a_row_for_each_configuration() {
    let place = Place::new();
    assert_eq!(place.study(&["run", "--run-dir", "here"], &[]).status, Some(0));
    let text = fs::read_to_string(place.path("here/summary.csv")).unwrap();
    let header = text.lines().next().unwrap();
    // Columns may be added behind these.
    assert!(header == COLUMNS || header.starts_with(&format!("{COLUMNS},")), "{header}");

    let rows = rows(&place.path("here"));
    let mut found: Vec<String> =
        rows.iter().map(|row| format!("{} {} {}", row["fusion"], row["task"], row["train_size"])).collect();
    found.sort();
    let mut expected = Vec::new();
    for fusion in ["concat", "product", "tensor"] {
        for task in ["real", "synthetic"] {
            expected.extend(["32", "64"].map(|size| format!("{fusion} {task} {size}")));
        }
    }
    assert_eq!(found, expected);
    assert_eq!(column(&rows, "status"), ["completed"; 12]);
    assert_eq!(column(&rows, "seeds"), ["2"; 12]);
    assert_eq!(column(&rows, "test_rows"), ["60"; 12]);
    for row in &rows {
        // READING section 1: width F × 32 + 32 + 66, with F = n + m, or n·m for tensor.
        let parameters = if row["fusion"] == "tensor" { 256 * 32 + 98 } else { 32 * 32 + 98 };
        assert_eq!(row["parameters"], parameters.to_string(), "{row:?}");
        assert_eq!(row["difference_to_concat"].is_empty(), row["fusion"] == "concat", "{row:?}");
        assert!((0.0..=1.0).contains(&row["test_accuracy_mean"].parse::<f64>().unwrap()), "{row:?}");
    }
}

#[test]
fn the_journal_is_a_line_of_json_for_each_event_with_finite_numbers_only() {
    let place = Place::new();
    assert_eq!(place.study(&["run", "--run-dir", "here"], &[]).status, Some(0));
    let text = fs::read_to_string(place.path("here/events.jsonl")).unwrap();
    assert!(!text.contains("NaN") && !text.contains("Infinity") && !text.contains("inf"));
    let events = events(&place.path("here"));
    for (seq, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], seq);
        assert!(event["at_ms"].as_u64().unwrap() > 1_700_000_000_000);
    }
    assert_eq!(events[0]["event"], "run_started");
    assert_eq!(events.last().unwrap()["event"], "run_finished");
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).count();
    assert_eq!(of("cohort_started"), 12);
    assert_eq!(of("epoch_finished"), 24);
    assert_eq!(of("cohort_evaluated"), 12);
    assert_eq!(of("cohort_finished"), 12);
    for event in events.iter().filter(|event| event["event"] == "epoch_finished") {
        for seed in event["metrics"].as_array().unwrap() {
            for number in ["train_loss", "train_accuracy", "val_loss", "val_accuracy"] {
                assert!(seed[number].as_f64().unwrap() >= 0.0, "{seed}");
            }
        }
    }
}

#[test]
fn two_runs_of_one_configuration_differ_in_times_only() {
    let place = Place::new();
    assert_eq!(place.study(&["run", "--run-dir", "first"], &[]).status, Some(0));
    // The second one from the configuration that the first one wrote down.
    let ended = place.program(&["run", "--config", "first/config.toml", "--run-dir", "second"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(results(&place.path("first")), results(&place.path("second")));
    let config = |run: &str| fs::read_to_string(place.path(run).join("config.toml")).unwrap();
    assert_eq!(config("first"), config("second"));
    let timeless = |run: &str| -> Vec<Value> {
        let mut events = events(&place.path(run));
        for event in &mut events {
            let event = event.as_object_mut().unwrap();
            event.remove("at_ms").unwrap();
            event.remove("seconds");
        }
        events
    };
    assert_eq!(timeless("first"), timeless("second"));
    // And another seed of the data differs in more.
    let ended = place.study(&["run", "--run-dir", "third"], &["data.clip_like.seed=1"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_ne!(results(&place.path("first")), results(&place.path("third")));
}

#[test]
fn checkpoints_are_below_the_run_directory_or_else_in_a_folder_of_the_runs_name() {
    let place = Place::new();
    assert_eq!(place.study(&["run", "--run-dir", "deep/here"], &[]).status, Some(0));
    assert_eq!(names(&place.path("deep/here/checkpoints")).len(), 12);
    assert_eq!(names(&place.path("")), ["deep"]);
    let sets = ["run.name=tiny", "checkpoints.directory=kept", "sweep.sizes=[32]"];
    assert_eq!(place.study(&["run"], &sets).status, Some(0));
    let runs = names(&place.path("runs"));
    assert_eq!(names(&place.path("kept")), runs);
    assert_eq!(names(&place.path("kept").join(&runs[0])).len(), 6);
}

#[test]
fn a_checkpoint_is_a_safetensors_file_with_the_layers_of_torchs_sequential() {
    let place = Place::new();
    assert_eq!(place.study(&["run", "--run-dir", "here"], &["sweep.sizes=[32]"]).status, Some(0));
    for (fusion, width) in [("concat", 32), ("product", 32), ("tensor", 256)] {
        for task in ["real", "synthetic"] {
            let path = place.path(&format!("here/checkpoints/{fusion}-{task}-32.safetensors"));
            head_of(&path, width);
        }
    }
}

/// Asserts the four parameters of the file's head and that it says what it is.
#[track_caller]
fn head_of(path: &Path, width: usize) {
    let bytes = fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut layers = tensors.names();
    layers.sort_unstable();
    assert_eq!(layers, ["head.0.bias", "head.0.weight", "head.2.bias", "head.2.weight"]);
    for (name, shape) in [
        ("head.0.weight", &[32, width][..]),
        ("head.0.bias", &[32]),
        ("head.2.weight", &[2, 32]),
        ("head.2.bias", &[2]),
    ] {
        let tensor = tensors.tensor(name).unwrap();
        assert_eq!((tensor.dtype(), tensor.shape()), (Dtype::F32, shape), "{name} of {}", path.display());
        let values = tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
        assert!(values.clone().all(f32::is_finite), "{name} of {}", path.display());
        assert!(values.clone().any(|value| value != 0.0), "{name} of {} is all zeros", path.display());
    }
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let said = header.metadata().as_ref().unwrap();
    let stem = path.file_stem().unwrap().to_str().unwrap();
    assert_eq!(format!("{}-{}-{}", said["fusion"], said["task"], said["train_size"]), stem);
    assert!(said["config"].contains("[train]"), "{said:?}");
}

#[test]
fn checkpoints_are_kept_of_every_seed_or_of_none_where_that_is_asked_for() {
    let place = Place::new();
    let sets =
        ["sweep.sizes=[32]", "sweep.fusions=[\"concat\"]", "sweep.seeds=[3, 8]", "checkpoints.keep=all"];
    assert_eq!(place.study(&["run", "--run-dir", "all"], &sets).status, Some(0));
    let expected = ["real-32-seed3", "real-32-seed8", "synthetic-32-seed3", "synthetic-32-seed8"]
        .map(|name| format!("concat-{name}.safetensors"));
    assert_eq!(names(&place.path("all/checkpoints")), expected);
    let sets = ["sweep.sizes=[32]", "sweep.fusions=[\"concat\"]", "checkpoints.keep=none"];
    assert_eq!(place.study(&["run", "--run-dir", "none"], &sets).status, Some(0));
    assert!(names(&place.path("none/checkpoints")).is_empty());
}
