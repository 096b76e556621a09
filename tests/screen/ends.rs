//! How the screen is given back: on quitting, on errors and signals, and where the terminal is gone.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use crate::session::{ESC, LEAVE_ALTERNATE_SCREEN, LONG, Left, Session, Setup, wait_until};

fn long() -> Session {
    let mut session = Setup::new().sets(&LONG).start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["running, epoch "]);
    session
}

/// Asserts that everything the screen had set is undone, in the order that a terminal needs.
#[track_caller]
fn assert_given_back(left: &Left) {
    let bytes = &left.bytes;
    assert_eq!(bytes.matches("\x1b[?1049h").count(), 1, "{bytes:?}");
    let entered = bytes.find("\x1b[?1049h").unwrap();
    let end = bytes.rfind(LEAVE_ALTERNATE_SCREEN).unwrap_or_else(|| panic!("not left: {left:?}"));
    // Behind the end the printed summary has colours of its own.
    for undone in ["\x1b[?25h", "\x1b[?2004l", "\x1b[0m"] {
        let place = bytes[..end].rfind(undone).unwrap_or_else(|| panic!("no {undone:?}: {left:?}"));
        assert!(entered < place, "{undone:?} comes too early");
    }
    for set in ["\x1b[?25l", "\x1b[?2004h", "\x1b[?2026h"] {
        assert!(bytes.rfind(set).is_none_or(|place| place < end), "{set:?} after the end");
    }
}

#[test]
fn quitting_asks_while_a_sweep_runs_and_leaves_with_what_was_done() {
    let mut session = long();
    let mode = session.mode();
    session.press("q");
    session.see(&["Stop the sweep and quit?", "The summary is printed."]);
    session.press(ESC);
    session.see_no("Stop the sweep and quit?");
    session.see(&["· running ·"]);
    session.press("q");
    session.see(&["Stop the sweep and quit?"]);
    session.press("\r");
    assert_eq!(session.wait(), 1);
    assert_ne!(session.mode(), mode, "raw while the screen is up, and no longer");
    let last = session.events().pop().unwrap();
    assert_eq!(last["event"], "run_interrupted");
    let left = session.end();
    assert_given_back(&left);
    assert!(left.printed.contains("24 of 24 configurations have no outcome yet"), "{}", left.printed);
    assert!(left.printed.contains("  summary.md\n"), "{}", left.printed);
}

#[test]
fn detaching_gives_the_shell_back_and_the_sweep_continues_from_there() {
    let mut session = long();
    session.press("D");
    session.see(&["Continue the sweep without a terminal?", "saved at its current step"]);
    session.press("\r");
    assert_eq!(session.wait(), 0);
    session.see(&["the sweep continues without a terminal, as process "]);
    let text = session.text();
    let process: i32 =
        text.split("as process ").nth(1).unwrap().lines().next().unwrap().trim().parse().unwrap();
    let process = Pid::from_raw(process).unwrap();
    let done = session.count("epoch_finished");
    wait_until("an epoch of the new process", || session.count("epoch_finished") > done);
    let kinds: Vec<_> = session.events().iter().map(|event| event["event"].clone()).collect();
    let resumed = kinds.iter().position(|kind| kind == "run_resumed").unwrap();
    assert_eq!(
        (&kinds[resumed - 1], &kinds[resumed + 1]),
        (&"run_interrupted".into(), &"cohort_resumed".into())
    );
    // The terminal is nothing to it.
    session.hang_up_now();
    let done = session.count("epoch_finished");
    wait_until("an epoch without a terminal", || session.count("epoch_finished") > done);
    kill_process(process, Signal::TERM).unwrap();
    wait_until("its end", || session.count("run_interrupted") == 2);
}

#[test]
fn leaving_before_the_start_prints_and_makes_nothing() {
    let mut session = Setup::new().start();
    session.see(&["idle"]);
    session.press("q");
    assert_eq!(session.wait(), 0);
    assert!(!session.place.path("runs").exists());
    let left = session.end();
    assert_given_back(&left);
    assert_eq!(left.printed, "");
}

#[test]
fn ctrl_c_asks_and_twice_is_a_yes() {
    let mut session = long();
    session.press("\x03");
    session.see(&["Stop the sweep and quit?"]);
    session.press("\x03");
    let left = session.end();
    assert_eq!(left.status, 1, "{}", left.printed);
    assert_given_back(&left);
    assert!(left.printed.contains("summary.md"), "{}", left.printed);
}

#[test]
fn a_signal_gives_the_screen_back_and_ends_with_130() {
    for signal in [Signal::TERM, Signal::INT] {
        let session = long();
        session.signal(signal);
        let left = session.end();
        assert_eq!(left.status, 130, "{}", left.printed);
        assert_given_back(&left);
        assert!(left.printed.contains("summary.md"), "{}", left.printed);
    }
}

