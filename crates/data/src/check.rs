//! Whether arrays and columns fit together and hold finite numbers.

use ndarray::Array2;

use study::config::Config;

use super::column::Rows;
use super::error::DataError;

pub(crate) fn check_rows(place: &str, config: &Config, rows: [Option<Rows>; 4]) -> Result<(), DataError> {
    let data = &config.data;
    let names = [&data.text, &data.image, &data.label, &data.split];
    let counted: Vec<(&String, Rows)> =
        names.into_iter().zip(rows).filter_map(|(name, rows)| Some((name, rows?))).collect();
    if counted.windows(2).all(|pair| pair[0].1 == pair[1].1) {
        return Ok(());
    }
    let counts: Vec<String> = counted.iter().map(|(name, rows)| format!("`{name}` has {rows}")).collect();
    Err(DataError::RowCounts { path: place.to_owned(), counts: counts.join(", ") })
}

pub(crate) fn check_finite(place: &str, name: &str, values: &Array2<f32>) -> Result<(), DataError> {
    let (mut count, mut rows, mut first) = (0, 0, None);
    for (number, row) in values.rows().into_iter().enumerate() {
        let bad = row.iter().filter(|value| !value.is_finite()).count();
        if bad > 0 {
            count += bad;
            rows += 1;
            first.get_or_insert(number);
        }
    }
    match first {
        None => Ok(()),
        Some(first) => {
            Err(DataError::NotFinite { place: format!("array `{name}` of {place}"), count, rows, first })
        }
    }
}
