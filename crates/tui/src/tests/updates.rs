//! What keys do: commands as data, questions before a loss, reasons where nothing can be done.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::keymap::Direction;
use crate::screens::run::draw::draw_on;
use crate::screens::run::effect::Effect;
use crate::screens::run::hit::hit;
use crate::screens::run::keymap::{Action, BINDINGS, helped};
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{Detail, Grain, Health, Leaving, Overlay, Question, UiState, View};
use crate::screens::run::update::{consequence, update};
use crate::terminal::MousePress;
use crate::theme::{Background, Depth, Glyphs, Theme};
use crate::widgets::help::{Search, help_lines};
use monitor::fixture::{Stage, model};
use monitor::model::Model;
use monitor::results::{Column, id_of};
use monitor::shown::SortOrder;
use monitor::trials::TrialColumn;
use study::access::Access;
use study::command::Command;
use study::event::{Event, EventKind};
use study::feed::Level;
use study::grid::{CohortId, Seed, Task};
use study::model::ModelId;
use study::run_state::CohortStatus;

fn said(ui: &UiState) -> &str {
    ui.status.as_ref().map_or("", |status| &status.text)
}

fn press(ui: &mut UiState, model: &Model, actions: &[Action]) -> Vec<Effect> {
    actions.iter().filter_map(|&action| update(action, ui, model)).collect()
}

#[test]
fn start_is_sent_where_there_is_something_to_start() {
    let mut ui = UiState::default();
    let effect = update(Action::Start, &mut ui, &model(Stage::Preparing));
    assert_eq!(effect, Some(Effect::Send(Command::Start)), "the scheduler takes it up with the data");
    assert_eq!(said(&ui), "starting when the data are ready…");
    let effect = update(Action::Start, &mut ui, &model(Stage::Planned));
    assert_eq!(effect, Some(Effect::Send(Command::Start)));
    assert_eq!(update(Action::Start, &mut ui, &model(Stage::Running)), None);
    assert_eq!(said(&ui), "the sweep runs already");
    let effect = update(Action::Start, &mut ui, &model(Stage::Failed));
    assert_eq!(effect, Some(Effect::Send(Command::Start)), "continues with what is missing");
}

#[test]
fn what_is_not_possible_says_why_and_sends_nothing() {
    let (planned, running) = (model(Stage::Planned), model(Stage::Running));
    let mut ui = UiState::default();
    for action in
        [Action::Pause, Action::StopSweep, Action::StopConfiguration, Action::RunAgain, Action::Export]
    {
        assert_eq!(update(action, &mut ui, &planned), None, "{action:?}");
        assert!(!said(&ui).is_empty(), "{action:?} is silent");
    }
    assert_eq!(update(Action::RunAgain, &mut ui, &running), None);
    assert!(said(&ui).ends_with("is running; `x` stops it"), "{}", said(&ui));
}

#[test]
fn quitting_asks_while_a_sweep_runs_and_only_then() {
    let mut ui = UiState::default();
    assert_eq!(update(Action::Quit, &mut ui, &model(Stage::Finished)), Some(Effect::Send(Command::Quit)));

    let running = model(Stage::Running);
    let mut ui = UiState::default();
    assert_eq!(update(Action::Quit, &mut ui, &running), None);
    assert_eq!(ui.overlay, Overlay::Confirm(Question::Quit));
    assert_eq!(press(&mut ui, &running, &[Action::Back]), []);
    assert_eq!((ui.overlay, ui.leaving), (Overlay::None, Leaving::No));
    let effects = press(&mut ui, &running, &[Action::Quit, Action::Accept]);
    assert_eq!(effects, [Effect::Send(Command::Quit)]);
    assert_eq!(update(Action::Quit, &mut ui, &running), Some(Effect::LeaveNow), "asked a second time");
}

