//! Rows that appear in two parts of a split.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use ndarray::{Array2, Axis};

use super::blocks::{BLOCK, in_parallel};
use super::bytes::little_endian;
use super::split::Splits;

/// What both the warning and the health report's finding say.
pub(crate) const SEEN: &str = "what is tested was seen in training";

/// A row's first 128 bits of BLAKE3: equal ones are equal rows.
pub(crate) type Print = u128;

/// The rows of both modalities, each as its print; none for a row that is missing.
pub(crate) struct Prints {
    pub(crate) text: Vec<Option<Print>>,
    pub(crate) image: Vec<Option<Print>>,
}

/// For each row the first row that is equal to it, by text, by image and by both; none for a row that is alone. A list
/// is empty where every row is alone.
pub(crate) struct Copies {
    pub(crate) text: Vec<Option<u32>>,
    pub(crate) image: Vec<Option<u32>>,
    pub(crate) both: Vec<Option<u32>>,
}

/// Validation and test rows that appear in another part as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Repeats {
    text: usize,
    image: usize,
    both: usize,
}

impl Prints {
    /// Takes the prints of every row of both, in one pass over each.
    pub(crate) fn of(text: &Array2<f32>, image: &Array2<f32>) -> Self {
        Self { text: prints(text), image: prints(image) }
    }

    /// Which rows are copies of which.
    pub(crate) fn copies(&self) -> Copies {
        let both: Vec<Option<(Print, Print)>> =
            self.text.iter().zip(&self.image).map(|(text, image)| Some(((*text)?, (*image)?))).collect();
        Copies { text: twice(&self.text), image: twice(&self.image), both: twice(&both) }
    }

    /// The warning about rows that appear in two parts, of several splits the one with the most.
    /// `kept` are the places in the source of the rows that count, where not all do.
    pub(crate) fn repeated(&self, splits: &[Splits], kept: Option<&[u32]>) -> Option<String> {
        let copies = self.copies();
        let of_split = |splits: &Splits| Repeats {
            text: in_two_parts(&copies.text, splits),
            image: in_two_parts(&copies.image, splits),
            both: in_two_parts(&copies.both, splits),
        };
        let (held_out, worst) = splits
            .iter()
            .map(|splits| (splits.validation.len() + splits.test.len(), of_split(splits)))
            .max_by_key(|(_, found)| (found.both, found.text + found.image))?;
        (worst != Repeats::default()).then(|| {
            let Repeats { text, image, both } = worst;
            let groups = [&copies.both, &copies.text, &copies.image];
            let pair = groups.into_iter().find_map(|groups| splits.iter().find_map(|of| first_pair(groups, of)));
            let place = |row: u32| kept.map_or(row, |kept| kept[row as usize]);
            let example = pair.map_or_else(String::new, |(row, copy)| {
                format!(", such as rows {} and {} (counted from 0)", place(row), place(copy))
            });
            format!(
                "of {held_out} validation and test rows, {text} have the text, {image} the image and {both} both of a row in \
                 another part of the split{example}: {SEEN}; remove repeated rows, or keep them \
                 together with `data.group` or `data.split`"
            )
        })
    }
}

/// Whether a row stands for nothing.
pub(crate) fn is_missing(row: &[f32]) -> bool {
    row.iter().all(|&value| value == 0.0) || row.iter().all(|value| value.is_nan())
}

fn prints(rows: &Array2<f32>) -> Vec<Option<Print>> {
    let mut prints = vec![None; rows.nrows()];
    in_parallel(rows.axis_chunks_iter(Axis(0), BLOCK).zip(prints.chunks_mut(BLOCK)), |(rows, prints)| {
        let mut bytes = Vec::new();
        for (row, found) in rows.rows().into_iter().zip(prints) {
            let row = row.as_slice().unwrap_or_default();
            *found = (!is_missing(row)).then(|| print(row, &mut bytes));
        }
    });
    prints
}

