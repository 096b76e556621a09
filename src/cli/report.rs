//! `report`: prints a run's summary again, and writes what is asked for beside it.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;

use crate::cluster::ended;
use crate::report::{Paint, Report, terminal_summary};
use crate::store::cluster::ClusterDir;
use crate::store::rows::{KeptRows, RowsFault};
use crate::store::{self, RunDir};
use crate::study::event::{EventKind, SeedOutcome};
use crate::study::format::counted;
use crate::study::grid::CohortId;
use crate::study::rows::RunRows;
use crate::study::run_state::RunState;
use crate::study::text::one_line;
use color_eyre::eyre;

use super::Status;
use super::args::ReportArgs;
use super::output::{self, SUMMARY_WIDTH, complain, say};

/// Most files of test rows that are named as unusable.
const MOST_FAULTS: usize = 5;

/// Prints the summary as it is asked for; names every file that it writes on standard error.
pub fn print(asked: &ReportArgs) -> eyre::Result<Status> {
    let directory = RunDir::open(&asked.run_dir)?;
    let merged = store::cluster::merged::read(&asked.run_dir)?;
    for (journal, ignored) in &merged.ignored {
        complain("warning", &format!("{}: line {}: {}", journal.display(), ignored.line, ignored.why));
    }
    let mut state = RunState::replay(&merged.events);
    let is_at_work = store::journal::is_locked(&directory.journal());
    if !is_at_work && !ClusterDir::of(&asked.run_dir).exists() {
        state = state.left();
    }
    let rows = rows(&asked.run_dir, &state);
    let report = Report::of(&state, &rows)?;
    let mut paths = Vec::new();
    if let Some(folder) = &asked.figures {
        paths.extend(report.figures(folder)?);
    }
    if let Some(folder) = &asked.export {
        paths.extend(report.export(folder)?);
        paths.extend(report.long_forms(folder)?);
    }
    if let Some(folder) = &asked.paper {
        paths.extend(report.paper(folder, asked.split.into())?);
    }
    for path in &paths {
        say(&path.display().to_string());
    }
    let status = if let Some(format) = asked.format {
        output::print(&report.render(format.into())?)?
    } else {
        output::print_painted(&terminal_summary(&state, &rows, SUMMARY_WIDTH, paint()))?;
        output::print_lines(&if is_at_work { Vec::new() } else { ended::told(&asked.run_dir, &state) })?
    };
    // Again below the summary, which has moved the list of files out of sight.
    if !paths.is_empty() && io::stdout().is_terminal() {
        let folders = [&asked.figures, &asked.export, &asked.paper].into_iter().flatten();
        let folders: Vec<String> = folders.map(|folder| one_line(folder.display())).collect();
        say(&format!("{} in {}", counted(paths.len(), "file"), folders.join(", ")));
    }
    Ok(status)
}

/// Writes a run's summary, report and figures into its directory, and names the files on standard error.
pub fn write_summary(run_dir: &Path, state: &RunState) -> eyre::Result<()> {
    let rows = rows(run_dir, state);
    for path in Report::of(state, &rows)?.export(run_dir)? {
        say(&path.display().to_string());
    }
    Ok(())
}

/// The results of single test rows; without them a run is reported too, with fewer intervals.
pub fn rows(run_dir: &Path, state: &RunState) -> RunRows {
    let Ok(run_dir) = RunDir::open(run_dir) else { return RunRows::new() };
    let KeptRows { rows, faults } = store::cluster::rows::read_all(&run_dir, state);
    let failed = if faults.is_empty() { BTreeMap::new() } else { failed_attempts(&run_dir, state) };
    for fault in faults.iter().take(MOST_FAULTS) {
        complain("warning", &warning(fault, &failed));
    }
    if let Some(more) = faults.len().checked_sub(MOST_FAULTS).filter(|&more| more > 0) {
        complain("warning", &format!("{more} more files of test rows cannot be used"));
    }
    rows
}

/// What is wrong with a file of test rows. Where the last attempt to make it again failed, `resume` may not try once more:
/// then the message of that attempt, which names the fix.
fn warning(fault: &RowsFault, failed: &BTreeMap<CohortId, String>) -> String {
    match fault.cohort.and_then(|cohort| Some((cohort, failed.get(&cohort)?))) {
        Some((cohort, message)) if fault.is_made_again => {
            format!("{}; the last attempt to train {cohort} again for it failed: {message}", fault.error)
        }
        _ => fault.to_string(),
    }
}

/// The configurations that have a result and whose latest attempt failed, with its message.
fn failed_attempts(run_dir: &RunDir, state: &RunState) -> BTreeMap<CohortId, String> {
    let Ok(merged) = store::cluster::merged::read(run_dir.root()) else { return BTreeMap::new() };
    let mut failed = BTreeMap::new();
    for event in &merged.events {
        let EventKind::CohortFinished { cohort, seeds, .. } = &event.kind else { continue };
        let message = seeds.iter().find_map(|(_, outcome)| match outcome {
            SeedOutcome::Failed { message } => Some(message.clone()),
            _ => None,
        });
        let outlasted = state.cohort(*cohort).is_some_and(|of| of.outlasted(seeds));
        match message.filter(|_| outlasted) {
            Some(message) => failed.insert(*cohort, message),
            None => failed.remove(cohort),
        };
    }
    failed
}

/// The colours that standard output shows: none in a pipe, none where `NO_COLOR` is set (no-color.org).
pub fn paint() -> Paint {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let term = variable("TERM").unwrap_or_default();
    if !io::stdout().is_terminal() || variable("NO_COLOR").is_some() || term.is_empty() || term == "dumb" {
        Paint::Plain
    } else if term.contains("256") || variable("COLORTERM").is_some() {
        Paint::Indexed
    } else {
        Paint::Sixteen
    }
}
