//! `sacct`: how jobs ended that the queue has forgotten, where the cluster keeps accounts.

use super::squeue::{Seen, State};
use super::{Call, Slurm, arguments, listed};
use crate::ClusterError;
use study::text::brief;

/// Characters of nodes' names that are kept.
const LONGEST: usize = 200;

impl Slurm {
    /// What the accounts have of these jobs and arrays.
    ///
    /// # Errors
    /// Where there are no accounts, as on many clusters.
    pub fn accounts(&self, ids: &[u64]) -> Result<Vec<Seen>, ClusterError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids = listed(ids);
        let of_call = arguments([
            "--noheader",
            "--parsable2",
            "--allocations",
            "--jobs",
            &ids,
            "--format",
            "JobID,State,NodeList,ElapsedRaw",
        ]);
        let call =
            Call { program: "sacct", arguments: of_call, place: None, input: None, without: Vec::new() };
        Ok(self.call(&call)?.lines().filter_map(seen).collect())
    }
}

fn seen(line: &str) -> Option<Seen> {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let [id, state, host, seconds] = fields.as_slice() else { return None };
    let (array, index) = match id.split_once('_') {
        Some((array, index)) => (array, Some(index.parse().ok()?)),
        None => (*id, None),
    };
    Some(Seen {
        array: array.parse().ok()?,
        index,
        state: State::of(state, "")?,
        reason: String::new(),
        host: if *host == "None assigned" { String::new() } else { brief(host, LONGEST) },
        seconds: seconds.parse().unwrap_or(0),
        restarts: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_and_steps_and_ranges_are_not() {
        let job = seen("1234_7|CANCELLED by 1000|n[1-2]|61").unwrap();
        assert_eq!((job.array, job.index, job.state, job.seconds), (1234, Some(7), State::Cancelled, 61));
        assert_eq!(seen("1234|OUT_OF_MEMORY|None assigned|0").unwrap().host, "");
        for line in ["", "1234.batch|FAILED|n1|1", "1234_[8-9%2]|PENDING|n1|0", "1|2|3", "1|FAILED|n|1|more"]
        {
            assert_eq!(seen(line), None, "{line}");
        }
    }
}