/// The print of a row.
pub(crate) fn print(row: &[f32], bytes: &mut Vec<u8>) -> Print {
    let hash = blake3::hash(little_endian(row, bytes));
    hash.as_bytes().first_chunk().map_or(0, |first| Print::from_le_bytes(*first))
}

/// For each row the first row that is equal to it; none for a row that is alone. Empty where all are alone.
fn twice<K: Copy + Eq + Hash>(prints: &[Option<K>]) -> Vec<Option<u32>> {
    let mut first: HashMap<K, u32> = HashMap::with_capacity(prints.len());
    let mut groups = Vec::new();
    for (row, print) in prints.iter().enumerate() {
        let Some(print) = print else { continue };
        let of_first = *first.entry(*print).or_insert(row as u32);
        if of_first as usize != row {
            groups.resize(prints.len(), None);
            groups[of_first as usize] = Some(of_first);
            groups[row] = Some(of_first);
        }
    }
    groups
}

/// Test rows that are equal to a validation or training row, and validation rows that are equal to a training row.
pub(crate) fn in_two_parts(groups: &[Option<u32>], splits: &Splits) -> usize {
    if groups.is_empty() {
        return 0;
    }
    let mut before = HashSet::new();
    let mut count = 0;
    for part in [&splits.train, &splits.validation, &splits.test] {
        let here: Vec<u32> = part.iter().filter_map(|&row| groups[row as usize]).collect();
        count += here.iter().filter(|group| before.contains(*group)).count();
        before.extend(here);
    }
    count
}

/// The first row that is equal to one in another part, and the first of these.
fn first_pair(groups: &[Option<u32>], splits: &Splits) -> Option<(u32, u32)> {
    let mut seen: HashMap<u32, (usize, u32)> = HashMap::new();
    let parts = [&splits.train, &splits.validation, &splits.test];
    let rows =
        parts.into_iter().enumerate().flat_map(|(part, rows)| rows.iter().map(move |&row| (part, row)));
    for (part, row) in rows {
        let Some(group) = groups.get(row as usize).copied().flatten() else { continue };
        match seen.get(&group) {
            Some(&(other, copy)) if other != part => return Some((row.min(copy), row.max(copy))),
            Some(_) => {}
            None => {
                seen.insert(group, (part, row));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use study::event::SplitOf;

    fn splits() -> Splits {
        SplitOf { train: vec![0, 1, 2], validation: vec![3], test: vec![4, 5] }
    }

    fn prints(text: [f32; 6], image: [f32; 6]) -> Prints {
        let of = |rows: [f32; 6]| {
            rows.iter().map(|&row| (row != 0.0).then(|| print(&[row], &mut Vec::new()))).collect()
        };
        Prints { text: of(text), image: of(image) }
    }

    #[test]
    fn rows_in_two_parts_are_counted_by_text_by_image_and_by_both() {
        // Row 4 is row 0; row 5 has row 1's text, and row 3's image, which is row 2's.
        let prints = prints([1.0, 3.0, 5.0, 7.0, 1.0, 3.0], [1.0, 2.0, 3.0, 3.0, 1.0, 3.0]);
        let warning = prints.repeated(&[splits()], None).unwrap();
        assert!(
            warning.starts_with("of 3 validation and test rows, 2 have the text, 3 the image and 1 both"),
            "{warning}"
        );
        assert!(warning.contains("such as rows 0 and 4 (counted from 0)"), "{warning}");
        let kept = prints.repeated(&[splits()], Some(&[10, 11, 12, 13, 14, 15])).unwrap();
        assert!(kept.contains("rows 10 and 14"), "{kept}");
    }

    #[test]
    fn rows_that_are_equal_within_one_part_are_no_matter_and_missing_ones_are_no_repetition() {
        let within = prints([1.0, 1.0, 2.0, 3.0, 4.0, 4.0], [1.0, 1.0, 1.0, 3.0, 4.0, 4.0]);
        assert_eq!(within.repeated(&[splits()], None), None);
        let missing = prints([1.0, 0.0, 2.0, 3.0, 4.0, 0.0], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(missing.repeated(&[splits()], None), None);
    }
}
