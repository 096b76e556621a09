//! Work on row blocks with every core. What is computed must not depend on the thread that computes it: blocks have
//! absolute bounds and one fixed shape, because a matrix product's rounding may depend on the shape.

use std::sync::{Mutex, PoisonError};
use std::thread;

use ndarray::{Array2, Axis};

/// Rows in a block.
pub(crate) const BLOCK: usize = 256;

/// Calls `act` once for each item, on as many threads as there are cores.
pub(crate) fn in_parallel<T: Send>(items: impl Iterator<Item = T> + Send, act: impl Fn(T) + Sync) {
    let threads = host::cpus::available();
    let queue = Mutex::new(items);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = next() {
                    act(item);
                }
            });
        }
    });
}

/// A copy of these rows. `[wanted, width]`
pub(crate) fn gather(rows: &Array2<f32>, wanted: &[u32]) -> Array2<f32> {
    let wanted: Vec<usize> = wanted.iter().map(|&row| row as usize).collect();
    rows.select(Axis(0), &wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once() {
        let mut out = vec![0_usize; 1_000];
        in_parallel(out.chunks_mut(7).enumerate(), |(block, chunk)| {
            for (offset, value) in chunk.iter_mut().enumerate() {
                *value += block * 7 + offset;
            }
        });
        assert!(out.into_iter().eq(0..1_000));
    }
}
