//! Whatever `[data]` names, joined and checked, as one `.safetensors` that needs no other key (`data import`).

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use ndarray::{Array2, Axis};

use host::files;
use study::config::{Config, LabelValue};

use super::archive::{self, Archive};
use super::check::{check_finite, check_rows};
use super::column::{Column, Rows};
use super::error::{DataError, printable_path};
use super::labels::Labels;
use super::prepare::labels_are_needed;
use super::source::{self, Parts};
use super::split::{self, Splits};

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Rows.
    pub rows: usize,
    /// Rows of the source that are left out, because their labels do not count.
    pub dropped: usize,
    /// Widths of text and image.
    pub widths: [usize; 2],
    /// Names of the columns beside `text` and `image`.
    pub columns: Vec<&'static str>,
    /// Hexadecimal BLAKE3 of everything that was written.
    pub fingerprint: String,
}

/// Reads what `config.data` names and writes it to `path`: arrays `text` and `image`, and columns `label`, `split` (train,
/// val, test of the first split), `group` and `id`, as far as they are named. Rows whose labels do not count are left
/// out. The same input gives the same file.
///
/// # Errors
/// Where the data are refused, or the file cannot be written.
pub fn import(config: &Config, path: &Path) -> Result<Imported, DataError> {
    let is_named = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors"));
    if !is_named {
        let reason = "the name of an imported data set ends in .safetensors".to_owned();
        return Err(DataError::Io { verb: "write", path: printable_path(path), reason });
    }
    files::check_output(path, &[Path::new(&config.data.source)])
        .map_err(|error| DataError::io("write", path, &error))?;
    write(&joined(config)?, provenance(config), path)
}

/// A data set's rows, in one order, those that are left out already gone.
struct Joined {
    /// `[rows, width]`
    text: Array2<f32>,
    /// `[rows, width]`
    image: Array2<f32>,
    label: Option<Column>,
    split: Splits,
    group: Option<Column>,
    /// As they stand in the source: `0001` is not `1`.
    id: Option<Vec<String>>,
    dropped: usize,
}

/// The source's parts as rows that belong together, with the first of the configured splits.
fn joined(config: &Config) -> Result<Joined, DataError> {
    let Parts { place, text, image, label, split, .. } = source::read(config)?;
    let (mut text, mut image, mut split) = (text?, image?, split.transpose()?);
    let is_needed = labels_are_needed(config);
    let mut label = match label {
        Err(_) if !is_needed => None,
        label => Some(label?),
    };
    let rows = [
        Some(Rows::Exactly(text.nrows())),
        Some(Rows::Exactly(image.nrows())),
        label.as_ref().map(Column::rows),
        split.as_ref().map(Column::rows),
    ];
    check_rows(&place, config, rows)?;
    check_finite(&place, &config.data.text, &text)?;
    check_finite(&place, &config.data.image, &image)?;
    let all = text.nrows();
    let label_place = format!("label `{}` of {place}", config.data.label);
    let labels = match label.as_ref().map(|column| Labels::of(column, &config.data, &label_place)) {
        Some(Ok(labels)) if is_needed || labels.names.is_empty() => labels,
        Some(Err(error)) if is_needed => return Err(error),
        // As a study without the real task: its splits are drawn without the label.
        _ => Labels::none(all),
    };
    if let Some(kept) = &labels.kept {
        let rows: Vec<usize> = kept.iter().map(|&row| row as usize).collect();
        (text, image) = (text.select(Axis(0), &rows), image.select(Axis(0), &rows));
        label.iter_mut().chain(split.as_mut()).for_each(|column| column.keep(kept));
    }
    let split_place = format!("split `{}` of {place}", config.data.split);
    let seed = config.data.splits()[0];
    let split = split::splits(&config.data, seed, split.as_ref(), &labels.classes, &split_place)?;
    let dropped = all - text.nrows();
    Ok(Joined { text, image, label, split, group: None, id: None, dropped })
}

fn write(joined: &Joined, mut about: BTreeMap<String, String>, path: &Path) -> Result<Imported, DataError> {
    let Joined { text, image, label, split, group, id, dropped } = joined;
    let mut parts = vec![LabelValue::Text("train".into()); text.nrows()];
    for (rows, name) in [(&split.validation, "val"), (&split.test, "test")] {
        rows.iter().for_each(|&row| parts[row as usize] = LabelValue::Text(name.into()));
    }
    let ids = || id.as_ref().map(|ids| ids.iter().map(|id| LabelValue::Text(id.clone())).collect());
    let columns: Vec<(&'static str, Vec<LabelValue>)> = [
        ("label", label.as_ref().map(values)),
        ("split", Some(parts)),
        ("group", group.as_ref().map(values)),
        ("id", ids()),
    ]
    .into_iter()
    .filter_map(|(name, column)| Some((name, column?)))
    .collect();
    let names = columns.iter().map(|(name, _)| *name).collect();
    let mut archive = Archive {
        arrays: vec![("text".into(), text.view()), ("image".into(), image.view())],
        columns: columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect(),
        provenance: BTreeMap::new(),
    };
    let fingerprint = archive::fingerprint(&printable_path(path), &archive)?;
    about.insert("fingerprint".into(), fingerprint.clone());
    archive.provenance = about;
    archive::write(path, &archive)?;
    let (rows, widths) = (text.nrows(), [text.ncols(), image.ncols()]);
    Ok(Imported { rows, dropped: *dropped, widths, columns: names, fingerprint })
}

fn values(column: &Column) -> Vec<LabelValue> {
    column.codes.iter().map(|&code| column.values[code as usize].clone()).collect()
}

/// What the file says of where it comes from. Of paths the last part alone: the rest says where somebody keeps files.
fn provenance(config: &Config) -> BTreeMap<String, String> {
    let data = &config.data;
    let named = |values: &[LabelValue]| values.iter().map(super::column::text).collect::<Vec<_>>().join(", ");
    let mut about = BTreeMap::from([
        ("program".to_owned(), format!("superfuse-tui {}", env!("CARGO_PKG_VERSION"))),
        ("data.source".to_owned(), file_name(&data.source)),
        ("data.text".to_owned(), data.text.clone()),
        ("data.image".to_owned(), data.image.clone()),
        ("data.label".to_owned(), data.label.clone()),
        ("data.split".to_owned(), data.split.clone()),
        ("data.validation".to_owned(), data.validation.to_string()),
        ("data.test".to_owned(), data.test.to_string()),
        ("data.split_seed".to_owned(), data.splits()[0].0.to_string()),
    ]);
    for (key, labels) in [("data.positive", &data.positive), ("data.negative", &data.negative)] {
        if !labels.is_empty() {
            about.insert(key.to_owned(), named(labels));
        }
    }
    about
}

fn file_name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, dropped, widths: [text, image], columns, fingerprint } = self;
        write!(f, "{rows} rows, text {text} wide, image {image} wide, {}", columns.join(", "))?;
        if *dropped > 0 {
            write!(f, "; {dropped} rows with other labels are left out")?;
        }
        write!(f, "\nfingerprint {fingerprint}")
    }
}
