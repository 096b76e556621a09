//! Calls of stand-ins for Slurm's commands: time-outs, refusals, variables.

use super::stand_in::StandIn;
use super::*;

/// A command with this script, as it is.
fn with(program: &str, script: &str) -> StandIn {
    StandIn::new(&[(program, script)])
}

fn slurm(commands: &StandIn) -> Slurm {
    commands.slurm()
}

#[test]
fn a_command_that_is_absent_silent_or_refuses_says_so() {
    let folder = StandIn::new(&[]);
    let error = slurm(&folder).limits().unwrap_err();
    assert!(matches!(error, ClusterError::NotFound { program: "scontrol" }), "{error}");
    // What it leaves behind holds the pipes open.
    let folder = with("scontrol", "sleep 60 & sleep 60");
    let quick = Slurm::in_folder(folder.folder(), Duration::from_millis(200));
    let error = quick.limits().unwrap_err();
    assert!(matches!(error, ClusterError::Silent { .. }), "{error}");
    let folder = with("scontrol", "printf 'a \\033[31mcomplaint\\nof two lines' >&2; exit 1");
    let error = slurm(&folder).limits().unwrap_err().to_string();
    assert_eq!(error, "scontrol refused:\na [31mcomplaint\nof two lines");
    let folder = with("scontrol", "exit 3");
    assert!(slurm(&folder).limits().unwrap_err().to_string().contains("exit status: 3"));
}

#[test]
fn the_clusters_limits_are_found_in_its_configuration() {
    let folder = with("scontrol", "echo 'MaxArraySize            = 1001'; echo 'SLURM_VERSION = 22.05.8'");
    let limits = slurm(&folder).limits().unwrap();
    assert_eq!(limits, Limits { version: "22.05.8".into(), most_array: 1_001 });
    let folder = with("scontrol", "echo 'MaxArraySize = many'");
    assert!(matches!(slurm(&folder).limits(), Err(ClusterError::Answer { .. })));
}

#[test]
fn a_number_of_a_job_is_read_with_or_without_a_cluster() {
    let cluster = ClusterConfig::default();
    for (said, number) in [("1234", Some(1234)), ("1234;east", Some(1234)), ("Submitted", None), ("", None)] {
        let folder = with("sbatch", &format!("echo '{said}'"));
        let submitted = slurm(&folder).submit(Path::new("a.sbatch"), folder.folder(), &cluster, &[]);
        assert_eq!(submitted.ok(), number, "{said}");
    }
}

#[test]
fn arguments_are_given_as_they_are_and_the_script_is_read() {
    let folder = with("sbatch", "printf '%s\\n' \"$@\" >&2; cat >&2; pwd >&2; exit 1");
    let cluster = ClusterConfig::default();
    let script = Path::new("/tmp/a 'b' $(c)\nd.sbatch");
    let error = slurm(&folder).submit(script, folder.folder(), &cluster, &[1, 2]).unwrap_err();
    let place = folder.folder().canonicalize().unwrap();
    let said = format!("--parsable\n--dependency=afterany:1:2\n{}\n{}\n", script.display(), place.display());
    assert_eq!(error.said(), said);
    let error = slurm(&folder).test("#!/bin/bash\n", &cluster).unwrap_err();
    assert!(error.said().starts_with("--test-only\n#!/bin/bash\n"), "{error}");
}

#[test]
fn a_users_formats_and_what_the_script_says_are_not_taken_from_the_environment() {
    for name in
        ["SQUEUE_FORMAT", "SACCT_FORMAT", "SCANCEL_INTERACTIVE", "SBATCH_ARRAY_INX", "SLURM_TIME_FORMAT"]
    {
        assert!(is_foreign(OsStr::new(name), &[]), "{name}");
    }
    for name in ["SLURM_CONF", "PATH", "SBATCH_ACCOUNT", "SBATCH_PARTITION", "SLURM_CLUSTERS"] {
        assert!(!is_foreign(OsStr::new(name), &[]), "{name}");
    }
    // A key of the configuration goes before a default of the environment.
    assert!(is_foreign(OsStr::new("SBATCH_ACCOUNT"), &["SBATCH_ACCOUNT"]));
}

#[test]
fn jobs_that_have_ended_are_held_without_a_fault_and_what_is_no_job_is_not_put_back() {
    let folder = with("scontrol", "echo '8_0-1: Job has already finished' >&2; exit 1");
    assert!(slurm(&folder).hold(8).is_ok() && slurm(&folder).release(8).is_ok());
    assert!(slurm(&folder).requeue("8_1").is_err());
    for text in ["", "8_", "8_1_2", "-1", "8 9", "all", "8_*"] {
        assert!(matches!(slurm(&folder).requeue(text), Err(ClusterError::Impossible(_))), "{text}");
    }
    let folder = with("scontrol", "echo 'slurm_suspend error: Access/permission denied' >&2; exit 1");
    assert!(slurm(&folder).hold(8).is_err());
}

#[test]
fn a_queue_that_knows_no_job_any_more_is_empty() {
    let folder = with("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
    assert_eq!(slurm(&folder).queue(&[7]).unwrap(), Known::default());
    assert_eq!(Slurm::default().queue(&[]).unwrap(), Known::default());
    let folder = with("squeue", "printf '%s ' \"$@\" >&2; exit 1");
    let error = slurm(&folder).queue(&[7, 8]).unwrap_err();
    assert!(error.said().contains("--jobs 7,8 -O ArrayJobID"), "{error}");
}
