//! Arrow's own format, one record batch at a time: as a file, which Feather is too, or as a stream, as Hugging Face's
//! `datasets` save it. The file's list of its batches, at its end, is not needed: they lie one after the other.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_buffer::Buffer as Bytes;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::{Block, Endianness, Message, MessageHeader, MetadataVersion, RecordBatch, root_as_message};
use arrow_schema::SchemaRef;

use super::super::super::error::{DataError, printable_path};
use super::{Source, Take, claims, damaged, worker};
use host::files;

/// What a file begins with, less the zeros behind it, and what it ends with.
const MAGIC: &[u8] = b"ARROW1";
/// What a message begins with.
const MESSAGE: [u8; 4] = [0xff; 4];
/// Bytes of a message's description at most; one of a thousand columns has 50,000.
const LONGEST_MESSAGE: u64 = 16 << 20;
/// Before a compressed part its length unpacked.
const PREFIX: usize = 8;

/// An open file, its messages found.
pub(super) struct Ipc {
    path: PathBuf,
    file: File,
    schema: SchemaRef,
    version: MetadataVersion,
    messages: Vec<Part>,
    rows: u64,
}

/// Where a message with rows, or with categories, lies.
struct Part {
    block: Block,
    is_categories: bool,
}

impl Ipc {
    /// Finds the messages.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let file = files::open(path).map_err(|error| DataError::io("read", path, &error))?;
        worker::alone(path, || Self::find(path, file))
    }

    fn find(path: &Path, mut file: File) -> Result<Self, DataError> {
        let [mut at, end] = bounds(&mut file, path)?;
        let (mut schema, mut version) = (None, MetadataVersion::V5);
        let (mut messages, mut rows) = (Vec::new(), 0_u64);
        while let Some((head, description)) = description(&mut file, path, [at, end])? {
            let message = root_as_message(&description).map_err(|error| damaged(path, error))?;
            let body = u64::try_from(message.bodyLength()).unwrap_or(u64::MAX);
            if at.saturating_add(head).saturating_add(body) > end {
                return Err(damaged(path, "its last rows are missing"));
            }
            match (message.header_type(), &schema) {
                (MessageHeader::Schema, None) => {
                    schema = Some(columns(&message, path)?);
                    version = message.version();
                }
                (kind @ (MessageHeader::RecordBatch | MessageHeader::DictionaryBatch), Some(_)) => {
                    let held = message.header_as_record_batch().map_or(0, |batch| batch.length());
                    rows = rows.saturating_add(u64::try_from(held).unwrap_or(u64::MAX));
                    let block = Block::new(at as i64, head as i32, body as i64);
                    messages.push(Part { block, is_categories: kind == MessageHeader::DictionaryBatch });
                }
                _ => return Err(damaged(path, "it has a message where none of its kind belongs")),
            }
            at += head + body;
        }
        let schema = schema.ok_or_else(|| damaged(path, "it has no columns"))?;
        if at_file(&mut file) {
            // In a file, categories may come after the rows that they are for.
            messages.sort_by_key(|part| !part.is_categories);
        }
        Ok(Self { path: path.to_owned(), file, schema: Arc::new(schema), version, messages, rows })
    }
}

