//! What befalls jobs: they are sent away, lost, killed, or taken for dead. The end is the same.

use rustix::process::{Signal, kill_process};
use superfuse::store::journal;
use superfuse::study::event::EventKind;

use crate::place::{Place, wait_until};
use crate::queue::{self, job, slurm, state, until_state};

/// How far it has trained by then.
const EPOCH: u32 = 8;

/// How often the journal says that training went on from a saved state.
fn resumed(place: &Place) -> usize {
    let replay = journal::read(&place.run().join("events.jsonl")).unwrap();
    replay.events.iter().filter(|event| matches!(event.kind, EventKind::CohortResumed { .. })).count()
}

#[test]
fn a_job_that_is_asked_to_save_goes_back_into_the_queue_and_on() {
    let Some(place) = Place::submitted(&[]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let others: Vec<String> = (0..place.shards())
        .filter(|other| *other != shard)
        .map(|other| job(&place.run(), other).unwrap())
        .collect();
    slurm("scancel", &["--signal=USR1", "--batch", &job(&place.run(), shard).unwrap()]);
    wait_until("the next start", || place.cluster().start(shard, 2).exists());
    place.ends_as_one_process();
    assert!(resumed(&place) > 0);
    // An array's last job has the array's own number: none but the one was to go back.
    for job in others {
        assert_eq!(state(&job), "COMPLETED", "{job}");
    }
}

#[test]
fn the_last_job_of_an_array_goes_back_alone() {
    let Some(place) = Place::submitted(&[]) else { return };
    place.until_trained(5, 1, EPOCH);
    slurm("scancel", &["--signal=USR1", "--batch", &job(&place.run(), 5).unwrap()]);
    wait_until("the next start", || place.cluster().start(5, 2).exists());
    place.ends_as_one_process();
    let replay = journal::read(&place.run().join("events.jsonl")).unwrap();
    for event in &replay.events {
        if let EventKind::ShardStarted { shard, start, .. } = event.kind {
            assert!(shard == 5 || start == 1, "{event:?}");
        }
    }
}

#[test]
fn a_node_that_fails_costs_only_what_its_job_had_not_saved() {
    let Some(place) = Place::submitted(&["cluster.options=[\"--nodelist=n8\"]"]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    slurm("scontrol", &["update", "nodename=n8", "state=down", "reason=test"]);
    until_state(&job(&place.run(), shard).unwrap(), "PENDING");
    queue::restore_node("n8");
    place.ends_as_one_process();
    assert!(resumed(&place) > 0);
}

#[test]
fn a_job_that_a_more_urgent_one_pushes_out_comes_back() {
    pushed_out("n7", "main");
}

#[test]
fn so_does_one_that_has_a_grace_time() {
    pushed_out("n6", "patient");
}

#[track_caller]
fn pushed_out(node: &str, partition: &str) {
    let node = format!("--nodelist={node}");
    let sets = [format!("cluster.options=[\"{node}\"]"), format!("cluster.partition={partition}")];
    let Some(place) = Place::submitted(&sets.each_ref().map(String::as_str)) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    // It would be done before the more urgent one is looked at; Slurm lets it go on when it is pushed out.
    let worker = queue::worker(&job(&place.run(), shard).unwrap()).unwrap();
    kill_process(worker, Signal::STOP).unwrap();
    slurm(
        "sbatch",
        &["--partition=urgent", &node, "--cpus-per-task=2", "--output=/dev/null", "--wrap=sleep 1"],
    );
    wait_until("the next start", || place.cluster().start(shard, 2).exists());
    place.ends_as_one_process();
    assert!(resumed(&place) > 0);
}

#[test]
fn a_job_that_was_killed_is_submitted_again_by_resume() {
    let Some(place) = Place::submitted(&[]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let job = job(&place.run(), shard).unwrap();
    queue::signal(&job, Signal::KILL);
    until_state(&job, "FAILED");
    place.until_collected();
    place.resume();
    place.ends_as_one_process();
    assert!(resumed(&place) > 0);
}

#[test]
fn a_process_that_was_taken_for_dead_changes_nothing_when_it_goes_on() {
    let Some(place) = Place::submitted(&["cluster.options=[\"--exclude=n[1-4,7-8]\"]"]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let job = job(&place.run(), shard).unwrap();
    let node = queue::node(&job);
    let worker = queue::worker(&job).unwrap();
    queue::lose_node(&node, worker);
    // Only now: a stopped process that loses its parent is hung up by the system.
    kill_process(worker, Signal::STOP).unwrap();
    wait_until("a start elsewhere", || place.cluster().start(shard, 2).exists());
    place.until_trained(shard, 2, EPOCH);
    // Its own files are all that it writes, and it leaves once it has seen the other start.
    kill_process(worker, Signal::CONT).unwrap();
    wait_until("the end of the old process", || !queue::lives(worker));
    queue::start_node(&node);
    place.ends_as_one_process();
}

#[test]
fn a_job_whose_time_is_nearly_over_saves_and_goes_back_into_the_queue() {
    let Some(place) = Place::submitted(&[]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let job = job(&place.run(), shard).unwrap();
    // So that it is not over before. Slurm continues a process to which it sends a signal.
    queue::signal(&job, Signal::STOP);
    // It now has less time than Slurm is to warn it of.
    slurm("scontrol", &["update", &format!("jobid={job}"), "timelimit=2"]);
    wait_until("the next start", || place.cluster().start(shard, 2).exists());
    place.ends_as_one_process();
    assert!(resumed(&place) > 0);
}

#[test]
fn a_job_that_may_not_go_back_into_the_queue_is_submitted_again_by_resume() {
    let Some(place) = Place::submitted(&[]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let job = job(&place.run(), shard).unwrap();
    queue::signal(&job, Signal::STOP);
    slurm("scontrol", &["update", &format!("jobid={job}"), "requeue=0"]);
    slurm("scontrol", &["update", &format!("jobid={job}"), "timelimit=2"]);
    until_state(&job, "FAILED");
    place.until_collected();
    place.resume();
    place.ends_as_one_process();
    assert!(resumed(&place) > 0);
}
