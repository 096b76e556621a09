//! What values have to fulfil together, after each has been admitted by its own rule.

use super::fault::quoted;
use super::reader::Reader;
use super::{Config, DataConfig};

/// Rows that each split of the generator's data needs, so that both classes can be in it.
const FEWEST_ROWS: usize = 4;

/// Records what is wrong between keys.
pub(super) fn together(config: &Config, reader: &mut Reader<'_>) {
    let data = &config.data;
    if data.validation + data.test >= 1.0 {
        let message = format!(
            "data.validation = {} and data.test = {} leave nothing to train on; together they stay below 1",
            data.validation, data.test
        );
        reader.fault_of(&["data.validation", "data.test"], message);
    } else if data.source == "clip-like" && data.split == "random" {
        generated_splits(data, reader);
    }
    if !data.negative.is_empty() && data.positive.is_empty() {
        let message =
            "it names the labels that count as 0, and none counts as 1; list those in data.positive";
        reader.fault_of(&["data.negative", "data.positive"], message.to_owned());
    }
    if data.split != "random" && data.split_seeds.len() > 1 {
        let message = format!(
            "{} random splits, where data.split = {} names the one there is; leave it 1, or data.split \"random\"",
            data.split_seeds.len(),
            quoted(&data.split)
        );
        reader.fault_of(&["data.split_seeds", "data.split"], message);
    }
    if data.source == "clip-like" && data.split != "random" {
        let message =
            "the built-in generator has no columns; leave it \"random\", or name a file in data.source";
        reader.fault_of(&["data.split", "data.source"], message.to_owned());
    }
    if data.source == "clip-like" && !data.group.is_empty() {
        let message = "the built-in generator has no columns; leave it \"\", or name a file in data.source";
        reader.fault_of(&["data.group", "data.source"], message.to_owned());
    }
}

fn generated_splits(data: &DataConfig, reader: &mut Reader<'_>) {
    let samples = data.clip_like.samples;
    let rows = |share: f64| (share * samples as f64).round() as usize;
    let (validation, test) = (rows(data.validation), rows(data.test));
    let train = samples.saturating_sub(validation + test);
    for (split, rows) in [("train", train), ("validation", validation), ("test", test)] {
        if rows < FEWEST_ROWS {
            let message = format!(
                "{samples} samples leave {rows} rows in the {split} split; each split needs {FEWEST_ROWS}: \
                 raise data.clip_like.samples, or change data.validation and data.test"
            );
            reader.fault_of(&["data.clip_like.samples", "data.validation", "data.test"], message);
        }
    }
}
