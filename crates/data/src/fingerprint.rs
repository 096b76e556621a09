//! BLAKE3 over everything that the model receives.

use std::collections::BTreeSet;

use ndarray::Array2;

use study::event::SplitOf;
use study::grid::Task;

use super::bytes::little_endian;
use super::{Partition, TaskData};

/// Values seen at a time.
const CHUNK: usize = 1 << 14;
/// Classes that are hashed as bytes.
const MOST_IN_BYTES: u16 = 255;

/// Hexadecimal BLAKE3 of these tasks in one split.
pub(crate) fn of_partition(partition: &Partition, tasks: &[Task]) -> String {
    // Whatever the order in which a sweep names them.
    let wanted: BTreeSet<Task> = tasks.iter().copied().collect();
    let draws = |task| partition.draws(task).iter().map(move |draw| (task, &draw.data));
    let of_rows = fingerprint(wanted.into_iter().flat_map(draws));
    if partition.test_groups.is_empty() {
        return of_rows;
    }
    // Intervals follow from them as well.
    let groups: Vec<u8> = partition.test_groups.iter().flat_map(|group| group.to_le_bytes()).collect();
    blake3::Hasher::new().update(of_rows.as_bytes()).update(&groups).finalize().to_hex().to_string()
}

/// That of a data set whose splits have these: of several, over theirs.
pub(crate) fn of_all(splits: &[String]) -> String {
    match splits {
        [split] => split.clone(),
        several => {
            let mut hasher = blake3::Hasher::new();
            for split in several {
                hasher.update(split.as_bytes());
            }
            hasher.finalize().to_hex().to_string()
        }
    }
}

/// Hexadecimal BLAKE3 of each task's arrays and labels, draw by draw and split by split, with their shapes.
fn fingerprint<'a>(tasks: impl Iterator<Item = (Task, &'a TaskData)>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut seen = None;
    for (task, data) in tasks {
        hasher.update(task.name().as_bytes());
        // Tasks' inputs are one where they are the same: gigabytes are hashed once.
        if seen != Some(data.key()) {
            let inputs = data.inputs();
            in_order(&inputs.text, |rows| matrix(&mut hasher, rows));
            in_order(&inputs.image, |rows| matrix(&mut hasher, rows));
            seen = Some(data.key());
        }
        // A byte each where that holds every class, as it was when there were two.
        let mut is_bytes = true;
        in_order(&data.labels, |labels| is_bytes &= labels.iter().all(|&label| label < MOST_IN_BYTES));
        in_order(&data.labels, |labels| {
            hasher.update(&(labels.len() as u64).to_le_bytes());
            if is_bytes {
                let bytes: Vec<u8> = labels.iter().map(|&label| label as u8).collect();
                hasher.update(&bytes);
            } else {
                let bytes: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
                hasher.update(&bytes);
            }
        });
    }
    hasher.finalize().to_hex().to_string()
}

fn in_order<T>(splits: &SplitOf<T>, mut act: impl FnMut(&T)) {
    act(&splits.train);
    act(&splits.validation);
    act(&splits.test);
}

fn matrix(hasher: &mut blake3::Hasher, rows: &Array2<f32>) {
    hasher.update(&(rows.nrows() as u64).to_le_bytes());
    hasher.update(&(rows.ncols() as u64).to_le_bytes());
    let mut bytes = Vec::with_capacity(CHUNK * 4);
    for chunk in rows.as_slice().unwrap_or_default().chunks(CHUNK) {
        hasher.update(little_endian(chunk, &mut bytes));
    }
}
