//! `init`: a first configuration for a data set, with questions where its files do not tell.

use std::fmt::Write;
use std::fs;
use std::io::{self, BufRead, IsTerminal, Read, Write as _};
use std::path::{Path, PathBuf};

use crate::data::guide::{self, Answers, Choice, Guess, Question};
use crate::data::{self, Inspection};
use crate::host::atomic::Replacement;
use crate::host::files;
use crate::study::config::{self, Config, Override};
use crate::study::event::DataFacts;
use crate::study::format::percent;
use crate::study::grid::Sweep;
use crate::study::text::one_line;
use clap::Args;
use color_eyre::eyre::{self, eyre};

use super::Status;
use super::output::{print, say};
use super::study_args::DEFAULT_FILE;

/// Bytes of an answer at most.
const LONGEST_ANSWER: u64 = 4_096;
/// Classes that are named at most.
const MOST_CLASSES: usize = 10;

/// What to make a configuration for.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// The data set: a file or a folder of embeddings, or several .npy files of one folder; and a table of labels, if
    /// that is elsewhere
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Ask nothing: take the likeliest answer to each question, and say which
    #[arg(long)]
    yes: bool,
    /// Replace the configuration if it exists
    #[arg(long)]
    force: bool,
    /// The configuration to write
    #[arg(long, value_name = "FILE", default_value = DEFAULT_FILE)]
    config: PathBuf,
    /// Answer a question, such as data.label=genre (or none), or set any other key; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<Override>,
}

/// Guesses, asks, writes the file, and loads the data once.
pub fn run(asked: &InitArgs) -> eyre::Result<Status> {
    let file = asked.config.as_path();
    check_free(file, asked.force)?;
    let guess = answered(asked)?;
    check_label(&guess)?;
    for note in &guess.notes {
        say(&format!("note: {note}"));
    }
    let text = guess.render();
    let name = file.display();
    let config =
        config::read(Some(&text), &[]).map_err(|faults| eyre!("{name} is not written:\n{faults}"))?;
    write(file, &text)?;
    print(&format!("{name}\n\n"))?;
    let inspection = data::inspect(&config)?;
    match inspection.facts() {
        Some(facts) => {
            print(&summary(&config, facts, &inspection.warnings())?)?;
            print(&next_commands(file))
        }
        None => refused(file, &inspection),
    }
}

fn check_free(file: &Path, is_replaced: bool) -> eyre::Result<()> {
    if !is_replaced && fs::symlink_metadata(file).is_ok() {
        return Err(eyre!("{} exists; --force replaces it, --config FILE writes another", file.display()));
    }
    files::check_output(file, &[]).map_err(|error| eyre!("cannot write {}: {error}", file.display()))
}

/// The guess without an open question.
fn answered(asked: &InitArgs) -> eyre::Result<Guess> {
    let set = asked.overrides.iter().map(|set| (set.key.clone(), set.value.clone()));
    let mut answers: Answers = set.collect();
    let mut paths = asked.paths.clone();
    if let Some(source) = answers.get("data.source") {
        let source = one_line(source);
        return Err(eyre!(
            "`data.source` is the PATH that init looks at; write: superfuse-tui init '{source}'"
        ));
    }
    // A table is looked at wherever it is named.
    paths.extend(answers.remove("data.table").map(PathBuf::from));
    let survey = guide::look(&paths)?;
    let can_ask = io::stdin().is_terminal() && io::stdout().is_terminal();
    loop {
        let guess = guide::guess(&survey, &answers)?;
        let Some(question) = guess.open_questions().next() else { return Ok(guess) };
        let answer = match (asked.yes, can_ask) {
            (true, _) => {
                let best = question.choices.first().map(|choice| choice.value.clone()).unwrap_or_default();
                say(&format!("{} {} (--set {}=…)", question.ask, one_line(&best), question.key));
                best
            }
            (false, true) => ask(question)?,
            (false, false) => return Err(unasked(&guess)),
        };
        answers.insert(question.key.to_owned(), answer);
    }
}

/// A label that cannot be used is not lost without a word: what is left would be another study.
fn check_label(guess: &Guess) -> eyre::Result<()> {
    if guess.lost_labels.is_empty() {
        return Ok(());
    }
    let mut text = "there is no label that can be used:".to_owned();
    for why in &guess.lost_labels {
        let _ = write!(text, "\n  {}", one_line(why));
    }
    let _ = write!(
        text,
        "\n--set data.label=COLUMN names another, and --set data.label={} studies the synthetic task alone; nothing was written",
        guide::NONE
    );
    Err(eyre!(text))
}