#[test]
fn a_question_names_what_is_kept() {
    let text = consequence(Question::StopSweep, &model(Stage::Running));
    assert_eq!(
        text,
        "18 of 36 configurations are done and kept; the running one is saved at its current step. `s` continues from there."
    );
}

#[test]
fn detaching_asks_while_a_sweep_runs_and_leaves_once_the_scheduler_has_ended() {
    let mut ui = UiState::default();
    assert_eq!(update(Action::Detach, &mut ui, &model(Stage::Finished)), None);
    assert_eq!(said(&ui), "nothing is running");
    let running = model(Stage::Running);
    let effects = press(&mut ui, &running, &[Action::Detach, Action::Accept]);
    assert_eq!((effects, ui.leaving), (vec![Effect::Send(Command::Quit)], Leaving::Detaching));
}

#[test]
fn stopping_a_configuration_asks_once_an_epoch_is_done() {
    let running = model(Stage::Running);
    let mut ui = UiState::default();
    let cohort = ui.selected(&running).unwrap();
    assert_eq!(update(Action::StopConfiguration, &mut ui, &running), None);
    assert_eq!(ui.overlay, Overlay::Confirm(Question::StopConfiguration(cohort)));
    let effect = update(Action::Accept, &mut ui, &running);
    assert_eq!(effect, Some(Effect::Send(Command::StopConfiguration { cohort })));
}

#[test]
fn running_a_configuration_again_asks_where_a_result_is_at_stake() {
    let finished = model(Stage::Finished);
    let mut ui = UiState::default();
    let cohort = ui.selected(&finished).unwrap();
    assert_eq!(update(Action::RunAgain, &mut ui, &finished), None);
    assert_eq!(ui.overlay, Overlay::Confirm(Question::RunAgain(cohort)));
    let text = consequence(Question::RunAgain(cohort), &finished);
    assert!(text.contains("Its result stays until the new attempt is complete"), "{text}");
    let effect = update(Action::Accept, &mut ui, &finished);
    assert_eq!(effect, Some(Effect::Send(Command::RunAgain { cohort })));
    // Nothing is lost with one that failed.
    let failed = model(Stage::Failed);
    let cohorts = failed.run.cohorts();
    let lost = cohorts.filter(|(_, state)| state.status == CohortStatus::Failed).map(|(id, _)| id).next();
    let mut ui = UiState { selection: lost, ..UiState::default() };
    let effect = update(Action::RunAgain, &mut ui, &failed);
    assert_eq!(effect, Some(Effect::Send(Command::RunAgain { cohort: lost.unwrap() })));
}

#[test]
fn a_new_attempt_is_drawn_while_it_trains_and_the_result_behind_it_stays() {
    let mut model = model(Stage::Finished);
    let cohort = model.run.order()[0];
    let before = model.derived.series(cohort).unwrap().clone();
    let seq = model.run.next_seq();
    let event = |place: u64, kind| Arc::new(Event { seq: seq + place, at_ms: 0, kind });
    let started = EventKind::CohortStarted { cohort, attempt: 2, only: Vec::new() };
    model.apply(&[event(0, started)], &[]);
    let series = model.derived.series(cohort).unwrap();
    assert_eq!((series.val_accuracy.len(), series.test), (0, before.test));
    assert!(before.test.is_some() && model.derived.row(cohort).unwrap().test_accuracy_mean.is_some());
    model.apply(&[event(1, EventKind::RunInterrupted)], &[]);
    let series = model.derived.series(cohort).unwrap();
    assert_eq!((&series.val_accuracy, series.test), (&before.val_accuracy, before.test));
    assert_eq!(model.run_standing(), ("finished".to_owned(), Level::Info));
}

