//! Texts against the tokenizers of `open_clip` and `transformers`. `python scripts/tokens.py --write crates/raw/src/fixtures` made
//! the fixtures with ftfy 6.3.1; without `--write` it compares 1,000 texts with CLIP's whole vocabulary.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

const TOKENIZER: &str = include_str!("fixtures/tokenizer.json");
const TEXTS: &str = include_str!("fixtures/texts.json");
/// The token that ends a text.
const END: i64 = 613;

/// A model's folder with the tokenizer that `change` has changed.
fn folder(change: impl Fn(&mut Value)) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut tokenizer = serde_json::from_str(TOKENIZER).unwrap();
    change(&mut tokenizer);
    fs::write(folder.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
    folder
}

fn tokenizer(folder: &Path, clean: Clean) -> Tokenizer {
    Tokenizer::read(folder, 20, clean).unwrap()
}

#[test]
fn texts_have_the_tokens_of_open_clip_or_of_transformers() {
    let folder = folder(|_| ());
    let rows: Vec<Value> = serde_json::from_str(TEXTS).unwrap();
    assert_eq!(rows.len(), 41);
    for clean in [Clean::OpenAi, Clean::None] {
        let tokenizer = tokenizer(folder.path(), clean);
        for row in &rows {
            let text = row["text"].as_str().unwrap();
            // A text that names the token keeps it, as with OpenAI's own tokenizer; open_clip takes it apart.
            if text.starts_with("<|endoftext|>") && clean == Clean::OpenAi {
                continue;
            }
            let wanted: Vec<i64> = serde_json::from_value(row[clean.to_string()].clone()).unwrap();
            assert_eq!(tokenizer.encode(&[text]).unwrap().ids, wanted, "{clean}: {text:?}");
        }
    }
}

#[test]
fn texts_are_cleaned_as_ftfy_6_3_does() {
    let rows: Vec<Value> = serde_json::from_str(TEXTS).unwrap();
    for row in rows {
        let text = row["text"].as_str().unwrap();
        assert_eq!(Clean::OpenAi.apply(text), row["cleaned"].as_str().unwrap(), "{text:?}");
    }
}

#[test]
fn texts_of_a_batch_are_padded_to_the_longest_of_them() {
    let folder = folder(|_| ());
    let tokenizer = tokenizer(folder.path(), Clean::None);
    let batch = tokenizer.encode(&["a", "", "a photo of a cat", &"a ".repeat(99)]).unwrap();
    assert_eq!((batch.length, batch.pad), (20, END));
    assert_eq!(batch.lengths, [3, 2, 10, 20]);
    assert_eq!(batch.ids.len(), 80);
    assert_eq!(batch.ids[..20], [[612, 320].as_slice(), &[END; 18]].concat());
    // A text that is cut off keeps the token that ends it.
    assert_eq!(batch.ids[78..], [320, END]);
    assert_eq!(tokenizer.encode(&["a", ""]).unwrap().length, 3);
    let none = tokenizer.encode(&[]).unwrap();
    assert_eq!((none.ids.len(), none.length), (0, 0));
}

#[test]
fn a_tokenizer_of_fixed_length_pads_to_the_longest_length_allowed() {
    let folder = folder(|tokenizer| {
        tokenizer["padding"] = json!({
            "strategy": {"Fixed": 128}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 7,
            "pad_type_id": 0, "pad_token": "!"
        });
        tokenizer["truncation"] =
            json!({"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0});
    });
    let batch = tokenizer(folder.path(), Clean::None).encode(&["a photo of a cat"]).unwrap();
    assert_eq!((batch.length, batch.pad, batch.lengths[0], batch.ids[19]), (20, 7, 10, 7));
}

#[test]
fn the_token_that_pads_comes_from_the_files_beside_the_tokenizer() {
    let folder = folder(|_| ());
    let pad = || tokenizer(folder.path(), Clean::None).encode(&["a"]).unwrap().pad;
    assert_eq!(pad(), END);
    fs::write(folder.path().join("special_tokens_map.json"), "{\"pad_token\": {\"content\": \"!\"}}")
        .unwrap();
    assert_eq!(pad(), 0);
    fs::write(folder.path().join("tokenizer_config.json"), "{\"pad_token\": \"#\"}").unwrap();
    assert_eq!(pad(), 2);
    fs::write(folder.path().join("tokenizer_config.json"), "[").unwrap();
    let error = Tokenizer::read(folder.path(), 20, Clean::None).unwrap_err().to_string();
    assert!(error.contains("tokenizer_config.json is cut short or damaged"), "{error}");
}

#[test]
fn a_tokenizer_that_cannot_be_used_is_refused() {
    let refused =
        |folder: &Path, longest| Tokenizer::read(folder, longest, Clean::None).unwrap_err().to_string();
    let empty = tempfile::tempdir().unwrap();
    assert!(refused(empty.path(), 20).contains("tokenizer.json: "));
    fs::write(empty.path().join("tokenizer.json"), &TOKENIZER[..2_000]).unwrap();
    assert!(refused(empty.path(), 20).contains("is cut short or damaged"));
    assert!(refused(folder(|_| ()).path(), 2).contains("adds 2 tokens to each text"));
    let left = folder(|tokenizer| {
        tokenizer["padding"] = json!({
            "strategy": "BatchLongest", "direction": "Left", "pad_to_multiple_of": null, "pad_id": 7,
            "pad_type_id": 0, "pad_token": "!"
        });
    });
    assert!(refused(left.path(), 20).contains("`padding.direction` is Left"));
}

#[test]
fn ways_to_clean_have_names() {
    for clean in [Clean::OpenAi, Clean::None] {
        assert_eq!(clean.to_string().parse::<Clean>().unwrap(), clean);
    }
    let error = "ftfy".parse::<Clean>().unwrap_err().to_string();
    assert_eq!(error, "`ftfy` is no way to clean texts; use `openai` or `none`");
}

#[test]
fn any_text_is_cleaned() {
    let clean = |text: &str| Clean::OpenAi.apply(text).into_owned();
    // Longer than what is repaired at once, with a letter of several bytes at every place.
    let long = "é€😂".repeat(200_000);
    assert_eq!(clean(&long), long);
    // Broken, with nothing that reads as UTF-8 but at its end.
    let broken = format!("{}đź‘Ť", "é“x ".repeat(200_000));
    assert!(clean(&broken).ends_with("é\"x 👍"));
    for first in ['\0', '&', '\u{1b}', '<', 'Ã', '\u{80}', '\u{fffd}', '\u{10ffff}', 'é', ' '] {
        for second in ["", "&", "[", "[0", "[0m", "#x110000;", "#55296;", "\u{a0}", "©", "amp", "amp;lt;"] {
            clean(&format!("{first}{second}{first}{second}"));
        }
    }
    assert_eq!(Clean::None.apply("A  &amp;"), "A  &amp;");
}
