//! `scancel`: jobs leave the queue, and running ones are asked to end.

use super::{Call, Slurm, arguments};
use crate::ClusterError;

impl Slurm {
    /// Cancels jobs or arrays; those that have ended already are no error.
    pub fn cancel(&self, ids: &[u64]) -> Result<(), ClusterError> {
        if ids.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = ids.iter().map(u64::to_string).collect();
        let of_call = arguments(["--quiet"].into_iter().chain(texts.iter().map(String::as_str)));
        let call =
            Call { program: "scancel", arguments: of_call, place: None, input: None, without: Vec::new() };
        self.call(&call).map(drop)
    }
}
