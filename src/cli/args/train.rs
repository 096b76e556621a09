//! Commands that need `LibTorch`, and their options.

#![expect(missing_docs, reason = "what is flattened has its own words")]

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use raw::Clean;

use crate::cli::label::LabelArgs;
use crate::cli::output::ListFormat;
use crate::cli::settings::{AlertArgs, ScreenArgs};
use crate::cli::study_args::StudyArgs;
use crate::study::config::Override;

/// What is done by the program that is linked to LibTorch.
#[derive(Debug, Subcommand)]
pub enum Train {
    /// The screen of a study that is not begun: no command at all.
    #[command(skip)]
    Screen(NewArgs),
    /// Run the sweep without a terminal: progress, then the summary
    Run(RunArgs),
    /// Submit the sweep to a cluster's queue (Slurm) as an array of jobs, and return: `watch` shows the run, `resume` submits what is
    /// missing
    Submit(SubmitArgs),
    /// Resume a run: train what is missing or failed, and more fusions, tasks, sizes or seeds if asked
    #[command(mut_arg("config", |arg| arg.help("The configuration [default: the run's own configuration]")))]
    Resume(ResumeArgs),
    /// Test a checkpoint on other data: clean and under noise
    Evaluate(EvaluateArgs),
    /// Train one shard of a run that was submitted to a cluster, as one of its jobs; or collect what they did
    Work(WorkArgs),
    /// `data embed`, which is listed below `data`.
    #[command(skip)]
    Embed(EmbedArgs),
    /// Measure how long a study takes, whether a device agrees with the CPU, and what parts of training cost
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Check LibTorch, devices and the terminal: what was found, what is missing, how to fix it
    Doctor,
}

/// A study on the screen.
#[derive(Args, Debug)]
pub struct NewArgs {
    /// The study.
    #[command(flatten)]
    pub study: StudyArgs,
    /// Start the sweep immediately
    #[arg(long)]
    pub start: bool,
    /// How it is shown.
    #[command(flatten)]
    pub screen: ScreenArgs,
    /// What its user says of it.
    #[command(flatten)]
    pub labels: LabelArgs,
}

/// A study without a screen.
#[derive(Args, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    /// Write the run with its checkpoints into this directory, which must be new or empty
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// Print one line for each event to standard output: for logs and screen readers
    #[arg(long)]
    pub plain: bool,
    #[command(flatten)]
    pub alerts: AlertArgs,
    #[command(flatten)]
    pub labels: LabelArgs,
}

/// A run that goes on.
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line, each of its own")]
#[derive(Args, Debug)]
pub struct ResumeArgs {
    /// The run's directory; without it, the last one that is not finished is named
    pub run_dir: Option<PathBuf>,
    /// Train on this machine what is missing of a run that was submitted to a cluster, instead of submitting it again
    #[arg(long)]
    pub local: bool,
    /// Run without the terminal screen: progress, then the summary
    #[arg(long)]
    pub headless: bool,
    /// Print one line for each event to standard output, without the terminal screen: for logs and screen readers
    #[arg(long)]
    pub plain: bool,
    /// In a session of its own, which no terminal can end
    #[arg(long, hide = true)]
    pub own_session: bool,
    #[command(flatten)]
    pub screen: ScreenArgs,
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub labels: LabelArgs,
}

/// A checkpoint, and what it is tested on.
#[derive(Args, Debug)]
pub struct EvaluateArgs {
    /// The checkpoint: a .safetensors file of a run
    pub checkpoint: PathBuf,
    /// The data: a path as for data.source, or clip-like
    #[arg(long, value_name = "SOURCE")]
    pub data: String,
    /// Which rows of the data to test on
    #[arg(long, value_enum, default_value_t = RowsOf::All)]
    pub rows: RowsOf,
    /// Write the tested rows, as the model receives them, to this .safetensors file (text, image, label); an
    /// existing regular file is replaced
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long)]
    pub format: Option<ListFormat>,
    /// Read data.text, data.label and similar keys from this configuration [default: as in training]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Override one key, such as data.text=caption; keys of the model and its inputs stay as in training
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
}

