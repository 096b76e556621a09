//! The text of batch scripts: what sbatch reads, and what a job executes.

use std::fmt::Write;
use std::path::Path;

use crate::ClusterError;
use study::config::{ClusterConfig, Memory, TimeLimit};

/// Seconds before its time limit at which a job gets the signal to save. Slurm may send it up to a minute early.
const WARNING: u32 = 180;
/// Behind the name of the job that collects.
pub(crate) const FINISH: &str = "-finish";
const MIB: u64 = 1 << 20;

/// What jobs execute, and where.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The program's absolute path.
    pub program: &'a Path,
    /// The run's absolute path, which is also the jobs' working directory.
    pub run: &'a Path,
    /// What the queue lists the jobs as.
    pub name: &'a str,
}

/// The script of an array of `count` jobs, that with index 0 for the shard `first`, so many at a time.
pub fn array(
    work: &Work<'_>,
    cluster: &ClusterConfig,
    (first, count): (u32, u32),
) -> Result<String, ClusterError> {
    let mut lines = vec![
        format!("--job-name={}", plain(work.name)),
        format!("--array=0-{}%{}", count.saturating_sub(1), cluster.concurrent),
        "--output=cluster/logs/array-%A_%a.txt".to_owned(),
    ];
    lines.extend(resources(cluster));
    if cluster.gpus > 0 && !names_gpus(cluster) {
        lines.push(format!("--gres=gpu:{}", cluster.gpus));
    }
    lines.push("--requeue".to_owned());
    lines.push(format!("--signal=B:USR1@{WARNING}"));
    script(work, cluster, &lines, &format!("--first {first}"))
}

/// The script of the job that makes an ordinary run of what the others did. It trains nothing.
pub fn finish(work: &Work<'_>, cluster: &ClusterConfig, gpus: WithGpus) -> Result<String, ClusterError> {
    let mut lines = vec![
        format!("--job-name={}{FINISH}", plain(work.name)),
        // Not below cluster/, which it renames: what Slurm starts again after that could not write there, and would not start.
        "--output=finish-%j.txt".to_owned(),
    ];
    lines.extend(resources(cluster));
    if gpus == WithGpus::AsAll && cluster.gpus > 0 && !names_gpus(cluster) {
        lines.push(format!("--gres=gpu:{}", cluster.gpus));
    }
    lines.push("--requeue".to_owned());
    script(work, cluster, &lines, "--finish")
}

/// Whether the last job asks for GPUs, which it does not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithGpus {
    /// It does not.
    Without,
    /// As the others: some partitions take no job without.
    AsAll,
}

fn resources(cluster: &ClusterConfig) -> Vec<String> {
    let ClusterConfig { partition, account, qos, constraint, .. } = cluster;
    let named = [("partition", partition), ("account", account), ("qos", qos), ("constraint", constraint)];
    let named = named.into_iter().filter(|(_, value)| !value.is_empty());
    let mut lines: Vec<String> = named.map(|(key, value)| format!("--{key}={value}")).collect();
    lines.extend([
        "--nodes=1".to_owned(),
        "--ntasks=1".to_owned(),
        format!("--cpus-per-task={}", cluster.cpus),
    ]);
    if let Memory::Bytes(bytes) = cluster.memory {
        lines.push(format!("--mem={}M", bytes.div_ceil(MIB)));
    }
    if cluster.time != TimeLimit::Partition {
        lines.push(format!("--time={}", String::from(cluster.time)));
    }
    lines.push("--open-mode=append".to_owned());
    lines
}

/// Whether the user asks for GPUs in other words.
fn names_gpus(cluster: &ClusterConfig) -> bool {
    let names = |option: &String| {
        option
            .split_whitespace()
            .any(|word| ["--gres", "--gpus", "-G"].iter().any(|name| word.starts_with(name)))
    };
    cluster.options.iter().any(names)
}

fn script(
    work: &Work<'_>,
    cluster: &ClusterConfig,
    lines: &[String],
    what: &str,
) -> Result<String, ClusterError> {
    let mut text = "#!/bin/bash\n".to_owned();
    for line in lines.iter().chain(&cluster.options) {
        let _ = writeln!(text, "#SBATCH {line}");
    }
    text.push('\n');
    for line in &cluster.setup {
        let _ = writeln!(text, "{line}");
    }
    // In the place of the shell, so that signals reach it, and that it is what Slurm preempts and requeues.
    let _ = writeln!(text, "exec {} work {} {what}", quoted(work.program)?, quoted(work.run)?);
    Ok(text)
}

/// A path as bash reads it, whatever letters it has.
fn quoted(path: &Path) -> Result<String, ClusterError> {
    let refused = |why: &str| {
        let path = study::text::one_line(path.display());
        Err(ClusterError::Impossible(format!(
            "{path} {why}, and a batch script cannot name it; choose another path"
        )))
    };
    let Some(text) = path.to_str() else { return refused("is not UTF-8") };
    if text.chars().any(char::is_control) {
        return refused("has control characters in it");
    }
    if path.is_relative() {
        return refused("is not absolute");
    }
    Ok(word(text))
}

/// A text as one word of a shell's.
pub fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A name that the queue can list.
pub(crate) fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let name: String = name.chars().map(|c| if is_plain(c) { c } else { '-' }).take(64).collect();
    let name = name.trim_start_matches('-');
    if name.is_empty() { "superfuse".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests;
