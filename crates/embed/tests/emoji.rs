//! Pretrained encoders on real pictures, against embeddings that PyTorch and Pillow made of the same rows.
//!
//! After `scripts/emoji.py make FOLDER`: `EMOJI=FOLDER EMOJI_REFERENCE=REFERENCE cargo test -p embed --test emoji -- --ignored
//! --nocapture`, where REFERENCE has `text.npy` and `image.npy`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use embed::{Job, Names, Report, run};
use ndarray::Array2;
use tch::Device;

fn array(path: &Path) -> Array2<f32> {
    let array = npyz::NpyFile::new(BufReader::new(File::open(path).unwrap())).unwrap();
    let size = (array.shape()[0] as usize, array.shape()[1] as usize);
    Array2::from_shape_vec(size, array.into_vec().unwrap()).unwrap()
}

/// The smallest cosine of a row with the other's, and the largest difference of a number.
fn agreement(made: &Array2<f32>, expected: &Array2<f32>) -> (f64, f32) {
    assert_eq!(made.dim(), expected.dim());
    let far = made.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let cosine = |row: usize| {
        let (a, b) = (made.row(row).mapv(f64::from), expected.row(row).mapv(f64::from));
        a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
    };
    ((0..made.nrows()).map(cosine).fold(1.0, f64::min), far)
}

#[test]
#[ignore = "needs the folder that scripts/emoji.py makes, and what PyTorch made of it"]
fn emoji_are_embedded_as_by_pytorch() {
    let folder = PathBuf::from(env::var("EMOJI").expect("EMOJI is the folder that scripts/emoji.py made"));
    let output = tempfile::tempdir().unwrap();
    let job =
        Job::new(folder.join("pairs.csv"), folder.join("model"), output.path().join("emoji.safetensors"));
    let names = Names { text: "name".into(), image: "picture".into(), label: Some("living".into()) };
    let job = Job { names, batch: 32, ..job };
    let begun = Instant::now();
    let mut report = |report| {
        if let Report::Notice(text) = report {
            println!("{text}");
        }
    };
    let made = run(&job, Device::Cpu, &mut report, &AtomicBool::new(false)).unwrap();
    println!("{} rows in {:.0} s; {:#?}", made.text.nrows(), begun.elapsed().as_secs_f64(), made.provenance);
    let reference =
        env::var("EMOJI_REFERENCE").expect("EMOJI_REFERENCE is a folder of text.npy and image.npy");
    for (name, made) in [("text", &made.text), ("image", &made.image)] {
        let (cosine, far) = agreement(made, &array(&Path::new(&reference).join(format!("{name}.npy"))));
        println!("{name}: smallest cosine {cosine:.8}, largest difference {far:.2e}");
        assert!(cosine > 0.99999, "{name}");
    }
}
