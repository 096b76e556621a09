//! Submissions to stand-ins for Slurm's commands.

use std::fs;

use super::*;
use crate::recovery::recover;
use crate::slurm::stand_in::{SBATCH, StandIn};
use store::Journal;
use study::cluster::plan::{Item, Shard};
use study::config::Config;
use study::event::{Event, EventKind, FORMAT};
use study::grid::{CohortId, Seed, Task};
use study::model::ModelId;
use study::sample;

fn plan(count: usize) -> Plan {
    let cohort = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 32 };
    let shard = |seed| Shard { items: vec![Item { cohort, seeds: vec![Seed(seed)] }], cost: 1.0 };
    Plan { first: 0, shards: (0..count as u64).map(shard).collect() }
}

fn work(run: &Path) -> Work<'_> {
    Work { program: Path::new("/opt/superfuse-tui"), run, name: "quick" }
}

/// The run's header, which has the settings of its jobs.
fn begin_journal(run: &Path) {
    let mut journal = Journal::of_start(&run.join("events.jsonl"), String::new()).unwrap();
    let kind = EventKind::RunStarted { format: FORMAT, header: Box::new(sample::header()) };
    journal.append(&Event { seq: 0, at_ms: 0, kind }).unwrap();
    journal.sync().unwrap();
}

#[test]
fn shards_are_split_into_arrays_that_follow_each_other_and_a_last_job_comes_after_all() {
    let (commands, run) = (StandIn::new(&[("sbatch", SBATCH)]), tempfile::tempdir().unwrap());
    let cluster = Config::default().cluster;
    let jobs = submit(&commands.slurm(), &work(run.path()), &cluster, &plan(25), 10).unwrap();
    let of = |id, first, count| Array { id, first, count };
    assert_eq!(jobs.arrays, [of(101, 0, 10), of(102, 10, 10), of(103, 20, 5)]);
    assert_eq!(jobs.finish, Some(104));
    assert_eq!(Jobs::read(run.path()).unwrap(), jobs);
    assert_eq!(Plan::read(run.path()).unwrap(), plan(25));
    let place = ClusterDir::of(run.path());
    let calls = commands.calls();
    let path = |path: std::path::PathBuf| path.display().to_string();
    assert_eq!(calls[0], format!("sbatch --parsable {}", path(place.script(1))));
    assert_eq!(calls[2], format!("sbatch --parsable --dependency=afterany:102 {}", path(place.script(3))));
    assert_eq!(
        calls[3],
        format!("sbatch --parsable --dependency=afterany:101:102:103 {}", path(place.finish_script()))
    );
    let script = fs::read_to_string(place.script(3)).unwrap();
    assert!(script.contains("--array=0-4%16\n") && script.ends_with("--first 20\n"), "{script}");
    assert!(place.logs().is_dir(), "a job without its folder of logs fails");
    // A second submission of the same run finds the first.
    let again = submit(&commands.slurm(), &work(run.path()), &cluster, &plan(25), 10).unwrap_err();
    assert!(matches!(again, ClusterError::Store(StoreError::OnCluster { .. })), "{again}");
    assert_eq!(commands.calls().len(), 4);
}

#[test]
fn where_the_queue_refuses_nothing_stays_behind() {
    let third = format!(
        "case \"$*\" in *102*) echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2; exit 1;; esac; {SBATCH}"
    );
    let commands = StandIn::new(&[("sbatch", &third), ("scancel", "")]);
    let run = tempfile::tempdir().unwrap();
    let cluster = Config::default().cluster;
    let error = submit(&commands.slurm(), &work(run.path()), &cluster, &plan(25), 10).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sbatch refused:\nsbatch: error: QOSMaxSubmitJobPerUserLimit\ncluster.qos names the quality of service; `sacctmgr \
         show qos` lists those there are"
    );
    assert_eq!(commands.calls().last().unwrap(), "scancel --quiet 101 102");
    assert_eq!(fs::read_dir(run.path()).unwrap().count(), 0);
}

#[test]
fn the_last_job_asks_for_gpus_only_where_it_must() {
    let without = format!(
        "for last; do :; done; case $last in *finish*) grep -q gres \"$last\" || {{ echo 'no GPU' >&2; exit 1; }};; esac; {SBATCH}"
    );
    let commands = StandIn::new(&[("sbatch", &without), ("scancel", "")]);
    let run = tempfile::tempdir().unwrap();
    let jobs =
        submit(&commands.slurm(), &work(run.path()), &Config::default().cluster, &plan(2), 10).unwrap();
    assert_eq!(jobs.finish, Some(102));
    assert_eq!(commands.calls().len(), 3);
    assert!(fs::read_to_string(ClusterDir::of(run.path()).finish_script()).unwrap().contains("--gres=gpu:1"));
}

