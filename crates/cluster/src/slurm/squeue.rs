//! `squeue`: where jobs stand, those that ended some minutes ago among them.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Call, Slurm, arguments, listed};
use crate::ClusterError;
use study::cluster::queue::JobState;
use study::text::brief;

const PROGRAM: &str = "squeue";
/// The fields, each with a bar behind it; without a width they are not cut.
const FIELDS: &str =
    "ArrayJobID:|,ArrayTaskID:|,State:|,Reason:|,NodeList:|,TimeUsed:|,RestartCnt:|,exit_code:|";
const COUNT: usize = 8;
/// Characters of a reason, and of nodes' names, that are kept.
const LONGEST: usize = 200;
/// How the reason of a job begins whose process ended with a status of its own.
const EXITED: &str = "exit status ";
/// What Slurm says where it knows none of the jobs any more.
const FORGOTTEN: &str = "Invalid job id";

/// What Slurm knows of jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// In the order in which it lists them.
    pub jobs: Vec<Seen>,
}

/// A job as Slurm sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The number of its array, or its own.
    pub array: u64,
    /// Its index in the array; absent where it is in none.
    pub index: Option<u32>,
    /// Where it stands.
    pub state: State,
    /// Why, in Slurm's word; empty where there is none.
    pub reason: String,
    /// Where it runs or ran.
    pub host: String,
    /// Seconds since its last start.
    pub seconds: u64,
    /// How often it was put back into the queue.
    pub restarts: u32,
}

/// Where a job stands, as far as Slurm can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are Slurm's")]
pub enum State {
    Pending,
    Held,
    Running,
    Completing,
    Completed,
    Cancelled,
    Failed,
    TimedOut,
    OutOfMemory,
    NodeFailed,
    Preempted,
}

impl Seen {
    /// Whether its process ended by itself, with an error.
    pub fn has_exited(&self) -> bool {
        self.state == State::Failed && self.reason.starts_with(EXITED)
    }
}

impl State {
    /// The state of this name, with the reason that Slurm gives.
    pub(super) fn of(name: &str, reason: &str) -> Option<Self> {
        // sacct adds by whom.
        Some(match name.split_whitespace().next()? {
            "PENDING" | "REQUEUED" | "REQUEUE_FED" if is_held(reason) => Self::Held,
            "PENDING" | "REQUEUED" | "REQUEUE_FED" => Self::Pending,
            "REQUEUE_HOLD" | "RESV_DEL_HOLD" | "SPECIAL_EXIT" => Self::Held,
            "RUNNING" | "CONFIGURING" | "SUSPENDED" | "STOPPED" | "RESIZING" | "SIGNALING" => Self::Running,
            "COMPLETING" | "STAGE_OUT" => Self::Completing,
            "COMPLETED" => Self::Completed,
            "CANCELLED" | "REVOKED" => Self::Cancelled,
            "FAILED" => Self::Failed,
            "TIMEOUT" | "DEADLINE" => Self::TimedOut,
            "OUT_OF_MEMORY" => Self::OutOfMemory,
            "NODE_FAIL" | "BOOT_FAIL" => Self::NodeFailed,
            "PREEMPTED" => Self::Preempted,
            _ => return None,
        })
    }

    /// For people; whether a job that completed is done is not for Slurm to say.
    pub const fn shown(self) -> JobState {
        match self {
            Self::Pending => JobState::Waiting,
            Self::Held => JobState::Held,
            Self::Running => JobState::Running,
            Self::Completing => JobState::Ending,
            Self::Completed => JobState::Done,
            Self::Cancelled => JobState::Cancelled,
            Self::Failed => JobState::Failed,
            Self::TimedOut => JobState::TimedOut,
            Self::OutOfMemory => JobState::OutOfMemory,
            Self::NodeFailed => JobState::NodeFailed,
            Self::Preempted => JobState::Preempted,
        }
    }
}

