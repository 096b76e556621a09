//! Rows from the source straight into the parts of every split, looked at on their way: what is missing, what is not
//! finite, what is there twice.

use ndarray::Array2;

use study::event::SplitOf;

use super::blocks::in_parallel;
use super::encoder::Modality;
use super::error::DataError;
use super::progress::Progress;
use super::repeats::{Print, is_missing, print};
use super::source::Source;
use super::split::Splits;

/// Rows that one thread looks at, at a time.
const AT_A_TIME: usize = 128;

/// One modality's rows in every split.
#[derive(Default)]
pub(crate) struct Filled {
    /// `[rows, width]` each. A missing row is all zeros.
    pub(crate) splits: Vec<SplitOf<Array2<f32>>>,
    /// Of each kept row its print; none for one that is missing.
    pub(crate) prints: Vec<Option<Print>>,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Whole(Print),
    /// All zeros, or all NaN.
    Missing,
    /// So many of its values are NaN or infinite.
    NotFinite(usize),
}

/// Reads one modality. `kept` are the source's rows that count, ascending, where not all do; `splits` number these.
///
/// # Errors
/// Where a kept row is not finite, and what the source says.
pub(crate) fn fill(
    source: &mut Source,
    of: Modality,
    kept: Option<&[u32]>,
    splits: &[Splits],
    progress: &mut Progress<'_>,
) -> Result<Filled, DataError> {
    let [rows, width] = source.shape(of)?;
    let place = source.array(of);
    let memory = || DataError::Memory { place: place.clone() };
    let mut parts = Vec::new();
    for part in splits.iter().flat_map(|splits| [&splits.train, &splits.validation, &splits.test]) {
        parts.push(Part::new(part, width).ok_or_else(memory)?);
    }
    let mut prints = Vec::with_capacity(kept.map_or(rows, <[u32]>::len));
    let mut bad = Bad::default();
    let mut kept = Kept::new(kept);
    let mut next = 0_u32;
    source.rows(of, &mut |block| {
        let seen = look_at(block, width);
        for (values, row) in block.chunks_exact(width).zip(seen) {
            let (from, number) = (next, kept.number(next));
            next += 1;
            let Some(number) = number else { continue };
            prints.push(match row {
                Row::Whole(print) => Some(print),
                Row::Missing => None,
                Row::NotFinite(count) => {
                    bad.add(from, count);
                    None
                }
            });
            let is_missing = row == Row::Missing;
            for part in &mut parts {
                part.take(number, values, is_missing);
            }
        }
        progress.add(block.len() / width);
        Ok(())
    })?;
    source.free(of);
    bad.check(&place, || source.without_rows())?;
    let mut parts = parts.into_iter().map(Part::finish);
    let mut one = || parts.next().unwrap_or_default();
    let splits = splits.iter().map(|_| SplitOf { train: one(), validation: one(), test: one() }).collect();
    Ok(Filled { splits, prints })
}

/// The source's rows that are missing in a modality, one flag for each.
pub(crate) fn missing(
    source: &mut Source,
    of: Modality,
    progress: &mut Progress<'_>,
) -> Result<Vec<bool>, DataError> {
    let [rows, width] = source.shape(of)?;
    let mut missing = Vec::with_capacity(rows);
    source.rows(of, &mut |block| {
        missing.extend(block.chunks_exact(width).map(is_missing));
        progress.add(block.len() / width);
        Ok(())
    })?;
    Ok(missing)
}

/// What each row of a block is, found on every core.
fn look_at(block: &[f32], width: usize) -> Vec<Row> {
    let mut seen = vec![Row::Missing; block.len() / width];
    let is_small = seen.len() <= AT_A_TIME;
    let work = block.chunks(AT_A_TIME * width).zip(seen.chunks_mut(AT_A_TIME));
    let look = |(rows, seen): (&[f32], &mut [Row])| {
        let mut bytes = Vec::with_capacity(width * size_of::<f32>());
        for (row, seen) in rows.chunks_exact(width).zip(seen) {
            let bad = row.iter().filter(|value| !value.is_finite()).count();
            *seen = match bad {
                _ if is_missing(row) => Row::Missing,
                0 => Row::Whole(print(row, &mut bytes)),
                bad => Row::NotFinite(bad),
            };
        }
    };
    if is_small {
        work.for_each(look);
    } else {
        in_parallel(work, look);
    }
    seen
}

/// A part of a split that is being filled: its rows come in their order.
struct Part<'a> {
    /// Ascending.
    rows: &'a [u32],
    width: usize,
    taken: usize,
    values: Vec<f32>,
}

impl<'a> Part<'a> {
    fn new(rows: &'a [u32], width: usize) -> Option<Self> {
        let mut values = Vec::new();
        values.try_reserve_exact(rows.len().checked_mul(width)?).ok()?;
        Some(Self { rows, width, taken: 0, values })
    }

    fn take(&mut self, number: u32, values: &[f32], is_missing: bool) {
        if self.rows.get(self.taken) != Some(&number) {
            return;
        }
        self.taken += 1;
        // Zeros stay as they are, signs included.
        if is_missing && values.iter().any(|value| value.is_nan()) {
            self.values.resize(self.values.len() + self.width, 0.0);
        } else {
            self.values.extend_from_slice(values);
        }
    }

    fn finish(self) -> Array2<f32> {
        Array2::from_shape_vec((self.taken, self.width), self.values).unwrap_or_default()
    }
}

/// Numbers the source's rows that are kept.
struct Kept<'a> {
    rows: Option<&'a [u32]>,
    taken: u32,
}

impl<'a> Kept<'a> {
    const fn new(rows: Option<&'a [u32]>) -> Self {
        Self { rows, taken: 0 }
    }

    /// The number of the source's row `row`, which comes after those asked for before; none where it is dropped.
    fn number(&mut self, row: u32) -> Option<u32> {
        let Some(rows) = self.rows else { return Some(row) };
        (rows.get(self.taken as usize) == Some(&row)).then(|| {
            self.taken += 1;
            self.taken - 1
        })
    }
}

/// Rows that are not finite.
#[derive(Default)]
struct Bad {
    count: usize,
    rows: usize,
    first: Option<u32>,
}

impl Bad {
    fn add(&mut self, row: u32, count: usize) {
        self.count += count;
        self.rows += 1;
        self.first.get_or_insert(row);
    }

    fn check(self, place: &str, fix: impl FnOnce() -> String) -> Result<(), DataError> {
        let Self { count, rows, first } = self;
        let Some(first) = first else { return Ok(()) };
        let values = if count == 1 { "value that is" } else { "values that are" };
        let array = format!(
            "{place} has {count} {values} NaN or infinite, in {rows} of its rows, the first in row {first} (counted from 0)"
        );
        Err(DataError::NotFinite { arrays: vec![array], fix: fix() })
    }
}
