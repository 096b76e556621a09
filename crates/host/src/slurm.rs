//! What Slurm says of the job that this process is part of, in its environment: how many CPUs and how much memory it was
//! given. Many clusters do not hold a job to it, and every other job of the node suffers from one that takes more.

use std::env;

/// Bytes in Slurm's megabyte.
const MEGABYTE: u64 = 1 << 20;

/// A variable's value, for the tests.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// CPUs of this process in its job; absent outside of one.
pub(crate) fn cpus() -> Option<usize> {
    cpus_in(&|name| env::var(name).ok())
}

/// Bytes of memory that the job may take on this node; absent outside of one, and where it may take all.
pub(crate) fn memory() -> Option<u64> {
    memory_in(&|name| env::var(name).ok())
}

fn cpus_in(variable: Variable) -> Option<usize> {
    variable("SLURM_JOB_ID")?;
    // The first is there only where the job asked for it; without, one task has all of the job's on its node.
    let cpus = number("SLURM_CPUS_PER_TASK", variable).or_else(|| number("SLURM_CPUS_ON_NODE", variable));
    cpus.and_then(|cpus| usize::try_from(cpus).ok())
}

fn memory_in(variable: Variable) -> Option<u64> {
    variable("SLURM_JOB_ID")?;
    let number = |name| number(name, variable);
    // A job asks for one of the three.
    let of_all = |each, count| Some(number(each)?.saturating_mul(number(count)?));
    let megabytes = number("SLURM_MEM_PER_NODE")
        .or_else(|| of_all("SLURM_MEM_PER_CPU", "SLURM_CPUS_ON_NODE"))
        .or_else(|| of_all("SLURM_MEM_PER_GPU", "SLURM_GPUS_ON_NODE"));
    megabytes.map(|megabytes| megabytes.saturating_mul(MEGABYTE))
}

/// A number above 0, which means all of the node's.
fn number(name: &str, variable: Variable) -> Option<u64> {
    variable(name)?.trim().parse().ok().filter(|&number| number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In a job that has these variables.
    fn job<'a>(variables: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<'a> {
        let id = ("SLURM_JOB_ID", "12");
        move |name| {
            let found = variables.iter().chain([&id]).find(|(of, _)| *of == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn a_jobs_memory_is_given_for_the_node_a_cpu_or_a_gpu() {
        for (variables, megabytes) in [
            (&[("SLURM_MEM_PER_NODE", "48000"), ("SLURM_CPUS_ON_NODE", "8")][..], Some(48_000)),
            (&[("SLURM_MEM_PER_CPU", "4000"), ("SLURM_CPUS_ON_NODE", "8")], Some(32_000)),
            (&[("SLURM_MEM_PER_GPU", "4000"), ("SLURM_GPUS_ON_NODE", "2")], Some(8_000)),
            // All of the node's.
            (&[("SLURM_MEM_PER_NODE", "0")], None),
            (&[("SLURM_MEM_PER_CPU", "4000")], None),
            (&[("SLURM_MEM_PER_NODE", "much")], None),
            (&[], None),
        ] {
            let found = memory_in(&job(variables));
            assert_eq!(found, megabytes.map(|megabytes| megabytes * MEGABYTE), "{variables:?}");
        }
    }

    #[test]
    fn a_jobs_cpus_are_those_of_its_task() {
        for (variables, cpus) in [
            (&[("SLURM_CPUS_PER_TASK", "2"), ("SLURM_CPUS_ON_NODE", "8")][..], Some(2)),
            (&[("SLURM_CPUS_ON_NODE", "8")], Some(8)),
            (&[("SLURM_CPUS_PER_TASK", "0")], None),
            (&[], None),
        ] {
            assert_eq!(cpus_in(&job(variables)), cpus, "{variables:?}");
        }
    }

    #[test]
    fn outside_of_a_job_such_variables_say_nothing() {
        let only = |of: &'static str| move |name: &str| (name == of).then(|| "4".to_owned());
        assert_eq!(cpus_in(&only("SLURM_CPUS_PER_TASK")), None);
        assert_eq!(memory_in(&only("SLURM_MEM_PER_NODE")), None);
    }
}
