//! Opens what its user named: a source, and perhaps a table beside it.

use std::path::{Path, PathBuf};

use super::super::error::printable_path;
use super::super::files;
use super::GuideError;
use super::survey::Survey;

/// Looks through the files and folders: one source with matrices, and a table of columns if they name one. Several `.npy`
/// of one folder are that folder.
///
/// # Errors
/// Where one cannot be opened, or they are not one data set.
pub fn look(paths: &[PathBuf]) -> Result<Survey, GuideError> {
    let mut paths: Vec<PathBuf> = paths.iter().map(|path| folder_of_arrays(path)).collect();
    let mut seen = Vec::new();
    paths.retain(|path| {
        let is_new = !seen.contains(path);
        seen.push(path.clone());
        is_new
    });
    let (mut source, mut table): (Option<(PathBuf, Survey)>, Option<PathBuf>) = (None, None);
    for path in &paths {
        let survey = Survey::of(named(path)?, files::open(path)?.as_mut());
        if survey.has_matrix() || paths.len() == 1 {
            if let Some((first, _)) = &source {
                return Err(GuideError::Apart { first: printable_path(first), second: printable_path(path) });
            }
            source = Some((path.clone(), survey));
        } else if let Some(first) = table.replace(path.clone()) {
            return Err(GuideError::Tables { first: printable_path(&first), second: printable_path(path) });
        }
    }
    match (source, table) {
        (Some((_, survey)), None) => Ok(survey),
        (Some((path, survey)), Some(table)) => {
            let (mut source, mut file) = (files::open(&path)?, files::open(&table)?);
            // Its columns are another order's.
            source.take_table();
            Ok(survey.with_table(source.as_mut(), named(&table)?, file.as_mut()))
        }
        (None, _) => Err(GuideError::NoPair {
            place: paths.iter().map(|path| printable_path(path)).collect::<Vec<_>>().join(", "),
            found: "no matrix".to_owned(),
        }),
    }
}

/// A `.npy` is one array of the data set that its folder is.
fn folder_of_arrays(path: &Path) -> PathBuf {
    let is_array = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy"));
    if !is_array || path.is_dir() {
        return path.to_owned();
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

fn named(path: &Path) -> Result<&str, GuideError> {
    path.to_str().ok_or_else(|| GuideError::Path { path: printable_path(path) })
}
