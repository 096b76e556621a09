//! What the screen costs, measured from outside: the real binary in a pty while it trains on every core.
//!
//! `cargo test --release --test screen figures -- --ignored --nocapture` prints the table.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::pace::frames;
use crate::session::{Session, Setup, wait_until};

/// A sweep that outlasts the measurement: the quick study's data, every core busy.
const STUDY: [&str; 10] = [
    "--set",
    "run.device=cpu",
    "--set",
    "train.epochs=3000",
    "--set",
    "sweep.smallest=1024",
    "--set",
    "sweep.seeds=20",
    "--set",
    "noise.levels=0:0.9:0.3",
];
/// How long rates are taken over.
const WINDOW: Duration = Duration::from_secs(20);
/// Keys of which the echo is timed.
const KEYS: usize = 200;
/// Ticks of a processor's time in a second, the same on every Linux.
const TICKS: f64 = 100.0;

/// Terminals that are measured: name, columns × rows, whether behind a network.
const TERMINALS: [(&str, (u16, u16), Link); 3] = [
    ("120×40", (120, 40), Link::Local),
    ("200×50", (200, 50), Link::Local),
    ("120×40, SSH", (120, 40), Link::Remote),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Local,
    Remote,
}

#[test]
#[ignore = "takes some minutes and wants the machine for itself"]
fn figures() {
    let first = median((0..7).map(|_| first_frame()).collect());
    let columns = TERMINALS.map(|(_, size, link)| measure(&mut terminal(size, link).start()));
    let memory = memory();
    let rule = "|---".repeat(TERMINALS.len() + 1);
    println!("\n| | {} |\n{rule}|", TERMINALS.map(|(name, ..)| name).join(" | "));
    for (place, name) in ROWS.iter().enumerate() {
        let cells: Vec<String> = columns.iter().map(|column| column[place].clone()).collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
    println!("\nfirst frame, median of 7: {:.0} ms", first * 1e3);
    for line in memory {
        println!("{line}");
    }
}

fn terminal((columns, rows): (u16, u16), link: Link) -> Setup {
    let setup = Setup::new().only(&STUDY).size(columns, rows);
    match link {
        Link::Local => setup,
        Link::Remote => {
            setup.variable("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22").variable("COLORTERM", "")
        }
    }
}

/// What is measured in each terminal.
const ROWS: [&str; 10] = [
    "idle, B/s",
    "live, overview, B/s",
    "live, overview, frames/s",
    "bytes a frame",
    "UI thread, live, % of a core",
    "UI, input and findings threads, live, % of a core",
    "UI's share of the process' time, %",
    "key echo while it trains, median, ms",
    "key echo while it trains, 99th percentile, ms",
    "resident, MB",
];

fn measure(session: &mut Session) -> [String; ROWS.len()] {
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
    session.see(&["· running ·"]);
    assert!(idle.bytes < 1.0, "something is written while nothing changes");
    [
        format!("{:.0}", idle.bytes),
        format!("{:.0}", live.bytes),
        format!("{:.1}", live.frames),
        format!("{:.0}", live.bytes / live.frames.max(1e-9)),
        format!("{:.2}", live.ui * 100.0),
        format!("{:.2}", live.screen * 100.0),
        format!("{:.2}", live.ui / live.process.max(1e-9) * 100.0),
        format!("{:.1}", echoes[KEYS / 2] * 1e3),
        format!("{:.1}", echoes[KEYS * 99 / 100] * 1e3),
        format!("{:.0}", resident(session) / 1e6),
    ]
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
    /// Of one core: the UI's thread alone.
    ui: f64,
    /// Of one core: all threads that the screen has.
    screen: f64,
    /// Of one core: everything.
    process: f64,
}

fn rates(session: &Session) -> Rates {
    let pid = session.pid().as_raw_nonzero().get();
    // The UI's is the first thread, whose number is the process' own.
    let ui = || seconds(&fs::read_to_string(format!("/proc/{pid}/task/{pid}/stat")).unwrap_or_default());
    let others = || ["input", "findings"].map(|name| thread_seconds(pid, name)).iter().sum::<f64>();
    let process = || seconds(&fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default());
    let (written, ui_before, others_before, process_before, begun) =
        (session.written(), ui(), others(), process(), Instant::now());
    thread::sleep(WINDOW);
    let elapsed = begun.elapsed().as_secs_f64();
    let bytes = session.written() - written;
    let frames = session.read(written, frames);
    let ui = (ui() - ui_before) / elapsed;
    Rates {
        bytes: bytes as f64 / elapsed,
        frames: frames as f64 / elapsed,
        ui,
        screen: ui + (others() - others_before) / elapsed,
        process: (process() - process_before) / elapsed,
    }
}

/// Processor time of the threads of that name.
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

/// A million epochs of a run that is watched: what the screen keeps of them. The journal takes a quarter of a
/// gigabyte.
fn memory() -> Vec<String> {
    let mut lines = Vec::new();
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
        lines.push(format!(
            "a watcher after {events} events: {:.0} MB resident, read in {read:.1?}",
            before / 1e6
        ));
        watching.press("q");
        watching.wait();
    }
    lines
}
