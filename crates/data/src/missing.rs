//! Rows whose text or image is missing.

use ndarray::Array2;

use study::config::{Config, Missing};
use study::event::SplitOf;

use super::encoder::mean;
use super::error::{DataError, PairingError, rows_have};
use super::repeats::{Print, Prints};
use super::split::Splits;

/// What `data.missing` makes of the kept rows that are missing: a warning that counts them, or none.
///
/// # Errors
/// Where they are refused.
pub(crate) fn missing_halves(
    place: &str,
    config: &Config,
    prints: &Prints,
    kept: Option<&[u32]>,
) -> Result<Option<String>, DataError> {
    let count = |prints: &[Option<Print>]| prints.iter().filter(|print| print.is_none()).count();
    let (text, image) = (count(&prints.text), count(&prints.image));
    let is_missing = |(text, image): (&Option<Print>, &Option<Print>)| text.is_none() || image.is_none();
    let Some(first) = prints.text.iter().zip(&prints.image).position(is_missing) else { return Ok(None) };
    let first = kept.map_or(first as u32, |kept| kept[first]);
    let what = match config.data.missing {
        Missing::Refuse | Missing::Drop => {
            return Err(PairingError::MissingHalves { place: place.to_owned(), text, image, first }.into());
        }
        Missing::Mean => "the training rows' mean stands in their place",
        Missing::Zero => "zeros stand in their place",
    };
    Ok(Some(format!(
        "{} no text and {image} no image, the first is row {first} (counted from 0): {what} (`data.missing`)",
        rows_have(text)
    )))
}

/// Puts the mean of the training rows that are there in place of the missing ones, which have no print; zeros where no
/// training row is there.
pub(crate) fn mean_in_place_of_missing(
    rows: &mut SplitOf<Array2<f32>>,
    splits: &Splits,
    prints: &[Option<Print>],
) {
    let places = |numbers: &[u32]| -> Vec<usize> {
        let is_missing = |(_, number): &(usize, &u32)| prints[**number as usize].is_none();
        numbers.iter().enumerate().filter(is_missing).map(|(place, _)| place).collect()
    };
    let missing = splits.map(|numbers| places(numbers));
    let there = rows.train.nrows() - missing.train.len();
    // Missing rows are zeros: they add nothing to the sum.
    let mean = mean(&rows.train) * (rows.train.nrows() as f64 / there.max(1) as f64);
    for (rows, missing) in [
        (&mut rows.train, missing.train),
        (&mut rows.validation, missing.validation),
        (&mut rows.test, missing.test),
    ] {
        for place in missing {
            rows.row_mut(place).iter_mut().zip(&mean).for_each(|(value, mean)| *value = *mean as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_mean_is_of_the_training_rows_that_are_there() {
        let mut rows = SplitOf {
            train: array![[1.0, 2.0], [0.0, 0.0], [3.0, 6.0]],
            validation: array![[0.0, 0.0]],
            test: array![[9.0, 9.0]],
        };
        let splits = Splits { train: vec![0, 1, 4], validation: vec![2], test: vec![3] };
        mean_in_place_of_missing(&mut rows, &splits, &[Some(1), None, None, Some(2), Some(3)]);
        assert_eq!(rows.train, array![[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]);
        assert_eq!((rows.validation, rows.test), (array![[2.0, 4.0]], array![[9.0, 9.0]]));
    }
}
