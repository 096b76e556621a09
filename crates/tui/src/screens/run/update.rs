//! What an action does: changes of the view state, and commands to the run as data. No screen, no channel.

use super::effect::Effect;
use super::keymap::Action;
use super::movement::{move_cursor, move_into_sight, point, step_fusion, step_page};
use super::on_cluster;
use super::possible::{nothing_to_close, possible, rows_of};
use super::ui_state::{Detail, Grain, Health, Leaving, Opened, Overlay, Question, UiState, View};
use super::{charts, edit, label_keys, search};
use crate::widgets::line_editor::{Edit, LineEditor};
use monitor::jobs::{self, JobColumn};
use monitor::model::Model;
use monitor::results::{Column, as_tsv};
use monitor::shown::SortOrder;
use monitor::text::counted;
use monitor::trials::{self, TrialColumn};
use study::command::Command;
use study::event::NoiseMean;
use study::feed::Level;
use study::grid::{CohortId, Task};
use study::quantity::noise_mean;
use study::run_state::{CohortState, CohortStatus};

/// Does `action`. If it is not possible now, the status line shows why.
pub fn update(action: Action, ui: &mut UiState, model: &Model) -> Option<Effect> {
    ui.status = None;
    ui.lines_at_status = model.log.total();
    if let Err(reason) = possible(action, ui, model) {
        ui.say(Level::Warning, reason);
        return None;
    }
    if search::perform(action, ui) {
        return None;
    }
    match action {
        // The scheduler starts once the data are loaded.
        Action::Start if !model.is_prepared() => {
            Some(send(ui, Command::Start, "starting when the data are ready…"))
        }
        Action::Start if model.is_on_cluster() => Some(send(ui, Command::Start, on_cluster::sent(action))),
        Action::Start => Some(send(ui, Command::Start, "starting…")),
        Action::Pause if model.is_on_cluster() => Some(send(ui, Command::Pause, on_cluster::sent(action))),
        Action::Pause => Some(send(ui, Command::Pause, "pausing at the next step…")),
        Action::Export => Some(send(ui, Command::Export, "exporting…")),
        Action::StopConfiguration => stop_selected(ui, model),
        Action::RunAgain => run_selected_again(ui, model),
        Action::StopSweep => {
            ask(ui, Question::StopSweep);
            None
        }
        Action::Detach => {
            ask(ui, Question::Detach);
            None
        }
        Action::Quit if model.is_watched() => Some(Effect::Close),
        Action::Quit => quit(ui, model),
        Action::Back if nothing_to_close(ui) => Some(Effect::Return),
        Action::Accept | Action::Move(_) | Action::Choose(_) | Action::Type(_) | Action::Line(_)
            if ui.overlay == Overlay::Form =>
        {
            edit::perform(action, ui)
        }
        Action::Accept | Action::Move(_) | Action::Type(_) | Action::Line(_)
            if ui.overlay == Overlay::Labels =>
        {
            label_keys::perform(action, ui)
        }
        Action::Accept => accept(ui, model),
        Action::Suspend => Some(Effect::Suspend),
        Action::Copy => Some(Effect::Copy(copied(ui, model))),
        Action::ToggleMouse => Some(Effect::ToggleMouse),
        Action::TogglePixels => Some(Effect::TogglePixels),
        Action::Edit => edit::open(ui, model),
        Action::Health => health(ui, model),
        _ => {
            look(action, ui, model);
            None
        }
    }
}

