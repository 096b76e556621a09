//! The summary in every format and every figure, as files.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Contents, Format, ReportError, render};
use crate::store::atomic;
use crate::study::run_state::RunState;

/// Writes `summary.{md,csv,json,tex}` and `figures/*.svg` into `dir`, each whole or not at all, and
/// returns their paths.
pub fn export(state: &RunState, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let folder = dir.join("figures");
    fs::create_dir_all(&folder).map_err(|source| ReportError::Folder { path: folder.clone(), source })?;
    let mut paths = Vec::new();
    for format in Format::ALL {
        let path = dir.join(format!("summary.{}", format.extension()));
        atomic::write(&path, render(state, format)?.as_bytes())?;
        paths.push(path);
    }
    paths.extend(figures(state, &folder)?);
    Ok(paths)
}

/// Writes every figure into `dir`, and returns their paths.
pub fn figures(state: &RunState, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    fs::create_dir_all(dir).map_err(|source| ReportError::Folder { path: dir.into(), source })?;
    let mut paths = Vec::new();
    for figure in super::figures::all(&Contents::of(state)?)? {
        let path = dir.join(format!("{}.svg", figure.name));
        atomic::write(&path, figure.svg.as_bytes())?;
        paths.push(path);
    }
    Ok(paths)
}
