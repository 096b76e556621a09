//! Which rows are looked at where all of them would take too long: a keyed sample, the same on every machine.

use study::random::{Purpose, permutation, stream};

/// Rows of a sample at most.
pub(super) const MOST_ROWS: usize = 10_000;
/// Values of a sample at most: 160 MB.
const MOST_VALUES: usize = 40_000_000;

/// What a sample is for. The numbers are part of every result.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use {
    /// Directions of variance.
    Spectrum = 0,
    /// Cosines within a modality and between the two.
    Pairs = 1,
    /// Which row a row is paired with at random.
    Partners = 2,
    /// Training rows.
    Train = 3,
    /// Test rows.
    Test = 4,
    /// Test rows whose nearest training row is looked for.
    Nearest = 5,
    /// Rows by which single columns are judged.
    Columns = 6,
}

/// Rows of this width that a sample holds at most.
pub(super) fn most_rows(width: usize) -> usize {
    (MOST_VALUES / width.max(1)).clamp(1, MOST_ROWS)
}

/// `most` of `rows` at most, in their order.
pub(super) fn sample(rows: &[u32], most: usize, purpose: Use) -> Vec<u32> {
    if rows.len() <= most {
        return rows.to_vec();
    }
    let mut places = shuffled(rows.len(), purpose);
    places.truncate(most);
    places.sort_unstable();
    places.into_iter().map(|place| rows[place as usize]).collect()
}

/// The numbers `0..count` in random order.
pub(super) fn shuffled(count: usize, purpose: Use) -> Vec<u32> {
    permutation(count, &mut stream(Purpose::Inspection, purpose as u64, 0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_holds_each_row_once_in_order_and_all_of_few_rows() {
        let rows: Vec<u32> = (0..1_000).map(|row| row * 3).collect();
        assert_eq!(sample(&rows, 1_000, Use::Train), rows);
        let some = sample(&rows, 100, Use::Train);
        assert_eq!(some.len(), 100);
        assert!(some.windows(2).all(|pair| pair[0] < pair[1]) && some.iter().all(|row| row % 3 == 0));
        assert_ne!(some, sample(&rows, 100, Use::Test));
        assert_eq!(some, sample(&rows, 100, Use::Train));
    }

    #[test]
    fn a_sample_of_wide_rows_is_bounded_by_its_values() {
        assert_eq!((most_rows(768), most_rows(40_000), most_rows(usize::MAX)), (10_000, 1_000, 1));
    }
}
