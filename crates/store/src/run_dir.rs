//! Where a run's files are. Knows names and folders, not what the files hold.

mod attempts;
pub mod checkpoints;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::format::v1;
use super::{StoreError, atomic, journal};
use host::atomic::is_partial;
use study::config::Config;
use study::grid::{CohortId, Seed};

pub use attempts::of_attempt;

const JOURNAL: &str = "events.jsonl";
const LABELS: &str = "labels.toml";
const CHECKPOINTS: &str = "checkpoints";
const CORRECT: &str = "correct";
const UNDER_NOISE: &str = "under-noise";
const POSITIONS: &str = "positions";
/// Beside the journal, where the data set has several splits.
const TEST_ROWS: &str = "test-rows.npy";
const TEST_GROUPS: &str = "test-groups.npy";
/// Runs of the same name within one second, before something else must be wrong.
const MOST_NAMESAKES: u32 = 1_000;

/// A run's directory and its folder of checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    root: PathBuf,
    checkpoints: PathBuf,
}

/// The file of a cohort's checkpoint: of its best seed, or of `seed` where each seed has its own.
pub fn checkpoint_name(cohort: CohortId, seed: Option<Seed>) -> String {
    let cohort = v1::CohortId::from(cohort);
    match seed {
        Some(Seed(seed)) => format!("{cohort}-seed{seed}.safetensors"),
        None => format!("{cohort}.safetensors"),
    }
}

/// Whether a training state of this name was saved by seeds of which the first is one of these: `seed-3.state`, and the best
/// weights beside it, `best-3-1.state`.
pub fn is_state_of(name: &str, seeds: &[Seed]) -> bool {
    let number = name.strip_prefix("seed-").or_else(|| name.strip_prefix("best-"));
    let number = number.and_then(|rest| rest.split(['-', '.']).next()?.parse().ok());
    number.is_some_and(|number| seeds.contains(&Seed(number)))
}

impl RunDir {
    /// Makes the directory of a new run and writes its `config.toml`.
    ///
    /// `runs/<name>-<UTC time>/` below the working directory with its checkpoints in a folder of the same
    /// name below `checkpoints.directory`; or, with `explicit`, everything below that directory.
    pub fn create(config: &Config, explicit: Option<&Path>, now: Timestamp) -> Result<Self, StoreError> {
        let dir = match explicit {
            Some(root) => Self::create_at(root)?,
            None => Self::create_below(Path::new("runs"), config, now)?,
        };
        let text = to_toml(config)?;
        atomic::write(&dir.config(), text.as_bytes()).inspect_err(|_| dir.discard())?;
        Ok(dir)
    }

    /// The folder of a shard's start, whose checkpoints lie below it. It is there already, and empty.
    pub(crate) fn of_start(root: &Path) -> Result<Self, StoreError> {
        let dir = Self::at(root);
        dir.make_folders("--run-dir")?;
        Ok(dir)
    }

