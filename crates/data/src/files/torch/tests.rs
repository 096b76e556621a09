//! Files that `torch.save` wrote, and what an attacker may write in their place.
//!
//! The fixtures were made with torch 2.11 and numpy 2:

// import os
// import sys
//
// import numpy as np
// import torch
//
// out = "fixtures"
//
//
// def save(value, name, **options):
//     torch.save(value, os.path.join(out, name), **options)
//
//
// matrix = torch.arange(6.0).reshape(3, 2)
// types = {
//     "f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16,
//         "i64": torch.int64,
//     "i32": torch.int32, "i16": torch.int16, "i8": torch.int8, "u8": torch.uint8, "bool": torch.bool,
//         "u16": torch.uint16,
// }
// save({name: matrix.to(dtype) for name, dtype in types.items()}, "types.pt")
// save({"text": matrix, "image": -matrix, "label": ["cat", "dog", "cat"], "id": [3, 2**40, -1],
//         "score": (0.5, 1.0, None)}, "set.pt")
// save({"train": {"text": matrix, "y": torch.tensor([1, 0, 1])}, "test": {"text": matrix[:1]}}, "nested.pt")
// save([matrix, matrix + 1], "list.pt")
// save((matrix, torch.tensor([1, 0, 1])), "tuple.pt")
// save(matrix, "single.pt")
// base = torch.arange(24.0).reshape(6, 4)
// save(
//     {"base": base, "view": base[2:5], "transposed": base[:, :].T, "part": base[:, 1:3],
//         "expanded": torch.ones(1, 2).expand(3, 2), "batch": base[None]},
//     "views.pt",
// )
// save(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).state_dict(), "state.pt")
// save(torch.nn.Parameter(matrix), "parameter.pt")
// save(torch.nn.Linear(2, 2), "module.pt")
// save({"text": matrix}, "protocol4.pt", pickle_protocol=4)
// arrays = {
//     "text": matrix.numpy(), "fortran": np.asfortranarray(matrix.numpy()), "big": np.array([[1, 2], [3,
//         4]], ">i2"),
//     "bytes": np.array([[200, 255], [0, 128]], np.uint8),
//     "label": np.array(["naïve", "b", "c"]), "scalars": list(np.array([7, 8])),
//         "names": list(np.array(["x", "y"])),
// }
// save(arrays, "numpy.pt")
// save(arrays, "numpy4.pt", pickle_protocol=4)
// save({"text": np.array([None, "x"], dtype=object)}, "objects.pt")
//
//
// class Attack:
//     def __reduce__(self):
//         return os.system, ("touch /tmp/superfuse-was-here",)
//
//
// save({"text": matrix, "x": Attack()}, "attack.pt")
// save({"text": matrix, "x": Attack()}, "attack4.pt", pickle_protocol=4)

use std::fs::File;

use zip::CompressionMethod;

use super::super::testing::{each_change, matrix, texts};
use super::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/files/torch/fixtures").join(name)
}

fn open(name: &str) -> Torch {
    Torch::open(&fixture(name)).unwrap()
}

fn refusal(name: &str) -> String {
    Torch::open(&fixture(name)).err().map(|error| error.to_string()).unwrap()
}

const SIX: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];

#[test]
fn every_type_of_elements_is_read() {
    let mut file = open("types.pt");
    let names = file.names();
    assert_eq!(names, ["bf16", "bool", "f16", "f32", "f64", "i16", "i32", "i64", "i8", "u16", "u8"]);
    for name in names {
        let expected: Vec<f32> =
            SIX.into_iter().map(|value| if name == "bool" { value.min(1.0) } else { value }).collect();
        assert_eq!(matrix(&mut file, &name), Ok(([3, 2], expected)), "{name}");
    }
}

#[test]
fn lists_and_tuples_of_single_values_are_columns() {
    let mut file = open("set.pt");
    assert_eq!(file.names(), ["id", "image", "label", "score", "text"]);
    let labels = texts(&mut file, "label").unwrap();
    assert_eq!(labels, ["Text(\"cat\")", "Text(\"dog\")", "Text(\"cat\")"]);
    assert_eq!(texts(&mut file, "id").unwrap(), ["Number(3)", "Number(1099511627776)", "Number(-1)"]);
    assert!(texts(&mut file, "score").unwrap_err().contains("row 0 (counted from 0): 0.5 is fractional"));
    let rows = file.cells("data.label", "label", 2, &mut |_| panic!("more than were wanted")).unwrap();
    assert_eq!(rows, Rows::Exactly(3));
    let error = matrix(&mut file, "label").unwrap_err();
    assert!(error.contains("a list of single values, where a matrix is needed"), "{error}");
    assert!(matrix(&mut file, "txt").unwrap_err().contains("did you mean `text`?"));
}

