//! Damaged and hostile files: an error, whatever they claim, and neither a panic nor memory for what is not there.

use std::path::Path;

use super::{Format, opened};

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

#[test]
fn damaged_files_are_errors() {
    damage(&PARQUET, 40);
    damage(&ARROW, 40);
}

#[test]
#[ignore = "takes minutes: for changes to these readers and new versions of the libraries"]
fn many_damaged_parquet_files_are_errors() {
    damage(&PARQUET, 5_000);
}

#[test]
#[ignore = "takes minutes: for changes to these readers and new versions of the libraries"]
fn many_damaged_arrow_files_are_errors() {
    damage(&ARROW, 7_000);
}
