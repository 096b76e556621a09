//! Which block shapes of the kernel's sums were the fastest on which processor, in a file of the user's cache folder. It may be lost
//! at any time: then they are measured again, and no number depends on them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::kept;

/// The file's name in the program's cache folder.
pub const FILE: &str = "blocks.json";
/// Choices that are kept at most; with more, all begins anew.
const MOST: usize = 1_000;

/// Names of block shapes by what they were chosen for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    blocks: BTreeMap<String, String>,
}

impl Chosen {
    /// Reads the file; nothing where there is none.
    ///
    /// # Errors
    /// Where it cannot be read, is damaged, or is of another format.
    pub fn read(path: &Path) -> io::Result<Self> {
        kept::read(path)
    }

    /// Writes the file whole, and its folder where there is none.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        kept::write(path, self)
    }

    /// What was chosen.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.blocks.get(key).map(String::as_str)
    }

    /// Takes a choice in place of an older one.
    pub fn record(&mut self, key: String, name: &str) {
        if self.blocks.len() >= MOST {
            self.blocks.clear();
        }
        self.blocks.insert(key, name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_damaged_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder").join(FILE);
        assert_eq!(Chosen::read(&path).unwrap(), Chosen::default());
        let mut chosen = Chosen::default();
        chosen.record("here".into(), "plain");
        chosen.record("here".into(), "tall");
        chosen.write(&path).unwrap();
        assert_eq!(Chosen::read(&path).unwrap().find("here"), Some("tall"));
        for damaged in ["{", r#"{"format":2,"blocks":{}}"#, r#"{"format":1,"blocks":{"here":3}}"#] {
            fs::write(&path, damaged).unwrap();
            assert!(Chosen::read(&path).is_err(), "{damaged}");
        }
    }
}
