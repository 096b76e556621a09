//! Images against what Pillow makes of them. `python scripts/pixels.py --write crates/raw/src/pixels/fixtures` made the
//! fixtures with Pillow 12; without `--write` it compares many more images.

use std::fs;

use serde_json::{Value, json};

use super::config::Size;
use super::resize::{Resample, resize};
use super::*;

const RESIZED: &str = include_str!("fixtures/resized.json");
const IMAGES: &str = include_str!("fixtures/images.json");

fn bytes(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().unwrap().as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// The bytes of the test image of a name.
fn encoded(name: &str) -> Vec<u8> {
    let images: Vec<Value> = serde_json::from_str(IMAGES).unwrap();
    bytes(&images.iter().find(|image| image["name"] == name).unwrap()["encoded"])
}

fn read(config: &Value) -> Result<Preprocessing, RawError> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("preprocessor_config.json"), config.to_string()).unwrap();
    Preprocessing::read(folder.path())
}

/// The result as plain values from 0 to 255.
fn plain(mut config: Value) -> Preprocessing {
    config["do_rescale"] = json!(false);
    config["do_normalize"] = json!(false);
    read(&config).unwrap()
}

#[test]
fn images_are_resized_as_pillow_does_to_the_bit() {
    let fixture: Value = serde_json::from_str(RESIZED).unwrap();
    let cases = fixture["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 24);
    for case in cases {
        let name = case["source"].as_str().unwrap();
        let (width, height) = if name == "tall" { (1, 120) } else { (17, 13) };
        let source = Rgb { width, height, pixels: bytes(&fixture[name]) };
        let filter = Resample::from_number(case["filter"].as_u64().unwrap()).unwrap();
        let (width, height) = (number(&case["width"]), number(&case["height"]));
        let wanted = bytes(&case["pixels"]);
        let whole = resize(&source, (width, height), filter, 0..width, 0..height);
        assert_eq!(whole.pixels, wanted, "{name} to {width} × {height}, {}", filter.name());
        // A part is the same as that part of the whole.
        let part = resize(&source, (width, height), filter, 1..width, 2..height - 1);
        let rows = wanted.chunks(width * 3).skip(2).take(height - 3);
        assert_eq!(part.pixels, rows.flat_map(|row| row[3..].to_vec()).collect::<Vec<_>>());
    }
}

#[test]
fn images_of_every_format_become_the_rgb_of_pillow() {
    let images: Vec<Value> = serde_json::from_str(IMAGES).unwrap();
    assert_eq!(images.len(), 22);
    for image in &images {
        let name = &image["name"];
        let decoded = decode::decode(&bytes(&image["encoded"])).unwrap();
        assert_eq!(
            (decoded.width, decoded.height),
            (number(&image["width"]), number(&image["height"])),
            "{name}"
        );
        assert_eq!(decoded.pixels, bytes(&image["pixels"]), "{name}");
    }
}

#[test]
fn an_image_cut_short_is_refused_and_never_filled_in() {
    let images: Vec<Value> = serde_json::from_str(IMAGES).unwrap();
    for image in &images {
        let encoded = bytes(&image["encoded"]);
        let whole = decode::decode(&encoded).unwrap();
        let mut read = 0;
        for length in 0..encoded.len() {
            // The last bytes may carry no pixel.
            if let Ok(decoded) = decode::decode(&encoded[..length]) {
                assert_eq!(decoded.pixels, whole.pixels, "{}: {length} of {}", image["name"], encoded.len());
                read += 1;
            }
        }
        assert!(read <= 8, "{}: {read}", image["name"]);
    }
}

#[test]
fn damaged_images_never_panic() {
    let images: Vec<Value> = serde_json::from_str(IMAGES).unwrap();
    for image in &images {
        let encoded = bytes(&image["encoded"]);
        for place in 0..encoded.len() {
            for value in [0, 1, 127, 255] {
                let mut damaged = encoded.clone();
                damaged[place] = value;
                let _ = decode::decode(&damaged);
            }
        }
    }
}

#[test]
fn a_jpeg_that_cannot_be_decoded_is_refused_with_the_decoders_reason() {
    let refused = |bytes: &[u8]| decode::decode(bytes).err().unwrap().to_string();
    let whole = encoded("JPEG");
    let place = |marker: u8| whole.windows(2).position(|pair| pair == [0xff, marker]).unwrap();
    let mut deep = whole.clone();
    deep[place(0xc0) + 4] = 12;
    assert_eq!(
        refused(&deep),
        "the JPEG image is cut short or damaged: Unsupported JPEG data precision 12; replace it, or leave its row out"
    );
    let mut large = whole.clone();
    large[place(0xc0) + 5..place(0xc0) + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    assert!(refused(&large).starts_with("the image has 60000 × 60000 pixels, but at most 178956970"));
    let (before, scan) = whole.split_at(place(0xda));
    let many = [before.to_vec(), scan[..scan.len() - 2].repeat(501), vec![0xff, 0xd9]].concat();
    assert!(refused(&many).contains("it has 501 scans, and at most 500 are read"));
}

#[test]
fn what_is_no_image_of_a_known_format_is_named() {
    let refused = |bytes: &[u8]| decode::decode(bytes).err().unwrap().to_string();
    assert!(refused(b"").starts_with("the file is empty; PNG, JPEG, WebP, GIF and BMP are read"));
    assert!(refused(b"<!DOCTYPE html>").starts_with("the file is a web page"));
    assert!(refused(b" <svg width='9'>").starts_with("the image is SVG"));
    assert!(refused(b"<?xml version='1.0'?><svg/>").starts_with("the image is SVG"));
    assert!(refused(b"II*\0\x08\0\0\0").starts_with("the image is Tiff, which is not read"));
    assert!(refused(&[7; 99]).starts_with("the image is in no known format"));
}

#[test]
fn an_image_that_claims_more_than_it_can_hold_is_refused_before_it_is_decoded() {
    let mut bitmap = encoded("BMP");
    bitmap[18..26].copy_from_slice(&[0x40, 0x9c, 0, 0, 0x40, 0x9c, 0, 0]);
    let error = decode::decode(&bitmap).err().unwrap().to_string();
    assert_eq!(
        error,
        "the image has 40000 × 40000 pixels, but at most 178956970 are read; make it smaller, or leave its row out"
    );
    // The header of 10,000 × 10,000 pixels, with its checksum, and 68 bytes in all.
    let mut header = encoded("RGBA")[..33].to_vec();
    header[16..24].copy_from_slice(&[0, 0, 39, 16, 0, 0, 39, 16]);
    let checksum = crc(&header[12..29]);
    header[29..33].copy_from_slice(&checksum.to_be_bytes());
    let error = decode::decode(&header).err().unwrap().to_string();
    assert!(error.contains("33 bytes cannot hold 10000 × 10000 pixels"), "{error}");
}

/// The checksum of a PNG's chunk.
fn crc(bytes: &[u8]) -> u32 {
    let bit = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| bit(crc)))
}

