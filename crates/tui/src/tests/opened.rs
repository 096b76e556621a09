//! An opened configuration: everything of it on a large screen, page by page on a small one.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::pictures::{THEME, check, screen};
use crate::screens::run::hit::hit;
use crate::screens::run::keymap::{Action, Context, action, context};
use crate::screens::run::possible::possible;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{Detail, Opened, UiState, View};
use crate::screens::run::update::update;
use crate::terminal::MousePress;
use crate::theme::{Background, Depth, Glyphs, Theme};
use monitor::fixture::{Extent, SMALL, Stage, model, model_of};
use monitor::fixture_others::uneven_model;
use monitor::model::Model;
use monitor::shown::Band;
use study::event::{Event, EventKind, NoiseMean};
use study::grid::{CohortId, Task};
use study::model::ModelId;
use study::text::is_unsafe;

/// One of its seeds is an outlier.
const LOST: CohortId = CohortId { fusion: ModelId::PRODUCT, task: Task::Synthetic, train_size: 64 };
const LARGEST: CohortId = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 1_024 };
const SIZES: [(u16, u16); 4] = [(200, 50), (120, 40), (80, 24), (40, 10)];

fn opened(id: CohortId, cursor: usize) -> UiState {
    UiState {
        view: View::Trials,
        selection: Some(id),
        task: id.task,
        detail: Detail::Seeds(cursor),
        opened_from: Opened { view: View::Overview, selection: None },
        ..UiState::default()
    }
}

fn kept(mut model: Model) -> Model {
    model.checkpoints = Some(PathBuf::from("/project/checkpoints/quick-20261123T120000Z"));
    model
}

/// Every page of it on a screen of that size, in their order.
fn pages(model: &Model, ui: &UiState, theme: Theme, (width, height): (u16, u16)) -> Vec<String> {
    let mut ui = UiState { screen_columns: width, screen_rows: height, ..ui.clone() };
    let mut pages = vec![screen(model, &ui, theme, (width, height)).to_string()];
    while possible(Action::StepPage(1), &ui, model).is_ok() {
        update(Action::StepPage(1), &mut ui, model);
        if ui.page == 0 {
            break;
        }
        pages.push(screen(model, &ui, theme, (width, height)).to_string());
    }
    pages
}

#[test]
fn a_finished_configuration_fills_the_screen() {
    let finished = kept(model(Stage::Finished));
    for size in SIZES {
        check("opened_finished", &finished, &opened(LOST, 1), THEME, size);
    }
    let pages = ["seeds", "curves", "noise", "roc"].into_iter().enumerate().skip(1);
    for (page, name) in pages {
        let ui = UiState { page, ..opened(LOST, 1) };
        check(&format!("opened_finished_{name}"), &finished, &ui, THEME, (80, 24));
    }
    let uneven = kept(uneven_model(0.55));
    check("opened_uneven", &uneven, &opened(LARGEST, 4), THEME, (120, 40));
    let ascii = Theme { glyphs: Glyphs::Ascii, depth: Depth::None, background: Background::Dark };
    check("opened_ascii", &uneven, &opened(LOST, 1), ascii, (120, 40));
}

#[test]
fn a_configuration_that_runs_or_failed_shows_what_there_is() {
    let running = kept(model(Stage::Running));
    let current = running.current().unwrap();
    for size in SIZES {
        check("opened_running", &running, &opened(current, 0), THEME, size);
    }
    let failed = kept(model(Stage::Failed));
    let tensor = failed.run.order().iter().copied().find(|id| id.fusion == ModelId::TENSOR).unwrap();
    check("opened_failed", &failed, &opened(tensor, 1), THEME, (120, 40));
    check("opened_planned", &model(Stage::Planned), &opened(LOST, 0), THEME, (120, 40));
}

/// What every part is recognised by.
const PARTS: [&str; 8] = [
    "Seeds",
    "Validation accuracy %",
    "Validation loss",
    "noise level",
    "ROC",
    "Confusion",
    "checkpoint  /project/",
    "product · synthetic task · 64 rows",
];