#[test]
fn names_follow_dicts_lists_and_the_file() {
    let mut nested = open("nested.pt");
    assert_eq!(nested.names(), ["test.text", "train.text", "train.y"]);
    assert_eq!(matrix(&mut nested, "test.text").unwrap().1, SIX[..2]);
    assert_eq!(texts(&mut nested, "train.y").unwrap(), ["Number(1)", "Number(0)", "Number(1)"]);
    assert_eq!(open("list.pt").names(), ["0", "1"]);
    let mut tuple = open("tuple.pt");
    assert_eq!(matrix(&mut tuple, "0"), Ok(([3, 2], SIX.to_vec())));
    assert_eq!(texts(&mut tuple, "1").unwrap().len(), 3);
    for name in ["single", "parameter"] {
        assert_eq!(matrix(&mut open(&format!("{name}.pt")), name), Ok(([3, 2], SIX.to_vec())));
    }
    assert_eq!(matrix(&mut open("protocol4.pt"), "text"), Ok(([3, 2], SIX.to_vec())));
    let mut state = open("state.pt");
    assert!(state.names().iter().any(|name| name == "1.num_batches_tracked"), "{:?}", state.names());
    assert_eq!(matrix(&mut state, "0.weight").unwrap().0, [3, 2]);
}

#[test]
fn views_share_a_storage_and_may_be_transposed() {
    let mut file = open("views.pt");
    let base: Vec<f32> = (0_u8..24).map(f32::from).collect();
    assert_eq!(matrix(&mut file, "base"), Ok(([6, 4], base.clone())));
    assert_eq!(matrix(&mut file, "batch"), Ok(([6, 4], base.clone())));
    assert_eq!(matrix(&mut file, "view"), Ok(([3, 4], base[8..20].to_vec())));
    let turned: Vec<f32> =
        (0..4).flat_map(|row| (0..6).map(move |column| f32::from(4 * column + row as u8))).collect();
    assert_eq!(matrix(&mut file, "transposed"), Ok(([4, 6], turned)));
    for name in ["part", "expanded"] {
        let error = matrix(&mut file, name).unwrap_err();
        assert!(error.contains("strides") && error.contains(".contiguous()"), "{error}");
    }
}

#[test]
fn arrays_and_scalars_of_numpy_lie_in_the_pickle() {
    for name in ["numpy.pt", "numpy4.pt"] {
        let mut file = open(name);
        assert_eq!(matrix(&mut file, "text"), Ok(([3, 2], SIX.to_vec())), "{name}");
        assert_eq!(matrix(&mut file, "fortran"), Ok(([3, 2], SIX.to_vec())), "{name}");
        assert_eq!(matrix(&mut file, "big"), Ok(([2, 2], vec![1.0, 2.0, 3.0, 4.0])), "{name}");
        assert_eq!(matrix(&mut file, "bytes"), Ok(([2, 2], vec![200.0, 255.0, 0.0, 128.0])), "{name}");
        assert_eq!(texts(&mut file, "label").unwrap()[0], "Text(\"naïve\")", "{name}");
        assert_eq!(texts(&mut file, "scalars").unwrap(), ["Number(7)", "Number(8)"], "{name}");
        assert_eq!(texts(&mut file, "names").unwrap(), ["Text(\"x\")", "Text(\"y\")"], "{name}");
    }
    assert!(refusal("objects.pt").contains("an array of Python objects"), "{}", refusal("objects.pt"));
}

#[test]
fn a_name_of_python_is_refused_and_nothing_is_called() {
    for name in ["attack.pt", "attack4.pt"] {
        let error = refusal(name);
        assert!(error.contains("`posix.system`") && error.contains("weights_only=False"), "{error}");
    }
    assert!(!Path::new("/tmp/superfuse-was-here").exists());
    let error = refusal("module.pt");
    assert!(error.contains("`torch.nn.modules.linear.Linear`") && error.contains("state_dict()"), "{error}");
}

/// The pickle in an archive such as `torch.save` writes, with one storage of six floats.
fn archive(pickle: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.pt");
    let mut writer = zip::ZipWriter::new(File::create(&path).unwrap());
    let stored = zip::write::SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let floats: Vec<u8> = SIX.iter().flat_map(|value| value.to_le_bytes()).collect();
    for (name, bytes) in [("made/data.pkl", pickle), ("made/data/0", floats.as_slice())] {
        writer.start_file(name, stored).unwrap();
        std::io::Write::write_all(&mut writer, bytes).unwrap();
    }
    writer.finish().unwrap();
    (folder, path)
}