#[test]
fn absent_keys_take_the_defaults_of_clip() {
    let clip = Preprocessing::clip(224).unwrap();
    let read = read(&json!({"do_resize": null})).unwrap();
    assert_eq!(read.settings, clip.settings);
    assert_eq!((clip.width(), clip.height()), (224, 224));
    assert!(Preprocessing::clip(0).is_none());
    assert_eq!(
        clip.describe(),
        "RGB without alpha, shorter edge to 224 (bicubic, as Pillow), centre crop 224 × 224, times \
         0.00392156862745098, mean 0.48145466 0.4578275 0.40821073, std 0.26862954 0.26130258 0.27577711"
    );
    // (0 − 0.48145466) / 0.26862954 and (1 − 0.40821073) / 0.27577711.
    assert_eq!(clip.table[0][0], -1.792_262_6);
    assert_eq!(clip.table[2][255], 2.145_897);
}

#[test]
fn the_crop_is_in_the_middle_rounded_down_with_black_around_a_smaller_image() {
    let whole = plain(json!({"do_resize": false, "crop_size": {"height": 6, "width": 7}}));
    let image = whole.apply(&encoded("BMP")).unwrap();
    let at = |channel: usize, row: usize, column: usize| image[(channel * 6 + row) * 7 + column];
    let smaller = plain(json!({"do_resize": false, "crop_size": {"height": 3, "width": 4}}));
    let cropped = smaller.apply(&encoded("BMP")).unwrap();
    assert_eq!(cropped.len(), 3 * 3 * 4);
    assert_eq!((cropped[0], cropped[35]), (at(0, 1, 1), at(2, 3, 4)));
    let larger = plain(json!({"do_resize": false, "crop_size": {"height": 9, "width": 11}}));
    let padded = larger.apply(&encoded("BMP")).unwrap();
    assert_eq!(padded.len(), 3 * 9 * 11);
    // Two black rows and columns before the image, one row and two columns behind it.
    assert_eq!((&padded[..24], padded[24], padded[85]), (&[0.0; 24][..], at(0, 0, 0), at(0, 5, 6)));
    assert_eq!(padded[86..99], [0.0; 13]);
}

