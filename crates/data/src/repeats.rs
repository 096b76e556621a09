//! Rows of zeros, and rows that appear in two parts of a split.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use ndarray::Array2;

use super::split::Splits;

/// A row's first 128 bits of BLAKE3: equal ones are equal rows.
type Print = u128;

/// The rows of both modalities, each as its print; none for a row of zeros.
pub(crate) struct Prints {
    text: Vec<Option<Print>>,
    image: Vec<Option<Print>>,
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
    /// Takes the prints of every row, in one pass over each modality.
    pub(crate) fn of(text: &Array2<f32>, image: &Array2<f32>) -> Self {
        let (text, image) = std::thread::scope(|scope| {
            let other = scope.spawn(|| prints(image));
            (prints(text), other.join().unwrap_or_default())
        });
        Self { text, image }
    }

    /// Warnings about rows of zeros and rows that appear in two parts, of several splits the one with the
    /// most. `kept` are the rows' places in the source, where some of its rows are dropped.
    pub(crate) fn warnings(&self, splits: &[Splits], kept: Option<&[u32]>) -> Vec<String> {
        let zeros = [("text", &self.text), ("image", &self.image)].into_iter().filter_map(|(modality, prints)| {
            let zeros = prints.iter().filter(|print| print.is_none()).count();
            let first = prints.iter().position(Option::is_none)?;
            let first = kept.map_or(first, |kept| kept[first] as usize);
            Some(format!(
                "{zeros} of {} rows of the {modality} modality are all zeros, the first is row {first} (counted from 0): \
                 is their {modality} missing?",
                prints.len()
            ))
        });
        zeros.chain(self.repeated(splits)).collect()
    }

    /// Which rows are copies of which.
    pub(crate) fn copies(&self) -> Copies {
        let both: Vec<Option<(Print, Print)>> =
            self.text.iter().zip(&self.image).map(|(text, image)| Some(((*text)?, (*image)?))).collect();
        Copies { text: twice(&self.text), image: twice(&self.image), both: twice(&both) }
    }

    fn repeated(&self, splits: &[Splits]) -> Option<String> {
        let Copies { text, image, both } = self.copies();
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
                 together with `data.split`"
            )
        })
    }
}

fn prints(rows: &Array2<f32>) -> Vec<Option<Print>> {
    let mut bytes = Vec::with_capacity(rows.ncols() * 4);
    let print = |row: ndarray::ArrayView1<'_, f32>| {
        if row.iter().all(|&value| value == 0.0) {
            return None;
        }
        bytes.clear();
        bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
        let hash = blake3::hash(&bytes);
        hash.as_bytes().first_chunk().map(|first| Print::from_le_bytes(*first))
    };
    rows.rows().into_iter().map(print).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn splits() -> Splits {
        Splits { train: vec![0, 1, 2], validation: vec![3], test: vec![4, 5] }
    }

    #[test]
    fn rows_in_two_parts_are_counted_by_text_by_image_and_by_both() {
        // Row 4 is row 0; row 5 has row 1's text, and row 3's image, which is row 2's.
        let text = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [1.0, 2.0], [3.0, 4.0]];
        let image = array![[1.0], [2.0], [3.0], [3.0], [1.0], [3.0]];
        let warnings = Prints::of(&text, &image).warnings(&[splits()], None);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(
            warnings[0].starts_with("of 3 validation and test rows, 2 have the text, 3 the image and 1 both"),
            "{warnings:?}"
        );
    }

    #[test]
    fn rows_that_are_equal_within_one_part_are_no_matter() {
        let text = array![[1.0], [1.0], [2.0], [3.0], [4.0], [4.0]];
        let image = array![[1.0], [1.0], [1.0], [3.0], [4.0], [4.0]];
        assert_eq!(Prints::of(&text, &image).warnings(&[splits()], None), [""; 0]);
    }

    #[test]
    fn rows_of_zeros_are_counted_and_are_no_repetition() {
        let text = array![[1.0], [0.0], [2.0], [3.0], [4.0], [-0.0]];
        let image = array![[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]];
        let warnings = Prints::of(&text, &image).warnings(&[splits()], None);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(
            warnings[0].starts_with("2 of 6 rows of the text modality are all zeros, the first is row 1 "),
            "{warnings:?}"
        );
    }
}
