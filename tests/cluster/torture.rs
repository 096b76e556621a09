//! Many studies with faults at random, by hand, with `FAULTS=1000 STUDIES=4` in the environment and
//! `… cargo test --test cluster torture -- --ignored --nocapture` behind the runner that `tests/support/slurm/run.sh` names.
//! On four nodes a fault takes some seconds, most of which Slurm waits before it starts a job again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rand::RngExt;
use rustix::process::{Signal, kill_process};
use superfuse::store::journal;
use superfuse::study::event::EventKind;
use superfuse::study::random::{Purpose, stream};

use crate::place::Place;
use crate::queue::{self, job, state};

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

/// What befalls a job.
const FAULTS: [&str; 6] = ["kill", "requeue", "preempt", "terminate", "node", "stop"];

#[test]
#[ignore = "takes hours"]
fn torture_by_random_faults() {
    let (most, studies) = (number("FAULTS", 100), number("STUDIES", 2));
    let (faults, runs) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for study in 0..studies {
            let (faults, runs) = (&faults, &runs);
            scope.spawn(move || {
                let mut random = stream(Purpose::Bootstrap, u64::from(study), 0, 0);
                while faults.load(Ordering::Relaxed) < most {
                    let Some(place) = Place::submitted(&[]) else { return };
                    let (shards, mut done) = (place.shards(), Vec::new());
                    while !is_finished(&place) {
                        thread::sleep(Duration::from_millis(random.random_range(50..2_500)));
                        if !place.cluster().exists() {
                            // The summary comes behind the collected journal.
                            if place.run().join("summary.csv").exists() && !is_finished(&place) {
                                place.resume();
                            }
                            continue;
                        }
                        let (shard, fault) =
                            (random.random_range(0..shards), random.random_range(0..FAULTS.len()));
                        if faults.load(Ordering::Relaxed) < most && befalls(&place, shard, FAULTS[fault]) {
                            done.push((shard, FAULTS[fault]));
                            faults.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    println!("{done:?}");
                    place.is_as_one_process();
                    runs.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    println!("{faults:?} faults over {runs:?} runs, every summary the same");
}

fn is_finished(place: &Place) -> bool {
    let is_over = !place.cluster().exists() && place.run().join("summary.csv").exists();
    is_over
        && journal::read(&place.run().join("events.jsonl"))
            .is_ok_and(|replay| replay.events.last().is_some_and(|last| last.kind == EventKind::RunFinished))
}

/// Whether it could be done: the job has to run.
fn befalls(place: &Place, shard: u32, fault: &str) -> bool {
    let Some(job) = job(&place.run(), shard).filter(|job| state(job) == "RUNNING") else { return false };
    let Some(worker) = queue::worker(&job) else { return false };
    let send = |signal| kill_process(worker, signal).is_ok();
    match fault {
        "kill" => send(Signal::KILL),
        "terminate" => send(Signal::TERM),
        "stop" => {
            let stopped = send(Signal::STOP);
            thread::sleep(Duration::from_secs(3));
            stopped && send(Signal::CONT)
        }
        "requeue" => send(Signal::USR1),
        "preempt" => queue::tried("scontrol", &["requeue", &job]),
        _ => {
            let Some(node) = Some(queue::node(&job)).filter(|node| !node.is_empty()) else { return false };
            let name = format!("nodename={node}");
            let failed = queue::tried("scontrol", &["update", &name, "state=down", "reason=test"]);
            thread::sleep(Duration::from_secs(1));
            queue::restore_node(&node);
            failed
        }
    }
}
