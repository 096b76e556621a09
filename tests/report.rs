//! `report` says of a run's directory what the run itself said, from the journal and the rows beside it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/cli.rs"]
mod cli;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use cli::{Ended, Place};
use superfuse::report::{Paint, terminal_summary};
use superfuse::store::journal;
use superfuse::study::rows::RunRows;
use superfuse::study::run_state::RunState;

const FORMATS: [&str; 5] = ["md", "csv", "json", "tex", "html"];

/// A directory with a finished run in `here`, and how that run ended.
fn finished() -> (Place, Ended) {
    let place = Place::new();
    let ended = place.study(&["run", "--run-dir", "here"], &["sweep.sizes=[32]"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    (place, ended)
}

/// What `report` prints of `here` in `format`.
#[track_caller]
fn report(place: &Place, format: &str) -> String {
    let ended = place.program(&["report", "here", "--format", format]);
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    ended.out
}

/// Asserts status 2, nothing on standard output, and one message that holds every one of `parts`.
#[track_caller]
fn refused(ended: &Ended, parts: &[&str]) {
    assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    assert!(ended.err.starts_with("error: ") && ended.err.lines().count() == 1, "{ended:?}");
    for part in parts {
        assert!(ended.err.contains(part), "no {part:?} in {ended:?}");
    }
}

#[test]
fn a_report_is_the_runs_own_summary_byte_for_byte() {
    let (place, _) = finished();
    for format in FORMATS {
        let name = if format == "html" { "report.html".into() } else { format!("summary.{format}") };
        let written = fs::read_to_string(place.path("here").join(name)).unwrap();
        assert_eq!(report(&place, format), written, "{format}");
    }
}

#[test]
fn a_report_replaces_regular_files_and_nothing_else() {
    let (place, _) = finished();
    fs::create_dir(place.path("out")).unwrap();
    place.write("precious", "kept");
    std::os::unix::fs::symlink("../precious", place.path("out/summary.md")).unwrap();
    let ended = place.program(&["report", "here", "--export", "out"]);
    refused(&ended, &["cannot write out/summary.md", "a symbolic link"]);
    assert_eq!(fs::read(place.path("precious")).unwrap(), b"kept");
    fs::remove_file(place.path("out/summary.md")).unwrap();
    for _ in 0..2 {
        let ended = place.program(&["report", "here", "--export", "out"]);
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }
}

#[test]
fn a_journal_that_names_more_than_a_run_has_is_refused() {
    let (place, _) = finished();
    let journal = fs::read_to_string(place.path("here/events.jsonl")).unwrap();
    let tasks = vec!["\"real\""; 2_000].join(",");
    let wrong = journal.replacen(
        "\"tensor\"],\"tasks\":[\"real\",\"synthetic\"]",
        &format!("\"tensor\"],\"tasks\":[{tasks}]"),
        1,
    );
    assert_ne!(wrong, journal);
    place.write("here/events.jsonl", wrong);
    refused(&place.program(&["report", "here"]), &["events.jsonl", "names 2000 tasks"]);
}

#[test]
fn a_line_without_an_end_is_not_read_to_its_end_and_every_command_says_so() {
    let (place, _) = finished();
    let file = fs::File::options().append(true).open(place.path("here/events.jsonl")).unwrap();
    // A hole, which takes no room on the disk.
    file.set_len(file.metadata().unwrap().len() + (1 << 36)).unwrap();
    let why = "cannot read here/events.jsonl: a line has no end within";
    refused(&place.program(&["report", "here"]), &[why]);
    refused(&place.program(&["watch", "here", "--plain"]), &[why]);
    let listed = place.program(&["runs", "."]);
    assert!(listed.err.contains("here/events.jsonl: a line has no end within"), "{listed:?}");
}

#[test]
fn a_line_longer_than_any_event_is_named_and_the_rest_is_reported() {
    let (place, _) = finished();
    let whole = report(&place, "csv");
    let journal = fs::read_to_string(place.path("here/events.jsonl")).unwrap();
    let (first, rest) = journal.split_once('\n').unwrap();
    let mut file = fs::File::options().append(true).open(place.path("here/events.jsonl")).unwrap();
    file.set_len(first.len() as u64 + 1).unwrap();
    file.set_len(600 << 20).unwrap();
    file.write_all(format!("\n{rest}").as_bytes()).unwrap();
    let ended = place.program(&["report", "here", "--format", "csv"]);
    assert_eq!((ended.status, &ended.out), (Some(0), &whole), "{ended:?}");
    assert!(ended.err.starts_with("warning: here/events.jsonl: line 2: it has 6"), "{ended:?}");
    let listed = place.program(&["runs", "."]);
    assert!(listed.out.contains("6/6") && listed.err.is_empty(), "{listed:?}");
}

#[test]
fn a_report_needs_the_journal_and_the_rows_alone_and_leaves_them_as_they_are() {
    let (place, _) = finished();
    let before: Vec<String> = FORMATS.iter().map(|format| report(&place, format)).collect();
    let journal = fs::read(place.path("here/events.jsonl")).unwrap();
    fs::rename(place.path("here"), place.path("whole")).unwrap();
    fs::create_dir(place.path("here")).unwrap();
    place.write("here/events.jsonl", &journal);
    for rows in ["correct", "under-noise"] {
        fs::rename(place.path("whole").join(rows), place.path("here").join(rows)).unwrap();
    }
    fs::remove_dir_all(place.path("whole")).unwrap();
    let kept = place.contents();
    let after: Vec<String> = FORMATS.iter().map(|format| report(&place, format)).collect();
    assert_eq!(before, after);
    assert_eq!(place.contents(), kept);
}

#[test]
fn a_report_without_a_format_is_the_table_that_the_run_ended_with() {
    let (place, run) = finished();
    let ended = place.program(&["report", "here"]);
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    assert!(ended.out.contains("concat") && ended.out.contains("synthetic"), "{}", ended.out);
    // Behind the table the run names its files.
    let rest = run.out.strip_prefix(&ended.out).unwrap_or_else(|| panic!("{}\n\n{}", run.out, ended.out));
    assert!(rest.trim_start().starts_with("here\n"), "{rest}");
}

#[test]
fn every_format_holds_the_same_accuracies() {
    let (place, _) = finished();
    let (markdown, latex) = (report(&place, "md"), report(&place, "tex"));
    let json: serde_json::Value = serde_json::from_str(&report(&place, "json")).unwrap();
    let csv = report(&place, "csv");
    let mut table = csv::Reader::from_reader(csv.as_bytes());
    let header = table.headers().unwrap().clone();
    let place_of = header.iter().position(|name| name == "test_accuracy_mean").unwrap();
    let json_rows = json["rows"].as_array().unwrap();
    assert_eq!(json_rows.len(), 6);
    for (line, row) in table.records().zip(json_rows) {
        let mean: f64 = line.unwrap()[place_of].parse().unwrap();
        assert_eq!(row["test_accuracy_mean"].as_f64().unwrap().to_bits(), mean.to_bits(), "{row}");
        let percent = format!("{:.1}", 100.0 * mean);
        assert!(markdown.contains(&percent) && latex.contains(&percent), "{percent}");
    }
}

#[test]
fn a_report_says_what_computed_the_numbers() {
    let (place, _) = finished();
    let markdown = report(&place, "md");
    let made = markdown.lines().find(|line| line.contains("Computed by")).unwrap();
    let before = concat!("Computed by superfuse-tui ", env!("CARGO_PKG_VERSION"), " (");
    let (commit, behind) = made.split_once(before).unwrap().1.split_once(')').unwrap();
    let hash = commit.trim_end_matches(", modified");
    let is_hash = hash.len() >= 12 && hash.chars().all(|digit| digit.is_ascii_hexdigit());
    assert!(is_hash || commit == "unknown commit", "{made}");
    assert!(behind.starts_with(", LibTorch 2."), "{made}");
    assert!(
        ["AVX-512 kernel", "AVX2 kernel", "base kernel"].iter().any(|kernel| behind.contains(kernel)),
        "{made}"
    );
}

#[test]
fn figures_are_written_where_they_are_asked_for() {
    let (place, _) = finished();
    let ended = place.program(&["report", "here", "--figures", "new/pictures", "--format", "csv"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(ended.out, report(&place, "csv"), "a piped table holds nothing else");
    let of = |folder: &str| -> Vec<(PathBuf, Vec<u8>)> {
        let mut found: Vec<_> = fs::read_dir(place.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.file_name().unwrap().into(), fs::read(&path).unwrap()))
            .collect();
        found.sort();
        found
    };
    let figures = of("new/pictures");
    assert!(figures.len() >= 4 && figures.len().is_multiple_of(2));
    for (name, bytes) in &figures {
        let begins: &[u8] = if name.extension().unwrap() == "png" { b"\x89PNG" } else { b"<svg " };
        assert!(bytes.starts_with(begins), "{}", name.display());
        assert!(ended.err.contains(name.to_str().unwrap()), "{} is not named", name.display());
    }
    assert!(figures == of("here/figures"), "the run drew others");
}

#[test]
fn an_export_holds_the_runs_own_files_and_the_long_forms() {
    let (place, _) = finished();
    let ended = place.program(&["report", "here", "--export", "out", "--format", "csv"]);
    assert_eq!((ended.status, &ended.out), (Some(0), &report(&place, "csv")), "{ended:?}");
    for name in ["summary.md", "summary.csv", "summary.json", "summary.tex", "report.html"] {
        let ours = fs::read(place.path("out").join(name)).unwrap();
        assert!(ours == fs::read(place.path("here").join(name)).unwrap(), "{name} is not the run's");
    }
    let trials = fs::read_to_string(place.path("out/trials.csv")).unwrap();
    let rows = csv::Reader::from_reader(trials.as_bytes()).records().count();
    let folders = fs::read_dir(place.path("out/tensorboard")).unwrap();
    let seeds = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap()).count();
    assert_eq!(rows, seeds, "a row and a file for each trial");
    assert!(fs::read(place.path("out/epochs.parquet")).unwrap().ends_with(b"PAR1"));
    for name in ["out/report.html", "out/epochs.csv", "out/trials.parquet", "out/tensorboard"] {
        assert!(ended.err.contains(name), "{name} is not named: {}", ended.err);
    }
}

#[test]
fn figures_that_cannot_be_written_are_an_error_that_names_the_folder() {
    let (place, _) = finished();
    place.write("file.txt", "");
    let ended = place.program(&["report", "here", "--figures", "file.txt/pictures"]);
    refused(&ended, &["file.txt/pictures"]);
}

#[test]
fn a_directory_that_is_no_run_is_refused() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).unwrap();
    place.write("file.txt", "");
    for path in ["empty", "nowhere", "file.txt"] {
        refused(&place.program(&["report", path]), &[path, "holds no run", "events.jsonl"]);
    }
}

