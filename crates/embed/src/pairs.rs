//! Pairs of text and image as people keep them: a table beside a folder of pictures, or webdataset's shards.

mod columns;
mod shards;
mod table;
#[cfg(test)]
mod tests;

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use study::config::LabelValue;

use crate::error::{EmbedError, printable, printable_path};
use columns::unwritable;
use host::files;

/// Bytes of an encoded picture at most.
const LARGEST_PICTURE: u64 = 256 << 20;
/// Bytes of a text at most: longer than any encoder reads.
const LONGEST_TEXT: usize = 1 << 20;
/// Columns at most that are carried along.
const MOST_COLUMNS: usize = 4_096;

/// The columns of a table that have a part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Texts.
    pub text: String,
    /// Pictures' paths, from the table's folder.
    pub image: String,
    /// Labels; absent where there are none. In shards: the key of a `.json`, and the name of what a `.cls` holds.
    pub label: Option<String>,
}

impl Default for Names {
    fn default() -> Self {
        Self { text: "text".into(), image: "image".into(), label: Some("label".into()) }
    }
}

/// All rows, in the table's order.
#[derive(Debug)]
pub(crate) struct Pairs {
    pub(crate) rows: Vec<Row>,
    /// Every column but text and image, the label first, with a value for each row.
    pub(crate) columns: Vec<(String, Vec<LabelValue>)>,
    /// The shards that rows' pictures lie in, and how each was when it was read.
    shards: Vec<(PathBuf, File, u64)>,
}

/// A text and where its picture is.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) text: String,
    pub(crate) picture: Picture,
    /// Its line in the table, or its key in a shard.
    pub(crate) name: String,
}

/// Where a picture is.
#[derive(Debug)]
pub(crate) enum Picture {
    /// A file of its own.
    File(PathBuf),
    /// Bytes of a shard.
    Member { shard: usize, from: u64, length: u64 },
    /// Nowhere.
    Missing,
}

impl Pairs {
    /// Reads a table (`.csv`, `.tsv`), a shard (`.tar`), or a folder of shards. Pictures are left where they are.
    pub(crate) fn read(source: &Path, names: &Names) -> Result<Self, EmbedError> {
        let about = fs::metadata(source).map_err(|error| EmbedError::io("read", source, &error))?;
        let is_shard = source.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("tar"));
        let pairs = match (about.is_dir(), is_shard) {
            (true, _) => shards::read(source, &shards::in_folder(source)?, names)?,
            (false, true) => shards::read(source, &[source.to_owned()], names)?,
            (false, false) => table::read(source, names)?,
        };
        if pairs.rows.is_empty() {
            return Err(EmbedError::pairs(source, "it has no rows"));
        }
        if let Some((name, values)) = pairs.columns.first().filter(|_| names.label.is_some())
            && let Some(why) = unwritable(name, values)
        {
            return Err(EmbedError::pairs(source, format!("its label cannot be kept: {why}")));
        }
        Ok(pairs)
    }

    /// Leaves out the columns that the result cannot hold; says which, and why.
    pub(crate) fn keep_writable(&mut self) -> Vec<String> {
        let mut left_out = Vec::new();
        self.columns.retain(|(name, values)| match unwritable(name, values) {
            Some(why) => {
                left_out.push(format!("column `{}` is left out: {why}", printable(name)));
                false
            }
            None => true,
        });
        left_out
    }

    /// What the texts and the places of the pictures are, for the partial result: another table has another.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut add = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        for row in &self.rows {
            add(row.text.as_bytes());
            match &row.picture {
                Picture::File(path) => add(path.as_os_str().as_encoded_bytes()),
                Picture::Member { shard, from, length } => {
                    add(self.shards[*shard].0.as_os_str().as_encoded_bytes());
                    add(&from.to_le_bytes());
                    add(&length.to_le_bytes());
                }
                Picture::Missing => add(b""),
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// How row `row`'s picture is now, by its length and the time of its last change; 0 where there is none.
    pub(crate) fn stamp(&self, row: usize) -> u64 {
        match &self.rows[row].picture {
            Picture::File(path) => fs::metadata(path).map_or(0, |about| stamp(&about)),
            Picture::Member { shard, .. } => self.shards[*shard].2,
            Picture::Missing => 0,
        }
    }

    /// Rows without a text or a picture, as far as that is seen without reading pictures, each with the reason.
    pub(crate) fn absent(&self) -> Vec<(usize, String)> {
        let fault = |(row, pair): (usize, &Row)| {
            let without = || match &pair.picture {
                Picture::File(path) => {
                    let about = fs::metadata(path);
                    about.err().map(|error| format!("{}: {}", printable_path(path), printable(error)))
                }
                Picture::Missing => Some("it has no picture".to_owned()),
                Picture::Member { .. } => None,
            };
            Some((row, text_fault(&pair.text).or_else(without)?))
        };
        self.rows.iter().enumerate().filter_map(fault).collect()
    }

    /// Where row `row`'s picture is, where that says more than the row's name.
    pub(crate) fn place(&self, row: usize) -> Option<String> {
        match &self.rows[row].picture {
            Picture::File(path) => Some(printable_path(path)),
            Picture::Member { .. } | Picture::Missing => None,
        }
    }

    /// The encoded picture of row `row`.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(crate) fn picture(&self, row: usize) -> Result<Vec<u8>, String> {
        let told = |place: String| move |error: io::Error| format!("{place}: {}", printable(error));
        match &self.rows[row].picture {
            Picture::File(path) => files::read(path, LARGEST_PICTURE).map_err(told(printable_path(path))),
            Picture::Member { shard, from, length } => {
                if *length > LARGEST_PICTURE {
                    return Err(format!("its picture has {length} bytes, more than {LARGEST_PICTURE}"));
                }
                let (path, file, _) = &self.shards[*shard];
                let mut bytes = vec![0; *length as usize];
                file.read_exact_at(&mut bytes, *from).map_err(told(printable_path(path)))?;
                Ok(bytes)
            }
            Picture::Missing => Err("it has no picture".into()),
        }
    }
}

/// Never 0, which stands for none.
fn stamp(about: &Metadata) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for part in [about.len().cast_signed(), about.mtime(), about.mtime_nsec()] {
        hasher.update(&part.to_le_bytes());
    }
    let bytes = hasher.finalize();
    let first = bytes.as_bytes().first_chunk().copied().unwrap_or_default();
    u64::from_le_bytes(first).max(1)
}

/// A row whose text is empty or too long has no embedding.
pub(crate) fn text_fault(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("its text is empty".into());
    }
    (text.len() > LONGEST_TEXT)
        .then(|| format!("its text has {} bytes, more than {LONGEST_TEXT}", text.len()))
}