#[test]
fn every_part_can_be_reached_on_eighty_columns_and_is_there_at_once_on_a_large_screen() {
    let finished = kept(model(Stage::Finished));
    let ui = opened(LOST, 1);
    for size in [(200, 50), (120, 40)] {
        let all = pages(&finished, &ui, THEME, size);
        assert_eq!(all.len(), 1);
        assert!(PARTS.iter().all(|part| all[0].contains(part)), "{}", all[0]);
        let large = UiState { screen_columns: size.0, screen_rows: size.1, ..ui.clone() };
        let why = possible(Action::StepPage(1), &large, &finished).unwrap_err();
        assert!(why.starts_with("there is one page"), "{why}");
    }
    let all = pages(&finished, &ui, THEME, (80, 24));
    assert_eq!(all.len(), 4);
    for part in PARTS {
        assert!(all.iter().any(|page| page.contains(part)), "{part}\n{}", all.concat());
    }
    assert!(all.iter().all(|page| page.contains("Tab page")), "the key is in the footer");
    // The table alone where there is room for no chart.
    assert_eq!(pages(&finished, &ui, THEME, (40, 10)).len(), 1);
}

#[test]
fn the_pages_turn_both_ways_and_a_newly_opened_configuration_begins_at_the_first() {
    let finished = model(Stage::Finished);
    let mut ui = opened(LOST, 1);
    let key = |code| action(Context::Seeds, KeyEvent::new(code, KeyModifiers::NONE));
    assert_eq!(key(KeyCode::Tab), Some(Action::StepPage(1)));
    update(key(KeyCode::BackTab).unwrap(), &mut ui, &finished);
    assert_eq!(ui.page, 3, "the last of four");
    update(Action::StepPage(1), &mut ui, &finished);
    assert_eq!(ui.page, 0);
    update(Action::StepPage(1), &mut ui, &finished);
    update(Action::Back, &mut ui, &finished);
    assert_eq!((ui.view, ui.detail), (View::Overview, Detail::Rows));
    update(Action::Open, &mut ui, &finished);
    assert_eq!((ui.page, context(&ui)), (0, Context::Seeds));
}

#[test]
fn the_cursors_seed_and_the_outlier_are_named_above_the_curves() {
    let finished = model(Stage::Finished);
    let text = screen(&finished, &opened(LOST, 1), THEME, (200, 50)).to_string();
    assert!(text.contains("◉ seed 1") && text.contains("! seed 3"), "{text}");
    assert!(text.contains("┊ best epoch 11"), "seed 1's\n{text}");
    let text = screen(&finished, &opened(LOST, 3), THEME, (200, 50)).to_string();
    assert!(text.contains("◉ seed 3") && text.contains("an outlier"), "{text}");
    assert!(text.contains("┊ best epoch 12"), "seed 3's\n{text}");
}

#[test]
fn bands_and_the_noises_mean_are_chosen_on_the_page() {
    let finished = model(Stage::Finished);
    let mut ui = opened(LARGEST, 0);
    let press = |letter, ui: &mut UiState| {
        let event = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
        update(action(context(ui), event).unwrap(), ui, &finished);
    };
    press('b', &mut ui);
    press('v', &mut ui);
    assert_eq!((ui.band, ui.noise_mean), (Band::Interval, NoiseMean::Zero));
    let text = screen(&finished, &ui, THEME, (120, 40)).to_string();
    assert!(text.contains("95 % interval") && text.contains("zero mean"), "{text}");
    assert_eq!(ui.detail, Detail::Seeds(0));
}