    /// A run's directory with everything below it, whatever is there.
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.into(), checkpoints: root.join(CHECKPOINTS) }
    }

    /// The directory of an existing run.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let journal = root.join(JOURNAL);
        if !journal.is_file() {
            return Err(StoreError::NotARun { path: root.into() });
        }
        let mut dir = Self::at(root);
        if !dir.checkpoints.is_dir() {
            let header = journal::header(&journal)?;
            dir.find_checkpoints(&header.config, &header.config);
        }
        Ok(dir)
    }

    /// The journal in `root`, where it holds a run.
    pub fn journal_in(root: &Path) -> Option<PathBuf> {
        Some(root.join(JOURNAL)).filter(|journal| journal.is_file())
    }

    /// `labels.toml` in `root`, see [`super::labels`].
    pub fn labels_in(root: &Path) -> PathBuf {
        root.join(LABELS)
    }

    /// The run's directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `events.jsonl`
    pub fn journal(&self) -> PathBuf {
        self.root.join(JOURNAL)
    }

    /// `log.txt`
    pub fn log(&self) -> PathBuf {
        self.root.join("log.txt")
    }

    /// `config.toml`
    pub fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// `figures/`, which an export makes.
    pub fn figures(&self) -> PathBuf {
        self.root.join("figures")
    }

    /// Where the training states of a running cohort are.
    pub fn training_states(&self, cohort: CohortId) -> PathBuf {
        self.root.join(POSITIONS).join(v1::CohortId::from(cohort).to_string())
    }

    /// The cohort's file of [`super::correctness`].
    pub fn correctness(&self, cohort: CohortId) -> PathBuf {
        self.root.join(CORRECT).join(format!("{}.npy", v1::CohortId::from(cohort)))
    }

    /// The cohort's file of [`super::under_noise`].
    pub fn under_noise(&self, cohort: CohortId) -> PathBuf {
        self.root.join(UNDER_NOISE).join(format!("{}.npz", v1::CohortId::from(cohort)))
    }

    /// The cohort's checkpoint: of its best seed, or of `seed` where each seed has its own.
    pub fn checkpoint(&self, cohort: CohortId, seed: Option<Seed>) -> PathBuf {
        self.checkpoints.join(checkpoint_name(cohort, seed))
    }

    /// Removes what a process that was killed left half-written.
    pub fn remove_partial_files(&self) {
        let below = [CORRECT, UNDER_NOISE].map(|folder| self.root.join(folder));
        let own = [self.root.clone(), self.figures(), self.checkpoints.clone()];
        let positions = fs::read_dir(self.root.join(POSITIONS)).into_iter().flatten().flatten();
        let positions = positions.map(|entry| entry.path());
        for folder in own.into_iter().chain(below).chain(positions) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if is_partial(&entry.file_name()) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
    }

    /// The file of [`super::test_rows`] with their places in the source.
    pub fn test_rows(&self) -> PathBuf {
        self.root.join(TEST_ROWS)
    }

    /// The file of [`super::test_rows`] with their groups.
    pub fn test_groups(&self) -> PathBuf {
        self.root.join(TEST_GROUPS)
    }

    /// The projections that the run's checkpoints need, beside them: of its one split, or of that which this seed
    /// drew.
    pub fn projection(&self, split: Option<Seed>) -> PathBuf {
        self.checkpoints.join(projection_name(split))
    }

    /// Whether a new run can have the directory `root`: it is absent or empty. Files that are there are never replaced.
    ///
    /// # Errors
    /// Where it is neither, or cannot be looked into.
    pub fn check_free(root: &Path) -> Result<(), StoreError> {
        if root.join(JOURNAL).exists() {
            return Err(StoreError::AlreadyARun { path: root.into() });
        }
        let refused = |source| StoreError::Unwritable { path: root.into(), fix: "--run-dir", source };
        match fs::read_dir(root).and_then(|mut entries| entries.next().transpose()) {
            Ok(None) => Ok(()),
            Ok(Some(entry)) => {
                Err(StoreError::NotEmpty { path: root.into(), entry: entry.file_name().into() })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(refused(error)),
        }
    }

    /// Removes what [`Self::create`] made of a run that did not begin, so that nothing is in the way next time.
    pub fn discard(&self) {
        let _ = fs::remove_file(self.config());
        let _ = fs::remove_file(Self::labels_in(&self.root));
        // Only empty folders can be removed.
        for folder in [self.checkpoints.clone(), self.root.join(CORRECT), self.root.join(UNDER_NOISE)] {
            let _ = fs::remove_dir(folder);
        }
    }

    fn create_at(root: &Path) -> Result<Self, StoreError> {
        Self::check_free(root)?;
        let was_there = root.exists();
        let dir = Self::at(root);
        dir.make_folders("--run-dir").inspect_err(|_| {
            dir.discard();
            if !was_there {
                let _ = fs::remove_dir(root);
            }
        })?;
        Ok(dir)
    }

    fn create_below(runs: &Path, config: &Config, now: Timestamp) -> Result<Self, StoreError> {
        let refused = |source| StoreError::Unwritable { path: runs.into(), fix: "--run-dir", source };
        fs::create_dir_all(runs).map_err(refused)?;
        let name = format!("{}-{}", file_name(&config.run.name), now.strftime("%Y%m%dT%H%M%SZ"));
        for number in 1..=MOST_NAMESAKES {
            let name = if number == 1 { name.clone() } else { format!("{name}-{number}") };
            let dir = Self {
                root: runs.join(&name),
                checkpoints: Path::new(&config.checkpoints.directory).join(&name),
            };
            match fs::create_dir(&dir.root) {
                Ok(()) => {
                    return match dir.make_folders("checkpoints.directory") {
                        Ok(()) => Ok(dir),
                        // Nothing was started, so nothing stays: only empty folders can be removed.
                        Err(error) => {
                            let _ = fs::remove_dir(&dir.root);
                            let _ = fs::remove_dir(runs);
                            Err(error)
                        }
                    };
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(refused(error)),
            }
        }
        Err(refused(io::Error::new(ErrorKind::AlreadyExists, format!("{name} and its namesakes are taken"))))
    }

    fn make_folders(&self, fix: &'static str) -> Result<(), StoreError> {
        for folder in [&self.checkpoints, &self.root.join(CORRECT), &self.root.join(UNDER_NOISE)] {
            let refused = |source| StoreError::Unwritable { path: folder.clone(), fix, source };
            fs::create_dir_all(folder).map_err(refused)?;
            // An existing folder may still be read-only, which would come out after the first cohort.
            tempfile::tempfile_in(folder).map_err(refused)?;
        }
        Ok(())
    }
}

/// The run's name as a part of a path: letters, digits, `-`, `_` and inner dots.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).take(64).collect();
    match name.trim_matches('.') {
        "" => "run".into(),
        name => name.into(),
    }
}

fn to_toml(config: &Config) -> Result<String, StoreError> {
    toml::to_string(config)
        .map_err(|error| StoreError::Encode { what: "the configuration", why: error.to_string() })
}

/// The file of projections beside the checkpoints: of the data set's one split, or of that which `split` drew.
pub fn projection_name(split: Option<Seed>) -> String {
    match split {
        Some(Seed(split)) => format!("projection-split{split}.safetensors"),
        None => "projection.safetensors".to_owned(),
    }
}

#[cfg(test)]
mod tests;
