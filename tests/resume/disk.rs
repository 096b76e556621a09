//! A disk that is full for a while: the run waits and continues, and is the same in the end.

use std::process::Command;

use rustix::process::{Resource, Rlimit, Signal, prlimit};

use crate::cli::{PROGRAM, Place, small_study};
use crate::interrupted::{STUDY, untouched};
use crate::process::RunProcess;
use crate::{Results, count};

/// The study with files that cannot grow beyond so many blocks of 1,024 bytes.
fn cramped(place: &Place, blocks: u32) -> RunProcess {
    let limit = format!("ulimit -S -f {blocks}; exec \"$0\" \"$@\"");
    let args = small_study(&["run", "--run-dir", "here"], &STUDY);
    let mut run =
        RunProcess::start_through(Command::new("bash").args(["-c", &limit, PROGRAM]).args(args), place);
    run.until(&place.path("err.txt"), "the run waits: cannot append to");
    run
}

#[test]
fn a_run_waits_while_its_journal_cannot_grow_and_then_continues() {
    let place = Place::new();
    let run = cramped(&place, 32);
    let unlimited = Rlimit { current: None, maximum: None };
    prlimit(Some(run.pid()), Resource::Fsize, unlimited).unwrap();
    assert_eq!(run.end(), Some(0));
    assert_eq!(Results::of(&place.path("here")), untouched(&place));
    assert_eq!(count(&place.path("here"), "run_resumed"), 0);
}

#[test]
fn a_run_that_is_left_while_it_waits_resumes_from_what_is_recorded() {
    let place = Place::new();
    let run = cramped(&place, 32);
    run.signal(Signal::TERM);
    assert_eq!(run.end(), Some(130));
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(Results::of(&place.path("here")), untouched(&place));
}
