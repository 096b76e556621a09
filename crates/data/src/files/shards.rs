//! Arrays and columns that lie in several files, one after the other: `part-00000-of-00004.parquet`, `text_emb_0.npy`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::column::{Cell, Rows, TakeCell};
use super::super::error::{DataError, listed, printable, printable_path};
use super::{ArrayFile, TakeRows, numbered};

/// The column that says which split a row is of, where the files are named by their splits.
const SPLIT: &str = "split";
/// Splits that files are named by.
pub(super) const SPLITS: [&str; 6] = ["train", "val", "valid", "validation", "dev", "test"];

/// A shard's number, and how many there are where its name says so.
type Number = (u64, Option<u64>);

/// Opens one of the files.
type Open = Box<dyn Fn(&Path) -> Result<Box<dyn ArrayFile>, DataError>>;

/// Files of the same arrays and columns, in the order of their numbers.
pub(super) struct Shards {
    paths: Vec<PathBuf>,
    open: Open,
    names: Vec<String>,
    /// Of each file, the split that its name says, where they all say one and it is not the same.
    splits: Vec<String>,
    /// Shapes that were found: each takes opening every file.
    shapes: BTreeMap<String, [usize; 2]>,
}

impl Shards {
    /// Of these files, one at least.
    ///
    /// # Errors
    /// Where one of them is missing, by the numbers of the others.
    pub(super) fn open(mut paths: Vec<PathBuf>, open: Open) -> Result<Self, DataError> {
        paths.sort_by(|a, b| in_numeric_order(&file_stem(a), &file_stem(b)));
        check_numbers(&paths)?;
        let mut names = open(&paths[0])?.names();
        let splits: Vec<String> = paths.iter().map(|path| family(&file_stem(path))).collect();
        let says_split = |stem: &String| SPLITS.contains(&stem.to_lowercase().as_str());
        let is_split = splits.iter().all(says_split)
            && splits.iter().any(|split| *split != splits[0])
            && !names.iter().any(|name| name == SPLIT);
        if is_split {
            names.push(SPLIT.to_owned());
        }
        Ok(Self {
            paths,
            open,
            names,
            splits: if is_split { splits } else { Vec::new() },
            shapes: BTreeMap::new(),
        })
    }
}

impl ArrayFile for Shards {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        if let Some(shape) = self.shapes.get(name) {
            return Ok(*shape);
        }
        let mut rows = 0_usize;
        let mut of_first = None;
        for path in &self.paths {
            let [here, width] = (self.open)(path)?.shape(key, name)?;
            let first = *of_first.get_or_insert(width);
            if width != first {
                return Err(DataError::Damaged {
                    place: printable_path(path),
                    reason: format!("`{}` is {width} wide, and {first} in the files before", printable(name)),
                });
            }
            rows = rows.saturating_add(here);
        }
        let shape = [rows, of_first.unwrap_or(0)];
        self.shapes.insert(name.to_owned(), shape);
        Ok(shape)
    }

    fn element(&mut self, key: &'static str, name: &str) -> String {
        (self.open)(&self.paths[0]).map_or_else(|_| String::new(), |mut first| first.element(key, name))
    }

    fn rows(&mut self, key: &'static str, name: &str, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        // Every width, before rows of two widths are taken for one matrix.
        self.shape(key, name)?;
        self.paths.iter().try_for_each(|path| (self.open)(path)?.rows(key, name, take))
    }

    fn cells(
        &mut self,
        key: &'static str,
        name: &str,
        most: usize,
        take: &mut TakeCell<'_>,
    ) -> Result<Rows, DataError> {
        let is_split = name == SPLIT && !self.splits.is_empty();
        let mut counted = 0;
        for (place, path) in self.paths.iter().enumerate() {
            let mut file = (self.open)(path)?;
            let left = most - counted;
            let rows = if is_split {
                let split = &self.splits[place];
                let first = self.names[0].clone();
                file.cells(key, &first, left, &mut |_| take(Cell::Text(split)))
                    .or_else(|_| split_of_matrix(file.as_mut(), key, &first, split, take))?
            } else {
                file.cells(key, name, left, take)?
            };
            match rows {
                Rows::Exactly(rows) if rows <= left => counted += rows,
                _ => return Ok(Rows::MoreThan(most)),
            }
        }
        Ok(Rows::Exactly(counted))
    }
}

