//! The end of a run: its summary, the files that it wrote, and what did not complete.

use std::env;
use std::fmt::Write;

use color_eyre::eyre;
use engine::Ended;
use superfuse::report::terminal_summary;
use superfuse::study::listing::{Shortfall, Standing};
use superfuse::study::run_state::{CohortStatus, Phase};
use superfuse::study::text::one_line;

use superfuse::cli::output::{SUMMARY_WIDTH, complain, print_painted};
use superfuse::cli::{Status, report};

/// Prints the summary of a run, its files and its errors; nothing where nothing was started.
pub(super) fn conclude(ended: &Ended) -> eyre::Result<Status> {
    let Some(run_dir) = &ended.run_dir else { return Ok(Status::Done) };
    let rows = report::rows(run_dir, &ended.state);
    let mut summary = terminal_summary(&ended.state, &rows, SUMMARY_WIDTH, report::paint());
    let shortfall = Shortfall::of(&ended.state);
    if !shortfall.is_none() {
        writeln!(summary, "\n{}", Standing::of(&ended.state, true).text(shortfall))?;
    }
    writeln!(summary, "\n{}", one_line(run_dir.display()))?;
    for path in &ended.exports {
        writeln!(summary, "  {}", one_line(path.strip_prefix(run_dir).unwrap_or(path).display()))?;
    }
    let all_completed = ended.state.cohorts().all(|(_, cohort)| cohort.status == CohortStatus::Completed);
    let is_whole = ended.state.phase() == Phase::Finished && all_completed;
    // A configuration that diverged has its outcome: it would diverge again.
    let is_open = |status| !matches!(status, CohortStatus::Completed | CohortStatus::Diverged);
    if ended.state.cohorts().any(|(_, cohort)| is_open(cohort.status)) {
        let folder = env::current_dir().ok();
        let shown = folder.and_then(|folder| run_dir.strip_prefix(folder).ok()).unwrap_or(run_dir);
        writeln!(
            summary,
            "\nwhat is missing is trained by: superfuse-tui resume {}",
            one_line(shown.display())
        )?;
    }
    // The run is kept even if the summary cannot be printed.
    if let Err(error) = print_painted(&summary) {
        complain("error", &error.to_string());
        return Ok(Status::Incomplete);
    }
    for fault in &ended.faults {
        complain("error", fault);
    }
    Ok(if is_whole && ended.faults.is_empty() { Status::Done } else { Status::Incomplete })
}
