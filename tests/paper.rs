//! `report --paper`: what it writes is compiled by LaTeX, in one column and in two.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/cli.rs"]
mod cli;

use std::env;
use std::fs;
use std::process;

use assert_cmd::Command;
use cli::Place;

/// Set where LaTeX has to be there.
const WANTED: &str = "SUPERFUSE_TEST_LATEX";

/// Whether this machine has LaTeX. A machine that has to have it and has none fails the test.
fn has_latex() -> bool {
    let works = |program: &str, argument: &str| {
        process::Command::new(program).arg(argument).output().is_ok_and(|ended| ended.status.success())
    };
    let found = works("pdflatex", "--version") && works("kpsewhich", "booktabs.sty");
    let is_wanted = env::var_os(WANTED).is_some_and(|value| !value.is_empty());
    assert!(
        found || !is_wanted,
        "{WANTED} is set, but there is no pdflatex with booktabs; CONTRIBUTING.md says how to install it"
    );
    if !found {
        eprintln!("skipped: there is no pdflatex with booktabs; CONTRIBUTING.md says how to install it");
    }
    found
}

/// Compiles a document twice, as references need, and returns its log.
#[track_caller]
fn compiled(place: &Place, document: &str) -> String {
    for _ in 0..2 {
        let mut latex = Command::new("sh");
        latex.args([
            "-c",
            "cd paper && exec pdflatex -interaction=nonstopmode -halt-on-error \"$1\"",
            "sh",
            document,
        ]);
        let ended = place.end(&mut latex);
        assert_eq!(ended.status, Some(0), "{document}: {}", ended.out);
    }
    fs::read_to_string(place.path("paper").join(document.replace(".tex", ".log"))).unwrap()
}

/// How far beyond the edge each too wide line is, in points.
fn overfull(log: &str) -> Vec<f64> {
    let too_wide = log.lines().filter_map(|line| line.strip_prefix("Overfull \\hbox ("));
    too_wide.map(|rest| rest.split_once("pt").unwrap().0.parse().unwrap()).collect()
}

#[test]
fn a_paper_compiles_in_one_column_and_in_two() {
    let place = Place::new();
    let baselines = "sweep.baselines=[\"text\", \"logistic\"]";
    let ran = place.study(&["run", "--run-dir", "here"], &[baselines]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let ended = place.program(&["report", "here", "--paper", "paper", "--split", "validation"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let named = ended.err.lines().filter(|line| line.starts_with("paper/")).count();
    assert_eq!(named, fs::read_dir(place.path("paper")).unwrap().count(), "{ended:?}");
    if !has_latex() {
        return;
    }
    for document in ["main-onecolumn.tex", "main-twocolumn.tex"] {
        let log = compiled(&place, document);
        for fault in ["undefined", "multiply defined", "Float too large", "LaTeX Error", "Missing character"]
        {
            assert!(!log.contains(fault), "{document}: {fault:?} in {log}");
        }
        let overfull = overfull(&log);
        assert!(overfull.iter().all(|&points| points < 1.0), "{document}: {overfull:?} in {log}");
        assert!(log.contains("Output written on"), "{document}: {log}");
    }
}

#[test]
fn a_paper_needs_a_folder_that_it_can_write_to() {
    let place = Place::new();
    let ran = place.study(&["run", "--run-dir", "here"], &["sweep.sizes=[32]"]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    place.write("taken", "kept");
    let before = place.contents();
    let ended = place.program(&["report", "here", "--paper", "taken"]);
    assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    assert!(ended.err.starts_with("error: cannot create taken: "), "{ended:?}");
    assert_eq!(place.contents(), before);
    let ended = place.program(&["report", "here", "--split", "test"]);
    assert!(ended.err.contains("--paper"), "{ended:?}");
}
