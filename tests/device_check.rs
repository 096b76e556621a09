//! The script that checks the program on a GPU, as a dry run on the CPU: it runs on a GPU once in a while, and has to say what
//! the program says today.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// How the script ended, and all that it said, of one part with `program`.
fn checked(part: &str, program: &str, folder: &Path) -> (Option<i32>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/device_check.sh");
    // Minutes more than it takes: on a busy machine nothing is to be left out.
    let settings = [("DEVICE", "cpu"), ("SMALL", "1"), ("BIN", program), ("TOTAL", "540"), ("STOP", "10000")];
    let said = Command::new("bash").arg(script).arg(part).envs(settings).env("OUT", folder).output().unwrap();
    (said.status.code(), String::from_utf8(said.stdout).unwrap())
}

fn lines_with<'a>(said: &'a str, start: &str) -> Vec<&'a str> {
    said.lines().filter(|line| line.trim_start().starts_with(start)).collect()
}

#[test]
fn every_check_passes_on_the_cpu() {
    let folder = tempfile::tempdir().unwrap();
    for (part, fewest) in [("1", 36), ("2", 18)] {
        let (status, said) = checked(part, env!("CARGO_BIN_EXE_superfuse-tui"), folder.path());
        assert_eq!((status, lines_with(&said, "failed: ")), (Some(0), Vec::new()), "{said}");
        assert!(lines_with(&said, "ok: ").len() >= fewest, "{said}");
        // What needs a GPU, and nothing for want of time; each is said where it is met and at the end.
        assert_eq!(lines_with(&said, "skipped: ").len(), 4, "{said}");
        assert!(!said.contains("are gone"), "{said}");
        let end = format!("{0} of {0} checks passed, 2 skipped", lines_with(&said, "ok: ").len());
        assert!(said.contains(&end), "{said}");
    }
    let results = fs::read_to_string(folder.path().join("results.jsonl")).unwrap();
    assert_eq!(lines_with(&results, "{\"name\":\"tensor-tf32-3\",").len(), 1, "{results}");
}

#[test]
fn a_program_that_fails_is_a_failure_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (status, said) = checked("1", "/bin/false", folder.path());
    assert_eq!((status, lines_with(&said, "failed: ").len()), (Some(1), 1), "{said}");
    assert!(said.contains("0 of 1 checks passed") && said.contains("failed: starts: status 1"), "{said}");
    let (status, said) = checked("1", "/there/is/none", folder.path());
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("failed: there is no program /there/is/none"), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("log.txt")).unwrap().matches("== machine").count(), 2);
}
