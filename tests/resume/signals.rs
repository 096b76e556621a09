//! Signals that the process was started with as ignored.

use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::cli::{PROGRAM, Place, small_study};
use crate::process::RunProcess;

#[test]
fn a_run_under_nohup_outlives_its_terminal_and_an_interrupt_that_a_script_ignores() {
    let place = Place::new();
    let args = small_study(&["run", "--run-dir", "here"], &["train.epochs=100000"]);
    let ignoring = "trap '' HUP INT; exec \"$0\" \"$@\"";
    let mut run =
        RunProcess::start_through(Command::new("bash").args(["-c", ignoring, PROGRAM]).args(args), &place);
    let journal = place.path("here/events.jsonl");
    run.until(&journal, "\"epoch\":3,");
    run.signal(Signal::HUP);
    run.signal(Signal::INT);
    assert!(!run.ends_within(Duration::from_secs(1)), "an ignored signal stopped it");
    run.signal(Signal::TERM);
    assert_eq!(run.end(), Some(130));
}