/// What is submitted, and how.
#[derive(Args, Debug)]
pub struct SubmitArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    /// Write the run with its checkpoints into this directory, which must be new or empty, and which the cluster's nodes
    /// see under the same path
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// Only show what would be submitted: the shards, their time by estimate, the scripts, and what `sbatch --test-only`
    /// says of them; nothing is written
    #[arg(long)]
    pub dry_run: bool,
    /// Make the run and its shards, and submit nothing: another program, such as GNU parallel, starts `work` for each shard
    #[arg(long, conflicts_with = "dry_run")]
    pub no_queue: bool,
    #[command(flatten)]
    pub labels: LabelArgs,
}

/// Which shard of which run.
#[derive(Args, Debug)]
pub struct WorkArgs {
    /// The run's directory
    pub run_dir: PathBuf,
    /// The shard's place among those of the submission, from 0 [default: `SLURM_ARRAY_TASK_ID`]
    #[arg(long, value_name = "N", conflicts_with = "finish")]
    pub index: Option<u32>,
    /// The shard that index 0 stands for [default: the submission's first]
    #[arg(long, value_name = "SHARD", conflicts_with = "finish")]
    pub first: Option<u32>,
    /// Collect what all shards did into one run, and write its summary
    #[arg(long)]
    pub finish: bool,
}

/// What is embedded, and how.
#[expect(clippy::doc_markdown, reason = "these lines are the help, which has no backticks")]
#[derive(Args, Debug)]
pub struct EmbedArgs {
    /// The pairs: a .csv or .tsv with columns of text, image path and label, or webdataset's .tar shards (one, or a folder
    /// of them)
    #[arg(value_name = "SOURCE")]
    pub source: PathBuf,
    /// The encoder's folder: a CLIP of Hugging Face, or one with model.pt (TorchScript with encode_text and encode_image),
    /// tokenizer.json and preprocessor_config.json
    #[arg(long, value_name = "FOLDER")]
    pub model: PathBuf,
    /// The .safetensors file to write; an existing regular file is replaced
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// The column of texts
    #[arg(long, value_name = "COLUMN", default_value = "text")]
    pub text: String,
    /// The column of image paths, from the table's folder
    #[arg(long, value_name = "COLUMN", default_value = "image")]
    pub image: String,
    /// The column of labels
    #[arg(long, value_name = "COLUMN", default_value = "label", conflicts_with = "no_label")]
    pub label: String,
    /// There are no labels
    #[arg(long)]
    pub no_label: bool,
    /// How texts are cleaned first: openai (as CLIP's training code) or none [default: openai for a folder of open_clip, else
    /// none]
    #[arg(long, value_name = "HOW")]
    pub clean: Option<Clean>,
    /// Divide each embedding by its length
    #[arg(long)]
    pub normalise: bool,
    /// Pairs encoded at a time
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub batch: u16,
    /// Threads that decode images and tokenise texts
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: u16,
    /// Leave out pairs whose image cannot be read or whose text is empty or too long; they are listed
    #[arg(long)]
    pub skip_unreadable: bool,
    /// Where to compute: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: String,
}

/// Rows of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowsOf {
    /// Every row
    All,
    /// The test split, as data.split draws or names it
    Test,
}

/// What can be measured without training a study.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Estimate how long the study takes on this machine, and the least time that its operations and bytes allow
    Study {
        /// Seconds to spend on timing the steps of each fusion
        #[arg(long, default_value_t = 5.0, value_parser = seconds)]
        seconds: f64,
        #[command(flatten)]
        study: StudyArgs,
    },
    /// Check that training with the keys of [run] agrees with LibTorch on the CPU in f32; status 1 if not
    Parity {
        /// Epochs to train each fusion for
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
        epochs: u32,
        #[command(flatten)]
        study: StudyArgs,
    },
    /// Time an optimiser step of the sweep's first configuration, all seeds together; JSON
    Step(RepeatArgs),
    /// Time validation of the sweep's first configuration; JSON
    Validate(RepeatArgs),
    /// Time the noise evaluation of the sweep's first configuration; JSON
    Noise(RepeatArgs),
}

/// How often a part of training is timed.
#[derive(Args, Debug)]
pub struct RepeatArgs {
    /// Number of repetitions, after one warm-up that is not counted
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub count: u32,
    #[command(flatten)]
    pub study: StudyArgs,
}

fn seconds(text: &str) -> Result<f64, String> {
    let allowed = |seconds: &f64| (0.001..=3600.0).contains(seconds);
    text.parse().ok().filter(allowed).ok_or_else(|| "allowed: 0.001 to 3600".to_owned())
}
