//! Labels of a run: given with the command that trains it, or changed and printed by `label`.

use std::path::{Path, PathBuf};

use crate::store::{RunDir, StoreError, labels};
use crate::study::labels::{LabelChange, Labels, Tag};
use crate::study::text::one_line;
use crate::watch::access_to;
use clap::Args;
use color_eyre::eyre::{self, eyre};

use super::Status;
use super::output::print;

/// What is said of a run that is begun or resumed.
#[derive(Args, Debug, Default)]
pub struct LabelArgs {
    /// Say something of the run, for the list of runs; no result depends on it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Give the run a tag, one word that lists are filtered by; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<Tag>,
}

/// How the labels of a run are to change.
#[derive(Args, Debug)]
pub struct LabelCommand {
    /// The run's directory
    pub run_dir: PathBuf,
    /// Call the run this in lists; an empty name takes it away
    #[arg(long)]
    name: Option<String>,
    /// Say this of the run, in one line; an empty note takes it away
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Add a tag, one word; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    add: Vec<Tag>,
    /// Take a tag away; may be repeated
    #[arg(long = "untag", value_name = "TAG")]
    remove: Vec<Tag>,
}

impl LabelArgs {
    /// The change, checked before anything is started.
    pub fn change(&self) -> eyre::Result<LabelChange> {
        let change =
            LabelChange { note: self.note.clone(), add: self.tags.clone(), ..LabelChange::default() };
        change.apply(&mut Labels::default())?;
        Ok(change)
    }
}

/// Changes a run's labels as asked, and prints what they are then.
pub fn run(asked: LabelCommand) -> eyre::Result<Status> {
    let LabelCommand { run_dir, name, note, add, remove } = asked;
    let labels = change(&run_dir, &LabelChange { name, note, tags: None, add, remove })?;
    print(&text(&labels))
}

/// Changes the labels of the run in `run_dir`, which is the user's own.
pub fn change(run_dir: &Path, change: &LabelChange) -> eyre::Result<Labels> {
    if RunDir::journal_in(run_dir).is_none() {
        return Err(StoreError::NotARun { path: run_dir.into() }.into());
    }
    match access_to(run_dir).refusal() {
        Some(why) if !change.is_empty() => Err(eyre!("{}: {why}", one_line(run_dir.display()))),
        _ => Ok(labels::change(run_dir, change)?),
    }
}

fn text(labels: &Labels) -> String {
    if labels.is_empty() {
        return "no labels; `--name`, `--note` and `--tag` give some\n".to_owned();
    }
    let tags = labels.tag_list();
    let lines = [("name", labels.name()), ("note", labels.note()), ("tags", &tags)];
    let present = lines.into_iter().filter(|(_, text)| !text.is_empty());
    present.map(|(name, text)| format!("{name}  {text}\n")).collect::<Vec<_>>().concat()
}