#[test]
fn the_cursor_walks_the_grid_and_esc_follows_the_run_again() {
    let running = model(Stage::Running);
    let mut ui = UiState::default();
    let followed = ui.selected(&running).unwrap();
    assert_eq!(followed, CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 256 });
    let go = |direction| Action::Move(direction);
    press(&mut ui, &running, &[go(Direction::Left), go(Direction::Down), go(Direction::PageDown)]);
    assert_eq!(
        ui.selection,
        Some(CohortId { fusion: ModelId::TENSOR, task: Task::Synthetic, train_size: 128 })
    );
    assert_eq!(ui.task, Task::Synthetic, "charts show the cursor's task");
    press(&mut ui, &running, &[Action::StepFusion(1)]);
    assert_eq!(ui.selection.map(|id| id.fusion), Some(ModelId::CONCAT));
    press(&mut ui, &running, &[Action::Back]);
    assert_eq!(ui.selected(&running), Some(followed));
}

#[test]
fn results_are_filtered_sorted_and_opened() {
    let finished = model(Stage::Finished);
    let mut ui = UiState { view: View::Trials, ..UiState::default() };
    let typed = "product re 64".chars().map(Action::Type);
    press(&mut ui, &finished, &[Action::Filter]);
    for action in typed {
        update(action, &mut ui, &finished);
    }
    press(&mut ui, &finished, &[Action::Accept, Action::Open]);
    let only = CohortId { fusion: ModelId::PRODUCT, task: Task::Real, train_size: 64 };
    assert_eq!((ui.selection, ui.detail), (Some(only), Detail::Seeds(0)));
    press(&mut ui, &finished, &[Action::Back]);
    assert_eq!((ui.view, ui.selection, ui.detail), (View::Trials, Some(only), Detail::Rows));

    ui = UiState {
        view: View::Trials,
        sort: Some(Column::Validation),
        order: SortOrder::Descending,
        ..UiState::default()
    };
    let best = id_of(ui.rows(&finished)[0]);
    assert_eq!((best.fusion, best.task), (ModelId::PRODUCT, Task::Synthetic));
    ui.filter = "nothing".into();
    assert!(ui.rows(&finished).is_empty());
}

#[test]
fn esc_leaves_the_seeds_to_the_view_that_they_were_opened_from() {
    let running = model(Stage::Running);
    let mut ui = UiState::default();
    press(&mut ui, &running, &[Action::Open]);
    assert_eq!((ui.view, ui.detail), (View::Trials, Detail::Seeds(0)));
    press(&mut ui, &running, &[Action::Back]);
    assert_eq!((ui.view, ui.selection), (View::Overview, None), "and follows the run as before");
}

#[test]
fn scrolling_ends_where_the_last_line_is_in_sight() {
    let finished = model(Stage::Finished);
    let mut ui = UiState { overlay: Overlay::Help(0), screen_rows: 24, ..UiState::default() };
    press(&mut ui, &finished, &[Action::Move(Direction::Last)]);
    let Overlay::Help(last) = ui.overlay else { panic!("the help was closed") };
    assert_eq!(
        last,
        help_lines(&helped(Access::Full, false), Glyphs::Unicode, 80, &Search::default()).len() - 17,
        "17 lines fit into the box"
    );
    press(&mut ui, &finished, &[Action::Move(Direction::Up)]);
    assert_eq!(ui.overlay, Overlay::Help(last - 1));

    let mut ui = UiState { view: View::Log, ..UiState::default() };
    press(&mut ui, &finished, &[Action::Move(Direction::First)]);
    assert_eq!(ui.log_back, finished.log.lines().len() - 18, "the oldest lines fill the screen");
}

#[test]
fn the_copied_table_has_a_line_for_each_row() {
    let mut ui = UiState::default();
    let Some(Effect::Copy(text)) = update(Action::Copy, &mut ui, &model(Stage::Finished)) else {
        panic!("nothing was copied");
    };
    assert_eq!(text.lines().count(), 37);
    assert!(text.lines().all(|line| line.split('\t').count() == Column::ALL.len()));
}

