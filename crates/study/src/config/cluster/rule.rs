//! What the section's texts may hold: they become lines of a batch script.

use toml::de::DeValue;

use super::super::fault::shown;
use super::super::rule::{Rule, each, list};
use super::time::{self, TimeLimit};

/// Lines of a list at most, and characters of a line.
const MOST_LINES: usize = 100;
const LONGEST: usize = 1_000;
/// What the program gives to sbatch itself, and what sets it.
const OWN: [(&[&str], &str); 14] = [
    (&["--array", "-a"], "the plan and cluster.concurrent"),
    (&["--partition", "-p"], "cluster.partition"),
    (&["--account", "-A"], "cluster.account"),
    (&["--qos", "-q"], "cluster.qos"),
    (&["--constraint", "-C"], "cluster.constraint"),
    (&["--cpus-per-task", "-c"], "cluster.cpus"),
    (&["--mem"], "cluster.memory"),
    (&["--time", "-t"], "cluster.time"),
    (&["--nodes", "-N", "--ntasks", "-n", "--ntasks-per-node"], "the program: a job is one process"),
    (&["--output", "-o", "--error", "-e", "--open-mode"], "the program: logs lie in the run's folder"),
    (&["--requeue", "--no-requeue", "--signal"], "the program: a job saves and goes back into the queue"),
    (&["--dependency", "-d"], "the program: the last job waits for the others"),
    (&["--job-name", "-J", "--chdir", "-D"], "the program"),
    (&["--parsable", "--wait", "-W", "--test-only", "--wrap", "--export", "--help"], "the program"),
];

/// A word of the batch script, or none.
pub(super) struct Word(pub(super) &'static str);

/// Time of a job.
pub(super) struct Limit;

/// Lines of bash.
pub(super) struct Setup;

/// Options of sbatch.
pub(super) struct Options;

impl Rule<String> for Word {
    fn allowed(&self) -> String {
        format!("{}, without spaces, quotes, \\ and #, or \"\" for the cluster's default", self.0)
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<String, String> {
        let Some(word) = value.as_str() else { return Err(format!("{} is not a string", shown(value))) };
        // sbatch takes quotes and backslashes apart, and ends a line at #.
        let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"'`\\#$".contains(c);
        if word.starts_with('-') || !word.chars().all(is_plain) || word.len() > LONGEST {
            return Err(format!("{} cannot be used", shown(value)));
        }
        Ok(word.to_owned())
    }
}

impl Rule<TimeLimit> for Limit {
    fn allowed(&self) -> String {
        time::ALLOWED.to_owned()
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<TimeLimit, String> {
        value
            .as_str()
            .and_then(|text| TimeLimit::try_from(text.to_owned()).ok())
            .ok_or_else(|| format!("{} is not a time limit", shown(value)))
    }
}

impl Rule<Vec<String>> for Setup {
    fn allowed(&self) -> String {
        format!("a list of at most {MOST_LINES} lines of bash, such as [\"module load cuda/13\"]")
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Vec<String>, String> {
        lines(value, |_| Ok(()))
    }
}

impl Rule<Vec<String>> for Options {
    fn allowed(&self) -> String {
        format!(
            "a list of at most {MOST_LINES} options of sbatch, such as [\"--exclusive\", \"--mail-type=END\"]"
        )
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Vec<String>, String> {
        lines(value, |line| {
            if !line.starts_with('-') {
                return Err("does not begin with -".to_owned());
            }
            match OWN.iter().find(|(names, _)| names.iter().any(|name| is_option(line, name))) {
                Some((_, by)) => Err(format!("is set by {by}")),
                None => Ok(()),
            }
        })
    }
}

/// Whether a line gives the option `name`: `--name`, `--name=value`, `--name value`, `-nvalue`. Several options of a line
/// are looked at one by one.
fn is_option(line: &str, name: &str) -> bool {
    line.split_whitespace().any(|word| match name.strip_prefix("--") {
        Some(_) => word.split('=').next() == Some(name),
        None => !word.starts_with("--") && word.starts_with(name),
    })
}

fn lines(value: &DeValue<'_>, check: impl Fn(&str) -> Result<(), String>) -> Result<Vec<String>, String> {
    let items = list(value)?;
    if items.len() > MOST_LINES {
        return Err(format!("a list of {} lines is too long", items.len()));
    }
    each(items, |item| {
        let Some(line) = item.as_str() else { return Err(format!("{} is not a string", shown(item))) };
        if line.trim().is_empty() || line.chars().any(|c| c.is_control() && c != '\t') {
            return Err(format!("{} is not one line", shown(item)));
        }
        if line.len() > LONGEST {
            return Err(format!("{} is too long", shown(item)));
        }
        check(line).map_err(|why| format!("{} {why}", shown(item)))?;
        Ok(line.to_owned())
    })
}
