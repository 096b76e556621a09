//! Files that h5py wrote, and such as MATLAB writes.
//!
//! The fixtures were made with h5py 3 and numpy 2:

// import os
//
// import h5py
// import numpy as np
//
// out = "fixtures"
// matrix = np.arange(6.0).reshape(3, 2)
// larger = np.arange(5 * 7, dtype=np.float32).reshape(7, 5)
//
// with h5py.File(os.path.join(out, "set.h5"), "w") as f:
//     f["text"] = matrix.astype(np.float32)
//     f["train/image"] = -matrix
//     f["train/deep/label"] = ["cat", "naïve", "cat"]
//     f["fixed"] = np.array([b"war", b"peace", b"war"])
//     f["bool"] = np.array([True, False, True])
//     f["id"] = np.array([3, 2**40, -1])
//     f["scalar"] = 3.5
//     f["records"] = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")])
//     f["empty"] = h5py.Empty("f4")
//
// with h5py.File(os.path.join(out, "types.h5"), "w") as f:
//     for name in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">f4", ">i8", ">f2"]:
//         f[name] = matrix.astype(name)
//
// with h5py.File(os.path.join(out, "chunks.h5"), "w") as f:
//     f.create_dataset("gzip", data=larger, chunks=(3, 2), compression="gzip", shuffle=True)
//     f.create_dataset("fletcher", data=larger, chunks=(2, 5), fletcher32=True)
//     f.create_dataset("grown", data=larger, chunks=(2, 5), maxshape=(None, 5))
//     f.create_dataset("label", data=np.array(["a", "b", "c", "d", "e", "f", "g"], dtype=object),
//         dtype=h5py.string_dtype(), chunks=(2,), compression="gzip")
//     f.create_dataset("unwritten", shape=(4, 2), chunks=(2, 2), dtype="f4", fillvalue=1.5)
//
// with h5py.File(os.path.join(out, "odd.h5"), "w") as f:
//     f.create_dataset("lzf", data=np.zeros((64, 5), np.float32), chunks=(64, 5), compression="lzf")
//     f.create_dataset("claim", shape=(2**40, 512), chunks=(64, 512), dtype="f4")
//
// with h5py.File(os.path.join(out, "latest.h5"), "w", libver="latest") as f:
//     f.create_dataset("gzip", data=larger, chunks=(3, 2), compression="gzip")
//     f["group/label"] = ["a", "b", "c", "d", "e", "f", "g"]
//
// # As MATLAB's `save -v7.3` writes a matrix of 7 rows and 5 columns,
//         a column and a row; the head of the file is
// # text in 512 bytes that are not HDF5's.
// path = os.path.join(out, "matlab.mat")
// with h5py.File(path, "w", userblock_size=512) as f:
//     f["text"] = larger.T
//     f.create_dataset("packed", data=larger.T, chunks=(5, 2), compression="gzip")
//     f["label"] = np.array([[1.0, 0, 1, 0, 1, 0, 1]])
//     for name in ["text", "packed", "label"]:
//         f[name].attrs["MATLAB_class"] = np.bytes_("double")
//     f["#refs#/a"] = np.zeros((1, 1))
//     f.create_dataset("cells", data=np.array([[f["#refs#/a"].ref]], dtype=h5py.ref_dtype))
// with open(path, "r+b") as f:
//     f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64,
//         Created on: Thu Jan  1 00:00:00 2026 HDF5 schema 1.00 .".ljust(124) + b"\x00\x02IM")

use std::path::{Path, PathBuf};

use super::super::ArrayFile;
use super::super::testing::{each_change, matrix, texts};
use super::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/files/hdf5/fixtures").join(name)
}

fn open(name: &str) -> Hdf5 {
    Hdf5::open(&fixture(name)).unwrap()
}

fn larger() -> ([usize; 2], Vec<f32>) {
    ([7, 5], (0_u8..35).map(f32::from).collect())
}

const SIX: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];

#[test]
fn data_sets_are_named_by_their_paths() {
    let mut file = open("set.h5");
    let names =
        ["bool", "empty", "fixed", "id", "records", "scalar", "text", "train/deep/label", "train/image"];
    assert_eq!(file.names(), names);
    assert_eq!(matrix(&mut file, "text"), Ok(([3, 2], SIX.to_vec())));
    let negative: Vec<f32> = SIX.iter().map(|value| -value).collect();
    assert_eq!(matrix(&mut file, "train/image"), Ok(([3, 2], negative.clone())));
    assert_eq!(matrix(&mut file, "/train/image"), Ok(([3, 2], negative)));
    assert!(matrix(&mut file, "train/imag").unwrap_err().contains("did you mean `train/image`?"));
}

