//! The commands beside `run`: `data inspect`, `config`, `doctor`, and what the programs load.

use std::fs;

use crate::arrays::Pairs;
use crate::cli::{PROGRAM, Place};

/// The text behind `name` at the start of a line of `out`.
#[track_caller]
fn line<'a>(out: &'a str, name: &str) -> &'a str {
    let found = out.lines().find_map(|line| line.strip_prefix(name));
    found.unwrap_or_else(|| panic!("no line {name:?} in\n{out}")).trim()
}

#[test]
fn inspect_prints_shapes_ranges_balance_and_both_tasks() {
    let ended = Place::new().study(&["data", "inspect"], &[]);
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    for array in ["text", "image"] {
        let text = line(&ended.out, array);
        assert_eq!(text, format!("`{array}` 400 rows × 16"));
    }
    let label = line(&ended.out, "label");
    let counts: Vec<usize> =
        label.split(": ").skip(1).map(|part| part.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(counts.iter().sum::<usize>(), 400, "{label}");
    assert_eq!(line(&ended.out, "splits"), "train 280, validation 60, test 60");
    assert!(line(&ended.out, "real").starts_with("label 1: train "), "{}", ended.out);
    // The median parts the training rows in two halves.
    let synthetic = line(&ended.out, "synthetic");
    assert!(synthetic.starts_with("label 1: train 50.0 %") && synthetic.contains("cut at "), "{synthetic}");
}

#[test]
fn inspect_counts_what_is_not_finite_and_says_that_a_sweep_would_refuse_it() {
    let mut pairs = Pairs::new(100, 16, 20);
    pairs.text[5..8].fill(f32::NAN);
    pairs.text[30] = f32::INFINITY;
    pairs.text[31..33].fill(9.5);
    let place = Place::new();
    place.write("set.npz", pairs.npz());
    let ended = place.study(&["data", "inspect"], &["data.source=set.npz", "data.width=16"]);
    assert_eq!(line(&ended.out, "text"), "`text` 100 rows × 16");
    let said = ended.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("2 rows of text hold 3 NaN and 1 infinite values; the first is row 0"), "{said}");
    assert!(line(&ended.out, "refused").contains("array `text` of "), "{}", ended.out);
}

#[test]
fn rows_of_zeros_and_rows_in_two_splits_and_labels_that_nearly_agree_are_warned_of() {
    let mut pairs = Pairs::new(200, 16, 16);
    pairs.text[16..32].fill(0.0);
    pairs.text[48..64].fill(0.0);
    let (text, image) = (pairs.text[..16].to_vec(), pairs.image[..16].to_vec());
    // Rows 8 and 9 of every ten are for the test; both of row 8 and the image of row 19 were trained on.
    pairs.text[8 * 16..9 * 16].copy_from_slice(&text);
    pairs.image[8 * 16..9 * 16].copy_from_slice(&image);
    pairs.image[19 * 16..20 * 16].copy_from_slice(&image);
    let place = Place::new();
    pairs.write_folder(&place.path("set"));
    let split = ["train", "train", "train", "train", "train", "train", "train", "val", "test", "test"];
    let answers = ["Yes", "yes", "no", "no"];
    let rows = (0..200).map(|row| format!("{},{}", answers[row % 4], split[row % 10]));
    place.write("set/labels.csv", format!("label,split\n{}\n", rows.collect::<Vec<_>>().join("\n")));
    let sets = ["data.source=set", "data.split=split", "data.positive=[\"yes\"]", "sweep.sizes=[32]"];
    let refused = place.study(&["run"], &sets);
    assert!(refused.status == Some(2) && refused.err.contains("2 rows have no text"), "{refused:?}");
    let sets = [&sets[..], &["data.missing=zero"]].concat();
    let warnings = [
        "2 rows have no text and 0 no image, the first is row 1 (counted from 0): zeros stand in their place",
        "of 60 validation and test rows, 1 have the text, 2 the image and 1 both of a row in another part",
        "the labels `Yes` (50 rows, class 0) and `yes` (50 rows, class 1) differ in case alone",
    ];
    let inspected = place.study(&["data", "inspect"], &sets);
    assert_eq!(inspected.status, Some(0), "{inspected:?}");
    let ended = place.study(&["run", "--run-dir", "here"], &sets);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    for warning in warnings {
        assert!(
            inspected.out.contains(&format!("warning     {warning}")),
            "no {warning:?} in {}",
            inspected.out
        );
        assert!(ended.err.contains(&format!("warning: {warning}")), "no {warning:?} in {}", ended.err);
    }
}

