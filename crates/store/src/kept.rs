//! What the program keeps in the user's cache folder, a JSON file each. Any of them may be lost at any time.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use host::atomic::Replacement;
use host::files;

/// The format of all of them; of another nothing is read.
const FORMAT: u32 = 1;
/// Bytes that are read at most.
pub(crate) const LONGEST: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
struct File<T> {
    format: u32,
    #[serde(flatten)]
    content: T,
}

/// Reads the file's keys; nothing where there is no file.
///
/// # Errors
/// Where it cannot be read, is damaged, or is of another format.
pub(crate) fn read<T: DeserializeOwned + Default>(path: &Path) -> io::Result<T> {
    let bytes = match files::read(path, LONGEST) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(error),
    };
    let damaged = |why: String| io::Error::new(ErrorKind::InvalidData, why);
    let file: File<T> = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if file.format != FORMAT {
        return Err(damaged(format!("its format is {}, and {FORMAT} is read", file.format)));
    }
    Ok(file.content)
}

/// Writes the file whole, and its folder where there is none.
///
/// # Errors
/// Where the disk refuses.
pub(crate) fn write(path: &Path, content: impl Serialize) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = Replacement::begin(path)?;
    file.file().write_all(&serde_json::to_vec_pretty(&File { format: FORMAT, content })?)?;
    file.finish()
}