#[test]
fn a_journal_that_is_none_is_refused_with_the_reason() {
    let place = Place::new();
    fs::create_dir(place.path("here")).unwrap();
    for (text, why) in [
        ("", "it holds no whole line"),
        ("{\"seq\":0,\"at_ms\":0,\"event\":\"run_sta", "it holds no whole line"),
        ("not a journal\n", "does not begin with a run_started event"),
        ("{\"seq\":0,\"at_ms\":0,\"event\":\"run_paused\"}\n", "does not begin with a run_started event"),
        ("{\"seq\":0,\"at_ms\":0,\"event\":\"run_started\",\"format\":99}\n", "newer superfuse-tui"),
    ] {
        place.write("here/events.jsonl", text);
        refused(&place.program(&["report", "here"]), &["here/events.jsonl", why]);
    }
}

#[test]
fn a_torn_last_line_is_as_if_it_had_not_been_written() {
    let (place, _) = finished();
    let whole = report(&place, "csv");
    let journal = fs::read_to_string(place.path("here/events.jsonl")).unwrap();
    // A next event of which only a part reached the disk.
    place.write("here/events.jsonl", format!("{journal}{{\"seq\":999,\"at_ms\":1,\"eve"));
    assert_eq!(report(&place, "csv"), whole);
    // The last event itself, cut at its last byte: every configuration has its outcome all the same.
    place.write("here/events.jsonl", journal.trim_end());
    assert_eq!(report(&place, "csv"), whole);
    // The outcome of the last configuration.
    let end = journal.rfind("\n{\"seq\"").and_then(|last| journal[..last].rfind('}')).unwrap();
    place.write("here/events.jsonl", &journal[..end]);
    let markdown = report(&place, "md");
    assert!(
        markdown.contains("1 of 6 configurations have no outcome yet"),
        "the torn event was taken for a whole one"
    );
}

