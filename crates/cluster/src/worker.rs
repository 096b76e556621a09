//! A job's own place in the queue, as its environment names it.

use std::env;

use crate::ClusterError;
use crate::slurm::Slurm;
use host::proc;

/// What the queue calls this process's job: `1234_7`; absent where it is none.
///
/// The last job of an array has the array's own number as its `SLURM_JOB_ID`: by that number all of them would be meant.
pub fn this_job() -> Option<String> {
    of_environment(|name| env::var(name).ok())
}

/// The machine, as the queue calls it, which may know several on one.
pub fn this_host() -> String {
    let of_queue = env::var("SLURMD_NODENAME").ok().filter(|name| !name.is_empty());
    of_queue.or_else(proc::host_name).unwrap_or_default()
}

/// The index of this process's job in its array; absent where it is in none.
pub fn this_index() -> Option<u32> {
    env::var("SLURM_ARRAY_TASK_ID").ok()?.parse().ok()
}

/// Puts this process's job back into the queue: it starts again later, and this process is asked to end.
pub fn requeue_this_job() -> Result<(), ClusterError> {
    Slurm::default().requeue(&known()?)
}

/// The same, and it does not start again before it is released.
pub fn requeue_this_job_held() -> Result<(), ClusterError> {
    Slurm::default().requeue_held(&known()?)
}

/// Releases this process's job, which is to start again as soon as it can.
pub fn release_this_job() -> Result<(), ClusterError> {
    Slurm::default().release_job(&known()?)
}

fn known() -> Result<String, ClusterError> {
    this_job().ok_or_else(|| ClusterError::Impossible("this process is no job of Slurm's".into()))
}

fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let array = variable("SLURM_ARRAY_JOB_ID").zip(variable("SLURM_ARRAY_TASK_ID"));
    array.map(|(array, task)| format!("{array}_{task}")).or_else(|| variable("SLURM_JOB_ID"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_of_an_array_is_never_named_by_its_arrays_number_alone() {
        let last = |name: &str| match name {
            "SLURM_JOB_ID" | "SLURM_ARRAY_JOB_ID" => Some("12".to_owned()),
            "SLURM_ARRAY_TASK_ID" => Some("7".to_owned()),
            _ => None,
        };
        assert_eq!(of_environment(last).unwrap(), "12_7");
        let single = |name: &str| (name == "SLURM_JOB_ID").then(|| "12".to_owned());
        assert_eq!(of_environment(single).unwrap(), "12");
        assert_eq!(of_environment(|_| None), None);
    }
}
