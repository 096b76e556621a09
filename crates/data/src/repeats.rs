//! Rows that appear in two parts of a split.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::split::Splits;

/// A row's first 128 bits of BLAKE3: equal ones are equal rows.
pub(crate) type Print = u128;

/// The rows of both modalities, each as its print; none for a row that is missing.
pub(crate) struct Prints {
    pub(crate) text: Vec<Option<Print>>,
    pub(crate) image: Vec<Option<Print>>,
}

/// Validation and test rows that appear in another part as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Repeats {
    text: usize,
    image: usize,
    both: usize,
}

impl Prints {
    /// The warning about rows that appear in two parts, of several splits the one with the most.
    pub(crate) fn repeated(&self, splits: &[Splits]) -> Option<String> {
        let both: Vec<Option<(Print, Print)>> =
            self.text.iter().zip(&self.image).map(|(text, image)| Some(((*text)?, (*image)?))).collect();
        let (text, image, both) = (twice(&self.text), twice(&self.image), twice(&both));
        let of_split = |splits: &Splits| Repeats {
            text: in_two_parts(&text, splits),
            image: in_two_parts(&image, splits),
            both: in_two_parts(&both, splits),
        };
        let (held_out, worst) = splits
            .iter()
            .map(|splits| (splits.validation.len() + splits.test.len(), of_split(splits)))
            .max_by_key(|(_, found)| (found.both, found.text + found.image))?;
        (worst != Repeats::default()).then(|| {
            let Repeats { text, image, both } = worst;
            format!(
                "of {held_out} validation and test rows, {text} have the text, {image} the image and {both} both of a row in \
                 another part of the split: what is tested was seen in training; remove repeated rows, or keep them \
                 together with `data.group` or `data.split`"
            )
        })
    }
}

/// The print of a row.
pub(crate) fn print(row: &[f32], bytes: &mut Vec<u8>) -> Print {
    bytes.clear();
    bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
    let hash = blake3::hash(bytes);
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
fn in_two_parts(groups: &[Option<u32>], splits: &Splits) -> usize {
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
        let warning = prints.repeated(&[splits()]).unwrap();
        assert!(
            warning.starts_with("of 3 validation and test rows, 2 have the text, 3 the image and 1 both"),
            "{warning}"
        );
    }

    #[test]
    fn rows_that_are_equal_within_one_part_are_no_matter_and_missing_ones_are_no_repetition() {
        let within = prints([1.0, 1.0, 2.0, 3.0, 4.0, 4.0], [1.0, 1.0, 1.0, 3.0, 4.0, 4.0]);
        assert_eq!(within.repeated(&[splits()]), None);
        let missing = prints([1.0, 0.0, 2.0, 3.0, 4.0, 0.0], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(missing.repeated(&[splits()]), None);
    }
}
