//! A shard of a run on a cluster: its latest start, and what computed those before.

use super::super::event::Provenance;

/// A shard that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardState {
    /// Its latest start.
    pub start: u32,
    /// The machine that it runs on.
    pub host: String,
    /// What the queue calls its job; empty outside a queue.
    pub job: String,
    /// When the start began, milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// What computes it.
    pub provenance: Provenance,
    /// What computed its earlier starts, where that was something else.
    earlier: Vec<Provenance>,
}

impl ShardState {
    pub(super) fn new(start: u32, (host, job): (&str, &str), at_ms: u64, provenance: Provenance) -> Self {
        Self { start, host: host.to_owned(), job: job.to_owned(), at_ms, provenance, earlier: Vec::new() }
    }

    /// Takes a later start of the same shard.
    pub(super) fn start_again(&mut self, begun: Self) {
        let before = std::mem::replace(self, begun);
        self.earlier = before.earlier;
        if before.provenance != self.provenance && !self.earlier.contains(&before.provenance) {
            self.earlier.push(before.provenance);
        }
    }

    /// What computed it, start by start; equal ones once.
    pub fn provenances(&self) -> impl Iterator<Item = &Provenance> {
        self.earlier.iter().chain([&self.provenance])
    }
}
