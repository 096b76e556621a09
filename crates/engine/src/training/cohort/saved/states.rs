//! Where a cohort's groups keep their training states, each under a name.

use std::fs::{self, File};
use std::path::PathBuf;

use tch::Tensor;

use super::file::{self, Contents};
use store::StoreError;

/// Keeps the training states of one cohort. Threads share it.
pub(crate) trait TrainingStates: Send + Sync {
    /// Keeps a record and tensors under `name`, as a whole in place of what was there; their checksum in hexadecimal.
    fn write(&self, name: &str, record: &[u8], tensors: &[Tensor]) -> Result<String, StoreError>;

    /// What is kept under `name`, of `most` bytes at most; an error says why it cannot be used.
    fn read(&self, name: &str, most: u64) -> Result<Contents, String>;

    /// All that is kept, in the order of the names.
    fn names(&self) -> Vec<String>;

    /// Removes one, where it is there; what was written before stays even after a power cut.
    fn remove(&self, name: &str);

    /// Where they are, for messages.
    fn location(&self) -> String;
}

/// Training states as files of a folder, which is made with the first one.
pub(crate) struct StateFolder(pub(crate) PathBuf);

impl TrainingStates for StateFolder {
    fn write(&self, name: &str, record: &[u8], tensors: &[Tensor]) -> Result<String, StoreError> {
        fs::create_dir_all(&self.0).map_err(StoreError::io("make", &self.0))?;
        file::write(&self.0.join(name), record, tensors)
    }

    fn read(&self, name: &str, most: u64) -> Result<Contents, String> {
        Contents::read(&self.0.join(name), most)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    fn remove(&self, name: &str) {
        let _ = File::open(&self.0).and_then(|folder| folder.sync_all());
        let _ = fs::remove_file(self.0.join(name));
    }

    fn location(&self) -> String {
        self.0.display().to_string()
    }
}
