//! `.safetensors`: a JSON header and raw tensors, read one tensor at a time.
//!
//! The `safetensors` crate parses the header; its own reader wants the whole file in memory.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::super::archive::TEXT_COLUMNS;
use super::super::error::{DataError, printable, printable_path};
use super::read::{Stored, Stores};
use host::files;
use tensors::{Element, Layout};

/// Enough for a hundred thousand tensors; the format's own limit of 100 MB takes seconds to parse.
const LONGEST_HEADER: u64 = 16 << 20;

/// An open `.safetensors`.
pub(super) struct Safetensors {
    path: PathBuf,
    file: File,
    header: Metadata,
    /// Where the tensors begin.
    start: u64,
    /// Bytes from there to the end of the file.
    payload: u64,
}

impl Safetensors {
    /// Opens the file and reads its header.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let io = |error: std::io::Error| DataError::io("read", path, &error);
        let damaged = |reason: String| DataError::Damaged { place: printable_path(path), reason };
        let mut file = files::open(path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(|_| damaged("it has no header".into()))?;
        let length = u64::from_le_bytes(length);
        if length.checked_add(8).is_none_or(|end| end > bytes) {
            return Err(damaged(format!("its header claims {length} bytes of the file's {bytes}")));
        }
        if length > LONGEST_HEADER {
            return Err(damaged(format!(
                "its header has {length} bytes, and at most {LONGEST_HEADER} are read"
            )));
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(io)?;
        let header: Metadata =
            serde_json::from_slice(&header).map_err(|error| damaged(printable(&error.to_string())))?;
        Ok(Self { path: path.to_owned(), file, header, start: length + 8, payload: bytes - length - 8 })
    }

    fn is_text(&self, name: &str) -> bool {
        let listed = self.header.metadata().as_ref().and_then(|metadata| metadata.get(TEXT_COLUMNS));
        listed.is_some_and(|listed| listed.split(',').any(|column| column == name))
    }
}

impl Stores for Safetensors {
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.header.tensors().into_keys().collect();
        names.sort();
        names
    }

    fn stored(&mut self, key: &'static str, name: &str) -> Result<Stored<'_>, DataError> {
        let Some(info) = self.header.info(name) else {
            return Err(DataError::not_found(&self.path, key, name, &self.names()));
        };
        let place = format!("tensor `{}` of {}", printable(name), printable_path(&self.path));
        let mut layout = layout(info, &place)?;
        if self.is_text(name) {
            let (Element::U8, &[rows, longest]) = (layout.element, layout.shape.as_slice()) else {
                let reason = format!("`{TEXT_COLUMNS}` lists it, but it is no matrix of bytes");
                return Err(DataError::Damaged { place, reason });
            };
            layout = Layout { element: Element::Bytes(longest), shape: vec![rows, 1], ..layout };
        }
        let (from, to) = (info.data_offsets.0 as u64, info.data_offsets.1 as u64);
        if from > to || to > self.payload {
            let reason = format!("it should lie at bytes {from} to {to} of {}", self.payload);
            return Err(DataError::Damaged { place, reason });
        }
        self.file
            .seek(SeekFrom::Start(self.start + from))
            .map_err(|error| DataError::io("read", &self.path, &error))?;
        let bytes = Box::new(BufReader::new(&self.file).take(to - from));
        Ok(Stored { layout, bytes, available: to - from, place })
    }
}

fn layout(info: &TensorInfo, place: &str) -> Result<Layout, DataError> {
    let element = match info.dtype {
        Dtype::BOOL => Element::Bool,
        Dtype::I8 => Element::I8,
        Dtype::U8 => Element::U8,
        Dtype::I16 => Element::I16,
        Dtype::U16 => Element::U16,
        Dtype::I32 => Element::I32,
        Dtype::U32 => Element::U32,
        Dtype::I64 => Element::I64,
        Dtype::U64 => Element::U64,
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::Bf16,
        Dtype::F32 => Element::F32,
        Dtype::F64 => Element::F64,
        other => {
            let wanted = "which is not read; save it as F32, BF16 or F16, or labels as I64";
            return Err(DataError::Element {
                place: place.to_owned(),
                element: format!("{other:?}"),
                wanted,
            });
        }
    };
    Ok(Layout { element, big_endian: false, fortran: false, shape: info.shape.clone() })
}
