//! Two who submit at once, one that is killed in between, and an sbatch that does not answer.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use superfuse::cluster::script::{self, Work};
use superfuse::cluster::slurm::Slurm;
use superfuse::cluster::submit;
use superfuse::store::cluster::jobs::{Array, Jobs};
use superfuse::store::cluster::{ClusterDir, merged, plan::Plan};
use superfuse::study::run_state::RunState;

use crate::place::{Place, wait_until};
use crate::queue::{self, job, slurm, state, until_state};
use crate::watcher::Watcher;

const EPOCH: u32 = 8;

/// A run in which the job of this shard was killed and another one is stopped, with both jobs.
#[track_caller]
fn with_a_killed_job(place: &Place) -> (u32, String, String) {
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let killed = job(&place.run(), shard).unwrap();
    let others =
        || (0..place.shards()).filter(|other| *other != shard).filter_map(|other| job(&place.run(), other));
    let mut other = None;
    wait_until("another job", || {
        other = others().find(|job| state(job) == "RUNNING" && queue::worker(job).is_some());
        other.is_some()
    });
    let other = other.unwrap();
    queue::signal(&other, Signal::STOP);
    queue::signal(&killed, Signal::KILL);
    until_state(&killed, "FAILED");
    (shard, killed, other)
}

#[test]
fn of_two_who_submit_a_shard_again_at_once_one_does() {
    let Some(place) = Place::submitted(&[]) else { return };
    let (shard, killed, other) = with_a_killed_job(&place);
    let root = place.run();
    let before = Jobs::read(&root).unwrap();
    let mut watchers = [Watcher::start(&place), Watcher::start(&place)];
    for watcher in &watchers {
        watcher.see("running");
    }
    // Both try one configuration after the other at the same time.
    let mut moves = ["\x1b[B", "\x1b[C", "\x1b[A", "\x1b[D"].into_iter().cycle();
    wait_until("another job", || {
        for watcher in &mut watchers {
            watcher.press("r");
        }
        std::thread::sleep(Duration::from_millis(300));
        let next = moves.next().unwrap();
        for watcher in &mut watchers {
            watcher.press(next);
        }
        job(&root, shard).unwrap() != killed
    });
    wait_until("a new last job", || {
        Jobs::read(&root).is_ok_and(|jobs| jobs.is_whole() && jobs.finish != before.finish)
    });
    for watcher in watchers {
        assert_eq!(watcher.leave(), 0);
    }
    // The shard of the other job that trains the same configuration was left alone.
    let after = Jobs::read(&root).unwrap();
    assert_eq!(after.arrays.len(), before.arrays.len() + 1, "{after:?}");
    assert!(after.is_whole(), "{after:?}");
    queue::signal(&other, Signal::CONT);
    place.ends_as_one_process();
}

#[test]
fn what_a_process_left_half_done_that_was_killed_is_completed_by_the_next_watcher() {
    let Some(place) = Place::submitted(&[]) else { return };
    let (shard, killed, other) = with_a_killed_job(&place);
    let root = place.run();
    let mut jobs = Jobs::read(&root).unwrap();
    let last = jobs.finish.unwrap();
    // As far as it came: the new array is in the queue, and neither its number nor a new last job is known.
    slurm("scontrol", &["hold", &last.to_string()]);
    jobs.arrays.push(Array { id: 0, first: shard, count: 1 });
    jobs.write(&root).unwrap();
    let state = RunState::replay(&merged::read(&root).unwrap().events);
    let program = std::env::var_os("SUPERFUSE_TEST_PROGRAM").unwrap();
    let name = jobs.name_of(jobs.arrays.len() - 1);
    let work = Work { program: Path::new(&program), run: &root, name: &name };
    let cluster = &state.header().unwrap().config.cluster;
    let path = ClusterDir::of(&root).script(jobs.arrays.len());
    fs::write(&path, script::array(&work, cluster, (shard, 1)).unwrap()).unwrap();
    let taken = Slurm::default().submit(&path, &root, cluster, &[]).unwrap();
    let _watcher = Watcher::start(&place);
    wait_until("a new last job", || {
        Jobs::read(&root).is_ok_and(|jobs| jobs.is_whole() && jobs.finish != Some(last))
    });
    let jobs = Jobs::read(&root).unwrap();
    assert_eq!(jobs.arrays.last().unwrap().id, taken, "it was not submitted twice");
    assert_ne!(job(&root, shard).unwrap(), killed);
    queue::signal(&other, Signal::CONT);
    place.ends_as_one_process();
}

#[test]
fn what_was_to_be_submitted_and_was_not_is_completed_by_resume() {
    let Some(place) = Place::submitted(&[]) else { return };
    let (shard, _, other) = with_a_killed_job(&place);
    let root = place.run();
    let mut jobs = Jobs::read(&root).unwrap();
    slurm("scontrol", &["hold", &jobs.finish.unwrap().to_string()]);
    jobs.arrays.push(Array { id: 0, first: shard, count: 1 });
    jobs.write(&root).unwrap();
    let ended = place.program(&["resume", "run"]);
    // It submits that, and nothing more: jobs are in the queue.
    assert!(ended.status != Some(0) && ended.err.contains("they go on by themselves"), "{ended:?}");
    assert!(Jobs::read(&root).unwrap().is_whole(), "{ended:?}");
    queue::signal(&other, Signal::CONT);
    place.ends_as_one_process();
}

#[test]
fn jobs_that_slurm_took_while_sbatch_was_silent_are_not_submitted_twice() {
    let Some(place) = Place::new() else { return };
    let made = place.made();
    assert_eq!(made.status, Some(0), "{made:?}");
    let root = place.run();
    let plan = Plan::read(&root).unwrap();
    fs::remove_dir_all(ClusterDir::of(&root).folder()).unwrap();
    // One that submits and then says nothing for longer than it is waited for; the others are Slurm's own.
    let commands = tempfile::tempdir().unwrap();
    let which = |name: &str| slurm("sh", &["-c", &format!("command -v {name}")]);
    let silent = format!("#!/bin/sh\n{} \"$@\" >/dev/null\nexec sleep 60\n", which("sbatch"));
    let path = commands.path().join("sbatch");
    fs::write(&path, silent).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["squeue", "scontrol", "scancel"] {
        symlink(which(name), commands.path().join(name)).unwrap();
    }
    let impatient = Slurm::in_folder(commands.path(), Duration::from_secs(5));
    let program = std::env::var_os("SUPERFUSE_TEST_PROGRAM").unwrap();
    let work = Work { program: Path::new(&program), run: &root, name: "run" };
    let state = RunState::replay(&merged::read(&root).unwrap().events);
    let jobs = submit::submit(&impatient, &work, &state.header().unwrap().config.cluster, &plan, 6).unwrap();
    let listed = slurm("squeue", &["--noheader", "--states=all", "--array", "--format=%j"]);
    let own = listed.lines().filter(|name| name.trim().starts_with(&jobs.name)).count();
    assert_eq!(own, plan.shards.len() + 1, "{listed}");
    place.ends_as_one_process();
}