/// What an answer to `question` would cost, in a sentence or two.
pub fn consequence(question: Question, model: &Model) -> String {
    match question {
        Question::StopConfiguration(cohort) => {
            let state = model.run.cohort(cohort);
            let (epochs, seeds) = state.map_or((0, 0), |state| (state.epochs(), state.shown().len()));
            if state.is_some_and(CohortState::trains_again) {
                return format!(
                    "The new attempt at {cohort} loses {} of {}; the earlier result stays. The sweep continues.",
                    counted(epochs, "epoch"),
                    counted(seeds, "seed"),
                );
            }
            format!(
                "{cohort} loses {} of {} and ends as stopped; the sweep continues. `r` runs it again.",
                counted(epochs, "epoch"),
                counted(seeds, "seed"),
            )
        }
        Question::RunAgain(cohort) if model.is_on_cluster() => on_cluster::submitted_again(cohort, model),
        Question::RunAgain(cohort) => {
            let header = model.run.header();
            let seeds = header.map_or(0, |header| header.sweep.seeds.len());
            let epochs = header.map_or(0, |header| header.config.train.epochs as usize);
            format!(
                "{cohort} trains again: {}, up to {}. Its result stays until the new attempt is complete. If that fails \
                 or is stopped, nothing changes.",
                counted(seeds, "seed"),
                counted(epochs, "epoch"),
            )
        }
        Question::StopSweep if model.is_on_cluster() => on_cluster::cancelled(model),
        Question::StopSweep => format!("{} `s` continues from there.", kept(model)),
        Question::Detach => {
            format!("{} The sweep continues without a terminal; the shell is yours again.", kept(model))
        }
        Question::Quit => {
            format!("{} `superfuse-tui resume` continues from there. The summary is printed.", kept(model))
        }
    }
}

/// What stopping at the next step keeps.
fn kept(model: &Model) -> String {
    let (done, all) = model.done();
    let running = model.run.cohorts().filter(|(_, state)| state.status == CohortStatus::Running).count();
    let verb = if done == 1 { "is" } else { "are" };
    let still_running = match running {
        0 => "none is running".to_owned(),
        1 => "the running one is saved at its current step".to_owned(),
        n => format!("{n} running ones are saved at their current steps"),
    };
    format!("{done} of {} {verb} done and kept; {still_running}.", counted(all, "configuration"))
}

fn send(ui: &mut UiState, command: Command, said: &str) -> Effect {
    ui.say(Level::Info, said);
    Effect::Send(command)
}

fn ask(ui: &mut UiState, question: Question) {
    ui.overlay = Overlay::Confirm(question);
}

fn stop_selected(ui: &mut UiState, model: &Model) -> Option<Effect> {
    let cohort = ui.selected(model)?;
    let has_epochs = model.run.cohort(cohort).is_some_and(|state| state.epochs() > 0);
    if has_epochs {
        ask(ui, Question::StopConfiguration(cohort));
        return None;
    }
    Some(send(ui, Command::StopConfiguration { cohort }, &format!("stopping {cohort}…")))
}

fn run_selected_again(ui: &mut UiState, model: &Model) -> Option<Effect> {
    let cohort = ui.selected(model)?;
    // Where seeds are missing they alone are trained, and no result is at stake.
    let has_result = model.run.cohort(cohort).is_some_and(CohortState::has_result);
    if has_result && model.run.missing_seeds(cohort).is_empty() {
        ask(ui, Question::RunAgain(cohort));
        return None;
    }
    Some(send(ui, Command::RunAgain { cohort }, &format!("{cohort} will be run again")))
}

fn quit(ui: &mut UiState, model: &Model) -> Option<Effect> {
    if ui.leaving != Leaving::No {
        return Some(Effect::LeaveNow);
    }
    if model.is_active() && ui.overlay != Overlay::Confirm(Question::Quit) {
        ask(ui, Question::Quit);
        return None;
    }
    Some(leave(ui, Leaving::Asked))
}

fn leave(ui: &mut UiState, leaving: Leaving) -> Effect {
    ui.overlay = Overlay::None;
    ui.leaving = leaving;
    Effect::Send(Command::Quit)
}