#[test]
fn the_help_has_as_many_lines_with_either_set_of_glyphs() {
    for width in [40, 80, 120, 200] {
        assert_eq!(
            help_lines(BINDINGS, Glyphs::Unicode, width, &Search::default()).len(),
            help_lines(BINDINGS, Glyphs::Ascii, width, &Search::default()).len(),
            "{width}"
        );
    }
}

#[test]
fn who_sorts_sees_the_best_first_and_what_has_no_value_last() {
    let running = model(Stage::Running);
    let mut ui = UiState { view: View::Trials, sort: Some(Column::TrainSize), ..UiState::default() };
    press(&mut ui, &running, &[Action::SortColumn, Action::SortColumn, Action::SortDirection]);
    assert_eq!((ui.sort, ui.order), (Some(Column::Validation), SortOrder::Descending));
    for _ in 0..2 {
        let rows = ui.rows(&running);
        let values: Vec<Option<f64>> = rows.iter().map(|row| row.val_accuracy_mean).collect();
        let tested = values.iter().take_while(|value| value.is_some()).count();
        assert!(tested > 0 && values[tested..].iter().all(Option::is_none), "{values:?}");
        assert_eq!(ui.selection, Some(id_of(rows[0])), "the cursor is on the first");
        ui.selection = None;
        press(&mut ui, &running, &[Action::SortDirection]);
    }
}

#[test]
fn a_configuration_is_selected_once_it_runs() {
    let mut running = model(Stage::Running);
    let current = running.current();
    // The last progress between epochs is about the configuration before.
    let before = running.run.cohorts().find(|(_, state)| state.status.is_over()).map(|(id, _)| id).unwrap();
    running.progress.as_mut().unwrap().cohort = before;
    assert_eq!(running.current(), current);
}

#[test]
fn the_trials_view_goes_down_to_single_seeds_and_back() {
    let finished = model(Stage::Finished);
    let mut ui = UiState { view: View::Trials, ..UiState::default() };
    press(&mut ui, &finished, &[Action::ToggleReading, Action::Move(Direction::First)]);
    let begun: usize = finished.run.cohorts().map(|(_, state)| state.trials.len()).sum();
    assert_eq!((ui.grain, ui.trials(&finished).len()), (Grain::Trials, begun));
    press(&mut ui, &finished, &[Action::Move(Direction::Down), Action::Move(Direction::Down)]);
    assert_eq!(ui.seed, Some(Seed(2)));
    let first = ui.selection;
    press(&mut ui, &finished, &[Action::Open]);
    assert_eq!((ui.detail, ui.selection), (Detail::Seeds(2), first), "its configuration, the cursor on it");
    press(&mut ui, &finished, &[Action::SortColumn]);
    assert_eq!(ui.trial_sort, Some(TrialColumn::Fusion));
    press(&mut ui, &finished, &[Action::Back, Action::ToggleReading]);
    assert_eq!((ui.detail, ui.grain), (Detail::Rows, Grain::Configurations));

    let filtered = UiState { filter: "product seed=3".into(), grain: Grain::Trials, ..ui };
    let seeds: Vec<Seed> = filtered.trials(&finished).iter().map(|trial| trial.seed).collect();
    assert_eq!(seeds, [Seed(3); 12]);
}

#[test]
fn values_are_read_point_by_point_and_esc_ends_the_reading() {
    let finished = model(Stage::Finished);
    let mut ui = UiState::default();
    press(&mut ui, &finished, &[Action::Read(-1)]);
    assert_eq!(ui.reading, Some(11), "from the last epoch backwards");
    press(&mut ui, &finished, &[Action::Read(1)]);
    assert_eq!(ui.reading, Some(11), "there is none behind it");
    press(&mut ui, &finished, &[Action::Read(-1), Action::Read(-1)]);
    assert_eq!(ui.reading, Some(9));
    press(&mut ui, &finished, &[Action::Back]);
    assert_eq!(ui.reading, None);
    assert_eq!(update(Action::Read(1), &mut ui, &model(Stage::Planned)), None);
    assert_eq!(said(&ui), "no curve to read yet");
}

