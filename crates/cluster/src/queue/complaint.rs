//! What a job that ended with an error said last, in its log.

use std::io::{Read, Seek, SeekFrom};

use host::files;
use store::cluster::ClusterDir;
use study::text::brief;

/// Bytes of the log's end that are read.
const END: u64 = 8 << 10;
/// Characters that are kept.
const LONGEST: usize = 400;
/// What a line of the program's begins with that says why it ends.
const ERROR: &str = "error: ";

/// The last error in the log of a job, or its last line where none is called so, as the shell's are not.
pub(super) fn of(cluster: &ClusterDir, array: u64, index: Option<u32>) -> Option<String> {
    let name = format!("array-{array}_{}.txt", index?);
    let mut log = files::open(&cluster.logs().join(name)).ok()?;
    let length = log.metadata().ok()?.len();
    log.seek(SeekFrom::Start(length.saturating_sub(END))).ok()?;
    let mut end = Vec::new();
    log.take(END).read_to_end(&mut end).ok()?;
    last(&String::from_utf8_lossy(&end)).map(|line| brief(line, LONGEST))
}

fn last(log: &str) -> Option<&str> {
    let lines = || log.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    // Slurm's own say that the process was ended, not why.
    let own = || lines().filter(|line| !line.starts_with("slurm"));
    let error = own().find_map(|line| Some(line.split_once(ERROR)?.1));
    error.or_else(|| own().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_error_counts_and_otherwise_the_last_line() {
        let log = "19:37 error: the run waits: disk full\nerror: nothing could be written on n2\nnothing more\n\
            slurmstepd-n2: error: *** JOB 5 ON n2 CANCELLED ***\n";
        assert_eq!(last(log), Some("nothing could be written on n2"));
        assert_eq!(
            last("slurm_script: line 5\n/bin/bash: module: not found\n\n"),
            Some("/bin/bash: module: not found")
        );
        assert_eq!(last("\n"), None);
    }

    #[test]
    fn it_is_read_from_the_log_of_the_job_that_ended() {
        let run = tempfile::tempdir().unwrap();
        let cluster = ClusterDir::of(run.path());
        cluster.create().unwrap();
        std::fs::write(
            cluster.logs().join("array-7_2.txt"),
            format!("{}error: no \u{1b}[31mspace\n", "x\n".repeat(9_000)),
        )
        .unwrap();
        assert_eq!(of(&cluster, 7, Some(2)).as_deref(), Some("no [31mspace"));
        assert_eq!((of(&cluster, 7, Some(1)), of(&cluster, 7, None)), (None, None));
    }
}
