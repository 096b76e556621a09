//! What the queue refuses, and what the machine does.

use crate::place::Place;
use crate::queue::{job, slurm, until_state};

#[test]
fn what_sbatch_refuses_is_said_in_its_words_and_nothing_stays() {
    let Some(place) = Place::new() else { return };
    for (set, said) in
        [("cluster.partition=nowhere", "partition"), ("cluster.options=[\"--nodelist=elsewhere\"]", "node")]
    {
        let ended = place.submit(&[set]);
        assert_eq!(ended.status, Some(2), "{set}: {ended:?}");
        assert!(ended.err.to_lowercase().contains(said), "{set}: {ended:?}");
        assert!(!place.run().exists(), "{set}");
    }
}

#[test]
fn a_job_that_ends_for_lack_of_memory_is_named_and_the_others_are_collected() {
    // The system gives this one job nothing, as where the kernel has none left.
    let setup = "cluster.setup=[\"[ $SLURM_ARRAY_TASK_ID = 4 ] && ulimit -v 50000\"]";
    let Some(place) = Place::submitted(&[setup]) else { return };
    until_state(&job(&place.run(), 4).unwrap(), "FAILED");
    place.until_collected();
    let ended = place.program(&["report", "run"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    place.forget_summary();
    let ended = place.program(&["resume", "run", "--set", "cluster.setup=[]"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    place.ends_as_one_process();
}

#[test]
fn a_dry_run_shows_the_script_and_writes_nothing() {
    let Some(place) = Place::new() else { return };
    let before = slurm("squeue", &["--noheader", "--format=%i", "--states=all"]).lines().count();
    let ended = place.program(&[
        "submit",
        "--dry-run",
        "--run-dir",
        "run",
        "--set",
        "cluster.gpus=0",
        "--set",
        "cluster.memory=auto",
        "--set",
        "cluster.cpus=1",
        "--set",
        "run.device=cpu",
    ]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended.out.contains("#SBATCH --requeue") && ended.out.contains("Nothing was submitted"),
        "{ended:?}"
    );
    assert!(!place.run().exists());
    let after = slurm("squeue", &["--noheader", "--format=%i", "--states=all"]).lines().count();
    assert!(after >= before);
}
