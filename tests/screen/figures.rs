//! What the screen costs, measured from outside: the real binary in a pty while it trains on every core.
//!
//! `cargo test --release --test screen figures -- --ignored --nocapture` prints the table.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::session::{Session, Setup, wait_until};

/// A sweep that outlasts the measurement: the quick study's data, every core busy.
const STUDY: [&str; 8] = [
    "--set",
    "run.device=cpu",
    "--set",
    "train.epochs=3000",
    "--set",
    "sweep.smallest=1024",
    "--set",
    "noise.levels=0:0.9:0.3",
];
/// How long rates are taken over.
const WINDOW: Duration = Duration::from_secs(20);
/// Keys of which the echo is timed.
const KEYS: usize = 200;
/// What a frame begins with.
const FRAME: &[u8] = b"\x1b[?2026h";
/// Ticks of a processor's time in a second, the same on every Linux.
const TICKS: f64 = 100.0;

#[test]
#[ignore = "takes two minutes and wants the machine for itself"]
fn figures() {
    let first = median((0..7).map(|_| first_frame()).collect());
    println!("first frame, median of 7            {:>9.0} ms", first * 1e3);
    for (size, remote) in [((120, 40), false), ((200, 50), false), ((120, 40), true)] {
        let mut setup = Setup::new().only(&STUDY).size(size.0, size.1);
        if remote {
            setup = setup.variable("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22").variable("COLORTERM", "");
        }
        println!("{}×{}{}", size.0, size.1, if remote { ", over SSH" } else { "" });
        measure(&mut setup.start());
    }
}

fn measure(session: &mut Session) {
    session.see(&["idle"]);
    thread::sleep(Duration::from_secs(1));
    let idle = rates(session);
    session.press("s");
    session.see(&["running, epoch 5"]);
    let live = rates(session);
    session.press("5");
    session.see(&["Configurations"]);
    let mut echoes: Vec<f64> = (0..KEYS).map(|turn| echo(session, turn)).collect();
    echoes.sort_by(f64::total_cmp);
    println!("  idle                              {:>9.0} B/s", idle.bytes);
    println!("  live, overview                    {:>9.0} B/s", live.bytes);
    println!("  live, overview                    {:>9.1} frames/s", live.frames);
    println!("  UI and input threads, live        {:>9.2} % of a core", live.ui * 100.0);
    println!("  the whole process, live           {:>9.2} cores", live.process);
    println!("  key echo, median                  {:>9.1} ms", echoes[KEYS / 2] * 1e3);
    println!("  key echo, 99th percentile         {:>9.1} ms", echoes[KEYS * 99 / 100] * 1e3);
    println!("  resident                          {:>9.0} MB", resident(session) / 1e6);
    assert!(idle.bytes < 1.0, "something is written while nothing changes");
}

/// Seconds until the header stands there.
fn first_frame() -> f64 {
    let began = Instant::now();
    let session = Setup::new().only(&STUDY).start();
    session.see(&["superfuse", "1 Overview"]);
    began.elapsed().as_secs_f64()
}

/// Seconds from a key to the other view.
fn echo(session: &mut Session, turn: usize) -> f64 {
    // Not in step with the frames.
    thread::sleep(Duration::from_millis(20 + 7 * (turn as u64 % 11)));
    let (key, title) = if turn.is_multiple_of(2) { ("4", "ROC, ") } else { ("5", "Configurations") };
    let began = Instant::now();
    session.press(key);
    session.see(&[title]);
    began.elapsed().as_secs_f64()
}

struct Rates {
    bytes: f64,
    frames: f64,
    /// Of one core, the UI's and the input thread's together.
    ui: f64,
    process: f64,
}

