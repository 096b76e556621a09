//! Weights in a `.safetensors` file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use ::safetensors::Dtype;
use ::safetensors::tensor::Metadata;
use tch::Kind;

use super::{Shard, Stored};
use crate::error::{EmbedError, printable};
use host::files;

/// Bytes of a header at most: enough for a hundred thousand tensors.
const LONGEST_HEADER: u64 = 16 << 20;

struct Safetensors {
    file: File,
    header: Metadata,
    /// Where the tensors begin, and bytes from there on.
    start: u64,
    payload: u64,
}

/// Opens the file and reads its header.
pub(super) fn open(path: &Path) -> Result<Box<dyn Shard>, EmbedError> {
    let io = |error: std::io::Error| EmbedError::io("read", path, &error);
    let damaged = |reason: String| EmbedError::model(path, format!("{reason}; write or copy the file again"));
    let mut file = files::open(path).map_err(io)?;
    let bytes = file.metadata().map_err(io)?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| damaged("it has no header".into()))?;
    let length = u64::from_le_bytes(length);
    if length.checked_add(8).is_none_or(|end| end > bytes) || length > LONGEST_HEADER {
        return Err(damaged(format!("its header claims {length} bytes of the file's {bytes}")));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header).map_err(io)?;
    let header: Metadata = serde_json::from_slice(&header).map_err(|error| damaged(printable(error)))?;
    Ok(Box::new(Safetensors { file, header, start: length + 8, payload: bytes - length - 8 }))
}

impl Shard for Safetensors {
    fn names(&self) -> Vec<String> {
        self.header.offset_keys()
    }

    fn shape(&self, name: &str) -> Option<Vec<i64>> {
        Some(self.header.info(name)?.shape.iter().map(|&length| length as i64).collect())
    }

    fn stored(&mut self, name: &str) -> Result<Stored, String> {
        let info = self.header.info(name).ok_or("is gone")?;
        let (kind, size) = match info.dtype {
            Dtype::F32 => (Kind::Float, 4),
            Dtype::F16 => (Kind::Half, 2),
            Dtype::BF16 => (Kind::BFloat16, 2),
            Dtype::F64 => (Kind::Double, 8),
            other => return Err(format!("holds {other:?}; F32, F16, BF16 and F64 are read here")),
        };
        let (from, to) = (info.data_offsets.0 as u64, info.data_offsets.1 as u64);
        let elements =
            info.shape.iter().try_fold(size, |bytes: u64, &length| bytes.checked_mul(length as u64));
        if from > to || to > self.payload || elements != Some(to - from) {
            return Err(format!(
                "should lie at bytes {from} to {to} of {}; copy the file again",
                self.payload
            ));
        }
        let mut bytes = vec![0; (to - from) as usize];
        self.file
            .seek(SeekFrom::Start(self.start + from))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|error| format!("cannot be read: {error}"))?;
        Ok(Stored { kind, bytes, fortran: false })
    }
}
