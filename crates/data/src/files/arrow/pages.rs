//! The pages of one Parquet row group, each held against what it claims before it is unpacked.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::parquet::arrow::arrow_reader::RowGroups;
use ::parquet::basic::Encoding;
use ::parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use ::parquet::file::reader::{ChunkReader, Length};
use ::parquet::file::serialized_reader::SerializedPageReader;
use bytes::Bytes;

use super::{claims, thrift};

/// Bytes of a page's header at most; smallest and greatest values may stand in it.
const LONGEST_HEADER: usize = 1 << 20;

/// One row group of a file.
pub(super) struct RowGroup {
    /// The file.
    pub(super) file: Arc<File>,
    /// Its bytes.
    pub(super) bytes: u64,
    /// What it says of itself.
    pub(super) metadata: Arc<ParquetMetaData>,
    /// Which of its row groups.
    pub(super) place: usize,
}

impl RowGroups for RowGroup {
    fn num_rows(&self) -> usize {
        usize::try_from(self.metadata.row_group(self.place).num_rows()).unwrap_or(0)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let chunk = self.metadata.row_group(self.place).column(column);
        check_chunk(chunk, self.bytes)?;
        let file =
            Chunk { file: Arc::clone(&self.file), bytes: self.bytes, header: Arc::new(Mutex::default()) };
        let pages = SerializedPageReader::new(Arc::new(file), chunk, self.num_rows(), None)?;
        Ok(Box::new(Once(Some(Box::new(Pages { pages, values: chunk.num_values() })))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.metadata.row_group(self.place)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// Refuses a column's part of a row group that lies outside the file, or whose lists hold more than they can.
fn check_chunk(chunk: &ColumnChunkMetaData, bytes: u64) -> Result<()> {
    let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
    let claimed = u64::try_from(start).ok().zip(u64::try_from(chunk.compressed_size()).ok());
    let Some((_, length)) = claimed.filter(|(start, length)| start.saturating_add(*length) <= bytes) else {
        return Err(refused("a column lies outside the file"));
    };
    if chunk.column_descr().max_rep_level() > 0 {
        claims::check_values(length, u64::try_from(chunk.num_values()).unwrap_or(u64::MAX))
            .map_err(refused)?;
    }
    Ok(())
}

fn refused(reason: impl Into<String>) -> ParquetError {
    ParquetError::General(reason.into())
}

/// One column's pages.
struct Once(Option<Box<dyn PageReader>>);

impl Iterator for Once {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageIterator for Once {}

/// The pages of a column, which together hold no more values than the column claims.
struct Pages {
    pages: SerializedPageReader<Chunk>,
    /// Values that may still come.
    values: i64,
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        if let Some(next) = self.pages.peek_next_page()?
            && !next.is_dict
        {
            self.values -= next.num_levels.and_then(|levels| i64::try_from(levels).ok()).unwrap_or(i64::MAX);
            if self.values < 0 {
                return Err(refused("its pages hold more values than its column claims"));
            }
        }
        let page = self.pages.get_next_page()?;
        if let Some(page) = &page {
            check_page(page)?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

/// Refuses an unpacked page for which the library would allocate what only a number in it says.
fn check_page(page: &Page) -> Result<()> {
    if page.is_dictionary_page() && page.num_values() as usize > page.buffer().len() {
        return Err(refused("its dictionary claims more values than it has bytes"));
    }
    // The column's own list of encodings is looked at before; a page may be of another.
    if is_refused(page.encoding()) {
        return Err(refused(format!("its text is encoded as {}, which is not read here", page.encoding())));
    }
    Ok(())
}

/// Whether the library allocates as many lengths as a text's encoding claims, which may be any number.
pub(super) fn is_refused(encoding: Encoding) -> bool {
    matches!(encoding, Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY)
}

/// The file as one column's reader sees it. A page's header is kept as it is read, and when the page's bytes are asked for,
/// its claims are checked: the library allocates them next.
struct Chunk {
    file: Arc<File>,
    bytes: u64,
    header: Arc<Mutex<Vec<u8>>>,
}

impl Length for Chunk {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Chunk {
    type T = Header;

    fn get_read(&self, start: u64) -> Result<Header> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Ok(Header { file: BufReader::with_capacity(512, file), kept: Arc::clone(&self.header), read: 0 })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let kept = locked(&self.header);
        let (unpacked, packed) =
            thrift::page_sizes(&kept).ok_or_else(|| refused("a page's header cannot be read"))?;
        drop(kept);
        if packed != length as u64 || start.saturating_add(packed) > self.bytes {
            return Err(refused("a page lies outside the file"));
        }
        claims::check_unpacked(packed, unpacked).map_err(refused)?;
        self.file.get_bytes(start, length)
    }
}

/// A page's header and what follows, as it is read.
struct Header {
    file: BufReader<File>,
    kept: Arc<Mutex<Vec<u8>>>,
    read: usize,
}

impl Read for Header {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        let mut kept = locked(&self.kept);
        // The library may open a reader that it does not read: the header before stays until there is another.
        if self.read == 0 {
            kept.clear();
        }
        self.read += count;
        if self.read > LONGEST_HEADER {
            return Err(io::Error::other("a page's header is too long"));
        }
        kept.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

fn locked(header: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    header.lock().unwrap_or_else(PoisonError::into_inner)
}