/// A tensor of the storage `0` with these opcodes for offset, shape and strides.
fn tensor(place: &[u8]) -> Vec<u8> {
    let mut pickle = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x06tQ".to_vec();
    pickle.extend(place);
    pickle.extend(b"\x89NtR.");
    pickle
}

#[test]
fn what_a_pickle_claims_is_compared_with_the_storage() {
    let read = |place: &[u8]| {
        let (_folder, path) = archive(&tensor(place));
        matrix(&mut Torch::open(&path).unwrap(), "made")
    };
    assert_eq!(read(b"K\x00K\x03K\x02\x86K\x02K\x01\x86"), Ok(([3, 2], SIX.to_vec())));
    assert_eq!(read(b"K\x02K\x02K\x02\x86K\x02K\x01\x86"), Ok(([2, 2], SIX[2..].to_vec())));
    for place in [
        &b"K\x01K\x03K\x02\x86K\x02K\x01\x86"[..],
        b"K\x00K\x04K\x02\x86K\x02K\x01\x86",
        b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x03K\x02\x86K\x02K\x01\x86",
        b"K\x00\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x02\x86K\x02K\x01\x86",
        b"K\x00\x8a\x08\0\0\0\0\0\0\0\x40\x8a\x08\0\0\0\0\0\0\0\x40\x86\x8a\x08\0\0\0\0\0\0\0\x40K\x01\x86",
    ] {
        let error = read(place).unwrap_err();
        assert!(error.contains("does not fit into its storage of 24 bytes"), "{error}");
    }
}

#[test]
fn a_pickle_that_refers_to_itself_or_runs_wild_ends() {
    let nested: Vec<u8> = b"\x80\x02]q\0".iter().copied().chain(b"h\0a".repeat(50)).chain(*b".").collect();
    // Each list holds the one before twice: 2^30 ways to the first.
    let mut doubled = b"\x80\x02}q\0".to_vec();
    for place in 0..30 {
        doubled.extend([b']', b'q', place + 1, b'(', b'h', place, b'h', place, b'e']);
    }
    doubled.push(b'.');
    let deep: Vec<u8> = b"\x80\x02"
        .iter()
        .copied()
        .chain(b"]".repeat(100_000))
        .chain(b"a".repeat(99_999))
        .chain(*b".")
        .collect();
    for pickle in [nested, doubled, deep] {
        let (_folder, path) = archive(&pickle);
        let error = Torch::open(&path).err().unwrap().to_string();
        assert!(error.contains("too many or too deep"), "{error}");
    }
    for (pickle, part) in [
        (&b"\x80\x02"[..], "ends early"),
        (b"\x80\x02X\xff\xff\xff\xffab.", "ends early"),
        (b"\x80\x02t.", "needs a mark"),
        (b"\x80\x02(0.", "not there"),
        (b"\x80\x02Nj\xff\xff\xff\xff.", "memo"),
        (b"\x80\x02Nr\xff\xff\xff\xff.", "memo"),
        (b"\x80\x02cos\nsystem\n.", "`os.system`"),
        (b"\x80\x02ios\nsystem\n.", "0x69"),
        (b"\x80\x02NNR.", "no function"),
        (b"\x80\x02cbuiltins\neval\n\x8c\x011\x85R.", "`builtins.eval`"),
    ] {
        let (_folder, path) = archive(pickle);
        let error = Torch::open(&path).err().unwrap().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_file_that_is_cut_short_is_said_to_be() {
    let whole = std::fs::read(fixture("set.pt")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pt");
    for length in (0..whole.len()).step_by(7) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = Torch::open(&path).err().unwrap().to_string();
        assert!(error.contains("cut short or damaged"), "{length}: {error}");
    }
}

/// Looks at everything in the file.
fn read_all(path: &Path) {
    let Ok(mut file) = Torch::open(path) else { return };
    for name in file.names() {
        let _ = matrix(&mut file, &name);
        let _ = texts(&mut file, &name);
    }
}

#[test]
#[ignore = "a minute of random changes; run after the reader was changed"]
fn no_change_of_a_file_makes_it_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.pt");
    for name in ["types.pt", "set.pt", "views.pt", "state.pt", "numpy.pt", "numpy4.pt"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        each_change(&whole, 4_000, |bytes| {
            std::fs::write(&path, bytes).unwrap();
            read_all(&path);
        });
    }
}
