//! A folder: of `.npy` arrays with a table of labels, of shards of one data set, or the output of clip-retrieval.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::column::{Rows, TakeCell};
use super::super::error::{DataError, listed, printable, printable_path};
use super::indexed::{self, Indexed};
use super::kind::{self, Kind};
use super::npy_file::NpyFile;
use super::shards::{SPLITS, Shards, family, file_stem, in_numeric_order};
use super::{ArrayFile, TakeRows, numbered, open_file};

/// Folders of clip-retrieval, and what their arrays are also called.
const CLIP_RETRIEVAL: [(&str, &str); 2] = [("text_emb", "text"), ("img_emb", "image")];
/// The folder of its table.
const METADATA: &str = "metadata";
/// Extensions of tables of text.
const TEXTS: [&str; 3] = ["csv", "tsv", "tab"];
/// Of those that hold whole data sets, those that may be a table beside arrays.
const TABLES: [&str; 4] = ["parquet", "arrow", "feather", "ipc"];
/// Extensions of files that hold whole data sets.
const SETS: [&str; 12] =
    ["parquet", "arrow", "feather", "ipc", "safetensors", "npz", "h5", "hdf5", "he5", "mat", "pt", "pth"];

/// A folder, looked through once.
pub(super) struct Folder {
    path: PathBuf,
    arrays: Vec<Array>,
    /// Its only table, where it has exactly one.
    table: Option<(Box<dyn ArrayFile>, PathBuf)>,
    /// Names of its tables, where it has several and none is taken.
    tables: Vec<String>,
}

/// An array of one file, or of several shards.
struct Array {
    name: String,
    /// What it is also called.
    alias: Option<&'static str>,
    files: Vec<PathBuf>,
}

/// Opens the folder as what its files are.
pub(super) fn open(path: &Path) -> Result<Box<dyn ArrayFile>, DataError> {
    let (files, folders) = entries(path)?;
    let with = |wanted: &[&str]| -> Vec<PathBuf> {
        files.iter().filter(|file| wanted.contains(&extension(file).as_str())).cloned().collect()
    };
    let mut arrays = Vec::new();
    for (folder, alias) in CLIP_RETRIEVAL {
        if folders.iter().any(|found| found == folder) {
            let (files, _) = entries(&path.join(folder))?;
            let files: Vec<PathBuf> = files.into_iter().filter(|file| extension(file) == "npy").collect();
            if !files.is_empty() {
                arrays.push(Array { name: folder.to_owned(), alias: Some(alias), files });
            }
        }
    }
    let is_clip_retrieval = !arrays.is_empty();
    arrays.extend(families(with(&["npy"])));
    let (texts, mut sets) = (with(&TEXTS), with(&SETS));
    if is_clip_retrieval && folders.iter().any(|found| found == METADATA) {
        let (files, _) = entries(&path.join(METADATA))?;
        sets.extend(files.into_iter().filter(|file| SETS.contains(&extension(file).as_str())));
    }
    if arrays.is_empty() {
        let indexes: Vec<PathBuf> =
            files.iter().filter(|file| named(file).ends_with(indexed::EXTENSION)).cloned().collect();
        if let [only] = indexes.as_slice() {
            return Ok(Box::new(Indexed::open(only)?));
        }
        return whole_sets(path, sets, &texts);
    }
    let mut tables: Vec<Vec<PathBuf>> = texts.into_iter().map(|file| vec![file]).collect();
    // One table of text is the table, whatever else lies there.
    if tables.len() != 1 {
        let could_be_table = |file: &PathBuf| TABLES.contains(&extension(file).as_str());
        let sets: Vec<PathBuf> = sets.into_iter().filter(could_be_table).collect();
        tables.extend(families(sets).into_iter().map(|table| table.files));
    }
    let mut seen: Vec<String> = tables.iter().map(|table| named(&table[0])).collect();
    let table = match (tables.pop(), tables.is_empty()) {
        (Some(only), true) => {
            seen.clear();
            let path = only[0].clone();
            Some((open_shards(only)?, path))
        }
        _ => None,
    };
    Ok(Box::new(Folder { path: path.to_owned(), arrays, table, tables: seen }))
}

/// A folder without `.npy`: files of one kind that hold one data set between them.
fn whole_sets(path: &Path, sets: Vec<PathBuf>, texts: &[PathBuf]) -> Result<Box<dyn ArrayFile>, DataError> {
    let first = sets.first().map(|file| extension(file));
    let names: BTreeSet<String> = sets.iter().map(|file| family(&file_stem(file)).to_lowercase()).collect();
    let are_one = names.len() == 1 || names.iter().all(|name| SPLITS.contains(&name.as_str()));
    if !sets.is_empty()
        && are_one
        && texts.is_empty()
        && sets.iter().all(|file| Some(extension(file)) == first)
    {
        return open_shards(sets);
    }
    if let ([], [table]) = (sets.as_slice(), texts) {
        return open_file(table);
    }
    let mut found: Vec<String> = sets.iter().chain(texts).map(|file| named(file)).collect();
    found.sort();
    if found.is_empty() {
        return Err(DataError::Format { path: printable_path(path) });
    }
    Err(DataError::SeveralSets { path: printable_path(path), found: listed(&found) })
}

