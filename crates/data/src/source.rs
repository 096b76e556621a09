//! The configured source as arrays and columns, part by part, so that each part's error can be reported.

use std::path::Path;

use ndarray::Array2;

use study::config::Config;

use super::clip_like;
use super::column::{Column, parse};
use super::error::{DataError, printable, printable_path};
use super::files;
use super::limit;

/// The value of `data.source` for the built-in generator.
const CLIP_LIKE: &str = "clip-like";
/// The value of `data.split` for a random split.
const RANDOM: &str = "random";
/// Rows of labels that are read where it is not known how many rows the arrays have.
const MOST_UNPAIRED: usize = 10_000_000;

/// A source's parts as they were found.
pub(crate) struct Parts {
    /// For titles.
    pub(crate) name: String,
    /// The file or folder, for messages.
    pub(crate) place: String,
    /// `[rows, width]`
    pub(crate) text: Result<Array2<f32>, DataError>,
    /// `[rows, width]`
    pub(crate) image: Result<Array2<f32>, DataError>,
    pub(crate) label: Result<Column, DataError>,
    /// Absent where splits are drawn.
    pub(crate) split: Option<Result<Column, DataError>>,
}

/// Reads or generates what the configuration names; fails only where there is nothing to look into, or where it would
/// not fit into memory.
pub(crate) fn read(config: &Config) -> Result<Parts, DataError> {
    let data = &config.data;
    if data.source == CLIP_LIKE {
        return generated(config);
    }
    let path = Path::new(&data.source);
    let mut file = files::open(path)?;
    let name =
        path.file_stem().map_or_else(|| data.source.clone(), |stem| stem.to_string_lossy().into_owned());
    // Headers first: what they claim decides whether anything is read.
    let shapes: Vec<[usize; 2]> = [("data.text", &data.text), ("data.image", &data.image)]
        .into_iter()
        .filter_map(|(key, name)| file.shape(key, name).ok())
        .collect();
    limit::check(config, &printable_path(path), &shapes)?;
    let most = shapes.iter().map(|&[rows, _]| rows).max().unwrap_or(MOST_UNPAIRED);
    Ok(Parts {
        name: printable(&name),
        place: printable_path(path),
        text: matrix(file.as_mut(), "data.text", &data.text),
        image: matrix(file.as_mut(), "data.image", &data.image),
        label: files::column(file.as_mut(), "data.label", &data.label, most),
        split: (data.split != RANDOM).then(|| files::column(file.as_mut(), "data.split", &data.split, most)),
    })
}

fn matrix(file: &mut dyn files::ArrayFile, key: &'static str, name: &str) -> Result<Array2<f32>, DataError> {
    let [rows, width] = file.shape(key, name)?;
    let mut values = Vec::with_capacity(rows * width);
    file.rows(key, name, &mut |block| {
        values.extend_from_slice(block);
        Ok(())
    })?;
    Array2::from_shape_vec((rows, width), values)
        .map_err(|error| DataError::Damaged { place: name.to_owned(), reason: error.to_string() })
}

fn generated(config: &Config) -> Result<Parts, DataError> {
    let data = &config.data;
    if data.split != RANDOM {
        let wanted = "the generator's splits are drawn: it must be `random`";
        return Err(DataError::Key { key: "data.split", value: printable(&data.split), wanted });
    }
    let place = "the generator".to_owned();
    limit::check(config, &place, &[[data.clip_like.samples, data.clip_like.width]; 2])?;
    let pairs = clip_like::generate(&data.clip_like)?;
    let label = pairs.label.iter().map(|&label| parse(if label == 1 { "1" } else { "0" })).collect();
    Ok(Parts {
        name: CLIP_LIKE.to_owned(),
        place,
        text: Ok(pairs.text),
        image: Ok(pairs.image),
        label: Ok(label),
        split: None,
    })
}