/// The visible table as text.
fn copied(ui: &mut UiState, model: &Model) -> String {
    let (rows, text) = if ui.view == View::Jobs {
        let rows = ui.jobs(model);
        (rows.len(), jobs::as_tsv(&rows))
    } else if (ui.view, rows_of(ui)) == (View::Trials, Grain::Trials) {
        let trials = match (ui.detail, ui.selected(model)) {
            (Detail::Seeds(_), Some(cohort)) => ui.trials_of(model, cohort),
            _ => ui.trials(model),
        };
        (trials.len(), trials::as_tsv(&trials))
    } else {
        let rows = ui.rows(model);
        (rows.len(), as_tsv(&rows))
    };
    ui.say(Level::Info, format!("copied {} to the terminal's clipboard", counted(rows, "row")));
    text
}

/// Shows the health report; reads the data for it where that was not asked yet.
fn health(ui: &mut UiState, model: &Model) -> Option<Effect> {
    ui.overlay = Overlay::Health(0);
    if ui.health != Health::Unasked {
        return None;
    }
    ui.health = Health::Reading;
    model.run.header().map(|header| Effect::Inspect(Box::new(header.config.clone())))
}

fn accept(ui: &mut UiState, model: &Model) -> Option<Effect> {
    let overlay = std::mem::take(&mut ui.overlay);
    let Overlay::Confirm(question) = overlay else {
        move_into_sight(ui, model);
        return None;
    };
    Some(match question {
        Question::StopConfiguration(cohort) => {
            send(ui, Command::StopConfiguration { cohort }, &format!("stopping {cohort}…"))
        }
        Question::RunAgain(cohort) => {
            send(ui, Command::RunAgain { cohort }, &format!("{cohort} will be run again"))
        }
        Question::StopSweep if model.is_on_cluster() => send(ui, Command::StopSweep, "cancelling the jobs…"),
        Question::StopSweep => send(ui, Command::StopSweep, "stopping at the next step…"),
        Question::Detach => leave(ui, Leaving::Detaching),
        Question::Quit => leave(ui, Leaving::Asked),
    })
}

/// Actions that change only the view state.
fn look(action: Action, ui: &mut UiState, model: &Model) {
    match action {
        Action::Back => back(ui),
        Action::Show(view) => show(ui, view),
        Action::StepView(by) => show(ui, ui.view.step(model, by)),
        Action::StepFusion(by) => step_fusion(ui, model, by),
        Action::Read(by) => charts::read_on(ui, model, by),
        Action::Zoom(by) => charts::zoom(ui, by),
        Action::FitAxis => charts::fit(ui),
        Action::StepPage(by) => step_page(ui, model, by),
        Action::Move(direction) => move_cursor(ui, model, direction),
        Action::Point(place) => point(ui, model, place),
        Action::Open => open(ui, model),
        Action::ToggleTask => toggle_task(ui, model),
        Action::CycleBand => ui.band = ui.band.next(),
        Action::ToggleAxis if ui.view == View::Complexity => ui.complexity = ui.complexity.other(),
        Action::ToggleAxis => ui.scale = ui.scale.other(),
        Action::ToggleReading => toggle_reading(ui, model),
        Action::SortColumn => {
            match rows_of(ui) {
                _ if ui.view == View::Jobs => ui.job_sort = JobColumn::after(ui.job_sort),
                Grain::Configurations => ui.sort = Column::after(ui.sort),
                Grain::Trials => ui.trial_sort = TrialColumn::after(ui.trial_sort),
            }
            ui.order = SortOrder::Ascending;
            // After sorting, the cursor goes to the first row.
            point(ui, model, 0);
        }
        Action::SortDirection => {
            ui.order = ui.order.other();
            point(ui, model, 0);
        }
        Action::Filter => {
            ui.filter.edit(Edit::End);
            ui.overlay = Overlay::Filter;
        }
        Action::Help => ui.overlay = Overlay::Help(0),
        Action::About => ui.overlay = Overlay::About(0),
        Action::Label => label_keys::open(ui),
        Action::Type(letter) => drop(ui.filter.edit(Edit::Insert(letter))),
        Action::Line(edit) => drop(ui.filter.edit(edit)),
        Action::Start
        | Action::Pause
        | Action::StopConfiguration
        | Action::StopSweep
        | Action::RunAgain
        | Action::Export
        | Action::Detach
        | Action::Quit
        | Action::Copy
        | Action::Edit
        | Action::Search
        | Action::Erase
        | Action::Choose(_)
        | Action::Health
        | Action::ToggleMouse
        | Action::TogglePixels
        | Action::Suspend
        | Action::Accept => {}
    }
}