#[test]
fn labels_are_texts_of_any_length_numbers_or_booleans() {
    let mut file = open("set.h5");
    let labels = texts(&mut file, "train/deep/label").unwrap();
    assert_eq!(labels, ["Text(\"cat\")", "Text(\"naïve\")", "Text(\"cat\")"]);
    assert_eq!(texts(&mut file, "fixed").unwrap(), ["Text(\"war\")", "Text(\"peace\")", "Text(\"war\")"]);
    assert_eq!(texts(&mut file, "bool").unwrap(), ["Number(1)", "Number(0)", "Number(1)"]);
    assert_eq!(texts(&mut file, "id").unwrap(), ["Number(3)", "Number(1099511627776)", "Number(-1)"]);
    assert!(texts(&mut file, "scalar").unwrap_err().contains("shape ()"));
    assert!(texts(&mut file, "records").unwrap_err().contains("records of several fields"));
    assert!(texts(&mut file, "text").unwrap_err().contains("single column"));
    assert!(matrix(&mut file, "fixed").unwrap_err().contains("holds text, where numbers are needed"));
    let error = matrix(&mut file, "empty").unwrap_err();
    assert!(error.contains("shape"), "{error}");
}

#[test]
fn every_type_of_numbers_is_read_in_both_byte_orders() {
    let mut file = open("types.h5");
    assert_eq!(file.names().len(), 14);
    for name in file.names() {
        assert_eq!(matrix(&mut file, &name), Ok(([3, 2], SIX.to_vec())), "{name}");
    }
}

#[test]
fn chunks_packed_or_not_are_read() {
    let mut file = open("chunks.h5");
    for name in ["gzip", "fletcher", "grown"] {
        assert_eq!(matrix(&mut file, name), Ok(larger()), "{name}");
    }
    assert_eq!(texts(&mut file, "label").unwrap()[6], "Text(\"g\")");
    assert_eq!(matrix(&mut file, "unwritten"), Ok(([4, 2], vec![1.5; 8])));
    let mut latest = open("latest.h5");
    assert_eq!(matrix(&mut latest, "gzip"), Ok(larger()));
    assert_eq!(texts(&mut latest, "group/label").unwrap().len(), 7);
}

#[test]
fn another_filter_and_a_claim_beyond_the_file_are_refused() {
    let mut file = open("odd.h5");
    let error = matrix(&mut file, "lzf").unwrap_err();
    assert!(error.contains("filter") && error.contains("h5repack"), "{error}");
    let error = matrix(&mut file, "claim").unwrap_err();
    assert!(error.contains("(1099511627776, 512)") && error.contains("cannot lie in a file"), "{error}");
}

#[test]
fn matrices_of_matlab_are_turned() {
    let mut file = open("matlab.mat");
    assert_eq!(file.names(), ["cells", "label", "packed", "text"]);
    assert_eq!(matrix(&mut file, "text"), Ok(larger()));
    assert_eq!(matrix(&mut file, "packed"), Ok(larger()));
    assert_eq!(texts(&mut file, "label").unwrap()[..2], ["Number(1)", "Number(0)"]);
    let error = texts(&mut file, "cells").unwrap_err();
    assert!(error.contains("MATLAB's cells"), "{error}");
}

#[test]
fn blocks_of_rows_fit_together() {
    let file = open("chunks.h5");
    let stored = file.stored("data.text", "gzip").unwrap();
    // Three rows lie in a chunk.
    assert_eq!((stored.axis(), stored.rows_in_block(0, 7, 5)), (0, 7));
    assert_eq!(stored.rows_in_block(0, 1_000_000, 1 << 20), 3);
    let rows: Vec<f32> = (0..7).flat_map(|first| stored.slice::<f32>(0, first, 1).unwrap()).collect();
    assert_eq!(rows, larger().1);
}

#[test]
fn a_file_that_is_cut_short_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.h5");
    let whole = std::fs::read(fixture("latest.h5")).unwrap();
    for length in (0..whole.len()).step_by(11) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let read = Hdf5::open(&path)
            .map_err(|error| error.to_string())
            .and_then(|mut file| matrix(&mut file, "gzip").and(texts(&mut file, "group/label")));
        let error = read.unwrap_err();
        assert!(error.contains("cut short or damaged") || error.contains("has no `"), "{length}: {error}");
    }
}

/// Looks at everything in the file.
fn read_all(path: &Path) {
    let Ok(mut file) = Hdf5::open(path) else { return };
    for name in file.names() {
        let _ = matrix(&mut file, &name);
        let _ = texts(&mut file, &name);
    }
}

#[test]
#[ignore = "a minute of random changes; run after the reader was changed, or another version of its library is taken"]
fn no_change_of_a_file_makes_it_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.h5");
    for name in ["set.h5", "types.h5", "chunks.h5", "latest.h5", "odd.h5", "matlab.mat"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        each_change(&whole, 4_000, |bytes| {
            std::fs::write(&path, bytes).unwrap();
            read_all(&path);
        });
    }
}