fn is_held(reason: &str) -> bool {
    reason.starts_with("JobHeld") || reason.contains("held state")
}

impl Slurm {
    /// The number of this user's job or array of this name that was submitted in the folder `place`; of several the last.
    pub fn named(&self, name: &str, place: &Path) -> Result<Option<u64>, ClusterError> {
        let of_call =
            arguments(["--noheader", "--me", "--states=all", "--name", name, "-O", "ArrayJobID:|,WorkDir:|"]);
        let call =
            Call { program: PROGRAM, arguments: of_call, place: None, input: None, without: Vec::new() };
        let real = place.canonicalize().unwrap_or_else(|_| place.into());
        let id = |line: &str| {
            let (id, folder) = line.split_once('|')?;
            let folder = Path::new(folder.trim_end().strip_suffix('|')?);
            (folder == real || folder == place).then(|| id.trim().parse::<u64>().ok())?
        };
        Ok(self.call(&call)?.lines().filter_map(id).max())
    }

    /// What it knows of these jobs and arrays; nothing of those that it has forgotten.
    pub fn queue(&self, ids: &[u64]) -> Result<Known, ClusterError> {
        if ids.is_empty() {
            return Ok(Known::default());
        }
        let ids = listed(ids);
        let of_call = arguments(["--noheader", "--array", "--states=all", "--jobs", &ids, "-O", FIELDS]);
        let call =
            Call { program: PROGRAM, arguments: of_call, place: None, input: None, without: Vec::new() };
        match self.call(&call) {
            Err(error) if error.said().contains(FORGOTTEN) => Ok(Known::default()),
            answer => parse(&answer?),
        }
    }
}

fn parse(answer: &str) -> Result<Known, ClusterError> {
    let jobs: Vec<Seen> = answer.lines().filter_map(seen).collect();
    if jobs.is_empty() && !answer.trim().is_empty() {
        let answer = answer.chars().take(200).collect();
        return Err(ClusterError::Answer { program: PROGRAM, answer });
    }
    Ok(Known { jobs })
}

fn seen(line: &str) -> Option<Seen> {
    let mut fields: Vec<&str> = line.split('|').map(str::trim).collect();
    // Behind the last bar there is nothing.
    if fields.pop() != Some("") || fields.len() != COUNT {
        return None;
    }
    let index = match fields[1] {
        "N/A" | "" => None,
        index => Some(index.parse().ok()?),
    };
    let state = State::of(fields[2], fields[3])?;
    // Slurm's word for a process that was killed is `JobLaunchFailure`.
    let ended = ended(fields[7]).filter(|_| state == State::Failed);
    Some(Seen {
        array: fields[0].parse().ok()?,
        index,
        state,
        reason: match (ended, fields[3]) {
            (Some(ended), _) => ended,
            (None, "None") => String::new(),
            (None, reason) => brief(reason, LONGEST),
        },
        host: brief(fields[4], LONGEST),
        seconds: seconds(fields[5]).unwrap_or(0),
        restarts: fields[6].parse().unwrap_or(0),
    })
}

/// How a process ended, of its status as the system gives it: 768 is an exit with 3, and 9 the signal of that number.
fn ended(status: &str) -> Option<String> {
    let status: u32 = status.parse().ok().filter(|status| *status > 0)?;
    Some(match status & 0x7f {
        0 => format!("{EXITED}{}", status >> 8),
        9 => "killed by signal 9, often for lack of memory".to_owned(),
        signal => format!("killed by signal {signal}"),
    })
}