fn show(ui: &mut UiState, view: View) {
    if ui.view != view {
        ui.reading = None;
    }
    ui.view = view;
    ui.detail = Detail::Rows;
}

/// Closes the innermost thing that is open.
fn back(ui: &mut UiState) {
    match (ui.overlay, ui.detail) {
        (Overlay::Filter, _) => {
            ui.overlay = Overlay::None;
            ui.filter = LineEditor::default();
        }
        (
            Overlay::Help(_)
            | Overlay::About(_)
            | Overlay::Health(_)
            | Overlay::Confirm(_)
            | Overlay::Form
            | Overlay::Labels,
            _,
        ) => {
            ui.overlay = Overlay::None;
        }
        (Overlay::None, Detail::Claim(_)) => ui.detail = Detail::Rows,
        (Overlay::None, Detail::Seeds(_)) => {
            ui.detail = Detail::Rows;
            (ui.view, ui.selection) = (ui.opened_from.view, ui.opened_from.selection);
        }
        (Overlay::None, Detail::Rows) if ui.view == View::Trials && !ui.filter.is_empty() => {
            ui.filter = LineEditor::default();
        }
        (Overlay::None, Detail::Rows) if ui.reading.is_some() => ui.reading = None,
        (Overlay::None, Detail::Rows) => {
            (ui.selection, ui.seed) = (None, None);
            ui.log_back = 0;
            ui.filter = LineEditor::default();
        }
    }
}

fn open(ui: &mut UiState, model: &Model) {
    if ui.view == View::Findings {
        ui.detail = Detail::Claim(0);
        return;
    }
    ui.opened_from = Opened { view: ui.view, selection: ui.selection };
    let seed = ui.seed.filter(|_| ui.view == View::Trials && ui.grain == Grain::Trials);
    ui.selection = ui.selected(model);
    (ui.view, ui.page) = (View::Trials, 0);
    let trials = ui.selection.map(|cohort| ui.trials_of(model, cohort)).unwrap_or_default();
    let place = trials.iter().position(|trial| Some(trial.seed) == seed);
    ui.detail = Detail::Seeds(place.unwrap_or(0));
}

fn toggle_task(ui: &mut UiState, model: &Model) {
    let tasks = model.run.header().map_or(&Task::PAPER[..], |header| &header.sweep.tasks);
    let place = tasks.iter().position(|&task| task == ui.task);
    let next = place.map_or(0, |place| (place + 1) % tasks.len().max(1));
    let Some(&task) = tasks.get(next) else { return };
    if task == ui.task {
        ui.say(Level::Info, format!("{task} is the only task of this sweep"));
    }
    ui.task = task;
    ui.selection = ui.selection.map(|selected| CohortId { task, ..selected });
}

fn toggle_reading(ui: &mut UiState, model: &Model) {
    match ui.view {
        View::Trials if !matches!(ui.detail, Detail::Seeds(_)) => ui.grain = ui.grain.other(),
        View::Accuracy => ui.split = ui.split.other(),
        View::Robustness | View::Alignment | View::Trials => {
            ui.noise_mean = match ui.noise_mean {
                NoiseMean::Empirical => NoiseMean::Zero,
                NoiseMean::Zero => NoiseMean::Empirical,
            }
        }
        View::Complexity => {
            let mean = model.run.header().map(|header| noise_mean(&header.config.noise));
            ui.quantity = ui.quantity.next(mean.unwrap_or(ui.noise_mean));
        }
        View::Overview | View::Roc | View::Findings | View::Log | View::Jobs => {}
    }
}
