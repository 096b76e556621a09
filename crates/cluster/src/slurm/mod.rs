//! Slurm's own commands, one file for each. Arguments never go through a shell, every call has a time-out, and answers have a
//! bound.

mod sacct;
mod sbatch;
mod scancel;
mod scontrol;
mod sinfo;
mod squeue;
#[cfg(test)]
pub(crate) mod stand_in;

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::ClusterError;
use study::config::ClusterConfig;

pub use scontrol::Limits;
pub use sinfo::Partition;
pub use squeue::{Known, Seen, State};

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How long sbatch may: what it has been told may be done although it does not answer.
const LONG: Duration = Duration::from_mins(2);
/// How often a command that has said everything is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// Bytes of an answer at most: 100,000 jobs take a tenth.
const LONGEST: u64 = 64 << 20;
/// Bytes of a complaint that are kept.
const COMPLAINT: usize = 4 << 10;
/// Variables by which a user changes what these commands do or print; they would change the answers.
const FOREIGN: [&str; 5] = ["SQUEUE_", "SACCT_", "SCONTROL_", "SCANCEL_", "SINFO_"];
/// And single ones.
const FORMATS: [&str; 3] = ["SLURM_TIME_FORMAT", "SLURM_BITSTR_LEN", "SLURM_CONF_SERVER_FORMAT"];
/// A key's value.
type Key = fn(&ClusterConfig) -> &str;

/// Defaults of a site or a user that sbatch takes from its environment: they stay where the configuration names nothing.
const DEFAULTS: [(&str, Key); 4] = [
    ("SBATCH_PARTITION", |cluster| &cluster.partition),
    ("SBATCH_ACCOUNT", |cluster| &cluster.account),
    ("SBATCH_QOS", |cluster| &cluster.qos),
    ("SBATCH_CONSTRAINT", |cluster| &cluster.constraint),
];

/// Slurm as this process finds it.
#[derive(Clone, Debug)]
pub struct Slurm {
    /// Where the commands are, where not on the PATH.
    folder: Option<PathBuf>,
    limit: Duration,
}

impl Default for Slurm {
    fn default() -> Self {
        Self { folder: None, limit: LIMIT }
    }
}

/// A call of a command.
struct Call<'a> {
    program: &'static str,
    arguments: Vec<OsString>,
    /// The working directory, which becomes that of a job.
    place: Option<&'a Path>,
    /// What it reads.
    input: Option<&'a [u8]>,
    /// Variables that it does not get besides.
    without: Vec<&'static str>,
}

/// What a command said.
struct Answer {
    output: String,
    complaint: String,
    status: ExitStatus,
}

impl Slurm {
    /// Of commands in this folder, each of which has so long.
    pub fn in_folder(folder: &Path, limit: Duration) -> Self {
        Self { folder: Some(folder.into()), limit }
    }

    /// The answer of a command that succeeded.
    fn call(&self, call: &Call<'_>) -> Result<String, ClusterError> {
        let Answer { output, complaint, status } = self.answer(call)?;
        if status.success() {
            return Ok(output);
        }
        let said = if complaint.trim().is_empty() { format!("it ended with {status}") } else { complaint };
        Err(ClusterError::Refused { program: call.program, said, fix: None })
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, ClusterError> {
        let program = call.program;
        let io = |source| ClusterError::Io { program, source };
        let deadline = Instant::now() + self.limit;
        let mut child = self.command(call).spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => ClusterError::NotFound { program },
            _ => io(error),
        })?;
        let (output, complaint) =
            (reader(child.stdout.take(), LONGEST), reader(child.stderr.take(), LONGEST));
        if let (Some(mut pipe), Some(input)) = (child.stdin.take(), call.input) {
            let input = input.to_vec();
            // One that does not read ends at its time-out.
            thread::spawn(move || drop(pipe.write_all(&input)));
        }
        let read = |from: &Receiver<Vec<u8>>| {
            from.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()
        };
        let said = read(&output).zip(read(&complaint));
        let ended = said.and_then(|said| Some((said, wait(&mut child, deadline)?)));
        let Some(((output, complaint), status)) = ended else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(ClusterError::Silent { program, limit: self.limit });
        };
        if output.len() as u64 > LONGEST {
            return Err(ClusterError::Answer { program, answer: "it is too long".into() });
        }
        let mut complaint = String::from_utf8_lossy(&complaint).into_owned();
        complaint.truncate(complaint.floor_char_boundary(COMPLAINT));
        Ok(Answer {
            output: String::from_utf8_lossy(&output).into_owned(),
            complaint,
            status: status.map_err(io)?,
        })
    }

    fn command(&self, call: &Call<'_>) -> Command {
        let program = match &self.folder {
            Some(folder) => folder.join(call.program).into_os_string(),
            None => call.program.into(),
        };
        let mut command = Command::new(program);
        let input = if call.input.is_some() { Stdio::piped() } else { Stdio::null() };
        command.args(&call.arguments).stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(place) = call.place {
            command.current_dir(place);
        }
        for (name, _) in std::env::vars_os() {
            if is_foreign(&name, &call.without) {
                command.env_remove(name);
            }
        }
        command
    }
}

fn is_foreign(name: &OsStr, without: &[&str]) -> bool {
    let Some(name) = name.to_str() else { return false };
    FOREIGN.iter().any(|prefix| name.starts_with(prefix))
        || FORMATS.contains(&name)
        || without.contains(&name)
        // What the script says would be overridden.
        || (name.starts_with("SBATCH_") && !DEFAULTS.iter().any(|(default, _)| *default == name))
}

/// Reads a pipe on a thread of its own: what a command leaves running may hold it open.
fn reader(pipe: Option<impl Read + Send + 'static>, most: u64) -> Receiver<Vec<u8>> {
    let (send, received) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.take(most + 1).read_to_end(&mut bytes);
        }
        let _ = send.send(bytes);
    });
    received
}

fn wait(child: &mut Child, deadline: Instant) -> Option<std::io::Result<ExitStatus>> {
    loop {
        match child.try_wait().transpose() {
            Some(status) => return Some(status),
            None if Instant::now() >= deadline => return None,
            None => thread::sleep(LOOK),
        }
    }
}

/// Texts as arguments.
fn arguments<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<OsString> {
    texts.into_iter().map(OsString::from).collect()
}

/// Numbers of jobs with commas between them.
fn listed(ids: &[u64]) -> String {
    let mut text = String::new();
    for (place, id) in ids.iter().enumerate() {
        let _ = write!(text, "{}{id}", if place > 0 { "," } else { "" });
    }
    text
}

/// A name of a job, as it is in commands: `1234` or `1234_7`.
fn is_job(text: &str) -> bool {
    let is_number =
        |digits: &str| (1..=19).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    match text.split_once('_') {
        Some((array, task)) => is_number(array) && is_number(task),
        None => is_number(text),
    }
}

#[cfg(test)]
mod tests;
