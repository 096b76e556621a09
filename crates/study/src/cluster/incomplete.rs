//! Which trials have no outcome since their jobs ended before, in sentences.

use super::plan::{Item, Shard};
use super::queue::Queue;
use crate::format::counted;
use crate::run_state::RunState;

/// Jobs that are named one by one.
const MOST: usize = 5;

/// A sentence for each job that has ended before its shard was over, the first few of them; `run` is the run's folder.
pub fn told<'a>(
    run: &str,
    state: &RunState,
    shard: impl Fn(u32) -> Option<&'a Shard>,
    queue: &Queue,
) -> Vec<String> {
    let open = |number: u32| -> Option<Shard> {
        let of = shard(number)?;
        let items: Vec<Item> = of.items.iter().filter_map(|item| item.open(state)).collect();
        (!items.is_empty()).then_some(Shard { items, cost: 0.0 })
    };
    let ended = queue.jobs.iter().filter(|job| !job.state.is_alive());
    let all: Vec<_> = ended.filter_map(|job| Some((job, open(job.shard)?))).collect();
    let mut lines: Vec<String> = Vec::new();
    for (job, open) in all.iter().take(MOST) {
        let remedy = job.remedy(run).map_or_else(String::new, |remedy| format!("; {remedy}"));
        lines.push(format!("{} without an outcome: {}{remedy}", open.told(), job.told()));
    }
    if all.len() > MOST {
        let more = counted(all.len() - MOST, "more shard");
        lines.push(format!(
            "{more} without an outcome; `superfuse-tui resume {run}` submits all that is missing"
        ));
    }
    lines
}
