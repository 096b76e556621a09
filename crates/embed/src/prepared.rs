//! Batches of tokens and pixels, made on threads while the device works on those before.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::Scope;

use crossbeam_channel::{Receiver, bounded};

use crate::error::{EmbedError, printable};
use crate::model::Inputs;
use crate::pairs::{Pairs, text_fault};

/// Batches that wait for the device.
const WAITING: usize = 2;

/// One batch.
pub(crate) struct Prepared {
    /// Its rows, and how each one's picture was.
    pub(crate) rows: Vec<(usize, u64)>,
    /// Rows that cannot be embedded, and why.
    pub(crate) faults: Vec<(usize, String)>,
    pub(crate) tokens: raw::Batch,
    /// `[rows · 3 · height · width]`
    pub(crate) pixels: Vec<f32>,
}

/// What the threads work with.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) pairs: &'a Pairs,
    pub(crate) inputs: &'a Inputs,
    /// Rows of each batch.
    pub(crate) batches: &'a [&'a [usize]],
    /// The next batch that nobody has begun.
    pub(crate) next: &'a AtomicUsize,
    pub(crate) stop: &'a AtomicBool,
}

/// Starts `threads` that make the batches. They end once all are made, the receiver is gone, or `stop` is set. Batches
/// come in any order.
pub(crate) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    threads: usize,
    work: Work<'scope>,
) -> Receiver<Result<Prepared, EmbedError>> {
    let (sender, receiver) = bounded(WAITING);
    for _ in 0..threads.max(1) {
        let sender = sender.clone();
        scope.spawn(move || {
            while !work.stop.load(Ordering::Relaxed) {
                let Some(rows) = work.batches.get(work.next.fetch_add(1, Ordering::Relaxed)) else { break };
                if sender.send(prepare(work, rows)).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}

fn prepare(work: Work<'_>, rows: &[usize]) -> Result<Prepared, EmbedError> {
    let Work { pairs, inputs, .. } = work;
    let (mut kept, mut faults, mut pixels) = (Vec::with_capacity(rows.len()), Vec::new(), Vec::new());
    for &row in rows {
        // Before it is read: one that is replaced meanwhile is done again.
        let stamp = pairs.stamp(row).max(1);
        let made = match text_fault(&pairs.rows[row].text) {
            Some(fault) => Err(fault),
            None => pairs.picture(row).and_then(|bytes| {
                // A decoder that panics on one picture does not end the others.
                let apply = AssertUnwindSafe(|| inputs.preprocessing.apply(&bytes));
                let decoded = catch_unwind(apply).map_or_else(
                    |_| Err("the decoder fails on it".to_owned()),
                    |made| made.map_err(|e| e.to_string()),
                );
                decoded.map_err(|error| match pairs.place(row) {
                    Some(at) => format!("{at}: {error}"),
                    None => error,
                })
            }),
        };
        match made {
            Ok(values) => {
                kept.push((row, stamp));
                pixels.extend(values);
            }
            Err(fault) => faults.push((row, fault)),
        }
    }
    let texts: Vec<&str> = kept.iter().map(|(row, _)| pairs.rows[*row].text.as_str()).collect();
    let tokens = inputs.tokenizer.encode(&texts).map_err(|error| {
        let first = rows.first().map_or("", |row| pairs.rows[*row].name.as_str());
        EmbedError::Encoder {
            what: format!("tokenising the texts from {} on", printable(first)),
            reason: error.to_string(),
        }
    })?;
    Ok(Prepared { rows: kept, faults, tokens, pixels })
}
