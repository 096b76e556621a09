//! The configured source as arrays and columns, part by part, so that each part's fault can be told.

use std::path::Path;

use ndarray::Array2;

use crate::study::config::DataConfig;

use super::clip_like;
use super::column::{Column, parse};
use super::error::{DataError, printable, printable_path};
use super::files;

/// The word for the built-in generator in `data.source`.
const CLIP_LIKE: &str = "clip-like";
/// The word for a drawn split in `data.split`.
const RANDOM: &str = "random";

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

/// Reads or generates what the configuration names; fails only where there is nothing to look into.
pub(crate) fn read(config: &DataConfig) -> Result<Parts, DataError> {
    if config.source == CLIP_LIKE {
        return generated(config);
    }
    let path = Path::new(&config.source);
    let mut file = files::open(path)?;
    let name =
        path.file_stem().map_or_else(|| config.source.clone(), |stem| stem.to_string_lossy().into_owned());
    Ok(Parts {
        name: printable(&name),
        place: printable_path(path),
        text: file.matrix("data.text", &config.text),
        image: file.matrix("data.image", &config.image),
        label: file.column("data.label", &config.label),
        split: (config.split != RANDOM).then(|| file.column("data.split", &config.split)),
    })
}

fn generated(config: &DataConfig) -> Result<Parts, DataError> {
    if config.split != RANDOM {
        let wanted = "the generator's splits are drawn: it must be `random`";
        return Err(DataError::Key { key: "data.split", value: printable(&config.split), wanted });
    }
    let pairs = clip_like::generate(&config.clip_like)?;
    let label = pairs.label.iter().map(|&label| parse(if label == 1 { "1" } else { "0" })).collect();
    Ok(Parts {
        name: CLIP_LIKE.to_owned(),
        place: "the generator".to_owned(),
        text: Ok(pairs.text),
        image: Ok(pairs.image),
        label: Ok(label),
        split: None,
    })
}
