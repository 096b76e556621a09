//! Apache Parquet, one row group and one batch of rows at a time.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use ::parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema};
use ::parquet::basic::Compression;
use ::parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use arrow_schema::SchemaRef;

use super::super::super::error::{DataError, printable_path};
use super::pages::{self, RowGroup};
use super::{Source, Take, damaged, thrift, worker};
use host::files;

/// Bytes of metadata at most; a thousand row groups of a thousand columns have about so many.
const LONGEST_METADATA: u64 = 128 << 20;
/// What a file ends with, after the length of its metadata, and what one ends with whose metadata are encrypted.
const MAGIC: &[u8] = b"PAR1";
const ENCRYPTED: &[u8] = b"PARE";

/// What writes a file again in the usual way.
const REWRITE: &str = "import pandas as pd; pd.read_parquet(\"FILE\").to_parquet(\"set.parquet\")";

/// An open file, its metadata read.
pub(super) struct Parquet {
    path: PathBuf,
    file: Arc<File>,
    bytes: u64,
    metadata: Arc<ParquetMetaData>,
    schema: SchemaRef,
    rows: u64,
}

impl Parquet {
    /// Reads the metadata.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let io = |error: std::io::Error| DataError::io("read", path, &error);
        let mut file = files::open(path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let footer = footer(&mut file, path, bytes)?;
        let (metadata, schema) = worker::alone(path, || {
            let metadata =
                ParquetMetaDataReader::decode_metadata(&footer).map_err(|error| damaged(path, error))?;
            // What pandas or Arrow noted of the columns is left out: lists of one length are read as lists, categories as
            // the texts that they stand for.
            let schema = parquet_to_arrow_schema(metadata.file_metadata().schema_descr(), None)
                .map_err(|error| damaged(path, error))?;
            Ok((metadata, schema))
        })?;
        let rows = metadata
            .row_groups()
            .iter()
            .try_fold(0_u64, |rows, group| rows.checked_add(u64::try_from(group.num_rows()).ok()?));
        let Some(rows) = rows.filter(|rows| i64::try_from(*rows) == Ok(metadata.file_metadata().num_rows()))
        else {
            return Err(damaged(path, "its row groups have other rows than it claims"));
        };
        Ok(Self {
            path: path.to_owned(),
            file: Arc::new(file),
            bytes,
            metadata: Arc::new(metadata),
            schema: Arc::new(schema),
            rows,
        })
    }

    /// Refuses columns that are compressed or encoded in a way that is not read.
    fn check_codecs(&self, mask: &ProjectionMask) -> Result<(), DataError> {
        let unread = |what| DataError::Unread { path: printable_path(&self.path), what, fix: REWRITE };
        for group in self.metadata.row_groups() {
            for (_, column) in
                group.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf))
            {
                match column.compression() {
                    Compression::UNCOMPRESSED
                    | Compression::SNAPPY
                    | Compression::ZSTD(_)
                    | Compression::LZ4_RAW => {}
                    // The library unpacks these without a bound.
                    Compression::GZIP(_) => return Err(unread("a Parquet file compressed with gzip")),
                    Compression::LZ4 => {
                        return Err(unread("a Parquet file compressed with LZ4 in Hadoop's way"));
                    }
                    Compression::BROTLI(_) => return Err(unread("a Parquet file compressed with Brotli")),
                    Compression::LZO => return Err(unread("a Parquet file compressed with LZO")),
                }
                if column.encodings().any(pages::is_refused) {
                    return Err(unread("a Parquet file with text as differences (DELTA_BYTE_ARRAY)"));
                }
            }
        }
        Ok(())
    }
}

impl Source for Parquet {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn read(&mut self, columns: &[usize], most_rows: usize, take: &mut Take<'_>) -> Result<(), DataError> {
        let bad = |error: &dyn std::fmt::Display| damaged(&self.path, error);
        let descriptor = self.metadata.file_metadata().schema_descr();
        let mask = ProjectionMask::roots(descriptor, columns.iter().copied());
        self.check_codecs(&mask)?;
        let levels = parquet_to_arrow_field_levels(descriptor, mask, None).map_err(|error| bad(&error))?;
        for place in 0..self.metadata.num_row_groups() {
            let group = RowGroup {
                file: Arc::clone(&self.file),
                bytes: self.bytes,
                metadata: Arc::clone(&self.metadata),
                place,
            };
            let batches = ParquetRecordBatchReader::try_new_with_row_groups(&levels, &group, most_rows, None)
                .map_err(|error| bad(&error))?;
            for batch in batches {
                if !take(batch.map_err(|error| bad(&error))?.columns().to_vec()) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The bytes of a file's metadata, checked as far as the library believes them.
fn footer(file: &mut File, path: &Path, bytes: u64) -> Result<Vec<u8>, DataError> {
    let io = |error: std::io::Error| DataError::io("read", path, &error);
    let mut end = [0; 8];
    if bytes < 12 {
        return Err(damaged(path, "it has no metadata at its end"));
    }
    file.seek(SeekFrom::End(-8)).map_err(io)?;
    file.read_exact(&mut end).map_err(io)?;
    if end.ends_with(ENCRYPTED) {
        return Err(DataError::Unread {
            path: printable_path(path),
            what: "an encrypted Parquet file",
            fix: "write it again without a key, where you have the key: pyarrow.parquet.write_table(pyarrow.parquet.\
                  read_table(\"FILE\", decryption_properties=…), \"set.parquet\")",
        });
    }
    if !end.ends_with(MAGIC) {
        return Err(damaged(path, "it has no metadata at its end"));
    }
    let length = u64::from(u32::from_le_bytes([end[0], end[1], end[2], end[3]]));
    if length > bytes - 12 || length > LONGEST_METADATA {
        return Err(damaged(path, format!("its metadata claim {length} bytes of the file's {bytes}")));
    }
    let mut footer = vec![0; length as usize];
    file.seek(SeekFrom::End(-8 - length as i64)).map_err(io)?;
    file.read_exact(&mut footer).map_err(io)?;
    thrift::check_metadata(&footer).map_err(|reason| damaged(path, reason))?;
    Ok(footer)
}
