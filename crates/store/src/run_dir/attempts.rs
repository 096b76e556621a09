//! Files of a new attempt at a configuration that has a result: they stand beside the result's, with the attempt in
//! their names, until the journal says whether the attempt took the result's place.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::RunDir;
use crate::StoreError;
use crate::format::v1;
use study::grid::CohortId;
use study::run_state::RunState;

/// Between a file's stem and the attempt's number.
const MARK: &str = ".attempt-";

/// Where an attempt keeps the file that becomes `path`: `concat-real-32.attempt-2.npy`.
pub fn of_attempt(path: &Path, attempt: u32) -> PathBuf {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    path.with_extension(format!("{}{attempt}.{extension}", &MARK[1..]))
}

impl RunDir {
    /// Puts the files of the attempts that took a result's place into that place, and removes those of the others.
    ///
    /// # Errors
    /// The first one; all files that can be moved are moved all the same.
    pub fn settle_attempts(&self, state: &RunState) -> Result<(), StoreError> {
        let settled: Vec<(String, u32)> = state
            .cohorts()
            .filter(|(_, cohort)| !cohort.trains_again())
            .map(|(id, cohort)| (v1::CohortId::from(id).to_string(), cohort.replaced_by))
            .collect();
        let mut result = Ok(());
        for folder in
            [self.checkpoints.clone(), self.root.join(super::CORRECT), self.root.join(super::UNDER_NOISE)]
        {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    result = result.and(Err(StoreError::io("list", &folder)(error)));
                    continue;
                }
            };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let Some((stem, attempt, extension)) = name.to_str().and_then(parts) else { continue };
                let Some((_, replaced_by)) = settled.iter().find(|(cohort, _)| is_of(stem, cohort)) else {
                    continue;
                };
                let path = entry.path();
                let settled = if attempt == *replaced_by {
                    let place = path.with_file_name(format!("{stem}.{extension}"));
                    fs::rename(&path, &place).map_err(StoreError::io("replace", &place))
                } else {
                    fs::remove_file(&path).map_err(StoreError::io("remove", &path))
                };
                result = result.and(settled);
            }
        }
        result
    }

    /// Removes what a process that is gone left of attempts that nobody resumes.
    pub fn tidy(&self, state: &RunState) -> Result<(), StoreError> {
        let state = &state.left();
        let over = |id: &CohortId| state.cohort(*id).is_some_and(|cohort| cohort.status.is_over());
        for id in state.order().iter().copied().filter(over) {
            let _ = fs::remove_dir_all(self.training_states(id));
        }
        self.settle_attempts(state)
    }
}

/// The stem, the attempt and the extension in the name of an attempt's file.
fn parts(name: &str) -> Option<(&str, u32, &str)> {
    let (stem, rest) = name.split_once(MARK)?;
    let (attempt, extension) = rest.split_once('.')?;
    Some((stem, attempt.parse().ok()?, extension))
}

/// Whether a file with this stem is the cohort's, or one of its seeds'.
fn is_of(stem: &str, cohort: &str) -> bool {
    stem.strip_prefix(cohort).is_some_and(|rest| rest.is_empty() || rest.starts_with("-seed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempts_file_is_told_from_a_results_by_its_name() {
        let path = of_attempt(Path::new("correct/concat-real-32.npy"), 12);
        assert_eq!(path, Path::new("correct/concat-real-32.attempt-12.npy"));
        assert_eq!(parts("concat-real-32.attempt-12.npy"), Some(("concat-real-32", 12, "npy")));
        assert_eq!((parts("concat-real-32.npy"), parts("a.attempt-x.npy")), (None, None));
        assert!(is_of("concat-real-32-seed0", "concat-real-32") && is_of("concat-real-32", "concat-real-32"));
        assert!(!is_of("concat-real-320", "concat-real-32"));
    }
}
