//! The configured source: its columns at once, so that each one's error can be reported, and its rows when they are
//! asked for.

use std::path::Path;
use std::sync::Arc;

use ndarray::{Array2, Axis};

use study::config::Config;

use super::clip_like;
use super::column::{Column, parse};
use super::encoder::Modality;
use super::error::{DataError, printable, printable_path, without_rows};
use super::files::{self, ArrayFile, TakeRows};
use super::limit;
use super::table::Table;

/// The value of `data.source` for the built-in generator.
const CLIP_LIKE: &str = "clip-like";
/// The value of `data.split` for a random split.
const RANDOM: &str = "random";
/// Rows of labels that are read where it is not known how many rows the arrays have.
const MOST_UNPAIRED: usize = 10_000_000;
/// Rows handed over at a time of what lies in memory.
const BLOCK: usize = 1 << 10;

/// A source, opened.
pub(crate) struct Source {
    /// For titles.
    pub(crate) name: String,
    /// The file or folder, for messages.
    pub(crate) place: String,
    pub(crate) label: Result<Column, DataError>,
    /// Absent where splits are drawn.
    pub(crate) split: Option<Result<Column, DataError>>,
    /// Absent where no rows belong together.
    pub(crate) group: Option<Result<Column, DataError>>,
    /// What `data.text` and `data.image` name.
    names: [String; 2],
    rows: Rows,
}

/// Where rows come from.
enum Rows {
    File(Box<dyn ArrayFile>),
    /// Text and image in memory. `[rows, width]` each
    Held([Arc<Array2<f32>>; 2]),
}

impl Source {
    /// Opens what the configuration names and reads its columns; fails only where there is nothing to look into, where
    /// a table's rows cannot be paired, or where the rows would not fit into memory.
    pub(crate) fn open(config: &Config) -> Result<Self, DataError> {
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
        limit::check(config, &printable_path(path), &shapes, limit::Held::Splits)?;
        let most = shapes.iter().map(|&[rows, _]| rows).max();
        let mut table = Table::open(data, file.as_mut(), most)?;
        let most = most.unwrap_or(MOST_UNPAIRED);
        let mut column = |key, name: &str| table.column(file.as_mut(), key, name, most);
        let label = column("data.label", &data.label);
        let split = (data.split != RANDOM).then(|| column("data.split", &data.split));
        let group = (!data.group.is_empty()).then(|| column("data.group", &data.group));
        let names = [data.text.clone(), data.image.clone()];
        Ok(Self {
            name: printable(&name),
            place: printable_path(path),
            label,
            split,
            group,
            names,
            rows: Rows::File(file),
        })
    }

    /// Rows and width of one modality.
    pub(crate) fn shape(&mut self, of: Modality) -> Result<[usize; 2], DataError> {
        match &mut self.rows {
            Rows::File(file) => file.shape(of.key(), &self.names[of as usize]),
            Rows::Held(held) => Ok(held[of as usize].dim().into()),
        }
    }

    /// Hands the rows of one modality to `take`, some at a time, in order.
    pub(crate) fn rows(&mut self, of: Modality, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        match &mut self.rows {
            Rows::File(file) => file.rows(of.key(), &self.names[of as usize], take),
            Rows::Held(held) => held[of as usize]
                .axis_chunks_iter(Axis(0), BLOCK)
                .try_for_each(|block| take(block.as_standard_layout().as_slice().unwrap_or_default())),
        }
    }

    /// Frees the rows of a modality that lie in memory.
    pub(crate) fn free(&mut self, of: Modality) {
        if let Rows::Held(held) = &mut self.rows {
            held[of as usize] = Arc::new(Array2::default((0, 0)));
        }
    }

    /// All rows of one modality. `[rows, width]`
    pub(crate) fn matrix(&mut self, of: Modality) -> Result<Array2<f32>, DataError> {
        let shape = self.shape(of)?;
        let place = self.array(of);
        let mut values: Vec<f32> = Vec::new();
        let elements = shape[0].saturating_mul(shape[1]);
        values.try_reserve_exact(elements).map_err(|_| DataError::Memory { place: place.clone() })?;
        self.rows(of, &mut |rows| {
            values.extend_from_slice(rows);
            Ok(())
        })?;
        Array2::from_shape_vec(shape, values)
            .map_err(|error| DataError::Damaged { place, reason: error.to_string() })
    }

    /// The same source with its rows in memory.
    pub(crate) fn with_rows(self, rows: [Arc<Array2<f32>>; 2]) -> Self {
        Self { rows: Rows::Held(rows), ..self }
    }

    /// What one element of a modality is in its file.
    pub(crate) fn element(&mut self, of: Modality) -> String {
        match &mut self.rows {
            Rows::File(file) => file.element(of.key(), &self.names[of as usize]),
            Rows::Held(_) => files::F32.to_owned(),
        }
    }

    /// How rows that hold no numbers are taken out of it.
    pub(crate) fn without_rows(&self) -> String {
        without_rows(&self.place, &self.names)
    }

    /// A modality's array, for messages.
    pub(crate) fn array(&self, of: Modality) -> String {
        format!("array `{}` of {}", printable(&self.names[of as usize]), self.place)
    }
}

fn generated(config: &Config) -> Result<Source, DataError> {
    let data = &config.data;
    for (key, value, wanted) in [
        ("data.split", data.split.as_str(), RANDOM),
        ("data.table", data.table.as_str(), ""),
        ("data.key", data.key.as_str(), ""),
        ("data.table_key", data.table_key.as_str(), ""),
    ] {
        if value != wanted {
            let wanted = "the generator has no columns: leave it out, or name a file in `data.source`";
            return Err(DataError::Key { key, value: printable(value), wanted });
        }
    }
    let place = "the generator".to_owned();
    let shapes = [[data.clip_like.samples, data.clip_like.width]; 2];
    limit::check(config, &place, &shapes, limit::Held::SourceAndSplits)?;
    let pairs = clip_like::generate(&data.clip_like)?;
    let label = pairs.label.iter().map(|&label| parse(if label == 1 { "1" } else { "0" })).collect();
    Ok(Source {
        name: CLIP_LIKE.to_owned(),
        place,
        label: Ok(label),
        split: None,
        group: None,
        names: [data.text.clone(), data.image.clone()],
        rows: Rows::Held([Arc::new(pairs.text), Arc::new(pairs.image)]),
    })
}
