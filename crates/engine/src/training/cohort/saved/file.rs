//! A file of training state: a record, then the values of tensors, then a checksum of everything before it.
//!
//! [`MAGIC`]; the record's length in bytes, `u32`; the record; each tensor's values, row-major; BLAKE3 of all that,
//! 32 bytes. Numbers are little-endian. So every bit of the file is covered, and nothing is parsed or allocated
//! before the checksum is found right. It guards against damage, not against forgery.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::ops::Range;
use std::path::Path;

use tch::{Kind, Tensor};

use crate::backend::sums::host;
use ::host::atomic::Replacement;
use store::StoreError;

/// The format and its version.
const MAGIC: &[u8; 16] = b"superfuse state1";
const LENGTH: usize = size_of::<u32>();

/// Bytes of a file beside its record and its tensors.
pub(super) const FRAME: u64 = (MAGIC.len() + LENGTH + blake3::OUT_LEN) as u64;

/// A file that was read and found whole.
pub(crate) struct Contents {
    bytes: Vec<u8>,
    record: Range<usize>,
    tensors: Range<usize>,
    /// Of the whole file, hexadecimal.
    pub(super) checksum: String,
}

/// Values that tensors are filled from, one after the other.
pub(super) struct Values<'a>(&'a [u8]);

/// Passes on what it hashes.
struct Hashing<W> {
    out: W,
    hasher: blake3::Hasher,
}

/// Writes a file beside `path` and renames it; returns its checksum in hexadecimal.
pub(super) fn write(path: &Path, record: &[u8], tensors: &[Tensor]) -> Result<String, StoreError> {
    replace(path, record, tensors).map_err(StoreError::io("write", path))
}

fn replace(path: &Path, record: &[u8], tensors: &[Tensor]) -> io::Result<String> {
    let mut new = Replacement::begin(path)?;
    let checksum = write_to(new.file(), record, tensors)?;
    new.finish()?;
    Ok(checksum)
}

fn write_to(file: &mut File, record: &[u8], tensors: &[Tensor]) -> io::Result<String> {
    let out = BufWriter::with_capacity(1 << 20, file);
    let mut out = Hashing { out, hasher: blake3::Hasher::new() };
    let length = u32::try_from(record.len()).map_err(io::Error::other)?;
    out.write_all(MAGIC)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(record)?;
    for tensor in tensors {
        // Fetched only now: all of them together may be large.
        out.write_all(&bytes(tensor))?;
    }
    let Hashing { mut out, hasher } = out;
    let checksum = hasher.finalize();
    out.write_all(checksum.as_bytes())?;
    out.flush()?;
    Ok(checksum.to_hex().to_string())
}

impl Contents {
    /// Reads the file at `path`, of `most` bytes at most; an error says why it cannot be used.
    pub(super) fn read(path: &Path, most: u64) -> Result<Self, String> {
        let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
        let length = metadata.len();
        if !metadata.is_file() {
            return Err("it is no regular file".into());
        }
        if length > most {
            return Err(format!("it has {length} bytes, and {most} would be the most"));
        }
        let mut bytes = Vec::with_capacity(length as usize);
        let file = File::open(path).map_err(|error| error.to_string())?;
        file.take(length).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        Self::of(bytes)
    }

    fn of(bytes: Vec<u8>) -> Result<Self, String> {
        let (body, checksum) = bytes.split_last_chunk::<{ blake3::OUT_LEN }>().ok_or("it is cut off")?;
        let found = blake3::hash(body);
        if found != *checksum {
            return Err("its checksum is wrong, so it is damaged".into());
        }
        let behind = body.strip_prefix(MAGIC).ok_or("it is of another version of the program")?;
        let (length, behind) = behind.split_first_chunk::<LENGTH>().ok_or("it is cut off")?;
        let length = u32::from_le_bytes(*length) as usize;
        if length > behind.len() {
            return Err("its record is longer than the file".into());
        }
        let first = MAGIC.len() + LENGTH;
        let (record, tensors) = (first..first + length, first + length..body.len());
        Ok(Self { checksum: found.to_hex().to_string(), record, tensors, bytes })
    }

    /// What stands before the tensors.
    pub(super) fn record(&self) -> &[u8] {
        &self.bytes[self.record.clone()]
    }

    /// Bytes of the tensors.
    pub(super) const fn tensor_bytes(&self) -> u64 {
        (self.tensors.end - self.tensors.start) as u64
    }

    /// The tensors' values, from the first one on.
    pub(super) fn values(&self) -> Values<'_> {
        Values(&self.bytes[self.tensors.clone()])
    }
}

impl Values<'_> {
    /// Overwrites `target` with the next values.
    pub(super) fn fill(&mut self, target: &Tensor) -> Result<(), String> {
        let length = target.numel() * target.kind().elt_size_in_bytes();
        let (bytes, rest) = self.0.split_at_checked(length).ok_or("it holds fewer values than it should")?;
        self.0 = rest;
        let values = match target.kind() {
            Kind::Int64 => Tensor::from_slice(&numbers(bytes, i64::from_le_bytes)),
            Kind::Double => Tensor::from_slice(&numbers(bytes, f64::from_le_bytes)),
            _ => Tensor::from_slice(&numbers(bytes, f32::from_le_bytes)),
        };
        target.shallow_clone().copy_(&values.view(target.size().as_slice()));
        Ok(())
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn bytes(tensor: &Tensor) -> Vec<u8> {
    let flat = tensor.reshape([-1]);
    match tensor.kind() {
        Kind::Int64 => host::<i64>(&flat).into_iter().flat_map(i64::to_le_bytes).collect(),
        Kind::Double => host::<f64>(&flat).into_iter().flat_map(f64::to_le_bytes).collect(),
        _ => host::<f32>(&flat).into_iter().flat_map(f32::to_le_bytes).collect(),
    }
}

fn numbers<const N: usize, T>(bytes: &[u8], number: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| number(*chunk)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_comes_back_as_it_was_written_and_no_bit_of_it_can_change_unnoticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seed-0.state");
        let tensors = [Tensor::from_slice(&[1.5_f32, -2.0]), Tensor::from_slice(&[7_i64])];
        let checksum = write(&path, b"{}", &tensors).unwrap();
        let whole = fs::read(&path).unwrap();
        let length = whole.len() as u64;
        assert_eq!(length, FRAME + 2 + 2 * 4 + 8);
        let read = Contents::read(&path, length).unwrap();
        assert_eq!((read.record(), &read.checksum), (&b"{}"[..], &checksum));
        let back = [Tensor::from_slice(&[0.0_f32, 0.0]), Tensor::from_slice(&[0_i64])];
        let mut values = read.values();
        for tensor in &back {
            values.fill(tensor).unwrap();
        }
        assert_eq!(back, tensors);
        assert!(values.fill(&back[1]).is_err());

        assert!(Contents::read(&path, length - 1).is_err_and(|why| why.contains("would be the most")));
        for bit in 0..8 * whole.len() {
            let mut spoilt = whole.clone();
            spoilt[bit / 8] ^= 1 << (bit % 8);
            assert!(Contents::of(spoilt).is_err(), "bit {bit}");
        }
        for cut in 0..whole.len() {
            assert!(Contents::of(whole[..cut].to_vec()).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn a_length_that_was_forged_allocates_nothing() {
        let mut body = MAGIC.to_vec();
        body.extend(u32::MAX.to_le_bytes());
        body.extend(*blake3::hash(&body).as_bytes());
        assert_eq!(Contents::of(body).err().as_deref(), Some("its record is longer than the file"));
    }
}
