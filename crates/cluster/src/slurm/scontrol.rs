//! `scontrol`: jobs are held, released and put back into the queue; what the cluster allows.

use super::{Call, Slurm, arguments, is_job};
use crate::ClusterError;

const PROGRAM: &str = "scontrol";

/// What the cluster says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Slurm's version.
    pub version: String,
    /// One more than the highest index of an array's job.
    pub most_array: u32,
}

/// What it says of jobs that have ended, which is no fault here.
const OVER: [&str; 4] =
    ["already finished", "Invalid job id", "Job/step already completing", "has finished executing"];

impl Slurm {
    /// The version, and how long an array may be.
    pub fn limits(&self) -> Result<Limits, ClusterError> {
        let answer = self.control(&["show", "config"])?;
        let value = |name: &str| {
            let mut pairs = answer.lines().filter_map(|line| line.split_once('='));
            pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
        };
        let most_array = value("MaxArraySize").and_then(|value| value.parse().ok()).filter(|most| *most > 0);
        let most_array = most_array.ok_or_else(|| ClusterError::Answer {
            program: PROGRAM,
            answer: "`scontrol show config` has no MaxArraySize".into(),
        })?;
        Ok(Limits {
            version: value("SLURM_VERSION").unwrap_or_else(|| "of unknown version".into()),
            most_array,
        })
    }

    /// Keeps waiting jobs of an array from starting; running ones go on, and are held once they are put back into the queue.
    pub fn hold(&self, id: u64) -> Result<(), ClusterError> {
        over_is_fine(self.control(&["hold", &id.to_string()]))
    }

    /// Lets held jobs of an array start.
    pub fn release(&self, id: u64) -> Result<(), ClusterError> {
        over_is_fine(self.control(&["release", &id.to_string()]))
    }

    /// Lets a held job, such as `1234_7`, start.
    pub fn release_job(&self, job: &str) -> Result<(), ClusterError> {
        self.put_back("release", job)
    }

    /// Puts a job, such as `1234_7`, back into the queue.
    pub fn requeue(&self, job: &str) -> Result<(), ClusterError> {
        self.put_back("requeue", job)
    }

    /// The same, and it does not start again before it is released.
    pub fn requeue_held(&self, job: &str) -> Result<(), ClusterError> {
        self.put_back("requeuehold", job)
    }

    fn put_back(&self, how: &str, job: &str) -> Result<(), ClusterError> {
        if !is_job(job) {
            return Err(ClusterError::Impossible(format!("{job:?} is no job")));
        }
        self.control(&[how, job]).map(drop)
    }

    fn control(&self, words: &[&str]) -> Result<String, ClusterError> {
        let of_call = arguments(words.iter().copied());
        self.call(&Call {
            program: PROGRAM,
            arguments: of_call,
            place: None,
            input: None,
            without: Vec::new(),
        })
    }
}

fn over_is_fine(done: Result<String, ClusterError>) -> Result<(), ClusterError> {
    match done {
        Err(error) if OVER.iter().any(|words| error.said().contains(words)) => Ok(()),
        done => done.map(drop),
    }
}
