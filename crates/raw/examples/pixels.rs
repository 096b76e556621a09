//! Writes what each image of a list becomes, for `scripts/pixels.py`.
//!
//! `cargo run --release -p raw --example pixels -- LIST OUT`: a line of LIST is a model's folder and an image, divided by
//! a tab. OUT gets the values of each as little-endian f32, and standard output their number or the error.

#![expect(clippy::unwrap_used, reason = "a check by hand")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use raw::Preprocessing;

fn main() {
    let [_, list, out] = &std::env::args().collect::<Vec<_>>()[..] else { panic!("give LIST OUT") };
    let mut out = BufWriter::new(File::create(out).unwrap());
    for line in std::fs::read_to_string(list).unwrap().lines() {
        let (folder, image) = line.split_once('\t').unwrap();
        let image = std::fs::read(image).unwrap();
        match Preprocessing::read(Path::new(folder)).and_then(|preprocessing| preprocessing.apply(&image)) {
            Ok(values) => {
                println!("{}", values.len());
                for value in values {
                    out.write_all(&value.to_le_bytes()).unwrap();
                }
            }
            Err(error) => println!("{error}"),
        }
    }
}
