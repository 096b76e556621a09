//! Names that hold what a terminal obeys or what hides: none of it comes out again, wherever a name is shown.

use std::fs;

use crate::arrays::Pairs;
use crate::cli::{Ended, Place};

/// An escape sequence, C1 controls, overrides, isolates, marks, zero-width characters, separators, a tag.
const HOSTILE: &str = "\u{1b}[31m\u{9b}2J\u{85}\u{202e}a\u{2066}b\u{2069}\u{200e}\u{200f}\u{61c}\u{200b}\u{feff}\u{ad}\
    \u{2028}\u{2029}\u{e0041}";

/// Whether a character may stand in what the program writes; line breaks may.
fn is_harmless(c: char) -> bool {
    let is_invisible = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    c == '\n' || !(c.is_control() || is_invisible)
}

#[track_caller]
fn check(what: &str, text: &str) {
    let found: Vec<String> =
        text.chars().filter(|&c| !is_harmless(c)).map(|c| format!("{:04x}", u32::from(c))).collect();
    assert!(found.is_empty(), "{what}: {found:?}\n{text:?}");
}

#[track_caller]
fn check_output(what: &str, ended: &Ended) {
    check(&format!("{what}, standard output"), &ended.out);
    check(&format!("{what}, standard error"), &ended.err);
}

#[test]
fn no_output_holds_what_hostile_names_hold() {
    let place = Place::new();
    let (set, run) = (format!("set{HOSTILE}.npz"), format!("run{HOSTILE}"));
    place.write(&set, Pairs::new(300, 10, 10).npz());
    let source = format!("data.source={set}");
    // A trial that diverges puts more text into the journal.
    let sets = [source.as_str(), "train.learning_rate=1e30", "sweep.fusions=[\"concat\"]"];
    let ended = place.study(&["run", "--run-dir", &run], &sets);
    check_output("run", &ended);
    let plain = place.study(&["run", "--plain", "--run-dir", &format!("plain{HOSTILE}")], &[&source]);
    assert!(plain.out.contains("configurations done"), "{plain:?}");
    check_output("run --plain", &plain);

    for arguments in [
        &["report", &run][..],
        &["report", &run, "--format", "md"],
        &["report", &run, "--format", "csv"],
        &["report", &run, "--format", "json"],
        &["report", &run, "--format", "html"],
        &["report", &run, "--format", "tex"],
        &["report", &run, "--export", &format!("export{HOSTILE}")],
        &["runs", "."],
        &["runs", ".", "--format", "json"],
        &["watch", "--plain", &run],
    ] {
        let ended = place.program(arguments);
        assert!(ended.status == Some(0) && !ended.out.is_empty(), "{arguments:?}: {ended:?}");
        check_output(&arguments.join(" "), &ended);
    }
    let mut looked_at = 0;
    for (path, bytes) in place.contents() {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if ["md", "csv", "json", "html", "tex", "svg", "txt"].contains(&ending) {
            check(&path.display().to_string(), std::str::from_utf8(&bytes).unwrap());
            looked_at += 1;
        }
    }
    assert!(looked_at > 15, "{looked_at} files");
}

#[test]
fn no_error_holds_what_hostile_arguments_hold() {
    let place = Place::new();
    fs::create_dir(place.path(HOSTILE)).unwrap();
    place.write(&format!("{HOSTILE}/events.jsonl"), HOSTILE);
    place.write(&format!("{HOSTILE}.npz"), HOSTILE);
    place.write(&format!("{HOSTILE}.toml"), format!("a{HOSTILE}b = 1"));
    let (npz, toml) = (format!("{HOSTILE}.npz"), format!("{HOSTILE}.toml"));
    let source = format!("data.source={npz}");
    for arguments in [
        &[HOSTILE][..],
        &["run", "--config", HOSTILE],
        &["run", "--config", &toml],
        &["run", "--set", HOSTILE],
        &["run", "--set", &source],
        &["data", "inspect", "--set", &source],
        &["data", "generate", HOSTILE],
        &["report", HOSTILE],
        &["report", &npz],
        &["runs", &npz],
        &["evaluate", &npz, "--data", &npz],
        &["resume", HOSTILE, "--headless"],
    ] {
        let ended = place.program(arguments);
        assert!(ended.status != Some(0) && !ended.err.is_empty(), "{arguments:?}: {ended:?}");
        check_output(&arguments.join(" "), &ended);
    }
    check_output("runs", &place.program(&["runs", "."]));
}