fn rates(session: &Session) -> Rates {
    let pid = session.pid().as_raw_nonzero().get();
    let threads =
        || ["superfuse-tui", "input", "findings"].map(|name| thread_seconds(pid, name)).iter().sum::<f64>();
    let process = || seconds(&fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default());
    let before = (session.written(), threads(), process(), Instant::now());
    thread::sleep(WINDOW);
    let elapsed = before.3.elapsed().as_secs_f64();
    let written = session.written();
    let frames =
        session.read(before.0, |bytes| bytes.windows(FRAME.len()).filter(|part| *part == FRAME).count());
    Rates {
        bytes: (written - before.0) as f64 / elapsed,
        frames: frames as f64 / elapsed,
        ui: (threads() - before.1) / elapsed,
        process: (process() - before.2) / elapsed,
    }
}

/// Processor time of the threads of that name; the UI's is the process's own.
fn thread_seconds(pid: i32, name: &str) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    tasks
        .filter_map(|task| fs::read_to_string(task.path().join("stat")).ok())
        .filter(|stat| stat.contains(&format!("({name})")))
        .map(|stat| seconds(&stat))
        .sum()
}

/// User's and system's time of a `stat` line.
fn seconds(stat: &str) -> f64 {
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = |place: usize| fields.split(' ').nth(place).and_then(|field| field.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / TICKS
}

fn resident(session: &Session) -> f64 {
    let pid = session.pid().as_raw_nonzero().get();
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or(0.0) * 4_096.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A million epochs of a run that is watched: what the screen keeps of them.
#[test]
#[ignore = "writes a journal of a quarter of a gigabyte"]
fn memory_after_a_million_events() {
    let mut session = Setup::new().start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["· finished ·", "wrote report and figures"]);
    let run_dir = session.run_dir();
    session.press("q");
    session.wait();
    let journal = run_dir.join("events.jsonl");
    let whole = fs::read_to_string(&journal).unwrap();
    let mut seq = whole.lines().count();
    for (events, attempts) in [(10_000, 2..=101_u64), (100_000, 102..=1_001), (1_000_000, 1_002..=10_001)] {
        let mut more = String::new();
        for attempt in attempts {
            let cohort = r#""cohort":{"fusion":"concat","task":"real","train_size":32}"#;
            let mut event = |rest: &str| {
                more.extend([r#"{"seq":"#, &seq.to_string(), r#","at_ms":1795435200000,"#, rest, "}\n"]);
                seq += 1;
            };
            event(&format!(r#""event":"cohort_started",{cohort},"attempt":{attempt}"#));
            for epoch in 1..100 {
                let seeds = [0, 1].map(|seed| {
                    format!(r#"{{"seed":{seed},"train_loss":0.5,"train_accuracy":0.5,"val_loss":0.5,"val_accuracy":0.5}}"#)
                });
                let metrics = seeds.join(",");
                event(&format!(
                    r#""event":"epoch_finished",{cohort},"attempt":{attempt},"epoch":{epoch},"metrics":[{metrics}]"#
                ));
            }
        }
        let mut file = fs::File::options().append(true).open(&journal).unwrap();
        std::io::Write::write_all(&mut file, more.as_bytes()).unwrap();
        drop(file);
        let began = Instant::now();
        let run = run_dir.to_string_lossy().into_owned();
        let last = format!("attempt {}", seq / 100);
        let mut watching = Setup::new().only(&["watch", &run]).patience(Duration::from_mins(5)).start();
        watching.see(&["1 Overview"]);
        watching.press("7");
        let attempts = |text: &str| {
            text.lines().rev().find_map(|line| {
                line.split_once(", attempt ").map(|(_, n)| n.trim().parse::<usize>().unwrap_or(0))
            })
        };
        watching
            .until(&last, |screen| attempts(&screen.contents()).is_some_and(|n| n * 100 + 100 > seq - 200));
        let read = began.elapsed();
        let mut before = 0.0;
        wait_until("a steady size", || {
            thread::sleep(Duration::from_millis(500));
            let now = resident(&watching);
            std::mem::replace(&mut before, now).eq(&now)
        });
        println!("{events:>9} events: {:>7.0} MB resident, read in {read:.1?}", before / 1e6);
        watching.press("q");
        watching.wait();
    }
}