/// `1-02:03:04`, `02:03:04`, `03:04`.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let (days, rest) = text.split_once('-').unwrap_or(("0", text));
    let mut all = days.parse::<u64>().ok()?.checked_mul(24)?;
    let parts: Vec<u64> = rest.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match *parts.as_slice() {
        [hours, minutes, seconds] => (hours, minutes, seconds),
        [minutes, seconds] => (0, minutes, seconds),
        _ => return None,
    };
    all = all.checked_add(hours)?.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)?;
    all.checked_add(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "8|0|PENDING|job requeued in held state||0:00|1|0|\n8|1|RUNNING|None|n1|1-02:03:04|0|0|\n\
        9|N/A|PENDING|Dependency||0:00|0|0|\n8|2|PENDING|JobHeldUser||0:00|0|0|\n\
        8|3|OUT_OF_MEMORY|OutOfMemory|n7|12:01|2|9|\n";

    #[test]
    fn an_answer_is_read_line_by_line() {
        let jobs = parse(ANSWER).unwrap().jobs;
        let states: Vec<State> = jobs.iter().map(|job| job.state).collect();
        assert_eq!(states, [State::Held, State::Running, State::Pending, State::Held, State::OutOfMemory]);
        assert_eq!((jobs[1].index, jobs[1].seconds, jobs[1].reason.as_str()), (Some(1), 93_784, ""));
        assert_eq!((jobs[2].array, jobs[2].index, jobs[2].reason.as_str()), (9, None, "Dependency"));
        assert_eq!((jobs[4].host.as_str(), jobs[4].restarts, jobs[4].seconds), ("n7", 2, 721));
    }

    #[test]
    fn what_is_no_job_is_left_out_and_an_answer_without_any_is_none() {
        for line in [
            "",
            "8|0|PENDING|x||0:00|1|0",
            "8|0|PENDING|x||0:00|1|0|more|",
            "-8|0|PENDING|x||0:00|1|0|",
            "8|0|DANCING|x||0:00|1|0|",
            "8|99999999999|PENDING|x||0:00|1|0|",
        ] {
            assert_eq!(seen(line), None, "{line}");
        }
        assert!(parse("slurm_load_jobs: something\n").is_err());
        assert_eq!(parse("\n").unwrap(), Known::default());
        let long = format!("8|0|PENDING|{}||0:00|1|0|", "x\u{1b}[31m".repeat(1_000));
        let reason = seen(&long).unwrap().reason;
        assert!(reason.chars().count() <= LONGEST + 1 && !reason.contains('\u{1b}'));
        for text in ["", "1", "x:y", "18446744073709551615-00:00:00"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn how_a_process_ended_stands_in_the_place_of_slurms_word() {
        let reason = |line: &str| seen(line).unwrap().reason;
        assert_eq!(
            reason("8|0|FAILED|JobLaunchFailure|n1|0:15|0|9|"),
            "killed by signal 9, often for lack of memory"
        );
        assert_eq!(reason("8|0|FAILED|NonZeroExitCode|n1|0:15|0|768|"), "exit status 3");
        assert_eq!(reason("8|0|FAILED|NonZeroExitCode|n1|0:15|0||"), "NonZeroExitCode");
        assert_eq!(reason("8|0|TIMEOUT|TimeLimit|n1|0:15|0|15|"), "TimeLimit");
    }

    #[test]
    fn every_state_of_slurm_has_one_here() {
        for name in [
            "BOOT_FAIL",
            "CANCELLED",
            "COMPLETED",
            "CONFIGURING",
            "COMPLETING",
            "DEADLINE",
            "FAILED",
            "NODE_FAIL",
            "OUT_OF_MEMORY",
            "PENDING",
            "PREEMPTED",
            "RUNNING",
            "RESV_DEL_HOLD",
            "REQUEUE_FED",
            "REQUEUE_HOLD",
            "REQUEUED",
            "RESIZING",
            "REVOKED",
            "SIGNALING",
            "SPECIAL_EXIT",
            "STAGE_OUT",
            "STOPPED",
            "SUSPENDED",
            "TIMEOUT",
        ] {
            assert!(State::of(name, "").is_some(), "{name}");
        }
        assert_eq!(State::of("CANCELLED by 1000", ""), Some(State::Cancelled));
    }
}
