//! A guess as a commented `config.toml`.

use std::fmt::Write;

use study::text::one_line;

use super::{Certainty, Guess, Key};

/// Where comments begin, as in the default configuration.
const COMMENT: usize = 26;

/// A key that people change next: its section, its name, its default, and what it does.
struct Next(&'static str, &'static str, &'static str, &'static str);

/// In the order in which they are written; every section is in here.
const NEXT: [Next; 20] = [
    Next("run", "device", "\"auto\"", "auto | cpu | cuda"),
    Next(
        "data",
        "positive",
        "[]",
        "label values that count as 1, all others as 0; empty: each value is a class",
    ),
    Next(
        "data",
        "width",
        "0",
        "both modalities to this width by PCA of the training rows; 64 makes tensor fusion fast",
    ),
    Next("data", "scale", "\"rms\"", "rms | none | standard, fitted on the training rows"),
    Next("data", "validation", "0.15", "share of the rows, where splits are drawn"),
    Next("data", "test", "0.15", "share of the rows, where splits are drawn"),
    Next("data", "split_seeds", "1", "random splits that seeds are spread over"),
    Next(
        "sweep",
        "fusions",
        "[\"concat\", \"product\", \"tensor\"]",
        "also \"tfn\", \"mcb\", \"lmf\", \"gmu\", \"dynmm\"",
    ),
    Next(
        "sweep",
        "tasks",
        "[\"real\", \"synthetic\"]",
        "the data set's label, and the sign of the dot product",
    ),
    Next("sweep", "sizes", "\"doubling\"", "or a list, such as [64, 512, \"all\"]"),
    Next("sweep", "smallest", "32", "first size of \"doubling\""),
    Next("sweep", "seeds", "10", "each configuration is trained so often"),
    Next("model", "hidden", "32", "units of the hidden layer"),
    Next("train", "epochs", "30", "at most"),
    Next("train", "learning_rate", "1e-3", "of a list each one is trained, and validation chooses"),
    Next("train", "weight_decay", "0.0", "AdamW's"),
    Next(
        "train",
        "patience",
        "0",
        "epochs without a better validation accuracy before a trial ends; 0: none",
    ),
    Next("synthetic", "allow_imbalance", "false", "true: accept a smaller class under 5 %"),
    Next("noise", "mean", "\"both\"", "both | empirical | zero"),
    Next("checkpoints", "keep", "\"best\"", "best | all | none"),
];

/// Keys that come first in their section, in this order.
const FIRST: [&str; 10] = [
    "data.source",
    "data.table",
    "data.key",
    "data.table_key",
    "data.text",
    "data.image",
    "data.label",
    "data.split",
    "data.group",
    "data.width",
];

/// Where a key is written: by its section, and by its place in there.
pub(super) fn place(key: &str) -> [usize; 2] {
    let section = section(key);
    let of = NEXT.iter().position(|next| next.0 == section).unwrap_or(NEXT.len());
    [of, FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len())]
}

/// The file.
pub(super) fn render(guess: &Guess) -> String {
    let mut text = format!(
        "# A first study of {}.\n# A key that is left out has its default; `superfuse-tui config` prints them all.\n",
        one_line(&guess.title)
    );
    let mut sections: Vec<&str> = NEXT.iter().map(|next| next.0).collect();
    sections.extend(guess.keys.iter().map(|key| section(&key.key)));
    let mut seen = Vec::new();
    for section in sections {
        if !seen.contains(&section) {
            seen.push(section);
            write_section(&mut text, section, guess);
        }
    }
    text
}

fn write_section(text: &mut String, of: &str, guess: &Guess) {
    let set: Vec<&Key> = guess.keys.iter().filter(|key| section(&key.key) == of).collect();
    // A string takes everything that is written to it.
    let _ = writeln!(text, "\n[{of}]");
    for Key { key, value, why, certainty } in &set {
        let name = key.rsplit('.').next().unwrap_or(key);
        let doubt = if *certainty == Certainty::Open { "a guess, please check: " } else { "" };
        line(text, &format!("{name} = {value}"), &format!("{doubt}{}", one_line(why)));
    }
    let is_set = |name: &str| set.iter().any(|key| key.key.rsplit('.').next() == Some(name));
    for Next(_, name, default, what) in NEXT.iter().filter(|next| next.0 == of && !is_set(next.1)) {
        let example = example(guess, of, name);
        line(text, &format!("# {name} = {}", example.as_deref().unwrap_or(default)), what);
    }
}

/// What shows better than the default what may be written.
fn example(guess: &Guess, section: &str, name: &str) -> Option<String> {
    let label = guess.example.as_ref().filter(|_| (section, name) == ("data", "positive"))?;
    Some(format!("[{}]", if label.parse::<i64>().is_ok() { label.clone() } else { quoted(label) }))
}

fn line(text: &mut String, left: &str, comment: &str) {
    let _ = writeln!(text, "{left:<COMMENT$} # {comment}");
}

fn section(key: &str) -> &str {
    key.rsplit_once('.').map_or("", |(section, _)| section)
}

/// A text as TOML.
pub(super) fn quoted(text: &str) -> String {
    // JSON's strings are TOML's, but for this one letter.
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// An answer as TOML: a number, `true`, a list or a text in quotes as it stands, and anything else as text.
pub(super) fn as_toml(answer: &str) -> String {
    let is_toml = answer.parse::<i64>().is_ok()
        || answer.parse::<f64>().is_ok_and(f64::is_finite)
        || matches!(answer, "true" | "false")
        || answer.starts_with('[') && answer.ends_with(']')
        || answer.len() > 1 && answer.starts_with('"') && answer.ends_with('"');
    if is_toml { answer.to_owned() } else { quoted(answer) }
}
