//! What computed the shards of a run, where that was not everywhere the same: sums of another instruction set, GPU or LibTorch
//! have another order, and results may differ in their last digits.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::Provenance;
use crate::run_state::{RunState, ShardState};

/// Ranges of shards that are named.
const MOST: usize = 8;

/// What must be the same for numbers to be: device with its instruction set, LibTorch, and program.
pub type Kind = (String, String, String);

/// That of a process.
pub fn kind(made: &Provenance) -> Kind {
    (made.device.clone(), made.libtorch.clone(), made.program.clone())
}

/// Each device that computed shards, with these, in words; of one alone as well.
pub fn devices(state: &RunState) -> Vec<(String, String)> {
    let all = || state.shards().values().flat_map(ShardState::provenances);
    let several = |part: fn(&Provenance) -> &String| all().map(part).collect::<BTreeSet<_>>().len() > 1;
    let (of_programs, of_torches) = (several(|made| &made.program), several(|made| &made.libtorch));
    let mut devices: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for (&number, shard) in state.shards() {
        for made in shard.provenances() {
            let mut text = made.device.clone();
            if of_torches {
                text = format!("{text}, LibTorch {}", made.libtorch);
            }
            if of_programs {
                text = format!("{text}, program {}", made.program);
            }
            devices.entry(text).or_default().insert(number);
        }
    }
    devices.into_iter().map(|(device, shards)| (device, listed(&shards))).collect()
}

/// Where they were not all alike, a sentence that says which shards were computed by what.
pub fn told(state: &RunState) -> Option<String> {
    let devices = devices(state);
    let each = devices.iter().map(|(device, shards)| format!("{shards} on {device}"));
    (devices.len() > 1).then(|| {
        format!(
            "shards were computed on unlike hardware or software, so numbers may differ in their last digits: {}",
            each.collect::<Vec<_>>().join("; ")
        )
    })
}

/// `shard 3`, `shards 0–5, 7`.
fn listed(shards: &BTreeSet<u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &shard in shards {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == shard => *last = shard,
            _ => ranges.push((shard, shard)),
        }
    }
    let named = ranges.iter().take(MOST);
    let mut texts: Vec<String> = named
        .map(|&(first, last)| if first == last { first.to_string() } else { format!("{first}–{last}") })
        .collect();
    if ranges.len() > MOST {
        texts.push("…".into());
    }
    format!("{} {}", if shards.len() == 1 { "shard" } else { "shards" }, texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, EventKind};
    use crate::sample;

    #[test]
    fn shards_are_named_by_what_computed_them_where_that_differs() {
        let mut state = sample::planned();
        let header = state.header().unwrap().clone();
        let mut begin = |shard, start, device: &str| {
            let provenance = Provenance { device: device.into(), ..header.provenance.clone() };
            let (host, job) = ("n1".to_owned(), String::new());
            let kind = EventKind::ShardStarted { shard, start, host, job, after: None, provenance };
            let event = Event { seq: state.next_seq(), at_ms: 1, kind };
            state.apply(&event);
            told(&state)
        };
        for shard in [0, 1, 2, 9] {
            assert_eq!(begin(shard, 1, "cpu, AVX-512 kernel"), None);
        }
        let said = begin(4, 1, "cpu, AVX2 kernel").unwrap();
        assert!(
            said.ends_with(": shards 0–2, 9 on cpu, AVX-512 kernel; shard 4 on cpu, AVX2 kernel"),
            "{said}"
        );
        // One that begins again elsewhere has both.
        let said = begin(2, 2, "cpu, AVX2 kernel").unwrap();
        assert!(
            said.ends_with(": shards 0–2, 9 on cpu, AVX-512 kernel; shards 2, 4 on cpu, AVX2 kernel"),
            "{said}"
        );
    }

    #[test]
    fn many_ranges_are_cut() {
        assert_eq!(listed(&(0..40).step_by(2).collect()), "shards 0, 2, 4, 6, 8, 10, 12, 14, …");
    }
}