fn open_shards(mut files: Vec<PathBuf>) -> Result<Box<dyn ArrayFile>, DataError> {
    if files.len() == 1 && family(&file_stem(&files[0])) == file_stem(&files[0]) {
        return open_file(&files.remove(0));
    }
    Ok(Box::new(Shards::open(files, Box::new(open_file))?))
}

/// Files and folders in a folder that are not hidden, sorted by name.
fn entries(path: &Path) -> Result<(Vec<PathBuf>, Vec<String>), DataError> {
    let io = |error: std::io::Error| DataError::io("read", path, &error);
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(path).map_err(io)? {
        let entry = entry.map_err(io)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        if entry.path().is_dir() { folders.push(name) } else { files.push(entry.path()) }
    }
    files.sort();
    Ok((files, folders))
}

fn extension(path: &Path) -> String {
    path.extension().and_then(|found| found.to_str()).unwrap_or_default().to_ascii_lowercase()
}

fn named(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// An array for each file; files that are shards of one array are one.
fn families(files: Vec<PathBuf>) -> Vec<Array> {
    let mut arrays: Vec<Array> = Vec::new();
    let stems: BTreeSet<String> = files.iter().map(|file| file_stem(file)).collect();
    for file in files {
        let stem = file_stem(&file);
        // `text` and `text_2` are two arrays.
        let name = Some(family(&stem)).filter(|family| !stems.contains(family)).unwrap_or(stem);
        match arrays.iter_mut().find(|array| array.name == name) {
            Some(array) => array.files.push(file),
            None => arrays.push(Array { name, alias: None, files: vec![file] }),
        }
    }
    for array in &mut arrays {
        if let [only] = array.files.as_slice() {
            array.name = file_stem(only);
        }
    }
    arrays.sort_by(|a, b| in_numeric_order(&a.name, &b.name));
    arrays
}

impl Folder {
    /// The array `name` with its file or files, and what it is called in there.
    fn array(&self, key: &'static str, name: &str) -> Result<(Box<dyn ArrayFile>, String), DataError> {
        let by_name = self.arrays.iter().find(|array| array.name == name);
        let by_alias = || self.arrays.iter().find(|array| array.alias == Some(name));
        let Some(array) = by_name.or_else(by_alias) else { return Err(self.absent(key, name)) };
        let inner = array.name.clone();
        let as_array = inner.clone();
        let open = move |path: &Path| -> Result<Box<dyn ArrayFile>, DataError> {
            match kind::of(path)? {
                Kind::Npy => Ok(Box::new(NpyFile::new(path, &as_array))),
                _ => Err(DataError::Damaged {
                    place: printable_path(path),
                    reason: "it does not begin as a .npy array does".into(),
                }),
            }
        };
        let file = match array.files.as_slice() {
            [only] => open(only)?,
            several => Box::new(Shards::open(several.to_vec(), Box::new(open))?),
        };
        Ok((file, inner))
    }

    fn absent(&self, key: &'static str, name: &str) -> DataError {
        let shards_of =
            |array: &&Array| array.files.len() > 1 && numbered::after(&array.name, name).is_some();
        if let Some(array) = self.arrays.iter().find(shards_of) {
            return DataError::Shard {
                path: printable_path(&self.path),
                name: printable(name),
                key,
                array: printable(&array.name),
                count: array.files.len(),
            };
        }
        DataError::not_found(&self.path, key, name, &self.names())
    }
}

impl ArrayFile for Folder {
    fn names(&self) -> Vec<String> {
        self.arrays.iter().map(|array| array.name.clone()).collect()
    }

    fn take_table(&mut self) -> Option<(Box<dyn ArrayFile>, PathBuf)> {
        self.table.take()
    }

    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        let (mut file, inner) = self.array(key, name)?;
        file.shape(key, &inner)
    }

    fn element(&mut self, key: &'static str, name: &str) -> String {
        self.array(key, name).map_or_else(|_| String::new(), |(mut file, inner)| file.element(key, &inner))
    }

    fn rows(&mut self, key: &'static str, name: &str, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        let (mut file, inner) = self.array(key, name)?;
        file.rows(key, &inner, take)
    }

    fn cells(
        &mut self,
        key: &'static str,
        name: &str,
        most: usize,
        take: &mut TakeCell<'_>,
    ) -> Result<Rows, DataError> {
        match self.array(key, name) {
            Ok((mut file, inner)) => file.cells(key, &inner, most, take),
            Err(_) if !self.tables.is_empty() => Err(DataError::SeveralTables {
                path: printable_path(&self.path),
                name: printable(name),
                key,
                found: listed(&self.tables),
            }),
            Err(error) => Err(error),
        }
    }
}