#[test]
fn a_line_that_is_no_event_is_named_and_the_rest_is_reported() {
    let (place, _) = finished();
    let whole = report(&place, "csv");
    let journal = fs::read_to_string(place.path("here/events.jsonl")).unwrap();
    let (first, rest) = journal.split_once('\n').unwrap();
    place.write("here/events.jsonl", format!("{first}\n\u{1b}[31mnoise\n{rest}"));
    let ended = place.program(&["report", "here", "--format", "csv"]);
    assert_eq!((ended.status, &ended.out), (Some(0), &whole), "{ended:?}");
    assert!(ended.err.starts_with("warning: here/events.jsonl: line 2: "), "{ended:?}");
    assert!(ended.err.lines().count() == 1 && !ended.err.contains('\u{1b}'), "{ended:?}");
}

#[test]
fn a_journal_with_any_wrong_byte_is_refused_or_reported() {
    let place = Place::new();
    let whole = include_bytes!("../crates/store/src/journal/kept/format-1-first.jsonl");
    let path = place.path("events.jsonl");
    let mut read = 0;
    for (turn, at) in (0..whole.len()).step_by(61).enumerate() {
        let mut bytes = whole.to_vec();
        bytes[at] = (turn * 37 % 256) as u8;
        fs::write(&path, bytes).unwrap();
        if let Ok(replay) = journal::read(&path) {
            let text = terminal_summary(&RunState::replay(&replay.events), &RunRows::new(), 80, Paint::Plain);
            assert!(!text.is_empty());
            read += 1;
        }
    }
    assert!(read > 100, "only {read} journals were read");
}