#[test]
fn several_classes_show_which_are_taken_for_which() {
    let of = |classes: u16, theme: Theme, size: (u16, u16)| {
        let model = model_of(Stage::Finished, Extent { classes, ..SMALL });
        pages(&model, &opened(LARGEST, 0), theme, size).concat()
    };
    // Ten classes fit a small terminal: every name, and a row in percent with its shade.
    let text = of(10, THEME, (80, 24));
    assert!(text.contains("true class down, predicted across, % of the row, 5 seeds"), "{text}");
    assert!((0..10).all(|class| text.contains(&format!("kind {class}"))), "{text}");
    assert!(text.contains("▓ 75") && text.contains("▒ 25"), "{text}");
    assert!(text.contains("…nd 0 …nd 1 …nd 2"), "columns whose names begin alike have their ends\n{text}");
    let plain = Theme { glyphs: Glyphs::Ascii, ..THEME };
    let text = of(10, plain, (80, 24));
    assert!(text.contains("% 75") && text.contains(": 25"), "{text}");
    // Beside the seeds where the terminal is wide.
    let text = of(10, THEME, (200, 50));
    assert!(text.lines().any(|line| line.contains("Seeds") && line.contains("Confusion")), "{text}");
    // Of more classes the largest confusions.
    let text = of(43, THEME, (80, 24));
    assert!(text.contains("43 classes are too many for a matrix here"), "{text}");
    assert!(text.contains("25 % of kind 0: taken for kind 1"), "{text}");
    for size in [(40, 10), (1, 1)] {
        of(10, THEME, size);
    }
}

#[test]
fn two_classes_have_their_matrix_or_the_reason_why_not() {
    let text = screen(&uneven_model(0.6), &opened(LARGEST, 0), THEME, (120, 40)).to_string();
    assert!(text.contains("4,500 tests of 5 seeds"), "{text}");
    // One sentence in its place, to its last word, on every screen that has the part.
    let even = model(Stage::Finished);
    for size in [(200, 50), (120, 40), (80, 24)] {
        let text = pages(&even, &opened(LARGEST, 0), THEME, size).concat();
        for words in ["There is no matrix: both classes", "equally many test rows", "determine it."] {
            assert!(text.contains(words), "{words} {size:?}\n{text}");
        }
    }
}

#[test]
fn no_cell_holds_what_hostile_names_hold() {
    const HOSTILE: &str = "a\u{1b}[31m\u{9b}2J\u{202e}b\u{200b}\u{2028}d";
    let mut hostile = model_of(Stage::Finished, Extent { classes: 4, ..SMALL });
    hostile.checkpoints = Some(HOSTILE.into());
    let mut header = hostile.run.header().unwrap().clone();
    for facts in &mut header.data.tasks {
        facts.classes = facts.classes.iter().map(|_| HOSTILE.to_owned()).collect();
    }
    let kind =
        EventKind::RunResumed { provenance: header.provenance.clone(), header: Some(Box::new(header)) };
    let seq = hostile.run.next_seq();
    hostile.apply(&[Arc::new(Event { seq, at_ms: 0, kind })], &[]);
    for size in SIZES {
        for page in pages(&hostile, &opened(LARGEST, 0), THEME, size) {
            let found: String = page.chars().filter(|&c| c != '\n' && is_unsafe(c)).collect();
            assert_eq!(found, "", "{page}");
        }
    }
}

#[test]
fn a_press_puts_the_cursor_on_the_seed_that_is_drawn_there() {
    let finished = model(Stage::Finished);
    for size in [(200, 50), (120, 40), (80, 24), (40, 10)] {
        let ui = UiState { screen_columns: size.0, screen_rows: size.1, ..opened(LOST, 1) };
        let text = screen(&finished, &ui, THEME, size).to_string();
        let scene = Scene { model: &finished, ui: &ui, theme: THEME, title: "quick" };
        let area = Rect::new(0, 0, size.0, size.1);
        let heading = text.lines().position(|line| line.contains("seed") && line.contains("test %")).unwrap();
        let at = |row: usize, column| hit(&scene, area, MousePress::Button, column, row as u16);
        assert_eq!(at(heading + 1, 3), Some(Action::Point(0)), "{size:?}");
        assert_eq!(at(heading + 2, 3), Some(Action::Point(1)));
        assert_eq!(at(heading, 3), None);
        if size.0 > 100 {
            assert_eq!(at(heading + 1, size.0 - 3), None, "the matrix is there");
        }
    }
}
