//! Slurm's own commands, with which the tests look at jobs and do to them what happens on clusters.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use superfuse::store::cluster::jobs::{Array, Jobs};

use crate::place::{end, wait_until};

/// Runs one of Slurm's commands, which has to work; what it printed.
#[track_caller]
pub(crate) fn slurm(command: &str, args: &[&str]) -> String {
    let ended = end(Command::new(command).args(args));
    assert_eq!(ended.status, Some(0), "{command} {args:?}: {ended:?}");
    ended.out.trim().to_owned()
}

/// Whether one of Slurm's commands worked.
pub(crate) fn tried(command: &str, args: &[&str]) -> bool {
    end(Command::new(command).args(args)).status == Some(0)
}

/// What Slurm calls the job of a shard, `12_3`; absent where the run is on no cluster.
pub(crate) fn job(run: &Path, shard: u32) -> Option<String> {
    let jobs = Jobs::read(run).ok()?;
    // A later array trains the shard anew.
    let of = |array: &&Array| (array.first..array.first + array.count).contains(&shard);
    let array = jobs.arrays.iter().rev().find(of)?;
    Some(format!("{}_{}", array.id, shard - array.first))
}

/// The state of a job, such as RUNNING; empty where it is forgotten.
pub(crate) fn state(job: &str) -> String {
    let ended =
        end(Command::new("squeue").args(["--noheader", "--states=all", "--format=%T", "--jobs", job]));
    ended.out.lines().next().unwrap_or_default().trim().to_owned()
}

/// Why a job waits.
pub(crate) fn reason(job: &str) -> String {
    let ended =
        end(Command::new("squeue").args(["--noheader", "--states=all", "--format=%r", "--jobs", job]));
    ended.out.trim().to_owned()
}

/// The node that a job runs on.
pub(crate) fn node(job: &str) -> String {
    let ended = end(Command::new("squeue").args(["--noheader", "--format=%N", "--jobs", job]));
    ended.out.trim().to_owned()
}

/// Waits until the job of a shard is in this state.
#[track_caller]
pub(crate) fn until_state(job: &str, wanted: &str) {
    wait_until(&format!("{wanted} of {job}, now {}", state(job)), || state(job) == wanted);
}

/// The process that trains as this job on a node; of several the first.
pub(crate) fn worker(job: &str) -> Option<Pid> {
    let (array, index) = job.split_once('_').unwrap();
    let wanted = [format!("SLURM_ARRAY_JOB_ID={array}"), format!("SLURM_ARRAY_TASK_ID={index}")];
    let mut found: Vec<i32> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| {
            let read = |name| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            let environment = read("environ");
            let has =
                |wanted: &String| environment.split(|byte| *byte == 0).any(|text| text == wanted.as_bytes());
            read("comm").starts_with(b"superfuse-") && wanted.iter().all(has)
        })
        .collect();
    found.sort_unstable();
    found.first().and_then(|pid| Pid::from_raw(*pid))
}

/// Sends a signal to the process that trains as this job.
#[track_caller]
pub(crate) fn signal(job: &str, signal: Signal) -> Pid {
    let worker = worker(job).unwrap();
    kill_process(worker, signal).unwrap();
    worker
}

/// Ends what may still wait or run of a run.
pub(crate) fn cancel_all(run: &Path) {
    let Ok(jobs) = Jobs::read(run) else { return };
    let ids = jobs.arrays.iter().map(|array| array.id).chain(jobs.finish);
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    if !ids.is_empty() {
        let _ = Command::new("scancel").args(["--signal=KILL", "--full", "--quiet"]).args(&ids).output();
        let _ = Command::new("scancel").arg("--quiet").args(&ids).output();
    }
}

/// What the queue and the jobs of a run have said, for a test that failed.
pub(crate) fn said(run: &Path) -> String {
    let mut said = end(Command::new("squeue").args(["--array", "--states=all"])).out;
    for entry in fs::read_dir(run).into_iter().flatten().flatten() {
        let logs = fs::read_dir(entry.path().join("logs")).into_iter().flatten().flatten();
        for log in logs {
            let text = fs::read_to_string(log.path()).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let last = lines[lines.len().saturating_sub(8)..].join("\n");
            let _ = write!(said, "\n--- {}\n{last}", log.path().display());
        }
    }
    said
}

/// Whether a process is there, a zombie left out.
pub(crate) fn lives(pid: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

/// Takes a node's daemons away, as a lost network does, and leaves the process of a job on it.
#[track_caller]
pub(crate) fn lose_node(node: &str, worker: Pid) {
    let status = fs::read_to_string(format!("/proc/{}/status", worker.as_raw_nonzero())).unwrap();
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap();
    let daemon = fs::read_to_string(files().join(format!("node-{node}.pid"))).unwrap();
    for pid in [&daemon, parent] {
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
        wait_until("the end of a daemon", || !lives(pid));
    }
}

/// Makes a node that was set down usable again, once it has got rid of its job.
#[track_caller]
pub(crate) fn restore_node(node: &str) {
    let name = format!("nodename={node}");
    wait_until("the node", || {
        ["state=resume", "state=idle"].iter().any(|state| tried("scontrol", &["update", &name, state]))
    });
}

/// Starts a node's daemon again.
#[track_caller]
pub(crate) fn start_node(node: &str) {
    let ended = end(Command::new("/usr/sbin/slurmd").args(["-N", node]));
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

/// Where `start.sh` keeps what it started.
fn files() -> std::path::PathBuf {
    std::path::PathBuf::from(std::env::var_os("SLURM_CONF").unwrap()).parent().unwrap().to_owned()
}
