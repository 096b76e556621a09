//! A run's report as files, each whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Format, Report, ReportError, figures, long, sentences, tensorboard};
use host::files::check_output;
use store::{StoreError, atomic};

/// The folder that `TensorBoard` is to be given.
const TENSORBOARD: &str = "tensorboard";

impl Report<'_> {
    /// Writes `summary.{md,csv,json,tex}`, `report.html` and `figures/*.{svg,png}` into `dir`, and returns
    /// their paths.
    pub fn export(&self, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
        make(dir)?;
        let drawn = self.drawn()?;
        let mut paths = Vec::new();
        for format in Format::ALL {
            let text = super::written(&self.contents, &drawn, format)?;
            put(dir.join(format.file_name()), text.as_bytes(), &mut paths)?;
        }
        write_figures(&drawn, &dir.join("figures"), &mut paths)?;
        Ok(paths)
    }

    /// Writes every figure into `dir`, and returns their paths.
    pub fn figures(&self, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
        let mut paths = Vec::new();
        write_figures(&self.drawn()?, dir, &mut paths)?;
        Ok(paths)
    }

    /// Writes the long forms into `dir` and returns their paths: `trials` and `epochs` as CSV and Parquet,
    /// and a folder with one of `TensorBoard`'s event files for each trial.
    pub fn long_forms(&self, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
        make(dir)?;
        let mut paths = Vec::new();
        let provenance = sentences::provenance_pairs(&self.contents);
        for table in long::tables(&self.contents) {
            put(dir.join(format!("{}.csv", table.name)), &long::csv::render(&table)?, &mut paths)?;
            let bytes = long::parquet::render(&table, &provenance)?;
            put(dir.join(format!("{}.parquet", table.name)), &bytes, &mut paths)?;
        }
        for file in tensorboard::files(&self.contents) {
            let path = dir.join(TENSORBOARD).join(file.path);
            path.parent().map_or(Ok(()), make)?;
            write(&path, &file.bytes)?;
        }
        paths.push(dir.join(TENSORBOARD));
        Ok(paths)
    }
}

fn write_figures(drawn: &[figures::Figure], dir: &Path, paths: &mut Vec<PathBuf>) -> Result<(), ReportError> {
    make(dir)?;
    for figure in drawn {
        put(dir.join(format!("{}.svg", figure.file())), figure.svg.as_bytes(), paths)?;
        put(dir.join(format!("{}.png", figure.file())), &figure.png()?, paths)?;
    }
    Ok(())
}

pub(super) fn make(folder: &Path) -> Result<(), ReportError> {
    fs::create_dir_all(folder).map_err(|source| ReportError::Folder { path: folder.into(), source })
}

pub(super) fn put(path: PathBuf, bytes: &[u8], paths: &mut Vec<PathBuf>) -> Result<(), ReportError> {
    write(&path, bytes)?;
    paths.push(path);
    Ok(())
}

/// Replaces a regular file and nothing else: the folder is its user's.
fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    check_output(path, &[]).map_err(StoreError::io("write", path))?;
    atomic::write(path, bytes)
}