/// What has to be answered, where nobody can be asked.
fn unasked(guess: &Guess) -> eyre::Report {
    let mut text =
        "no terminal to ask on; answer with --set, or --yes takes the first choice of each:".to_owned();
    for Question { key, ask, choices, .. } in guess.open_questions() {
        let _ = write!(text, "\n{ask}");
        for Choice { value, what } in choices {
            let _ = write!(text, "\n  --set '{key}={}'   {}", one_line(value), one_line(what));
        }
    }
    eyre!(text)
}

/// Asks until there is an answer: a number, a name, or nothing for the first choice.
fn ask(question: &Question) -> eyre::Result<String> {
    let Question { key, ask, choices, .. } = question;
    let width = choices.iter().map(|choice| one_line(&choice.value).chars().count()).max().unwrap_or(0);
    let mut text = format!("{ask}\n");
    for (number, Choice { value, what }) in (1..).zip(choices) {
        let _ = writeln!(text, "  {number:>2}  {:width$}  {}", one_line(value), one_line(what));
    }
    print(&text)?;
    loop {
        print(&format!("{key} [1]: "))?;
        let mut line = String::new();
        if io::stdin().lock().take(LONGEST_ANSWER).read_line(&mut line)? == 0 {
            return Err(eyre!("no answer; nothing was written"));
        }
        if let Some(answer) = chosen(choices, line.trim()) {
            return Ok(answer.value.clone());
        }
        print("A number or a name of the list, please.\n")?;
    }
}

/// The choice that a line names. A name stands before a number: columns may be called `2`.
fn chosen<'a>(choices: &'a [Choice], line: &str) -> Option<&'a Choice> {
    let named = || choices.iter().find(|choice| choice.value == line);
    let numbered = || choices.get(line.parse::<usize>().ok()?.checked_sub(1)?);
    if line.is_empty() { choices.first() } else { named().or_else(numbered) }
}

fn write(file: &Path, text: &str) -> eyre::Result<()> {
    let io = |error: io::Error| eyre!("cannot write {}: {error}", file.display());
    let mut new = Replacement::begin(file).map_err(io)?;
    new.file().write_all(text.as_bytes()).map_err(io)?;
    new.finish().map_err(io)
}

/// Rows, widths, classes and the size of the study.
fn summary(config: &Config, facts: &DataFacts, warnings: &[String]) -> eyre::Result<String> {
    let rows = facts.rows;
    let mut text = format!(
        "rows        train {}, validation {}, test {}\nwidths      text {}, image {}\n",
        rows.train, rows.validation, rows.test, facts.text_width, facts.image_width
    );
    for task in &facts.tasks {
        let count = task.class_count();
        let shares = task.test_shares();
        let shown: Vec<String> = shares
            .iter()
            .take(MOST_CLASSES)
            .enumerate()
            .map(|(class, share)| format!("{} ({} %)", task.class_name(class), percent(*share)))
            .collect();
        let more = if count > MOST_CLASSES { ", …" } else { "" };
        writeln!(text, "{:<11} {count} classes: {}{more}", task.task, shown.join(", "))?;
    }
    for warning in warnings {
        writeln!(text, "warning     {warning}")?;
    }
    let sweep = Sweep {
        fusions: config.fusions(),
        baselines: config.baselines(),
        tasks: config.sweep.tasks.clone(),
        sizes: config.sweep.sizes.resolve(config.sweep.smallest, rows.train)?,
        seeds: config.sweep.seeds.resolve(),
        searched: config.sweep.searched,
        rates: config.rates(),
    };
    let (count, seeds) = (sweep.cohorts().len(), sweep.seeds.len());
    writeln!(text, "study       {count} configurations (model × task × train size), {seeds} seeds each\n")?;
    Ok(text)
}

fn next_commands(file: &Path) -> String {
    let option = if file == Path::new(DEFAULT_FILE) {
        String::new()
    } else {
        format!(" --config {}", one_line(file.display()))
    };
    let command = format!("superfuse-tui{option}");
    let run = format!("superfuse-tui run{option}");
    let width = run.chars().count();
    format!("next:\n  {command:<width$}   the screen; s starts the study\n  {run}   without a screen\n")
}

/// The configuration stays: its user sees what stands against it, and changes a key.
fn refused(file: &Path, inspection: &Inspection) -> eyre::Result<Status> {
    print(&inspection.to_string())?;
    say(&format!("the study does not run yet: do what `refused` says, in the data or in {}", file.display()));
    Ok(Status::BadInput)
}
