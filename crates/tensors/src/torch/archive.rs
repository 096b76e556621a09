//! The zip archive: its pickle, and where a tensor's elements lie in the file.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use zip::{CompressionMethod, ZipArchive};

use super::error::{Refusal, printable};
use super::value::{Heap, Tensor, Value};
use super::{names, pickle};
use crate::element::Layout;
use host::files;

/// Bytes of a pickle: lists of labels lie in it, and tensors do not.
const LONGEST_PICKLE: u64 = 1 << 28;
/// What an archive's pickle is called, in the folder that holds everything.
const PICKLE: &str = "data.pkl";

/// An open archive.
pub struct Archive {
    path: PathBuf,
    bytes: u64,
    zip: ZipArchive<BufReader<File>>,
    /// The archive's own folder, with a slash at its end.
    folder: String,
    big_endian: bool,
    heap: Heap,
    /// Arrays and columns by their names, sorted.
    named: Vec<(String, Value)>,
}

/// Where a tensor's elements lie in the file.
pub struct Extent {
    /// How they lie.
    pub layout: Layout,
    /// The first of their bytes.
    pub start: u64,
    /// Bytes in all.
    pub length: u64,
}

impl Archive {
    /// Opens the archive and reads its pickle; `alone` is the name of an array that is in no container.
    ///
    /// # Errors
    /// Where it is no whole archive of `torch.save`, or holds more than tensors, plain values and their containers.
    pub fn open(path: &Path, alone: &str) -> Result<Self, Refusal> {
        let file = files::open(path)?;
        let bytes = file.metadata()?.len();
        let zip = ZipArchive::new(BufReader::new(file))
            .map_err(|error| Refusal::Damaged(printable(&error.to_string())))?;
        let folder = zip
            .file_names()
            .filter_map(|name| name.strip_suffix(PICKLE))
            .find(|folder| folder.is_empty() || folder.ends_with('/'))
            .ok_or_else(|| Refusal::Damaged(format!("it has no {PICKLE}")))?
            .to_owned();
        let heap = Heap { pickle: Vec::new(), nodes: Vec::new() };
        let path = path.to_owned();
        let mut archive = Self { path, bytes, zip, folder, big_endian: false, heap, named: Vec::new() };
        archive.big_endian = archive.entry("byteorder", 16).is_ok_and(|order| order.starts_with(b"big"));
        let (heap, value) = pickle::read(archive.entry(PICKLE, LONGEST_PICKLE)?)?;
        archive.named = names::named(&heap, value, alone)?;
        archive.heap = heap;
        Ok(archive)
    }

    /// Names of its arrays and columns, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|(name, _)| name.as_str())
    }

    /// The array or column `name`.
    pub fn value(&self, name: &str) -> Option<Value> {
        self.named.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// What its values are.
    pub const fn heap(&self) -> &Heap {
        &self.heap
    }

    /// The file, to be read from there on.
    ///
    /// # Errors
    /// Where the operating system refuses.
    pub fn file_at(&self, start: u64) -> std::io::Result<File> {
        let mut file = files::open(&self.path)?;
        file.seek(SeekFrom::Start(start))?;
        Ok(file)
    }

    /// Where the tensor lies, after what the pickle claims of it was compared with its storage.
    ///
    /// # Errors
    /// Where its storage does not hold it, or its elements do not lie one after the other.
    pub fn extent(&mut self, tensor: &Tensor) -> Result<Extent, Refusal> {
        let key = String::from_utf8_lossy(self.heap.bytes(tensor.key)).into_owned();
        let fortran = match (tensor.lies_in_order(false), tensor.lies_in_order(true)) {
            (true, _) => false,
            (_, true) => true,
            _ => return Err(Refusal::Strides(tensor.strides.clone())),
        };
        let (start, stored) = self.entry_at(&format!("data/{key}"))?;
        let Tensor { element, shape, .. } = tensor.clone();
        let layout = Layout { element, big_endian: self.big_endian, fortran, shape };
        let size = element.size() as u64;
        let claimed = layout.elements().and_then(|elements| {
            let first = (tensor.offset as u64).checked_mul(size)?;
            let length = elements as u64 * size;
            (first.checked_add(length)? <= stored).then_some((first, length))
        });
        let Some((first, length)) = claimed else {
            return Err(Refusal::Damaged(format!(
                "shape {} from element {} on of {size} bytes each does not fit into its storage of {stored} bytes",
                layout.shape_text(),
                tensor.offset
            )));
        };
        Ok(Extent { layout, start: start + first, length })
    }

    /// Where the archive's entry `name` lies in the file, and its bytes.
    fn entry_at(&mut self, name: &str) -> Result<(u64, u64), Refusal> {
        let name = format!("{}{name}", self.folder);
        let missing = || Refusal::Damaged(format!("it has no `{}`", printable(&name)));
        let index = self.zip.index_for_name(&name).ok_or_else(missing)?;
        let entry =
            self.zip.by_index(index).map_err(|error| Refusal::Damaged(printable(&error.to_string())))?;
        if entry.compression() != CompressionMethod::Stored || entry.encrypted() {
            let reason = format!("its `{}` is compressed, which torch.save never does", printable(&name));
            return Err(Refusal::Damaged(reason));
        }
        let (start, length) = (entry.data_start().ok_or_else(missing)?, entry.size());
        if start.checked_add(length).is_none_or(|end| end > self.bytes) {
            return Err(Refusal::Damaged(format!(
                "its `{}` should have {length} bytes from byte {start} on, and the file has {}",
                printable(&name),
                self.bytes
            )));
        }
        Ok((start, length))
    }

    /// The bytes of the archive's entry `name`, which are at most `most`.
    fn entry(&mut self, name: &str, most: u64) -> Result<Vec<u8>, Refusal> {
        let (start, length) = self.entry_at(name)?;
        if length > most {
            return Err(Refusal::Unsuitable(format!("{length} bytes of values outside its tensors")));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length as usize).map_err(|_| Refusal::Memory)?;
        self.file_at(start)?.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
