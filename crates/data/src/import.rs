//! Whatever `[data]` names, joined and checked, as one `.safetensors` that needs no other key (`data import`).

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use ndarray::Array2;

use host::files::check_output;
use study::config::{Config, LabelValue, Seeds};
use study::event::SplitOf;

use super::archive::{self, Archive};
use super::column::{self, Column};
use super::encoder::Modality;
use super::error::{DataError, printable_path};
use super::files::{keys, open};
use super::fill::fill;
use super::missing::missing_halves;
use super::prepare::{Planned, plan};
use super::progress::Progress;
use super::repeats::Prints;
use super::source::Source;
use super::split::Splits;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Rows.
    pub rows: usize,
    /// Rows of the source that are left out: their labels do not count, or a half is missing.
    pub dropped: usize,
    /// Widths of text and image.
    pub widths: [usize; 2],
    /// Names of the columns beside `text` and `image`.
    pub columns: Vec<&'static str>,
    /// Hexadecimal BLAKE3 of everything that was written.
    pub fingerprint: String,
    /// What its user should know.
    pub warnings: Vec<String>,
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
    let inputs = [&config.data.source, &config.data.table].map(Path::new);
    check_output(path, &inputs).map_err(|error| DataError::io("write", path, &error))?;
    write(&joined(config)?, provenance(config), path)
}

/// A data set's rows, in one order, those that are left out already gone.
struct Joined {
    /// `[rows, width]`. A missing row is all zeros.
    text: Array2<f32>,
    /// `[rows, width]`. A missing row is all zeros.
    image: Array2<f32>,
    label: Option<Column>,
    split: Splits,
    group: Option<Column>,
    /// As they stand in the source: `0001` is not `1`.
    id: Option<Vec<String>>,
    dropped: usize,
    warnings: Vec<String>,
}

/// The source's rows that count, with the first of the configured splits.
fn joined(config: &Config) -> Result<Joined, DataError> {
    let mut config = config.clone();
    config.data.split_seeds = Seeds::List(vec![config.data.splits()[0]]);
    let mut source = Source::open(&config)?;
    let of_source = source.shape(Modality::Text)?[0];
    let mut label = source.label.as_ref().ok().cloned();
    let mut unheard = |_| {};
    let mut progress = Progress::new(0, &mut unheard);
    let Planned { rows, mut splits, mut warnings } = plan(&mut source, &config, &mut progress)?;
    let split = splits.swap_remove(0);
    let kept = rows.kept.as_deref();
    let all = kept.map_or(of_source, <[u32]>::len);
    let whole = [Splits { train: (0..all as u32).collect(), ..Splits::default() }];
    let text = fill(&mut source, Modality::Text, kept, &whole, &mut progress)?;
    let image = fill(&mut source, Modality::Image, kept, &whole, &mut progress)?;
    let prints = Prints { text: text.prints, image: image.prints };
    if missing_halves(&source.place, &config, &prints, kept)?.is_some() {
        warnings.push(
            "missing halves are rows of zeros in the file: set `data.missing` again where it is used".into(),
        );
    }
    if !config.data.positive.is_empty() {
        warnings.push(
            "the labels are 1 for `data.positive` and 0 for the others: leave both keys out where it is used"
                .into(),
        );
    }
    let mut id = ids(&config, of_source)?;
    if let Some(kept) = kept {
        if let Some(column) = &mut label {
            column.keep(kept);
        }
        id = id.map(|ids| kept.iter().map(|&row| ids[row as usize].clone()).collect());
    }
    if !config.data.positive.is_empty() {
        let number = |&class: &u16| LabelValue::Number(i64::from(class));
        label = Some(rows.labels.classes.iter().map(number).collect());
    }
    let matrix = |mut splits: Vec<SplitOf<Array2<f32>>>| splits.remove(0).train;
    let (text, image) = (matrix(text.splits), matrix(image.splits));
    Ok(Joined { text, image, label, split, group: rows.group, id, dropped: of_source - all, warnings })
}

/// The source's own keys, where it has some.
fn ids(config: &Config, rows: usize) -> Result<Option<Vec<String>>, DataError> {
    let key = &config.data.key;
    if key.is_empty() {
        return Ok(None);
    }
    let mut file = open(Path::new(&config.data.source))?;
    // Its columns are another order's.
    file.take_table();
    if !file.names().contains(key) {
        return Ok(None);
    }
    let (ids, _) = keys(file.as_mut(), "data.key", key, rows)?;
    Ok(Some(ids).filter(|ids| ids.len() == rows))
}

fn write(joined: &Joined, mut about: BTreeMap<String, String>, path: &Path) -> Result<Imported, DataError> {
    let Joined { text, image, label, split, group, id, dropped, warnings } = joined;
    let mut parts = vec![LabelValue::Text("train".into()); text.nrows()];
    for (rows, name) in [(&split.validation, "val"), (&split.test, "test")] {
        for &row in rows {
            parts[row as usize] = LabelValue::Text(name.into());
        }
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
    Ok(Imported { rows, dropped: *dropped, widths, columns: names, fingerprint, warnings: warnings.clone() })
}

fn values(column: &Column) -> Vec<LabelValue> {
    column.codes.iter().map(|&code| column.values[code as usize].clone()).collect()
}

/// What the file says of where it comes from. Of paths the last part alone: the rest says where somebody keeps files.
fn provenance(config: &Config) -> BTreeMap<String, String> {
    let data = &config.data;
    let named = |values: &[LabelValue]| values.iter().map(column::text).collect::<Vec<_>>().join(", ");
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
    for (key, value) in [
        ("data.table", file_name(&data.table)),
        ("data.key", data.key.clone()),
        ("data.table_key", data.table_key.clone()),
        ("data.group", data.group.clone()),
        ("data.order", format!("{:?}", data.order).to_lowercase()),
        ("data.missing", format!("{:?}", data.missing).to_lowercase()),
    ] {
        if !value.is_empty() {
            about.insert(key.to_owned(), value);
        }
    }
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
        let Self { rows, dropped, widths: [text, image], columns, fingerprint, .. } = self;
        write!(f, "{rows} rows, text {text} wide, image {image} wide, {}", columns.join(", "))?;
        if *dropped > 0 {
            write!(f, "; {dropped} rows are left out")?;
        }
        write!(f, "\nfingerprint {fingerprint}")
    }
}
