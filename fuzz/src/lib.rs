//! The crates that read files, and the way of fuzzed bytes into them. They are built without LibTorch, so a fuzz
//! build takes a minute.

pub use {data, store, study};

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use study::config::{Config, Scale};

/// A folder in memory, one for each process.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        tempfile::tempdir_in(place).expect("a folder to fuzz in").keep()
    })
}

/// Puts `bytes` into a file of that name.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    fs::write(&path, bytes).expect("a fuzzed file");
    path
}

/// Looks into the data set at `path` as `data inspect` does, and prepares it where it can be.
pub fn inspect(path: &Path) {
    let mut config = Config::default();
    config.data.source = path.display().to_string();
    config.data.scale = Scale::Standard;
    config.synthetic.allow_imbalance = true;
    if let Ok(inspection) = data::inspect(&config) {
        let _ = inspection.to_string();
    }
}

/// The same where the text modality alone is fuzzed, in a folder beside good arrays and labels.
pub fn inspect_folder(name: &str, bytes: &[u8]) {
    let set = folder().join("set");
    fs::create_dir_all(&set).expect("a folder");
    for (file, bytes) in [("text.npy", TEXT), ("image.npy", IMAGE), ("labels.csv", LABELS)] {
        fs::write(set.join(file), bytes).expect("a file");
    }
    fs::write(set.join(name), bytes).expect("a fuzzed file");
    inspect(&set);
}

const TEXT: &[u8] = include_bytes!("text.npy");
const IMAGE: &[u8] = include_bytes!("image.npy");
const LABELS: &[u8] = include_bytes!("labels.csv");