#[test]
fn signals_that_were_ignored_at_the_start_leave_the_screen_as_it_is() {
    let mut session = Setup::new().sets(&LONG).through("trap '' HUP INT; exec \"$0\" \"$@\"").start();
    session.see(&["idle"]);
    session.signal(Signal::HUP);
    session.signal(Signal::INT);
    session.press("s");
    session.see(&["running, epoch "]);
    session.signal(Signal::TERM);
    let left = session.end();
    assert_eq!(left.status, 130, "{}", left.printed);
    assert_given_back(&left);
}

#[test]
fn a_second_signal_ends_a_program_whose_summary_cannot_be_printed() {
    let mut session = long();
    session.signal(Signal::TERM);
    session.until("the shell's screen", |screen| !screen.alternate_screen());
    // Output of a terminal that was stopped with Ctrl-S waits; where this came too late, it is over.
    session.press("\x13");
    wait_until("the summary's files", || session.run_dir().join("figures").exists() || session.is_over());
    wait_until("the end", || {
        if !session.is_over() {
            session.signal(Signal::TERM);
        }
        session.is_over()
    });
    assert_eq!(session.wait(), 130);
}

#[test]
fn data_that_cannot_be_read_give_the_screen_back_and_one_message() {
    let session = Setup::new().sets(&["data.source=missing.npz"]).start();
    let left = session.end();
    assert_eq!(left.status, 2, "{left:?}");
    assert_given_back(&left);
    assert_eq!(left.bytes.matches("error: ").count(), 1, "{left:?}");
    assert!(left.printed.starts_with("error: ") && left.printed.contains("missing.npz"), "{left:?}");
}

#[test]
fn a_mistake_in_the_configuration_never_takes_the_screen() {
    let left = Setup::new().sets(&["train.epohcs=3"]).start().end();
    assert_eq!(left.status, 2, "{left:?}");
    assert!(!left.bytes.contains('\x1b') && left.bytes.contains("train.epochs"), "{left:?}");
}

#[test]
fn a_sweep_whose_terminal_hangs_up_continues_to_its_end() {
    let ignoring = "trap '' HUP; exec \"$0\" \"$@\"";
    let mut session = Setup::new().sets(&["train.epochs=3000", "sweep.sizes=[32]"]).through(ignoring).start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["running, epoch "]);
    session.hang_up();
    let before = session.count("epoch_finished");
    wait_until("more epochs without a terminal", || session.count("epoch_finished") > before + 10);
    wait_until("the end", || session.is_over());
    let status = session.wait();
    let log = fs::read_to_string(session.run_dir().join("log.txt")).unwrap();
    assert_eq!(status, 0, "{:?}\n{log}", session.events().last());
    assert_eq!(session.count("cohort_finished"), 6);
    assert_eq!(session.events().pop().unwrap()["event"], "run_finished");
    let run_dir = session.run_dir();
    assert!(run_dir.join("summary.md").is_file());
    assert!(log.contains("the terminal is gone; the sweep continues without one"), "{log}");
}

#[test]
fn a_terminal_that_hangs_up_before_the_start_ends_the_program() {
    let mut session = Setup::new().start();
    session.see(&["idle"]);
    session.hang_up();
    session.wait();
    assert!(!session.place.path("runs").exists());
}

#[test]
fn a_suspended_program_comes_back_to_its_screen() {
    let shell = "set -m; \"$0\" \"$@\"; echo it is suspended; read -r line; fg >/dev/null; echo status $?";
    let mut session = Setup::new().sets(&LONG).through(shell).start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["running, epoch "]);
    session.press("\x1a");
    session.until("the shell", |screen| {
        !screen.alternate_screen() && !screen.hide_cursor() && screen.contents().contains("it is suspended")
    });
    session.press("\n");
    session.until("the screen", |screen| {
        screen.alternate_screen() && screen.hide_cursor() && screen.contents().contains("· running ·")
    });
    session.press("2");
    session.see(&["log axis"]);
    session.press("qy");
    let left = session.end();
    assert!(left.printed.contains("summary.md") && left.printed.contains("status 1"), "{}", left.printed);
}

#[test]
fn what_libtorch_prints_goes_to_the_log_and_not_to_the_screen() {
    // MKL, which multiplies matrices for LibTorch on x86-64, prints a line for each product if asked.
    let setup = Setup::new().variable("MKL_VERBOSE", "1").sets(&["run.kernels=libtorch"]);
    let mut session = setup.start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["finished"]);
    let log = fs::read_to_string(session.run_dir().join("log.txt")).unwrap();
    let is_noisy = log.matches("MKL_VERBOSE").count() > 100;
    assert!(is_noisy || cfg!(not(all(target_arch = "x86_64", target_os = "linux"))), "nothing was printed");
    session.press("q");
    assert_eq!(session.wait(), 0);
    let left = session.end();
    let (before, _) = left.bytes.split_once("\x1b[?1049h").unwrap();
    let of_screen = &left.bytes[before.len()..];
    assert!(!of_screen.contains("MKL_VERBOSE"), "printed over the screen");
    assert_given_back(&left);
}