/// The split's name once for each row of a matrix, where the first array of the file is no column.
fn split_of_matrix(
    file: &mut dyn ArrayFile,
    key: &'static str,
    name: &str,
    split: &str,
    take: &mut TakeCell<'_>,
) -> Result<Rows, DataError> {
    let [rows, _] = file.shape(key, name)?;
    for _ in 0..rows {
        take(Cell::Text(split)).map_err(|reason| DataError::Damaged { place: name.to_owned(), reason })?;
    }
    Ok(Rows::Exactly(rows))
}

/// A file's name without what follows its last dot.
pub(super) fn file_stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What shards of one array have in common: `train` of `train-00000-of-00004`, `img_emb` of `img_emb_10`; a name
/// without a number is its own.
pub(super) fn family(stem: &str) -> String {
    let first = stem.rsplit_once("-of-").map_or(stem, |(first, _)| first);
    numbered::stem(first).unwrap_or_else(|| stem.to_owned())
}

/// A shard's number, and how many its name says there are.
fn number(stem: &str) -> Option<Number> {
    let (first, count) = match stem.rsplit_once("-of-") {
        Some((first, count)) => (first, count.parse().ok()),
        None => (stem, None),
    };
    Some((numbered::after(&numbered::stem(first)?, first)?, count))
}

/// Compares names by their letters, and by the values of the numbers in them: `_10` comes after `_9`.
pub(super) fn in_numeric_order(a: &str, b: &str) -> Ordering {
    runs(a).cmp(&runs(b)).then_with(|| a.cmp(b))
}

/// Runs of digits, without zeros in front, with their lengths before them; and runs of other letters.
fn runs(name: &str) -> Vec<(usize, &str)> {
    let mut runs = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|letter: char| letter.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let run = &rest[..end];
        let value = run.trim_start_matches('0');
        // Letters come after digits, as they do byte by byte.
        runs.push(if is_digit { (value.len(), value) } else { (usize::MAX, run) });
        rest = &rest[end..];
    }
    runs
}

/// Refuses files whose numbers leave one out.
fn check_numbers(paths: &[PathBuf]) -> Result<(), DataError> {
    let mut families: Vec<(String, Vec<Number>)> = Vec::new();
    for path in paths {
        let stem = file_stem(path);
        let Some(number) = number(&stem) else { continue };
        let family = family(&stem);
        match families.iter_mut().find(|(known, _)| *known == family) {
            Some((_, numbers)) => numbers.push(number),
            None => families.push((family, vec![number])),
        }
    }
    for (family, numbers) in families {
        let found: Vec<u64> = numbers.iter().map(|(number, _)| *number).collect();
        let first = u64::from(!found.contains(&0));
        let count = numbers.iter().filter_map(|(_, count)| *count).max().unwrap_or(found.len() as u64);
        let count = count.min(1_000_000);
        let missing: Vec<u64> = (first..first + count).filter(|number| !found.contains(number)).collect();
        if !missing.is_empty() && (found.len() > 1 || count > 1) {
            return Err(DataError::Damaged {
                place: printable_path(paths[0].parent().unwrap_or(Path::new("."))),
                reason: format!(
                    "of the shards `{}` it has {}, but not {}",
                    printable(&family),
                    listed(&found),
                    listed(&missing)
                ),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenth_shard_comes_after_the_ninth() {
        let mut names = ["img_10", "img_9", "img_0", "img_1", "b", "a-00001-of-00002", "a-00000-of-00002"];
        names.sort_by(|a, b| in_numeric_order(a, b));
        assert_eq!(names, ["a-00000-of-00002", "a-00001-of-00002", "b", "img_0", "img_1", "img_9", "img_10"]);
    }

    #[test]
    fn shards_of_one_array_have_one_family() {
        assert_eq!(family("train-00000-of-00004"), "train");
        assert_eq!((family("img_emb_10"), family("image")), ("img_emb".to_owned(), "image".to_owned()));
    }

    #[test]
    fn a_shard_that_is_missing_is_named() {
        let check = |names: &[&str]| {
            let paths: Vec<PathBuf> = names.iter().map(|name| Path::new("set").join(name)).collect();
            check_numbers(&paths).map_err(|error| error.to_string())
        };
        assert_eq!(check(&["a_0.npy", "a_1.npy", "b.npy"]), Ok(()));
        assert_eq!(check(&["a_1.npy", "a_2.npy"]), Ok(()));
        assert!(check(&["a_0.npy", "a_2.npy"]).unwrap_err().contains("`a` it has 0, 2, but not 1"));
        assert!(
            check(&["t-00000-of-00003.parquet", "t-00001-of-00003.parquet"]).unwrap_err().contains("not 2")
        );
        assert!(check(&["t-00000-of-00002.parquet"]).unwrap_err().contains("not 1"));
    }
}
