//! Watchers of a queue that is a stand-in for Slurm's.

use std::fs;

use super::*;
use crate::slurm::stand_in::StandIn;
use JobState::{Done, Ending, Held, Lost, NodeFailed, OutOfMemory, Running, Waiting};
use store::cluster::jobs::Array;

const HOUR: Duration = Duration::from_hours(1);

/// A run with shards 0 to 2 in array 101 and shard 3 in 102, and the last job 103.
fn run() -> tempfile::TempDir {
    let run = tempfile::tempdir().unwrap();
    ClusterDir::of(run.path()).create().unwrap();
    let arrays = vec![Array { id: 101, first: 0, count: 3 }, Array { id: 102, first: 3, count: 1 }];
    Jobs { arrays, finish: Some(103), ..Jobs::default() }.write(run.path()).unwrap();
    run
}

fn says(lines: &[&str]) -> String {
    format!("cat <<'E'\n{}\nE", lines.join("\n"))
}

fn states(queue: &Queue) -> Vec<JobState> {
    queue.jobs.iter().map(|job| job.state).collect()
}

const ALL: [&str; 5] = [
    "101|0|RUNNING|None|n1|1:01|2|0|",
    "101|1|PENDING|Priority||0:00|0|0|",
    "101|2|PENDING|JobHeldUser||0:00|0|0|",
    "102|0|COMPLETED|None|n2|2:00|0|0|",
    "103|N/A|PENDING|Dependency||0:00|0|0|",
];

#[test]
fn each_shard_has_its_job_and_several_watchers_make_one_call() {
    let (run, commands) = (run(), StandIn::new(&[("squeue", &says(&ALL))]));
    let mut one = QueueWatch::of(commands.slurm(), run.path(), HOUR);
    let mut other = QueueWatch::of(commands.slurm(), run.path(), HOUR);
    let queue = one.look(|shard| shard == 3).unwrap();
    assert_eq!(states(&queue), [Running, Waiting, Held, Done]);
    assert_eq!(queue.finishing, Some(Waiting));
    let first = &queue.jobs[0];
    assert_eq!(
        (first.id.as_str(), first.host.as_str(), first.seconds, first.restarts),
        ("101_0", "n1", 61, 2)
    );
    assert_eq!((queue.jobs[3].shard, queue.jobs[3].id.as_str()), (3, "102_0"));
    assert_eq!(other.look(|shard| shard == 3).unwrap(), queue);
    assert_eq!(one.look(|_| false).unwrap().at_ms, queue.at_ms);
    assert_eq!(commands.calls().len(), 1, "{:?}", commands.calls());
    // After an order one of them asks anew.
    one.look_again();
    one.look(|_| false).unwrap();
    assert_eq!(commands.calls().len(), 2);
}

#[test]
fn a_job_that_is_gone_is_done_or_lost_by_its_journal_and_how_it_ended_is_kept() {
    let failed = "101|1|OUT_OF_MEMORY|OutOfMemory|n7|0:40|0|0|";
    let (run, commands) = (run(), StandIn::new(&[("squeue", &says(&[ALL[0], failed, ALL[2], ALL[3]]))]));
    commands.set("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1");
    let mut watch = QueueWatch::of(commands.slurm(), run.path(), Duration::ZERO);
    assert_eq!(states(&watch.look(|_| false).unwrap()), [Running, OutOfMemory, Held, Ending]);
    commands.set("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
    let queue = watch.look(|shard| shard == 0).unwrap();
    assert_eq!(states(&queue), [Done, OutOfMemory, Lost, Lost]);
    assert_eq!(queue.jobs[1].host, "n7");
    // Another watcher, which never saw it, knows it as well.
    let mut other = QueueWatch::of(commands.slurm(), run.path(), HOUR);
    assert_eq!(states(&other.look(|_| false).unwrap())[1], OutOfMemory);
}

#[test]
fn accounts_say_how_a_job_ended_that_the_queue_has_forgotten() {
    let (run, commands) = (run(), StandIn::new(&[("squeue", &says(&ALL[..3]))]));
    commands.set(
        "sacct",
        "echo '101_0|NODE_FAIL|n1|300'; echo '101_1|COMPLETED|n2|10'; echo '101_2|RUNNING|n3|1'",
    );
    let mut watch = QueueWatch::of(commands.slurm(), run.path(), Duration::ZERO);
    watch.look(|_| false).unwrap();
    assert!(!commands.calls().iter().any(|call| call.starts_with("sacct")), "nothing was gone");
    commands.set("squeue", "");
    assert_eq!(states(&watch.look(|_| false).unwrap()), [NodeFailed, Lost, Lost, Lost]);
}

#[test]
fn a_queue_that_does_not_answer_leaves_what_was_known_with_the_fault() {
    let (run, commands) =
        (run(), StandIn::new(&[("squeue", "echo 'Unable to contact slurm controller' >&2; exit 1")]));
    let mut watch = QueueWatch::of(commands.slurm(), run.path(), Duration::ZERO);
    let queue = watch.look(|_| false).unwrap();
    assert!(queue.jobs.is_empty() && queue.fault.unwrap().contains("Unable to contact"));
    commands.set("squeue", &says(&ALL));
    assert_eq!(watch.look(|_| false).unwrap().fault, None);
    commands.set("squeue", "exit 1");
    let queue = watch.look(|_| false).unwrap();
    assert!(queue.jobs.len() == 4 && queue.fault.is_some());
}

#[test]
fn a_damaged_answer_is_asked_for_again_and_a_claim_of_a_watcher_that_was_killed_ends() {
    let (run, commands) = (run(), StandIn::new(&[("squeue", &says(&ALL))]));
    let place = ClusterDir::of(run.path()).queue();
    fs::write(&place, "{").unwrap();
    let asking = place.with_extension("asking");
    fs::write(&asking, "").unwrap();
    let mut watch = QueueWatch::of(commands.slurm(), run.path(), HOUR);
    assert_eq!(watch.look(|_| false), None, "another watcher asks");
    let old = std::time::SystemTime::now() - HOUR;
    fs::File::options().write(true).open(&asking).unwrap().set_modified(old).unwrap();
    watch.look(|_| false);
    assert_eq!(watch.look(|_| false).unwrap().jobs.len(), 4);
    assert!(!asking.exists());
}

#[test]
fn of_several_jobs_of_a_shard_the_last_counts_and_a_run_without_jobs_has_no_queue() {
    let (run, commands) =
        (run(), StandIn::new(&[("squeue", &says(&["104|0|RUNNING|None|n1|0:01|0|0|", ALL[0]]))]));
    let mut jobs = Jobs::read(run.path()).unwrap();
    jobs.arrays.push(Array { id: 104, first: 1, count: 1 });
    jobs.write(run.path()).unwrap();
    let mut watch = QueueWatch::of(commands.slurm(), run.path(), HOUR);
    let queue = watch.look(|_| true).unwrap();
    assert_eq!((queue.jobs[1].id.as_str(), queue.jobs[1].state), ("104_0", JobState::Running));
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(QueueWatch::of(commands.slurm(), empty.path(), HOUR).look(|_| true), None);
}
