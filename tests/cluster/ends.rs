//! Jobs that end badly, and what the user is told of it: on the screen, by `watch --plain`, and in the report.

use rustix::process::Signal;

use crate::place::{Ended, Place, wait_until};
use crate::queue::{self, job, slurm, state, until_state};
use crate::watcher::Watcher;

const EPOCH: u32 = 8;

/// Stops another job that trains, so that the run is not collected before it has been looked at.
#[track_caller]
fn another_goes_on(place: &Place, but: u32) -> String {
    let others =
        || (0..place.shards()).filter(|other| *other != but).filter_map(|other| job(&place.run(), other));
    let mut found = None;
    wait_until("another job", || {
        found = others().find(|job| state(job) == "RUNNING" && queue::worker(job).is_some());
        found.is_some()
    });
    queue::signal(found.as_ref().unwrap(), Signal::STOP);
    found.unwrap()
}

/// The words stand in the queue's line and in the jobs' view while the run goes on, and at the end in what `watch --plain` prints,
/// whose status says that the run is incomplete, and in the report.
#[track_caller]
fn is_told(place: &Place, other: &str, words: &[&str]) {
    let plain = place.start(&["watch", "--plain", "run"]);
    let mut watcher = Watcher::start(place);
    watcher.see(words[0]);
    watcher.press("J");
    for word in words {
        watcher.see(word);
    }
    assert_eq!(watcher.leave(), 0);
    queue::signal(other, Signal::CONT);
    place.until_collected();
    let plain = plain.wait_with_output().unwrap();
    let out = String::from_utf8_lossy(&plain.stdout);
    let report = place.program(&["report", "run"]);
    for (what, text) in [("watch --plain", out.as_ref()), ("report", &report.out)] {
        assert!(words.iter().all(|word| text.contains(word)), "{what}: {text}");
        assert!(text.contains("without an outcome: shard "), "{what}: {text}");
    }
    assert_ne!(plain.status.code(), Some(0), "{plain:?}");
    // The screen of the collected run says it as well.
    Watcher::start(place).see("without an outcome");
}

#[test]
fn a_time_limit_that_hits_without_a_warning_is_told_and_resumed() {
    let Some(place) = Place::submitted(&[]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let other = another_goes_on(&place, shard);
    let job = job(&place.run(), shard).unwrap();
    // So that the warning comes to nothing: with its time over, the signal to end comes with it.
    queue::signal(&job, Signal::STOP);
    slurm("scontrol", &["update", &format!("jobid={job}"), "endtime=now"]);
    until_state(&job, "TIMEOUT");
    is_told(&place, &other, &["time limit"]);
    place.resume();
    place.ends_as_one_process();
}

#[test]
fn a_job_that_the_system_kills_is_told_and_resumed() {
    let Some(place) = Place::submitted(&[]) else { return };
    let shard = place.longest();
    place.until_trained(shard, 1, EPOCH);
    let other = another_goes_on(&place, shard);
    let job = job(&place.run(), shard).unwrap();
    queue::signal(&job, Signal::KILL);
    until_state(&job, "FAILED");
    is_told(&place, &other, &["killed by signal 9"]);
    place.resume();
    place.ends_as_one_process();
}

#[test]
fn a_disk_that_is_full_on_one_node_fails_its_job_alone() {
    // Where this job runs, no file is to be longer than 8 KiB but for what the job prints, which `cat` writes.
    let setup = "cluster.setup=[\"if [ $SLURM_ARRAY_TASK_ID = 4 ]; then exec > >(cat) 2>&1; export SUPERFUSE_WAIT_FOR_DISK=5; ulimit -f 8; fi\"]";
    let Some(place) = Place::submitted(&[setup]) else { return };
    place.until_collected();
    let report: Ended = place.program(&["report", "run"]);
    for word in ["could not write for 5 s", "File too large", "events.jsonl", "without an outcome"] {
        assert!(report.out.contains(word), "{word}: {report:?}");
    }
    place.forget_summary();
    let ended = place.program(&["resume", "run", "--set", "cluster.setup=[]"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    place.ends_as_one_process();
}

#[test]
fn shards_of_unlike_nodes_are_named_and_the_run_is_complete() {
    let setup =
        "cluster.setup=[\"if [ $SLURM_ARRAY_TASK_ID = 4 ]; then export ATEN_CPU_CAPABILITY=default; fi\"]";
    let Some(place) = Place::submitted(&[setup]) else { return };
    let plain = place.start(&["watch", "--plain", "run"]);
    let mut watcher = Watcher::start(&place);
    watcher.see("running");
    watcher.press("7");
    watcher.see("computed on unlike hardware or software");
    drop(watcher);
    place.until_collected();
    let plain = plain.wait_with_output().unwrap();
    let out = String::from_utf8_lossy(&plain.stdout);
    assert_eq!(plain.status.code(), Some(0), "{plain:?}");
    let report = place.program(&["report", "run"]);
    for (what, text) in [("watch --plain", out.as_ref()), ("report", &report.out)] {
        // Lines are wrapped.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in ["computed on unlike hardware or software", "shard 4 on ", "base kernel"] {
            assert!(text.contains(word), "{what}, {word}: {text}");
        }
    }
    let text = report.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("shards 0–3, 5–7 on "), "{text}");
}