#[test]
fn the_health_report_is_asked_for_once_and_never_while_something_trains() {
    let planned = model(Stage::Planned);
    let mut ui = UiState::default();
    let [Effect::Inspect(config)] = &press(&mut ui, &planned, &[Action::Health])[..] else {
        panic!("{ui:?}")
    };
    assert_eq!(**config, planned.run.header().unwrap().config);
    assert_eq!((ui.overlay, &ui.health), (Overlay::Health(0), &Health::Reading));
    assert_eq!(press(&mut ui, &planned, &[Action::Back, Action::Health]), []);
    // It scrolls to its end, and stays where the run goes on.
    ui.health = Health::Known(Arc::new((0..40).map(|line| format!("line {line}")).collect()));
    press(&mut ui, &planned, &[Action::Move(Direction::Last), Action::Move(Direction::Down)]);
    assert_eq!(ui.overlay, Overlay::Health(40 + 1 - usize::from(ui.screen_rows - 5)));
    let running = model(Stage::Running);
    assert_eq!(press(&mut ui, &running, &[Action::Back, Action::Health]), []);
    assert_eq!(ui.overlay, Overlay::Health(0));
    let mut fresh = UiState::default();
    assert_eq!(update(Action::Health, &mut fresh, &running), None);
    assert!(said(&fresh).starts_with("training goes first"), "{}", said(&fresh));
    update(Action::Health, &mut fresh, &model(Stage::Preparing));
    assert_eq!(said(&fresh), "the data are still being prepared");
}

#[test]
fn a_claim_is_opened_where_it_does_not_stand_beside_the_list() {
    let finished = model(Stage::Finished);
    let mut ui = UiState { view: View::Findings, ..UiState::default() };
    press(&mut ui, &finished, &[Action::Move(Direction::Down), Action::Open]);
    assert_eq!((ui.claim, ui.detail), (1, Detail::Claim(0)));
    press(&mut ui, &finished, &[Action::Back]);
    assert_eq!(ui.detail, Detail::Rows);
    ui.screen_columns = 200;
    press(&mut ui, &finished, &[Action::Open]);
    assert_eq!((ui.detail, said(&ui)), (Detail::Rows, "the claim is already shown beside the list"));
}

#[test]
fn the_mouse_shows_views_moves_the_cursor_and_presses_the_footers_keys() {
    let finished = model(Stage::Finished);
    let theme = Theme { depth: Depth::True, glyphs: Glyphs::Unicode, background: Background::Dark };
    // With the cursor at the top, the table begins there.
    let selection = finished.derived.rows().first().map(id_of);
    let ui = UiState { view: View::Trials, selection, screen_columns: 120, ..UiState::default() };
    let scene = Scene { model: &finished, ui: &ui, theme, title: "quick" };
    let area = Rect::new(0, 0, 120, 40);
    let mut buffer = Buffer::empty(area);
    draw_on(&mut buffer, area, &scene);
    let line = |y: u16| -> String { (0..120).map(|x| buffer[(x, y)].symbol()).collect() };
    let column = |y: u16, text: &str| line(y).split_once(text).unwrap().0.chars().count() as u16;
    let press = |x, y| hit(&scene, area, MousePress::Button, x, y);
    assert_eq!(press(column(2, "Robustness"), 2), Some(Action::Show(View::Robustness)));
    assert_eq!(press(column(39, "sort"), 39), Some(Action::SortColumn));
    assert_eq!(press(column(39, "quit"), 39), Some(Action::Quit));
    assert_eq!(press(10, 5), Some(Action::Point(0)), "the first row below the heading");
    assert_eq!(press(10, 8), Some(Action::Point(3)));
    assert_eq!((press(10, 4), press(119, 0)), (None, None));
    let wheel = hit(&scene, area, MousePress::WheelDown, 0, 0);
    assert_eq!(wheel, Some(Action::Move(Direction::Down)));
}