#[test]
fn config_prints_the_shipped_configuration() {
    let ended = Place::new().program(&["config"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(ended.out, include_str!("../../config.toml"));
    // And what it prints is a study.
    let place = Place::new();
    place.write("config.toml", &ended.out);
    assert_eq!(place.study(&["data", "inspect"], &[]).status, Some(0));
}

#[test]
fn doctor_names_libtorch_and_whether_it_computes() {
    let ended = Place::new().program(&["doctor"]);
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    let libtorch = line(&ended.out, "LibTorch");
    assert!(libtorch.starts_with("2.") && libtorch.ends_with("computes"), "{libtorch}");
    for what in ["CUDA", "device", "memory", "terminal", "colours", "locale"] {
        assert!(!line(&ended.out, what).is_empty(), "{}", ended.out);
    }
}

#[test]
fn completions_name_every_command_and_go_to_standard_output() {
    let place = Place::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = place.program(&["completions", shell]);
        assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{ended:?}");
        for command in ["resume", "doctor", "inspect"] {
            assert!(ended.out.contains(command), "{shell}: {command}");
        }
    }
    assert_eq!(place.program(&["completions", "csh"]).status, Some(2));
}

#[test]
fn man_writes_a_page_for_each_command_and_without_a_folder_prints_the_programs() {
    let place = Place::new();
    let ended = place.program(&["man", "pages/man1"]);
    assert_eq!((ended.status, ended.out.as_str()), (Some(0), ""), "{ended:?}");
    for page in ["superfuse-tui.1", "superfuse-tui-run.1", "superfuse-tui-data-embed.1"] {
        let text = fs::read_to_string(place.path("pages/man1").join(page)).unwrap();
        assert!(text.starts_with(".ie") && text.contains(".SH NAME"), "{text}");
        assert!(ended.err.contains(page), "{}", ended.err);
    }
    let printed = place.program(&["man"]);
    assert_eq!(printed.out, fs::read_to_string(place.path("pages/man1/superfuse-tui.1")).unwrap());
    place.write("file", "");
    let refused = place.program(&["man", "file/pages"]);
    assert_eq!(refused.status, Some(2));
    assert!(refused.err.contains("cannot make file/pages: "), "{}", refused.err);
}

#[test]
fn help_and_version_are_results_and_go_to_standard_output() {
    let place = Place::new();
    for args in [&["--help"][..], &["--version"], &["run", "--help"], &["data", "generate", "--help"]] {
        let ended = place.program(args);
        assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{ended:?}");
        assert!(!ended.out.is_empty(), "{args:?}");
    }
}

#[test]
fn the_help_of_resume_names_its_own_default_configuration() {
    let place = Place::new();
    let (run, resume) = (place.program(&["run", "--help"]), place.program(&["resume", "--help"]));
    assert!(run.out.contains("[default: config.toml if it exists"), "{}", run.out);
    assert!(resume.out.contains("[default: the run's own configuration]"), "{}", resume.out);
    assert!(!resume.out.contains("config.toml"), "{}", resume.out);
}

/// What the dynamic loader of Linux would load for `program`, which does not start.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn loaded(program: &std::path::Path) -> String {
    let listed = std::process::Command::new(program).env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap();
    String::from_utf8(listed.stdout).unwrap()
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn only_the_engine_loads_libtorch() {
    let program = std::path::Path::new(PROGRAM);
    let libraries = loaded(program);
    assert!(libraries.contains("libc.so.6") && !libraries.contains("torch"), "{libraries}");
    let libraries = loaded(&program.with_file_name("superfuse-engine"));
    assert!(libraries.contains("libtorch_cpu.so"), "{libraries}");
}

#[test]
fn a_program_without_its_engine_looks_at_runs_and_says_what_it_lacks() {
    let place = Place::new();
    let alone = place.path("superfuse-tui");
    // A link where that is possible: what was just written may be busy in a process that another test begins.
    fs::hard_link(PROGRAM, &alone).or_else(|_| fs::copy(PROGRAM, &alone).map(drop)).unwrap();
    let start = |command: &str| place.end(assert_cmd::Command::new(&alone).arg(command));
    assert_eq!(start("config").status, Some(0));
    let ended = start("run");
    assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    assert!(
        ended.err.contains("superfuse-engine: No such file") && ended.err.contains("beside superfuse-tui"),
        "{ended:?}"
    );
}

#[test]
fn programs_of_two_builds_do_not_work_together() {
    let place = Place::new();
    let engine = std::path::Path::new(PROGRAM).with_file_name("superfuse-engine");
    let mut command = assert_cmd::Command::new(&engine);
    let ended = place.end(command.arg("doctor").env("SUPERFUSE_STARTED_BY", "0.0.1 (another)"));
    assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    assert!(ended.err.contains("superfuse-tui is 0.0.1 (another) and superfuse-engine"), "{ended:?}");
}