impl Source for Ipc {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn read(&mut self, columns: &[usize], most_rows: usize, take: &mut Take<'_>) -> Result<(), DataError> {
        let path = self.path.clone();
        let bad = |error: &dyn std::fmt::Display| damaged(&path, error);
        let decoder = FileDecoder::new(Arc::clone(&self.schema), self.version);
        let mut decoder = decoder.with_projection(columns.to_vec());
        for part in &self.messages {
            let bytes = checked_part(&mut self.file, &part.block, &path)?;
            if part.is_categories {
                decoder.read_dictionary(&part.block, &bytes).map_err(|error| bad(&error))?;
                continue;
            }
            let batch = decoder.read_record_batch(&part.block, &bytes).map_err(|error| bad(&error))?;
            let Some(batch) = batch else { continue };
            drop(bytes);
            for from in (0..batch.num_rows()).step_by(most_rows) {
                let rows = batch.slice(from, most_rows.min(batch.num_rows() - from));
                if !take(rows.columns().to_vec()) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Whether it is a file, and not a stream.
fn at_file(file: &mut File) -> bool {
    let mut first = [0; MAGIC.len()];
    file.seek(SeekFrom::Start(0)).and_then(|_| file.read_exact(&mut first)).is_ok() && first == MAGIC
}

/// Where the messages begin and end.
fn bounds(file: &mut File, path: &Path) -> Result<[u64; 2], DataError> {
    let io = |error: std::io::Error| DataError::io("read", path, &error);
    let bytes = file.metadata().map_err(io)?.len();
    if !at_file(file) {
        return Ok([0, bytes]);
    }
    let mut last = [0; 10];
    let cut = || damaged(path, "it has no list of its rows at its end");
    if bytes < 8 + 10 {
        return Err(cut());
    }
    file.seek(SeekFrom::End(-10)).map_err(io)?;
    file.read_exact(&mut last).map_err(io)?;
    let footer = u64::from(u32::from_le_bytes([last[0], last[1], last[2], last[3]]));
    if &last[4..] != MAGIC || footer > bytes - 18 {
        return Err(cut());
    }
    Ok([first(file, path)?, bytes - 10 - footer])
}

/// Where a file's first message begins: behind zeros, up to a multiple of 8 bytes, or of 64 as Arrow's Rust writes.
fn first(file: &mut File, path: &Path) -> Result<u64, DataError> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(8))
        .and_then(|_| (&*file).take(64).read_to_end(&mut start))
        .map_err(|error| DataError::io("read", path, &error))?;
    let zeros = start.iter().take_while(|byte| **byte == 0).count();
    Ok(8 + zeros as u64 / 8 * 8)
}

/// A message's description, and the bytes before its body; none at the end.
fn description(
    file: &mut File,
    path: &Path,
    [at, end]: [u64; 2],
) -> Result<Option<(u64, Vec<u8>)>, DataError> {
    let io = |error: std::io::Error| DataError::io("read", path, &error);
    if at + 4 > end {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(at)).map_err(io)?;
    let mut word = [0; 4];
    file.read_exact(&mut word).map_err(io)?;
    let mut head = 4;
    if word == MESSAGE && at + 8 <= end {
        file.read_exact(&mut word).map_err(io)?;
        head = 8;
    }
    let length = u64::from(u32::from_le_bytes(word));
    if length == 0 {
        return Ok(None);
    }
    if at + head + length > end || length > LONGEST_MESSAGE {
        return Err(damaged(path, format!("a message claims {length} bytes at byte {at} of {end}")));
    }
    let mut description = vec![0; length as usize];
    file.read_exact(&mut description).map_err(io)?;
    Ok(Some((head + length, description)))
}

/// The columns that the first message describes.
fn columns(message: &Message<'_>, path: &Path) -> Result<arrow_schema::Schema, DataError> {
    let described = message.header_as_schema().ok_or_else(|| damaged(path, "it has no columns"))?;
    if described.endianness() != Endianness::Little {
        return Err(DataError::Unread {
            path: printable_path(path),
            what: "an Arrow file with the most significant bytes first",
            fix: "import pandas as pd; pd.read_feather(\"FILE\").to_parquet(\"set.parquet\")",
        });
    }
    try_fb_to_schema(described).map_err(|error| damaged(path, error))
}

/// The bytes of a message, what it claims to unpack to held against them.
fn checked_part(file: &mut File, block: &Block, path: &Path) -> Result<Bytes, DataError> {
    let io = |error: std::io::Error| DataError::io("read", path, &error);
    // Both were compared with the file's length.
    let (head, length) = (block.metaDataLength() as usize, block.bodyLength() as usize);
    claims::check_memory((head + length) as u64).map_err(|reason| damaged(path, reason))?;
    let mut bytes = Vec::new();
    let memory = |_| DataError::Memory { place: printable_path(path) };
    bytes.try_reserve_exact(head + length).map_err(memory)?;
    file.seek(SeekFrom::Start(block.offset() as u64)).map_err(io)?;
    (&*file).take((head + length) as u64).read_to_end(&mut bytes).map_err(io)?;
    let bytes = Bytes::from_vec(bytes);
    let Some((described, body)) = bytes.split_at_checked(head).filter(|(_, body)| body.len() == length)
    else {
        return Err(damaged(path, "it has become shorter"));
    };
    let described = if described.starts_with(&MESSAGE) { &described[8..] } else { &described[4..] };
    let message = root_as_message(described).map_err(|error| damaged(path, error))?;
    let categories = message.header_as_dictionary_batch().and_then(|batch| batch.data());
    if let Some(batch) = message.header_as_record_batch().or(categories) {
        check_batch(&batch, body).map_err(|reason| damaged(path, reason))?;
    }
    Ok(bytes)
}

/// Refuses a batch whose parts lie outside its bytes, or unpack to what those cannot be.
fn check_batch(batch: &RecordBatch<'_>, held: &[u8]) -> Result<(), String> {
    let mut all = 0_u64;
    for part in batch.buffers().into_iter().flatten() {
        let bounds = usize::try_from(part.offset()).ok().zip(usize::try_from(part.length()).ok());
        let bytes = bounds.and_then(|(from, length)| held.get(from..from.checked_add(length)?));
        let bytes = bytes.ok_or("a part of its rows lies outside them")?;
        if batch.compression().is_some()
            && let Some(prefix) = bytes.first_chunk::<PREFIX>()
            // Below zero it is not compressed.
            && let Ok(unpacked) = u64::try_from(i64::from_le_bytes(*prefix))
        {
            claims::check_unpacked(bytes.len() as u64, unpacked)?;
            all = all.saturating_add(unpacked);
        }
    }
    claims::check_memory(all)
}
