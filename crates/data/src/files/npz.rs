//! `.npz`: a zip archive of `.npy` arrays.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::super::error::{DataError, printable, printable_path};
use super::npy;
use super::read::{Stored, Stores};
use host::files;

/// Deflate cannot make more than this many bytes of one.
const GREATEST_RATIO: u64 = 1_032;
/// An entry above this size is not unpacked where it claims more than so many bytes for each of the file's: hardly
/// anything but zeros packs like that, and a few megabytes would become gigabytes.
const LARGE: u64 = 1 << 30;
const LARGE_RATIO: u64 = 800;

/// An open `.npz`.
pub(super) struct Npz {
    path: PathBuf,
    bytes: u64,
    archive: ZipArchive<BufReader<File>>,
}

impl Npz {
    /// Opens the archive and reads its directory.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let file = files::open(path).map_err(|error| DataError::io("read", path, &error))?;
        let bytes = file.metadata().map_err(|error| DataError::io("read", path, &error))?.len();
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| DataError::Damaged {
            place: printable_path(path),
            reason: printable(&error.to_string()),
        })?;
        Ok(Self { path: path.to_owned(), bytes, archive })
    }
}

impl Stores for Npz {
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .archive
            .file_names()
            .map(|name| name.strip_suffix(".npy").unwrap_or(name).to_owned())
            .collect();
        names.sort();
        names
    }

    fn stored(&mut self, key: &'static str, name: &str) -> Result<Stored<'_>, DataError> {
        let Some(index) = self.archive.index_for_name(&format!("{name}.npy")) else {
            return Err(DataError::not_found(&self.path, key, name, &self.names()));
        };
        let place = format!("array `{}` of {}", printable(name), printable_path(&self.path));
        let mut entry = self.archive.by_index(index).map_err(|error| DataError::Damaged {
            place: place.clone(),
            reason: printable(&error.to_string()),
        })?;
        let packed = entry.compressed_size().min(self.bytes);
        let available = entry.size().min(packed.saturating_mul(GREATEST_RATIO));
        if available > LARGE && available / packed.max(1) > LARGE_RATIO {
            let reason = format!("it would unpack {packed} bytes to {available}, which no embeddings do");
            return Err(DataError::Damaged { place, reason });
        }
        let layout = npy::read_header(&mut entry, &place)?;
        Ok(Stored { layout, bytes: Box::new(entry), available, place })
    }
}
