//! Training state that is corrupted between two processes: it is reported, never used, and the end is the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rand::RngExt;
use rustix::process::Signal;
use superfuse::study::random::{Purpose, stream};

use crate::Results;
use crate::cli::{Ended, Place, small_study};
use crate::process::RunProcess;

/// One configuration of four seeds, over in a moment and long enough to be left in.
const BRIEF: [&str; 6] = [
    "train.epochs=600",
    "sweep.sizes=[64]",
    "sweep.tasks=[\"synthetic\"]",
    "sweep.fusions=[\"concat\"]",
    "sweep.seeds=4",
    "train.patience=500",
];
const DISCARDED: &str = " is discarded: ";

/// The end of the study when nothing happens to it.
fn untouched(place: &Place) -> Results {
    let ended = place.study(&["run", "--run-dir", "untouched"], &BRIEF);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    Results::of(&place.path("untouched"))
}

/// The study, interrupted in `name` once it has reported epoch 40.
fn leave(place: &Place, name: &str) {
    let mut run = RunProcess::start(place, &small_study(&["run", "--run-dir", name], &BRIEF));
    run.until(&place.path(name).join("events.jsonl"), "\"epoch\":40,");
    run.signal(Signal::TERM);
    assert_eq!(run.end(), Some(130));
}

/// Resumes, and interrupts again after the epoch.
fn train_until(place: &Place, name: &str, epoch: u32) {
    let mut run = RunProcess::start(place, &["resume", name, "--headless"]);
    run.until(&place.path(name).join("events.jsonl"), &format!("\"epoch\":{epoch},"));
    run.signal(Signal::TERM);
    assert_eq!(run.end(), Some(130));
}

/// The files of saved state in a run.
fn files(run_dir: &Path) -> Vec<PathBuf> {
    let folder = fs::read_dir(run_dir.join("positions")).unwrap().next().unwrap().unwrap().path();
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

fn flip(path: &Path, random: &mut impl RngExt) -> usize {
    let mut bytes = fs::read(path).unwrap();
    let bit = random.random_range(0..8 * bytes.len());
    bytes[bit / 8] ^= 1 << (bit % 8);
    fs::write(path, bytes).unwrap();
    bit
}

fn resume(place: &Place, name: &str) -> Ended {
    place.program(&["resume", name, "--headless"])
}

#[test]
fn a_flipped_bit_in_saved_state_is_reported_and_the_run_ends_like_an_untouched_one() {
    let place = Place::new();
    leave(&place, "here");
    let here = place.path("here");
    let files = files(&here);
    let mut random = stream(Purpose::Bootstrap, 4, 0, 0);
    flip(files.last().unwrap(), &mut random);
    let ended = resume(&place, "here");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let said =
        format!("{}{DISCARDED}", files.last().unwrap().strip_prefix(place.path("")).unwrap().display());
    assert!(ended.err.contains(&said), "{}", ended.err);
    assert!(ended.err.contains("its seeds start again at epoch 1"), "{}", ended.err);
    assert_eq!(Results::of(&here), untouched(&place));
}

/// By hand, `FLIPS=1000 cargo test --test resume torture_by_corrupting -- --ignored --nocapture`: so many flipped bits, and a
/// tenth as many exchanged files.
#[test]
#[ignore = "takes many minutes"]
fn torture_by_corrupting_saved_state() {
    let flips = std::env::var("FLIPS").ok().and_then(|flips| flips.parse().ok()).unwrap_or(1_000);
    let place = Place::new();
    let expected = untouched(&place);
    // One run at two moments, and another run of the same study.
    leave(&place, "early");
    copy(&place.path("early"), &place.path("late"));
    train_until(&place, "late", 200);
    leave(&place, "other");
    let late = place.path("late");
    let own = files(&late);
    let others = [files(&place.path("early")), files(&place.path("other")), own.clone()].concat();
    let mut random = stream(Purpose::Bootstrap, 5, 0, 0);
    let end = |what: &str| {
        let ended = resume(&place, "corrupted");
        assert_eq!(ended.status, Some(0), "{what}: {ended:?}");
        assert_eq!(Results::of(&place.path("corrupted")), expected, "{what}");
        ended.err.contains(DISCARDED)
    };
    let inside = |path: &Path| place.path("corrupted").join(path.strip_prefix(&late).unwrap());
    let (mut flipped, mut exchanged) = (0, 0);
    for _ in 0..flips {
        copy(&late, &place.path("corrupted"));
        let path = inside(&own[random.random_range(0..own.len())]);
        let bit = flip(&path, &mut random);
        flipped += usize::from(end(&format!("bit {bit} of {}", path.display())));
    }
    for _ in 0..flips / 10 {
        copy(&late, &place.path("corrupted"));
        let path = &own[random.random_range(0..own.len())];
        let other = &others[random.random_range(0..others.len())];
        fs::copy(other, inside(path)).unwrap();
        if other.starts_with(&late) {
            fs::copy(path, inside(other)).unwrap();
        }
        exchanged += usize::from(end(&format!("{} instead of {}", other.display(), path.display())));
    }
    assert_eq!(flipped, flips, "every bit is covered");
    println!(
        "{flips} flips, {flipped} found out; {} exchanges, {exchanged} found out and the others",
        flips / 10
    );
    println!("without effect: every summary the same");
}
