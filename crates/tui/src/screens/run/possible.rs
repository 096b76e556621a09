//! Whether an action is possible now, and if not, why: for the status line and the footer.

use study::feed::Writer;
use study::grid::CohortId;
use study::run_state::{CohortStatus, Phase};

use super::charts::{readable, zoomable};
use super::keymap::Action;
use super::layout::{COMPLEXITY_BESIDE, FINDINGS_BESIDE};
use super::on_cluster;
use super::panes::opened::page_count;
use super::ui_state::{Detail, Grain, Health, Overlay, Parent, UiState, View};
use monitor::model::Model;

/// Whether `action` is possible now; if not, why.
pub fn possible(action: Action, ui: &UiState, model: &Model) -> Result<(), String> {
    if let Some(why) = ui.access.refusal().filter(|_| action.changes_the_run()) {
        return Err(why);
    }
    if model.is_on_cluster()
        && let Some(answer) = on_cluster::possible(action, || trained(ui, model), model)
    {
        return answer;
    }
    let phase = model.run.phase();
    let is_asked = matches!(
        action,
        Action::Start
            | Action::Pause
            | Action::StopConfiguration
            | Action::StopSweep
            | Action::RunAgain
            | Action::Export
    );
    if is_asked {
        reachable(model)?;
    }
    let why = match action {
        Action::Start if phase == Phase::Running => "the sweep runs already",
        Action::Start if phase == Phase::Finished && !model.has_failed() => {
            "every configuration has an outcome; `r` runs one again"
        }
        Action::Detach if model.is_watched() => "another process runs it; `q` closes this screen only",
        Action::Pause | Action::StopSweep | Action::Detach if phase == Phase::Planned => {
            "nothing has started yet: press s to start"
        }
        Action::Pause if phase == Phase::Paused => "paused already; `s` continues",
        Action::Pause | Action::StopSweep | Action::Detach if !model.is_active() => "nothing is running",
        Action::Edit => return editable(model),
        Action::Label if model.run_dir.is_none() => {
            "the run has no directory before it starts; --note and --tag label it from the start"
        }
        Action::Label => return ui.labels.editable(),
        Action::Choose(_) if ui.form.as_ref().is_none_or(|form| form.choices().is_empty()) => {
            "nothing to choose from here"
        }
        Action::Health => return inspectable(ui, model),
        Action::About if !model.is_prepared() => "the data are still being prepared",
        Action::Show(View::Jobs) if !model.is_on_cluster() => "the run is on no cluster",
        Action::Show(view) if model.is_prepared() && !View::of(model).contains(&view) => {
            "the sweep has fewer than two aligned tasks (`sweep.tasks`, such as \"aligned:0.5\")"
        }
        Action::ToggleAxis if ui.view == View::Complexity && ui.screen_columns >= COMPLEXITY_BESIDE => {
            "both axes are shown"
        }
        Action::StepPage(_) if pages(ui, model) <= 1 => {
            "there is one page; where the terminal is too small for it, there are several"
        }
        Action::Read(_) if readable(ui, model) == 0 => "no curve to read yet",
        Action::Zoom(by) => return zoomable(ui, model, by),
        Action::FitAxis if !ui.zoom.contains_key(&ui.view) => "the y axis fits the data already",
        Action::Search if !matches!(ui.overlay, Overlay::Help(_)) => "only the keys can be searched",
        Action::Export if phase == Phase::Planned => "nothing to export before the start",
        Action::Copy if model.derived.rows().is_empty() && ui.view != View::Jobs => "no table yet",
        Action::StopConfiguration => return stoppable(ui, model),
        Action::RunAgain => return repeatable(ui, model),
        Action::Open if ui.view == View::Findings && model.claims() == 0 => "no claim is listed yet",
        Action::Open if ui.view == View::Findings && ui.screen_columns >= FINDINGS_BESIDE => {
            "the claim is already shown beside the list"
        }
        Action::Open if ui.selected(model).is_none() => "no configuration yet",
        Action::Back if nothing_to_close(ui) && ui.parent == Parent::Shell => "nothing is open",
        Action::SortDirection if !is_sorted(ui) => "no column is sorted; `,` sorts by the next one",
        _ => return Ok(()),
    };
    Err(why.to_owned())
}

