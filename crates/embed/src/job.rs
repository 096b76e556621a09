//! What is asked for, how far it is, and what comes out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ndarray::Array2;
use raw::Clean;
use study::config::LabelValue;

use crate::pairs::Names;

/// What is to be embedded, and how.
#[derive(Clone, Debug)]
pub struct Job {
    /// A table (`.csv`, `.tsv`), a shard of webdataset (`.tar`), or a folder of shards.
    pub source: PathBuf,
    /// The model's folder: a CLIP folder of Hugging Face, or one with `model.pt`.
    pub model: PathBuf,
    /// Where the result will be written, by the caller. What is done is kept beside it, in `<output>.partial/`.
    pub output: PathBuf,
    /// The table's columns.
    pub names: Names,
    /// How texts are cleaned; absent: as whoever wrote the folder does (`open_clip`'s as `OpenAI`'s, all others not at all).
    pub clean: Option<Clean>,
    /// Whether embeddings are divided by their length.
    pub normalise: bool,
    /// Rows a batch. The result does not depend on it but for rounding.
    pub batch: usize,
    /// Threads that decode pictures.
    pub threads: usize,
    /// Whether rows that cannot be embedded are left out. Otherwise they are an error, once all others are done.
    pub skip_unreadable: bool,
}

impl Job {
    /// With the defaults: columns `text`, `image`, `label`, not normalised, 64 rows a batch, two threads, nothing left out.
    pub fn new(source: PathBuf, model: PathBuf, output: PathBuf) -> Self {
        Self {
            source,
            model,
            output,
            names: Names::default(),
            clean: None,
            normalise: false,
            batch: 64,
            threads: 2,
            skip_unreadable: false,
        }
    }

    /// Where what is done is kept.
    pub fn partial(&self) -> PathBuf {
        let mut name = self.output.as_os_str().to_owned();
        name.push(".partial");
        name.into()
    }
}

/// What the caller is told on the way.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// Something to show once.
    Notice(String),
    /// How far it is, after each batch.
    Progress(Progress),
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Rows that are done, those of an earlier try included.
    pub done: usize,
    /// Rows in all.
    pub of: usize,
    /// At the speed of this try.
    pub seconds_left: Option<f64>,
}

/// The result, in the order of the source.
#[derive(Debug)]
pub struct Embedded {
    /// `[rows, width]`
    pub text: Array2<f32>,
    /// `[rows, width]`
    pub image: Array2<f32>,
    /// Every column but text and image, the label first, with a value for each row.
    pub columns: Vec<(String, Vec<LabelValue>)>,
    /// What it was made of, and how.
    pub provenance: BTreeMap<String, String>,
}
