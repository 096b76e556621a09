//! What a user orders from elsewhere: keys of a watcher, and two `resume` at once.

use rustix::process::Signal;
use superfuse::cluster::act::{OnCluster, act};
use superfuse::store::cluster::{jobs::Jobs, merged};
use superfuse::study::command::Command;
use superfuse::study::event::{EventKind, SeedOutcome};
use superfuse::study::grid::CohortId;
use superfuse::study::run_state::RunState;

use crate::place::{Place, wait_until};
use crate::queue::{self, job, state, until_state};
use crate::watcher::Watcher;

const EPOCH: u32 = 8;

/// The configuration that a shard begins with.
fn trained_in(place: &Place, shard: u32) -> CohortId {
    let plan = superfuse::store::cluster::plan::Plan::read(&place.run()).unwrap();
    plan.shard(shard).unwrap().items[0].cohort
}

/// Gives the order of a key.
#[track_caller]
fn order(place: &Place, command: Command) {
    let root = place.run();
    let state = RunState::replay(&merged::read(&root).unwrap().events);
    let config = state.header().unwrap().config.clone();
    act(OnCluster { root: &root, cluster: &config.cluster, state: &state }, command).unwrap();
}

#[test]
fn p_holds_all_jobs_and_s_releases_them_and_the_end_is_the_same() {
    let Some(place) = Place::submitted(&[]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let mut watcher = Watcher::start(&place);
    watcher.see("running");
    watcher.press("p");
    let held = job(&place.run(), shard).unwrap();
    until_state(&held, "PENDING");
    wait_until("a hold", || queue::reason(&held).to_lowercase().contains("held"));
    watcher.press("s");
    wait_until("the next start", || place.cluster().start(shard, 2).exists());
    assert_eq!(watcher.leave(), 0);
    place.ends_as_one_process();
}

#[test]
fn x_of_all_cancels_the_jobs_and_resume_submits_what_is_missing() {
    let Some(place) = Place::submitted(&[]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let mut watcher = Watcher::start(&place);
    watcher.see("running");
    watcher.press("X");
    watcher.see("Cancel all jobs?");
    watcher.press("y");
    place.until_collected();
    drop(watcher);
    place.resume();
    place.ends_as_one_process();
}

#[test]
fn x_stops_one_configuration_wherever_its_seeds_train() {
    let Some(place) = Place::submitted(&[]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let stopped = trained_in(&place, shard);
    order(&place, Command::StopConfiguration { cohort: stopped });
    place.until_collected();
    let merged = merged::read(&place.run()).unwrap();
    let outcomes = merged.events.iter().filter_map(|event| match &event.kind {
        EventKind::CohortFinished { cohort, seeds, .. } => Some((*cohort, seeds.clone())),
        _ => None,
    });
    let mut stops = 0;
    for (cohort, seeds) in outcomes {
        for (seed, outcome) in seeds {
            stops += usize::from(outcome == SeedOutcome::Stopped);
            assert!(cohort == stopped || outcome == SeedOutcome::Completed, "{cohort} {seed:?}: {outcome:?}");
        }
    }
    assert!(stops > 0);
}

#[test]
fn r_submits_the_shard_of_a_killed_job_while_the_others_train() {
    let Some(place) = Place::submitted(&[]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let run = place.run();
    let killed = job(&run, shard).unwrap();
    // Another one that lasts, so that the jobs are not over.
    let other = (0..place.shards()).filter(|other| *other != shard).map(|other| job(&run, other).unwrap());
    let other =
        other.into_iter().find(|job| state(job) == "RUNNING" && queue::worker(job).is_some()).unwrap();
    queue::signal(&other, Signal::STOP);
    queue::signal(&killed, Signal::KILL);
    until_state(&killed, "FAILED");
    let mut watcher = Watcher::start(&place);
    // The key is tried on one configuration after the other: those with a result would ask, the others do not wait.
    let mut moves = ["\x1b[B", "\x1b[C", "\x1b[A", "\x1b[D"].into_iter().cycle();
    wait_until("another job", || {
        watcher.press("r");
        std::thread::sleep(std::time::Duration::from_millis(300));
        watcher.press(moves.next().unwrap());
        job(&run, shard).unwrap() != killed
    });
    assert_eq!(watcher.leave(), 0);
    wait_until("the next start", || place.cluster().start(shard, 2).exists());
    queue::signal(&other, Signal::CONT);
    place.ends_as_one_process();
}

#[test]
fn of_two_resumes_at_once_one_submits() {
    let Some(place) = Place::submitted(&[]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let killed = job(&place.run(), shard).unwrap();
    queue::signal(&killed, Signal::KILL);
    place.until_collected();
    place.forget_summary();
    let both = [0, 1].map(|_| place.start(&["resume", "run"]));
    let ended = both.map(|child| child.wait_with_output().unwrap());
    let statuses: Vec<Option<i32>> = ended.iter().map(|ended| ended.status.code()).collect();
    assert!(statuses.contains(&Some(0)), "{ended:?}");
    let jobs = Jobs::read(&place.run());
    place.ends_as_one_process();
    // Either one was refused, or it found nothing missing; no shard was submitted twice.
    if let Ok(jobs) = jobs {
        let mut shards: Vec<u32> =
            jobs.arrays.iter().flat_map(|array| array.first..array.first + array.count).collect();
        let count = shards.len();
        shards.dedup();
        assert_eq!(shards.len(), count, "{jobs:?}");
    }
}
