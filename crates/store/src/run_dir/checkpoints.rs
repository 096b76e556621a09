//! Where a run that is resumed has its checkpoints: its project may have been moved, and their folder removed.

use std::path::{Path, PathBuf};

use super::{CHECKPOINTS, RunDir};
use crate::{StoreError, journal};
use study::config::Config;

/// The folder of the checkpoints of the run in `root`, whose configuration is `now`: it may have been resumed with another
/// folder than it was begun with.
///
/// # Errors
/// Where `root` holds no run.
pub fn folder_now(root: &Path, now: &Config) -> Result<PathBuf, StoreError> {
    let mut dir = RunDir::open(root)?;
    let begun = journal::header(&dir.journal())?;
    dir.find_checkpoints(&begun.config, now);
    Ok(dir.checkpoints)
}

impl RunDir {
    /// Finds the folder of a run that was begun with `begun` and has the configuration `now`: the one that was asked
    /// for since, else the one that is there. Where none is, it is to be made, in the folder that the configuration
    /// names or, if that is gone too, in the run's own.
    pub(crate) fn find_checkpoints(&mut self, begun: &Config, now: &Config) {
        let own = self.root.join(CHECKPOINTS);
        // `runs/x/.` and `.` have no last part of their own.
        let Ok(root) = self.root.canonicalize() else { return };
        let Some(name) = root.file_name() else { return };
        let folder = Path::new(&now.checkpoints.directory);
        let named = folder.join(name);
        if now.checkpoints.directory != begun.checkpoints.directory {
            self.checkpoints = named;
            return;
        }
        // A project that was moved or copied took both `runs/` and `checkpoints/` with it. Its own folder comes before the
        // one that the configuration names, which may belong to the project that it was copied from.
        let project = root.parent().and_then(Path::parent);
        let moved = project.zip(folder.file_name()).map(|(project, folder)| project.join(folder).join(name));
        let there =
            [Some(own.clone()), moved, Some(named.clone())].into_iter().flatten().find(|path| path.is_dir());
        self.checkpoints = there.unwrap_or_else(|| if folder.is_dir() { named } else { own });
    }

    /// Makes the folders that the run writes into, with its checkpoints below `folder` where that is another one than
    /// before. What its user should know of it, in sentences.
    pub fn make_ready(&mut self, folder: Option<&Path>) -> Result<Vec<String>, StoreError> {
        let mut said = Vec::new();
        let before = self.checkpoints.clone();
        if let Some(folder) = folder {
            let name = self.root.canonicalize().map_err(StoreError::io("open", &self.root))?;
            self.checkpoints =
                name.file_name().map_or_else(|| folder.to_path_buf(), |name| folder.join(name));
        }
        if self.checkpoints != before && before.is_dir() {
            said.push(format!(
                "checkpoints are kept in {} from here on; those that are there already stay in {}",
                self.checkpoints.display(),
                before.display()
            ));
        }
        let is_gone = !self.checkpoints.is_dir() && !before.is_dir();
        self.make_folders("--set checkpoints.directory=…")?;
        if is_gone {
            said.push(format!(
                "the folder of checkpoints is gone; {} was made, without those of configurations that are done",
                self.checkpoints.display()
            ));
        }
        Ok(said)
    }

    /// The folder of checkpoints.
    pub fn checkpoints(&self) -> &Path {
        &self.checkpoints
    }
}
