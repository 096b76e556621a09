//! The forward pass is that of transformers: small random models, made by `scripts/clip.py` with what transformers 5.24 made of
//! the same ids and pixels.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use std::collections::BTreeMap;
use tch::Device;

use super::*;

#[derive(Deserialize)]
struct Expected {
    ids: Vec<Vec<i64>>,
    text: Vec<Vec<f32>>,
    image: Vec<Vec<f32>>,
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clip")
}

/// The fixture with this text in place of its configuration.
fn folder(config: &str) -> tempfile::TempDir {
    folder_of(config, &[("model.safetensors", "model.safetensors")])
}

/// The same with these files of the fixture, each under another name.
fn folder_of(config: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, name) in files {
        fs::copy(fixture().join(file), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("config.json"), config).unwrap();
    folder
}

fn rows(of: &Tensor) -> Vec<Vec<f32>> {
    Vec::<Vec<f32>>::try_from(of).unwrap()
}

fn furthest(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Embeddings of these ids, and of as many pictures.
fn embeddings(folder: &Path, ids: &[Vec<i64>]) -> [Vec<Vec<f32>>; 2] {
    let _no_grad = tch::no_grad_guard();
    let clip = Clip::read(folder, Device::Cpu).unwrap();
    let text = clip.encode_text(Tokens { ids: &ids.concat(), length: ids[0].len() }).unwrap();
    let side = clip.image.config.image_size as usize;
    let count = ids.len() * 3 * side * side;
    let values: Vec<f32> = (0..count).map(|place| (place * 37 % 101) as f32 / 50.0 - 1.0).collect();
    let image = clip.encode_image(Pixels { values: &values, height: side, width: side }).unwrap();
    [rows(&text), rows(&image)]
}

/// How far the folder's text and image embeddings are from those expected.
fn difference(folder: &Path, expected: &Expected) -> [f32; 2] {
    let [text, image] = embeddings(folder, &expected.ids);
    [furthest(&text, &expected.text), furthest(&image, &expected.image)]
}

fn read(path: &Path) -> BTreeMap<String, Expected> {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn embeddings_are_those_of_transformers_for_each_activation_and_rule_of_the_end() {
    let expected = read(&fixture().join("expected.json"));
    for (case, config) in [("openai", "config.json"), ("other", "config-other.json")] {
        let folder = folder(&fs::read_to_string(fixture().join(config)).unwrap());
        let far = difference(folder.path(), &expected[case]);
        assert!(far.iter().all(|&far| far < 1e-5), "{case}: {far:?}");
    }
}

#[test]
fn weights_that_torch_pickled_give_the_same_embeddings_to_the_bit() {
    const SHARD: &str = "pytorch_model-00001-of-00001.bin";
    let config = fs::read_to_string(fixture().join("config.json")).unwrap();
    let ids = &read(&fixture().join("expected.json"))["openai"].ids;
    let expected = embeddings(folder(&config).path(), ids);
    let whole = folder_of(&config, &[("pytorch_model.bin", "pytorch_model.bin")]);
    assert_eq!(embeddings(whole.path(), ids), expected);
    let shards = folder_of(&config, &[("pytorch_model.bin", SHARD)]);
    let index = format!(r#"{{"weight_map": {{"logit_scale": "{SHARD}"}}}}"#);
    fs::write(shards.path().join("pytorch_model.bin.index.json"), index).unwrap();
    assert_eq!(embeddings(shards.path(), ids), expected);
    // Beside model.safetensors a pickle is not opened.
    let both = folder(&config);
    fs::write(both.path().join("pytorch_model.bin"), b"no weights").unwrap();
    assert_eq!(embeddings(both.path(), ids), expected);
}

/// `CLIP_CHECK=FOLDER cargo test -p embed larger -- --ignored --nocapture`, after `scripts/clip.py check FOLDER`.
#[test]
#[ignore = "needs models that Python makes"]
fn larger_models_in_every_precision_and_in_shards() {
    let folder = std::env::var("CLIP_CHECK").expect("CLIP_CHECK is the folder that scripts/clip.py made");
    for entry in fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        let far = difference(&folder, &read(&folder.join("expected.json"))["saved"]);
        println!("{}: text {:.1e}, image {:.1e}", folder.display(), far[0], far[1]);
        assert!(far.iter().all(|&far| far < 1e-4), "{}", folder.display());
    }
}

#[test]
fn a_text_alone_is_the_text_among_others_and_before_more_padding() {
    let _no_grad = tch::no_grad_guard();
    let clip = Clip::read(&fixture(), Device::Cpu).unwrap();
    let all = &read(&fixture().join("expected.json"))["openai"];
    let ids = all.ids.concat();
    let together = rows(&clip.encode_text(Tokens { ids: &ids, length: 10 }).unwrap());
    let end = all.ids[0].iter().position(|&id| id == 49).unwrap();
    let alone = rows(&clip.encode_text(Tokens { ids: &all.ids[0][..=end], length: end + 1 }).unwrap());
    assert!(furthest(&alone, &together[..1]) < 1e-5);
}

fn refusal(folder: &Path) -> String {
    Clip::read(folder, Device::Cpu).err().unwrap().to_string()
}

#[test]
fn weights_that_do_not_fit_are_named_with_both_shapes() {
    let config = fs::read_to_string(fixture().join("config.json")).unwrap();
    let wider = folder(&config.replace("\"projection_dim\": 6", "\"projection_dim\": 7"));
    let refused = refusal(wider.path());
    assert!(refused.contains("`text_projection.weight` has the shape [6, 8]"), "{refused}");
    assert!(refused.contains("[7, 8]"), "{refused}");
    let deeper = folder(&config.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"));
    let refused = refusal(deeper.path());
    assert!(refused.contains("no `text_model.encoder.layers.2."), "{refused}");
}

#[test]
fn weights_that_are_missing_or_cut_are_refused_with_the_fix() {
    let config = fs::read_to_string(fixture().join("config.json")).unwrap();
    let bare = folder(&config);
    let weights = bare.path().join("model.safetensors");
    let bytes = fs::read(&weights).unwrap();
    fs::write(&weights, &bytes[..bytes.len() - 100]).unwrap();
    let refused = refusal(bare.path());
    assert!(refused.contains("should lie at bytes") || refused.contains("again"), "{refused}");
    for damaged in [&b"\xff\xff\xff\xff\xff\xff\xff\xff"[..], b"x", b"\x03\0\0\0\0\0\0\0[1]"] {
        fs::write(&weights, damaged).unwrap();
        assert!(refusal(bare.path()).contains("copy the file again"));
    }
    fs::remove_file(&weights).unwrap();
    assert!(refusal(bare.path()).contains("neither model.safetensors nor"));
    let index = r#"{"weight_map": {"text_projection.weight": "../elsewhere.safetensors"}}"#;
    fs::write(bare.path().join("model.safetensors.index.json"), index).unwrap();
    assert!(refusal(bare.path()).contains("not in its folder: ../elsewhere.safetensors"));
}

#[test]
fn ids_and_pictures_that_do_not_fit_are_refused() {
    let clip = Clip::read(&fixture(), Device::Cpu).unwrap();
    let of = |ids: &[i64]| {
        clip.encode_text(Tokens { ids, length: ids.len() }).err().map(|error| error.to_string())
    };
    assert!(of(&[0, 50]).unwrap().contains("token 50"));
    assert!(of(&[0, -1]).unwrap().contains("token -1"));
    assert!(of(&[0; 11]).unwrap().contains("11 tokens"));
    assert!(of(&[]).is_some());
    let small = Pixels { values: &[0.0; 48], height: 4, width: 4 };
    assert!(clip.encode_image(small).err().unwrap().to_string().contains("4 × 4"));
    let other = folder(&fs::read_to_string(fixture().join("config-other.json")).unwrap());
    let clip = Clip::read(other.path(), Device::Cpu).unwrap();
    let without_end = clip.encode_text(Tokens { ids: &[0, 49], length: 2 });
    assert!(without_end.err().unwrap().to_string().contains("ends no text with the token 5"));
}
