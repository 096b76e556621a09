//! Damaged and hostile files: an error, whatever they claim, and neither a panic nor memory for what is not there.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::file::properties::WriterProperties;
use arrow_array::{ArrayRef, Float32Array};

use super::super::claims;
use super::{Format, batch, opened, rows_of, write};

/// Reads all that is in the file, and lets any of it be an error.
fn read_all(path: &Path, format: Format) {
    let Ok(mut file) = opened(path, format) else { return };
    for name in file.names() {
        let most = 1 << 20;
        if file.shape("data.text", &name).is_ok_and(|[rows, width]| rows.saturating_mul(width) < most) {
            let _ = file.rows("data.text", &name, &mut |_| Ok(()));
        }
        let _ = file.cells("data.label", &name, most, &mut |_| Ok(()));
    }
}

/// Numbers that differ from call to call, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// A file with some bytes changed, or with its end cut off.
fn changed(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..=numbers.below(4) {
        let place = numbers.below(changed.len());
        match numbers.below(5) {
            0 => changed[place] ^= 1 << numbers.below(8),
            1 => changed[place] = [0, 1, 0x7f, 0x80, 0xff][numbers.below(5)],
            2 => {
                let end = (place + 1 + numbers.below(8)).min(changed.len());
                changed[place..end].fill(0xff);
            }
            3 => {
                // A part of the file over another.
                let length = (1 + numbers.below(16)).min(changed.len() - place);
                let from = numbers.below(changed.len() - length + 1);
                changed.copy_within(from..from + length, place);
            }
            _ if numbers.below(20) == 0 => changed.truncate(place.max(1)),
            _ => {}
        }
    }
    changed
}

fn damage(names: &[(&str, Format)], times: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for (name, format) in names {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/files/arrow/fixtures").join(name);
        let bytes = std::fs::read(fixture).unwrap();
        let path = folder.path().join(name);
        for _ in 0..times {
            std::fs::write(&path, changed(&bytes, &mut numbers)).unwrap();
            read_all(&path, *format);
        }
    }
}

const PARQUET: [(&str, Format); 4] = [
    ("pandas.parquet", Format::Parquet),
    ("half.parquet", Format::Parquet),
    ("lz4.parquet", Format::Parquet),
    ("delta.parquet", Format::Parquet),
];
const ARROW: [(&str, Format); 3] =
    [("pandas.feather", Format::File), ("zstd.feather", Format::File), ("stream.arrow", Format::Stream)];

/// Puts `to` in the place of `from`, which is there once.
fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let places: Vec<usize> =
        (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert_eq!((places.len(), from.len()), (1, to.len()));
    bytes[places[0]..places[0] + to.len()].copy_from_slice(to);
}

#[test]
fn a_page_that_claims_to_unpack_to_far_more_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.parquet");
    let zeros = batch(vec![("text_0", Arc::new(Float32Array::from(vec![0.0; 300_000])) as ArrayRef)]);
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .set_data_page_size_limit(4 << 20)
        .set_data_page_row_count_limit(1 << 20)
        .build();
    let mut writer =
        ArrowWriter::try_new(File::create(&path).unwrap(), zeros.schema(), Some(properties)).unwrap();
    writer.write(&zeros).unwrap();
    writer.close().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    // The first page's header: its kind, and in four bytes its size unpacked.
    assert_eq!((&bytes[4..7], bytes[9] & 0x80, bytes[10] & 0x80), (&[0x15, 0, 0x15][..], 0x80, 0));
    bytes[7..11].copy_from_slice(&[0xfe, 0xff, 0xff, 0x7f]);
    std::fs::write(&path, bytes).unwrap();
    let error = rows_of(opened(&path, Format::Parquet).unwrap().as_mut(), "text").unwrap_err();
    assert!(error.contains("it would unpack") && error.contains("to 134217727"), "{error}");
}

#[test]
fn a_batch_that_claims_to_unpack_to_far_more_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.feather");
    write(
        &path,
        Format::File,
        &[batch(vec![("text_0", Arc::new(Float32Array::from(vec![0.0; 10_000])) as ArrayRef)])],
    );
    let written = std::fs::read(&path).unwrap();
    // Before the bytes of an LZ4 frame, how many they become.
    let prefix = |unpacked: i64| [&unpacked.to_le_bytes()[..], b"\x04\x22\x4d\x18"].concat();
    for claimed in [1 << 40, i64::MAX] {
        let mut bytes = written.clone();
        replace(&mut bytes, &prefix(40_000), &prefix(claimed));
        std::fs::write(&path, bytes).unwrap();
        let error = rows_of(opened(&path, Format::File).unwrap().as_mut(), "text").unwrap_err();
        assert!(error.contains("it would unpack") && error.contains(&claimed.to_string()), "{error}");
    }
}

#[test]
fn lists_of_more_values_than_memory_holds_are_refused_where_few_bytes_claim_them() {
    assert!(claims::check_values(1_000, 1 << 20).is_ok());
    assert!(claims::check_values(1 << 30, 1 << 28).is_ok());
    assert!(claims::check_values(1_000, 1 << 60).unwrap_err().contains("bytes of memory"));
}

#[test]
fn damaged_files_end_nothing() {
    damage(&PARQUET, 40);
    damage(&ARROW, 40);
}

#[test]
#[ignore = "takes minutes: for changes to these readers and new versions of the libraries"]
fn many_damaged_parquet_files_end_nothing() {
    damage(&PARQUET, 5_000);
}

#[test]
#[ignore = "takes minutes: for changes to these readers and new versions of the libraries"]
fn many_damaged_arrow_files_end_nothing() {
    damage(&ARROW, 7_000);
}
