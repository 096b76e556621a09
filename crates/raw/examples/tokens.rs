//! Prints the tokens of each line of a file, for `scripts/tokens.py`.
//!
//! `cargo run --release -p raw --example tokens -- FOLDER LONGEST openai|none FILE`: a line is a text as a JSON string.

#![expect(clippy::unwrap_used, reason = "a check by hand")]

use std::path::Path;

use raw::Tokenizer;

fn main() {
    let [_, folder, longest, clean, file] = &std::env::args().collect::<Vec<_>>()[..] else {
        panic!("give FOLDER LONGEST openai|none FILE");
    };
    let tokenizer =
        Tokenizer::read(Path::new(folder), longest.parse().unwrap(), clean.parse().unwrap()).unwrap();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let text: String = serde_json::from_str(line).unwrap();
        let batch = tokenizer.encode(&[&text]).unwrap();
        let ids: Vec<String> = batch.ids.iter().map(ToString::to_string).collect();
        println!("{}", ids.join(" "));
    }
}
