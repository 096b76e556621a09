//! Which block shapes of the kernel's sums were the fastest on which processor, in a file of the user's cache folder. It may be lost
//! at any time: then they are measured again, and no number depends on them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use host::atomic::Replacement;
use host::files;

/// The file's name in the program's cache folder.
pub const FILE: &str = "blocks.json";
/// The format that this program writes; of another nothing is read.
const FORMAT: u32 = 1;
/// Bytes that are read at most.
const LONGEST: u64 = 1 << 20;
/// Choices that are kept at most; with more, all begins anew.
const MOST: usize = 1_000;

/// Names of block shapes by what they were chosen for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen(BTreeMap<String, String>);

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    blocks: BTreeMap<String, String>,
}

impl Chosen {
    /// Reads the file; nothing where there is none.
    ///
    /// # Errors
    /// Where it cannot be read, is damaged, or is of another format.
    pub fn read(path: &Path) -> io::Result<Self> {
        let bytes = match files::read(path, LONGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let damaged = |why: String| io::Error::new(ErrorKind::InvalidData, why);
        let file: File = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if file.format != FORMAT {
            return Err(damaged(format!("its format is {}, and {FORMAT} is read", file.format)));
        }
        Ok(Self(file.blocks))
    }

    /// Writes the file whole, and its folder where there is none.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = Replacement::begin(path)?;
        let text = serde_json::to_vec_pretty(&File { format: FORMAT, blocks: self.0.clone() })?;
        file.file().write_all(&text)?;
        file.finish()
    }

    /// What was chosen.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Takes a choice in place of an older one.
    pub fn record(&mut self, key: String, name: &str) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(key, name.to_owned());
    }
}

#[cfg(test)]
mod tests {
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
