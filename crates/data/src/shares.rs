//! How many rows a part of a split has, of all and of each class.

use study::event::SplitOf;

/// Rows of each split, ascending.
pub(crate) type Splits = SplitOf<Vec<u32>>;

/// A share of so many rows, rounded.
pub(crate) fn share_of(rows: usize, share: f64) -> usize {
    (rows as f64 * share).round() as usize
}

/// `wanted` rows in the proportion of the classes' `counts`: rounded down, and what is missing one each from the
/// classes that lost most by that; of equals the later class.
pub(crate) fn shares_of(wanted: usize, counts: &[usize]) -> Vec<usize> {
    let all = counts.iter().sum::<usize>().max(1);
    let mut shares: Vec<usize> = counts.iter().map(|count| wanted * count / all).collect();
    let missing = wanted.min(all) - shares.iter().sum::<usize>();
    let mut by_loss: Vec<usize> = (0..counts.len()).collect();
    by_loss.sort_by_key(|&class| std::cmp::Reverse((wanted * counts[class] % all, class)));
    by_loss.into_iter().take(missing).for_each(|class| shares[class] += 1);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_proportion() {
        assert_eq!(shares_of(15, &[40, 40, 20]), [6, 6, 3]);
        assert_eq!(shares_of(10, &[33, 33, 34]), [3, 3, 4]);
        assert_eq!(shares_of(3, &[1, 1, 1, 1]), [0, 1, 1, 1]);
        assert_eq!(shares_of(0, &[]), Vec::<usize>::new());
    }

    // Splits of runs that exist must not change: with two classes the second has its share, rounded.
    #[test]
    fn two_classes_are_drawn_as_they_always_were() {
        for (wanted, zeros, ones) in
            [(15, 50, 50), (7, 31, 12), (1, 1, 1), (5, 0, 9), (5, 9, 0), (33, 61, 49)]
        {
            let of_ones = ((wanted * ones) as f64 / (zeros + ones) as f64).round() as usize;
            assert_eq!(
                shares_of(wanted, &[zeros, ones]),
                [wanted - of_ones, of_ones],
                "{wanted} {zeros} {ones}"
            );
        }
    }
}