#[test]
fn ten_thousand_shards_are_ten_arrays() {
    let made = scripts(&work(Path::new("/run")), &Config::default().cluster, 0..10_000, MOST_ARRAY).unwrap();
    assert_eq!(made.arrays.len(), 10);
    assert_eq!(made.arrays.iter().map(|(_, count, _)| count).sum::<u32>(), 10_000);
    assert_eq!((made.arrays[9].0, made.arrays[9].1), (9_009, 991));
}

/// Takes the job, notes its name, and says nothing of it.
const SILENT: &str =
    r#"for last; do :; done; sed -n 's/^#SBATCH --job-name=//p' "$last" >> "$0.taken"; exec sleep 60"#;

#[test]
fn jobs_that_sbatch_took_without_an_answer_are_found_by_their_name() {
    let run = tempfile::tempdir().unwrap();
    let place = run.path().canonicalize().unwrap().display().to_string();
    let other = r#"for name; do [ "$before" = --name ] && break; before=$name; done; case $name in *-finish) exit;; esac"#;
    let squeue = format!("{other}; echo '70|/elsewhere|'; echo '71|{place}|'");
    // Of the last job nothing is known.
    let commands = StandIn::new(&[("sbatch", SILENT), ("squeue", &squeue), ("scancel", "")]);
    let quick = Slurm::in_folder(commands.folder(), Duration::from_secs(3));
    let error = submit(&quick, &work(run.path()), &Config::default().cluster, &plan(2), 10).unwrap_err();
    assert!(matches!(error, ClusterError::Silent { program: "sbatch", .. }), "{error}");
    let calls = commands.calls();
    assert_eq!(calls.iter().filter(|call| call.starts_with("sbatch")).count(), 2, "{calls:?}");
    assert!(calls.iter().any(|call| call.contains("--dependency=afterany:71 ")), "{calls:?}");
    assert_eq!(calls.last().unwrap(), "scancel --quiet 71");
    assert!(!ClusterDir::of(run.path()).exists());
}

#[test]
fn what_a_killed_process_left_half_done_is_completed_once() {
    let run = tempfile::tempdir().unwrap();
    let place = run.path().canonicalize().unwrap().display().to_string();
    let queue = "echo '103|N/A|PENDING|JobHeldUser||0:00|0|0|'";
    let squeue =
        format!("case \"$*\" in *--name\\ *-3\\ *) echo '99|{place}|';; *--name*) ;; *) {queue};; esac");
    let commands =
        StandIn::new(&[("sbatch", SBATCH), ("squeue", &squeue), ("scancel", ""), ("scontrol", "")]);
    let (slurm, cluster) = (commands.slurm(), Config::default().cluster);
    begin_journal(run.path());
    let mut jobs = submit(&slurm, &work(run.path()), &cluster, &plan(12), 10).unwrap();
    assert_eq!(jobs.finish, Some(103));
    // Two shards were to be submitted again; Slurm has taken the first.
    jobs.arrays.extend([Array { id: 0, first: 3, count: 1 }, Array { id: 0, first: 4, count: 1 }]);
    jobs.write(run.path()).unwrap();
    let before = commands.calls().len();
    let held = claim(run.path()).unwrap();
    assert!(!recover(&slurm, run.path()).unwrap(), "another process is about it");
    drop(held);
    assert!(recover(&slurm, run.path()).unwrap());
    let whole = Jobs::read(run.path()).unwrap();
    let known: Vec<u64> = whole.arrays.iter().map(|array| array.id).collect();
    assert_eq!((known.as_slice(), whole.finish), ([101, 102, 99, 104].as_slice(), Some(105)));
    let calls = commands.calls().split_off(before);
    assert_eq!(calls.iter().filter(|call| call.starts_with("sbatch")).count(), 2, "{calls:?}");
    assert_eq!(calls.last().unwrap(), "scancel --quiet 103");
    // It was killed before it had written down what was to be submitted: the last job is released.
    Jobs { is_submitting: true, ..whole.clone() }.write(run.path()).unwrap();
    commands.set("squeue", &format!("case \"$*\" in *-finish*) echo '105|{place}|';; *) {queue};; esac"));
    assert!(recover(&slurm, run.path()).unwrap());
    assert_eq!(Jobs::read(run.path()).unwrap(), whole);
    assert_eq!(commands.calls().last().unwrap(), "scontrol release 105");
    // One that its user holds stays held.
    commands.set("squeue", "echo '105|N/A|PENDING|JobHeldUser||0:00|0|0|'");
    assert!(!recover(&slurm, run.path()).unwrap());
}
