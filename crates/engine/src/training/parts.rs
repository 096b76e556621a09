//! A cohort whose seeds do not all fit into memory: they train in parts, one after the other.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::backend::parameters::Parameters;
use crate::error::EngineError;
use crate::evaluation::TrialWeights;
use crate::fusion::Reader;
use crate::training::cohort::saved::Saved;
use crate::training::event::TrainingEvent;
use crate::training::groups::{self, Ending, Task, Trained};
use crate::training::memory::Needs;
use study::config::{Keep, Memory};
use study::grid::{Epoch, Seed};

/// Seeds that train at once: groups that were saved, and seeds that begin.
#[derive(Default)]
struct Part {
    saved: Vec<Saved>,
    seeds: Vec<Seed>,
}

/// Trains and tests the task's seeds, those in `saved` from their training states; reports epochs from `first` on.
/// How it ended, and how long it waited for orders.
pub(crate) fn train(
    task: &Task<'_>,
    saved: Vec<Saved>,
    first: Epoch,
    mut report: impl FnMut(TrainingEvent),
) -> Result<(Ending, Duration), EngineError> {
    let at_once = at_once(task, &mut report)?;
    let parts = divide(task.seeds, saved, at_once);
    let (mut all, mut waited, count) = (Trained::default(), Duration::ZERO, parts.len());
    for Part { saved, seeds } in parts {
        let (ending, waited_here) = groups::train(task, &seeds, saved, first, &mut report)?;
        waited += waited_here;
        match ending {
            Ending::Left | Ending::Stopped => return Ok((ending, waited)),
            Ending::Trained(mut trained) => {
                if count > 1 {
                    let keep = task.header.config.checkpoints.keep;
                    trained.weights = copies_to_keep(&trained.weights, keep, task.seeds);
                }
                all.extend(trained);
            }
        }
    }
    Ok((Ending::Trained(all), waited))
}

/// How many seeds fit at once; warns where they are not all.
fn at_once(task: &Task<'_>, report: &mut impl FnMut(TrainingEvent)) -> Result<usize, EngineError> {
    let config = &task.header.config;
    let needs = Needs::of(task.cohort, task.header, task.compute);
    let wanted = task.at_once.min(task.seeds.len());
    let splits = || task.data.partitions().iter().filter_map(|split| split.task(task.cohort.task));
    // Made or found now, so that it is counted.
    let mut made = BTreeSet::new();
    for &seed in task.seeds {
        let reader = Reader::of(config, task.cohort.fusion, seed);
        let Some(draw) = task.data.draw(task.cohort.task, seed) else { continue };
        if made.insert((task.data.facts.set_of(task.cohort.task, seed), reader.choice)) {
            drop(task.cache.trained(config, reader, &draw.data));
        }
    }
    // All sets of rows are in use while their seeds train, also those that the cache has no room for.
    let held = || task.cache.bytes(needs.noise).max(needs.rows);
    let fitting = |held| task.budget.seeds_at_once(wanted, needs.seed, held);
    let mut fits = fitting(held());
    if fits.as_ref().map_or(0, |&fits| fits) < wanted {
        task.cache.keep_only(task.cohort.fusion, splits());
        fits = fitting(held());
    }
    let fits = fits.map_err(EngineError::Memory)?;
    if fits < wanted {
        let memory = match config.run.memory {
            Memory::Auto => "memory".to_owned(),
            amount @ Memory::Bytes(_) => format!("run.memory = \"{}\"", String::from(amount)),
        };
        let (cohort, all) = (task.cohort, task.seeds.len());
        let text = format!("{cohort}: {memory} holds {fits} of {all} seeds at once, so they train in parts");
        report(TrainingEvent::Warned(text));
    }
    Ok(fits)
}

/// Saved groups first, in their order, filled up with seeds that begin; a group stays whole.
fn divide(seeds: &[Seed], saved: Vec<Saved>, at_once: usize) -> Vec<Part> {
    let at_once = at_once.max(1);
    let is_saved = |seed: &Seed| saved.iter().any(|group| group.seeds().contains(seed));
    let mut new: Vec<Seed> = seeds.iter().copied().filter(|seed| !is_saved(seed)).collect();
    let mut parts: Vec<Part> = Vec::new();
    let size =
        |part: &Part| part.seeds.len() + part.saved.iter().map(|group| group.seeds().len()).sum::<usize>();
    for group in saved {
        match parts.last_mut() {
            Some(part) if size(part) + group.seeds().len() <= at_once => part.saved.push(group),
            _ => parts.push(Part { saved: vec![group], seeds: Vec::new() }),
        }
    }
    if let Some(part) = parts.last_mut() {
        let room = at_once.saturating_sub(size(part)).min(new.len());
        part.seeds.extend(new.drain(..room));
    }
    parts.extend(new.chunks(at_once).map(|seeds| Part { saved: Vec::new(), seeds: seeds.to_vec() }));
    parts
}

/// The weights that checkpoints need, in memory of their own, so that the stack they were part of can go.
fn copies_to_keep(weights: &[TrialWeights], keep: Keep, order: &[Seed]) -> Vec<TrialWeights> {
    let alone = |trial: &TrialWeights| {
        let best = Parameters::zeros(trial.best.shape(), 1, trial.best.storage()[0].device());
        best.copy_from(&trial.best);
        TrialWeights { last: best.range(0, 1), best, ..*trial }
    };
    match keep {
        Keep::None => Vec::new(),
        Keep::All => weights.iter().map(alone).collect(),
        Keep::Best => {
            // Of equals the first in the order of the sweep, as without parts.
            let place = |trial: &TrialWeights| order.iter().position(|seed| *seed == trial.seed);
            let better = |a: &&TrialWeights, b: &&TrialWeights| {
                a.val_accuracy.total_cmp(&b.val_accuracy).then(place(b).cmp(&place(a)))
            };
            weights.iter().max_by(better).map(alone).into_iter().collect()
        }
    }
}