#[test]
fn a_number_is_the_shorter_edge_for_clip_and_both_edges_for_others() {
    let clip = plain(json!({"size": 12, "do_center_crop": false}));
    let error = clip.apply(&encoded("BMP")).unwrap_err().to_string();
    assert!(
        error.starts_with("the image is 14 × 12 pixels") && error.contains("one size, here 12 × 12"),
        "{error}"
    );
    let other = json!({"image_processor_type": "ViTImageProcessor", "size": 12, "resample": 2});
    assert_eq!(plain(other).apply(&encoded("BMP")).unwrap().len(), 3 * 12 * 12);
}

#[test]
fn the_longer_edge_is_rounded_down() {
    assert_eq!(Size::Shortest(224).of(640, 427), (335, 224));
    assert_eq!(Size::Shortest(224).of(427, 640), (224, 335));
}

#[test]
fn the_settings_are_found_in_either_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = Preprocessing::read(folder.path()).unwrap_err().to_string();
    assert!(error.contains("has neither `preprocessor_config.json` nor `image_processor`"), "{error}");
    let inner = json!({"image_processor": {"crop_size": 32}, "processor_class": "CLIPProcessor"});
    fs::write(folder.path().join("processor_config.json"), inner.to_string()).unwrap();
    assert_eq!(Preprocessing::read(folder.path()).unwrap().width(), 32);
    fs::write(folder.path().join("preprocessor_config.json"), "{\"crop_size\": 48}").unwrap();
    assert_eq!(Preprocessing::read(folder.path()).unwrap().width(), 48);
    fs::write(folder.path().join("preprocessor_config.json"), "{").unwrap();
    assert!(Preprocessing::read(folder.path()).unwrap_err().to_string().contains("cut short or damaged"));
}

#[test]
fn values_that_are_not_supported_are_refused_by_name() {
    for (config, wanted) in [
        (json!({"size": {"longest_edge": 9}}), "`size` is {\"longest_edge\":9}; supported are"),
        (json!({"size": 0}), "`size` is 0"),
        (json!({"size": 4097}), "`size` is 4097"),
        (json!({"crop_size": {"shortest_edge": 9}}), "`crop_size` is"),
        (json!({"resample": 6}), "`resample` is 6; supported are 0 (nearest)"),
        (json!({"do_resize": 1}), "`do_resize` is 1; it has to be true or false"),
        (json!({"do_pad": true}), "`do_pad` is true"),
        (json!({"do_resize": false, "do_center_crop": false}), "all images of a batch need one size"),
        (json!({"image_mean": [1, 2]}), "`image_mean` is [1,2]; it has to be three numbers"),
        (
            json!({"image_std": [1, 0, 1]}),
            "`image_std` is [1,0,1]; the standard deviations have to be above 0",
        ),
        (json!({"rescale_factor": "1"}), "`rescale_factor` is"),
        (
            json!({"feature_extractor_type": "ViTFeatureExtractor"}),
            "`size` is missing, and its default is known",
        ),
    ] {
        let error = read(&config).unwrap_err().to_string();
        assert!(error.contains("preprocessor_config.json: ") && error.contains(wanted), "{error}");
    }
}
