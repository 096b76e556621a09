//! Weights in `pytorch_model.bin`. `scripts/clip.py fixture` made the files with torch 2.11.

use std::fs;
use std::path::Path;

use super::*;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(FIXTURES).join(name)).unwrap()
}

/// A folder with this `pytorch_model.bin`.
fn folder(bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pytorch_model.bin"), bytes).unwrap();
    folder
}

/// The fixture with `to` in place of `from`, which is as long.
fn with(from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = fixture("clip/pytorch_model.bin");
    let place = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[place..place + from.len()].copy_from_slice(to);
    bytes
}

#[test]
fn every_type_of_floating_point_becomes_float32() {
    let folder = folder(&fixture("types.bin"));
    let mut weights = Weights::open(folder.path(), Device::Cpu).unwrap();
    for name in ["float16", "bfloat16", "float32", "float64"] {
        let tensor = weights.take(name, &[2, 3]).unwrap();
        let values = Vec::<Vec<f32>>::try_from(&tensor).unwrap();
        assert_eq!(values, [[1.0, -2.5, 0.15625], [3.0, 256.0, -0.007_812_5]], "{name}");
    }
    let refused = |weights: &mut Weights, name: &str| weights.take(name, &[2, 3]).unwrap_err().to_string();
    let whole = refused(&mut weights, "int64");
    assert!(whole.contains("`int64` holds int64; float32, float16, bfloat16 and float64"), "{whole}");
    let gaps = refused(&mut weights, "gaps");
    assert!(gaps.contains("lies with gaps (strides [6, 2])") && gaps.contains(".contiguous()"), "{gaps}");
}

#[test]
fn a_pickle_of_anything_else_is_refused_and_nothing_is_called() {
    for (bytes, parts) in [
        (
            with(b"collections\nOrderedDict", b"subprocess\ncheck_output"),
            ["`subprocess.check_output`", "state_dict()"],
        ),
        (with(b"\x80\x02ccollections", b"\x80\x02icollections"), ["instruction 0x69", "state_dict()"]),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.".to_vec(), ["torch before 1.6", "weights_only=True"]),
        (
            fixture("clip/pytorch_model.bin")[..20_000].to_vec(),
            ["pytorch_model.bin: ", "copy the file again"],
        ),
        (b"version https://git-lfs".to_vec(), ["pytorch_model.bin: ", "copy the file again"]),
        (Vec::new(), ["pytorch_model.bin: ", "copy the file again"]),
    ] {
        let refused = Weights::open(folder(&bytes).path(), Device::Cpu).err().unwrap().to_string();
        assert!(parts.iter().all(|part| refused.contains(part)), "{refused}");
    }
}
