//! `data`: a data set inspected, imported into one file, embedded, or written by the built-in generator.

use std::path::{Path, PathBuf};

use crate::data;
use crate::study::config::Override;
use clap::Subcommand;
use color_eyre::eyre;

use super::Status;
use super::args::train::{EmbedArgs, Train};
use super::output::{ListFormat, complain, print, print_json};
use super::study_args::StudyArgs;

/// What can be done with a data set.
#[expect(clippy::doc_markdown, reason = "these lines are the help, which has no backticks")]
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Print a health report: shapes, norms, missing and repeated rows, labels, what logistic regression reaches, and what to set
    Inspect {
        /// Print JSON instead of text
        #[arg(long)]
        format: Option<ListFormat>,
        #[command(flatten)]
        study: StudyArgs,
    },
    /// Write the built-in generator's data set, and print its geometry beside that of real CLIP embeddings
    Generate {
        /// What to write: a .npz or .safetensors file (an existing regular file is replaced), or a new folder of .npy
        /// files, whose name ends in /
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Rows [default: data.clip_like.samples]
        #[arg(long, value_name = "ROWS")]
        samples: Option<String>,
        /// Width of text and of image, 16 or more [default: data.clip_like.width]
        #[arg(long, value_name = "N")]
        width: Option<String>,
        /// Share of rows whose text and image belong together, 0 to 1 [default: data.clip_like.matched]
        #[arg(long, value_name = "SHARE")]
        matched: Option<String>,
        /// Another seed makes another data set [default: data.clip_like.seed]
        #[arg(long, value_name = "SEED")]
        seed: Option<String>,
        #[command(flatten)]
        study: StudyArgs,
    },
    /// Make embeddings of texts and images with a pretrained encoder; a later call goes on where an earlier one stopped
    Embed(EmbedArgs),
    /// Read whatever [data] names, join and check it, and write it to one .safetensors file: text, image, label, and the
    /// first split
    Import {
        /// The .safetensors file to write; an existing regular file is replaced
        file: PathBuf,
        #[command(flatten)]
        study: StudyArgs,
    },
}

/// Does it and prints what there is to see.
pub fn run(command: DataCommand, train: impl FnOnce(Train) -> eyre::Result<Status>) -> eyre::Result<Status> {
    match command {
        DataCommand::Inspect { format, study } => inspect(format, &study),
        DataCommand::Generate { file, samples, width, matched, seed, study } => {
            let flags = [("samples", samples), ("width", width), ("matched", matched), ("seed", seed)];
            generate(&file, flags, &study)
        }
        DataCommand::Embed(asked) => train(Train::Embed(asked)),
        DataCommand::Import { file, study } => import(&file, &study),
    }
}

fn inspect(format: Option<ListFormat>, study: &StudyArgs) -> eyre::Result<Status> {
    let inspection = data::inspect(&study.read()?)?;
    match format {
        Some(ListFormat::Json) => print_json(&inspection.to_json())?,
        None => print(&inspection.to_string())?,
    };
    Ok(if inspection.is_usable() { Status::Done } else { Status::BadInput })
}

fn generate(file: &Path, flags: [(&str, Option<String>); 4], study: &StudyArgs) -> eyre::Result<Status> {
    // As overrides, so that the same bounds and messages are for both.
    let overrides = flags.into_iter().filter_map(|(name, value)| {
        Some(Override { key: format!("data.clip_like.{name}"), value: value?.trim().to_owned() })
    });
    let geometry = data::generate(&study.read_with(overrides)?, file)?;
    print(&format!("{}\n\n{geometry}", file.display()))
}

fn import(file: &Path, study: &StudyArgs) -> eyre::Result<Status> {
    let imported = data::import(&study.read()?, file)?;
    for warning in &imported.warnings {
        complain("warning", warning);
    }
    let shown = file.display();
    print(&format!("{shown}\n{imported}\nsuperfuse-tui init {shown} writes a configuration for it\n"))
}