/// Whether a request would reach the process that trains.
fn reachable(model: &Model) -> Result<(), String> {
    match model.writer {
        Writer::Own | Writer::Other | Writer::Cluster => Ok(()),
        Writer::Unreachable => {
            Err("the process that trains this run has no control socket: use the keys in its own terminal"
                .into())
        }
        Writer::Nobody => {
            let run = model.run_dir.as_ref().map_or_else(|| "RUN".into(), |run| run.display().to_string());
            Err(format!("no process works on this run; `superfuse-tui resume {run}` continues it"))
        }
    }
}

/// Whether the study can still be changed.
fn editable(model: &Model) -> Result<(), String> {
    let why = match model.run.phase() {
        _ if model.is_watched() => "another process runs it; `superfuse-tui resume` can extend its grid",
        _ if !model.is_prepared() => "the data are still being prepared",
        Phase::Planned => return Ok(()),
        _ => "the run has begun: `resume RUN --set sweep.seeds=20` extends its grid",
    };
    Err(why.to_owned())
}

/// Whether the data can be read once more for their report.
fn inspectable(ui: &UiState, model: &Model) -> Result<(), String> {
    let why = match ui.health {
        Health::Unasked if model.is_watched() => {
            "another process has the data; `superfuse-tui data inspect` reports on them"
        }
        Health::Unasked if !model.is_prepared() => "the data are still being prepared",
        Health::Unasked if model.is_active() => {
            "training goes first: the report is there before the start and after the end"
        }
        _ => return Ok(()),
    };
    Err(why.to_owned())
}

/// Pages of the opened configuration.
fn pages(ui: &UiState, model: &Model) -> usize {
    match ui.detail {
        Detail::Seeds(cursor) => page_count(ui, model, cursor),
        Detail::Rows | Detail::Claim(_) => 1,
    }
}

/// What a row of the visible table is.
pub(super) fn rows_of(ui: &UiState) -> Grain {
    match ui.detail {
        Detail::Rows | Detail::Claim(_) => ui.grain,
        Detail::Seeds(_) => Grain::Trials,
    }
}

fn is_sorted(ui: &UiState) -> bool {
    match rows_of(ui) {
        _ if ui.view == View::Jobs => ui.job_sort.is_some(),
        Grain::Configurations => ui.sort.is_some(),
        Grain::Trials => ui.trial_sort.is_some(),
    }
}

/// The selected configuration, where it is one that is trained.
fn trained(ui: &UiState, model: &Model) -> Result<CohortId, String> {
    let Some(cohort) = ui.selected(model) else { return Err("no configuration yet".into()) };
    match model.run.derived(cohort) {
        Some(_) => Err(format!("{cohort} is chosen from others: select one of them in the overview")),
        None => Ok(cohort),
    }
}

fn stoppable(ui: &UiState, model: &Model) -> Result<(), String> {
    let cohort = trained(ui, model)?;
    match model.run.cohort(cohort).map(|_| model.status(cohort)) {
        Some(CohortStatus::Running) => Ok(()),
        Some(_) => Err(format!("{cohort} is not running: {}", model.standing(cohort))),
        None => Err(format!("{cohort} is not in this sweep")),
    }
}

fn repeatable(ui: &UiState, model: &Model) -> Result<(), String> {
    let cohort = trained(ui, model)?;
    match model.run.cohort(cohort).map(|_| model.status(cohort)) {
        Some(status) if status.is_over() => Ok(()),
        Some(CohortStatus::Running) => Err(format!("{cohort} is running; `x` stops it")),
        Some(_) => Err(format!("{cohort} has not been run yet; `s` starts the sweep")),
        None => Err(format!("{cohort} is not in this sweep")),
    }
}

pub(super) fn nothing_to_close(ui: &UiState) -> bool {
    let plain = ui.overlay == Overlay::None && ui.detail == Detail::Rows;
    plain && ui.selection.is_none() && ui.reading.is_none() && ui.filter.is_empty() && ui.log_back == 0
}
