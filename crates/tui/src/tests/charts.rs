//! Charts: their y axes fit the data and are zoomed, values are read in every view, lines differ without colour.

use ratatui::style::Color;

use super::pictures::{THEME, check, screen};
use crate::screens::run::keymap::Action;
use crate::screens::run::ui_state::{UiState, View};
use crate::screens::run::update::update;
use crate::theme::{Background, Depth, Glyphs, Theme};
use monitor::fixture::{Extent, SMALL, Stage, model, model_of};
use monitor::model::Model;
use study::grid::{Alignment, Task};

const HALF: Task = match Alignment::thousandths(500) {
    Some(half) => Task::Aligned(half),
    None => Task::Synthetic,
};
const ALIGNED: [Task; 3] = [Task::Aligned(Alignment::NONE), HALF, Task::Aligned(Alignment::WHOLE)];

fn press(ui: &mut UiState, model: &Model, actions: &[Action]) {
    for &action in actions {
        update(action, ui, model);
    }
}

fn said(ui: &UiState) -> &str {
    ui.status.as_ref().map_or("", |status| &status.text)
}

/// The numbers at the ticks of the first chart's y axis, from the top.
fn ticks(model: &Model, ui: &UiState) -> Vec<f64> {
    let text = screen(model, ui, THEME, (120, 40)).to_string();
    let number =
        |line: &str| line.split_once('┤').and_then(|(label, _)| label.trim_matches([' ', '"']).parse().ok());
    text.lines().filter_map(number).collect()
}

#[test]
fn the_y_axis_is_zoomed_and_fits_the_data_again() {
    let finished = model(Stage::Finished);
    let mut ui = UiState { view: View::Accuracy, ..UiState::default() };
    let fitted = ticks(&finished, &ui);
    let span = |ticks: &[f64]| ticks[0] - ticks[ticks.len() - 1];
    assert!(fitted[0] < 75.0 && fitted[fitted.len() - 1] > 50.0, "{fitted:?}");
    press(&mut ui, &finished, &[Action::Zoom(1), Action::Zoom(1), Action::Zoom(1)]);
    assert!(said(&ui).starts_with("y axis magnified 3.4 times"), "{}", said(&ui));
    let near = ticks(&finished, &ui);
    assert!(span(&near) * 2.0 < span(&fitted), "{near:?}");
    // Round at every zoom, and the cut lines leave no mark where they left.
    check("zoom_accuracy", &finished, &ui, THEME, (120, 40));
    press(&mut ui, &finished, &[Action::FitAxis]);
    assert_eq!((ticks(&finished, &ui), said(&ui)), (fitted, "the y axis fits the data"));
    press(&mut ui, &finished, &[Action::FitAxis]);
    assert_eq!(said(&ui), "the y axis fits the data already");
    press(&mut ui, &finished, &[Action::Zoom(-1); 4]);
    let all = ticks(&finished, &ui);
    assert_eq!((all[0], all[all.len() - 1]), (100.0, 0.0));
    press(&mut ui, &finished, &[Action::Zoom(-1)]);
    assert_eq!(said(&ui), "the y axes show all that the number can be");
    // Each view has its own.
    press(&mut ui, &finished, &[Action::Show(View::Roc), Action::Zoom(-1)]);
    assert_eq!(said(&ui), "the y axes show all that the number can be");
    press(&mut ui, &finished, &[Action::Show(View::Log), Action::Show(View::Accuracy)]);
    assert_eq!(ticks(&finished, &ui), all);
    let mut planned = UiState { view: View::Accuracy, ..UiState::default() };
    press(&mut planned, &model(Stage::Planned), &[Action::Zoom(1)]);
    assert_eq!(said(&planned), "no curve to zoom yet");
}

#[test]
fn the_majoritys_share_is_a_mark_outside_of_the_axis_and_a_line_inside() {
    let finished = model(Stage::Finished);
    let mut ui = UiState { view: View::Accuracy, ..UiState::default() };
    let text = screen(&finished, &ui, THEME, (120, 40)).to_string();
    assert!(text.contains("50▾└") && !text.contains("majority 50"), "{text}");
    press(&mut ui, &finished, &[Action::Zoom(-1)]);
    let text = screen(&finished, &ui, THEME, (120, 40)).to_string();
    assert!(!text.contains('▾') && text.contains("majority 50"), "{text}");
}

#[test]
fn values_are_read_in_every_view_of_charts() {
    let finished = model(Stage::Finished);
    let shown = |model: &Model, ui: &UiState| screen(model, ui, THEME, (120, 40)).to_string();
    // The size's own cursor.
    let mut ui = UiState { view: View::Accuracy, ..UiState::default() };
    press(&mut ui, &finished, &[Action::Read(-1)]);
    assert_eq!(ui.selection.map(|id| id.train_size), Some(512));
    assert!(shown(&finished, &ui).contains("at 512 rows"));
    press(&mut ui, &finished, &[Action::Read(1)]);
    assert_eq!(ui.selection.map(|id| id.train_size), Some(1_024));
    // Models, from the cheapest on.
    let mut ui = UiState { view: View::Complexity, screen_columns: 120, ..UiState::default() };
    press(&mut ui, &finished, &[Action::Read(-1)]);
    let text = shown(&finished, &ui);
    assert!(
        text.contains("▲ tensor   62.0 ±1.1   131,170 parameters ")
            && text.contains("   4,096 multiply-adds"),
        "{text}"
    );
    press(&mut ui, &finished, &[Action::Read(-1), Action::Read(-1), Action::Read(-1)]);
    assert!(shown(&finished, &ui).contains("● concat   69.2"), "{}", shown(&finished, &ui));
    // Aligned tasks.
    let aligned = model_of(Stage::Finished, Extent { sizes: 2, tasks: &ALIGNED, ..SMALL });
    let mut ui = UiState { view: View::Alignment, ..UiState::default() };
    press(&mut ui, &aligned, &[Action::Read(1), Action::Read(1)]);
    let text = shown(&aligned, &ui);
    assert!(text.contains("at a 0.5   ● 5") && text.contains('┊'), "{text}");
    press(&mut ui, &aligned, &[Action::Back]);
    assert_eq!(ui.reading, None);
}

#[test]
fn a_band_has_half_cells_at_its_edges_and_the_line_keeps_its_background() {
    let finished = model(Stage::Finished);
    let theme = |depth| Theme { depth, ..THEME };
    let ui = UiState { view: View::Accuracy, ..UiState::default() };
    let halves = |depth, glyphs| {
        let screen = screen(&finished, &ui, Theme { glyphs, ..theme(depth) }, (120, 40));
        screen.buffer().content().iter().filter(|cell| matches!(cell.symbol(), "▀" | "▄")).count()
    };
    for depth in [Depth::True, Depth::Indexed] {
        assert!(halves(depth, Glyphs::Unicode) > 30);
    }
    // Where there is no shade, nor a block to draw it with.
    assert_eq!((halves(Depth::Sixteen, Glyphs::Unicode), halves(Depth::None, Glyphs::Ascii)), (0, 0));
    for background in [Background::Dark, Background::Light] {
        let theme = Theme { background, ..THEME };
        let screen = screen(&finished, &ui, theme, (120, 40));
        let line = theme.fusion(ui.charted(&finished).unwrap().fusion).fg;
        let is_line = |cell: &&ratatui::buffer::Cell| {
            Some(cell.fg) == line && cell.symbol().starts_with(|c| ('\u{2801}'..='\u{28ff}').contains(&c))
        };
        let (on_band, all) = (
            screen.buffer().content().iter().filter(is_line).filter(|cell| cell.bg != Color::Reset).count(),
            screen.buffer().content().iter().filter(is_line).count(),
        );
        assert!(on_band * 10 > all * 9, "{on_band} of {all} cells of the line lie on its band");
    }
}

#[test]
fn the_focused_line_has_no_gap() {
    let finished = model(Stage::Finished);
    let ui = UiState { view: View::Accuracy, ..UiState::default() };
    let screen = screen(&finished, &ui, THEME, (120, 40));
    let buffer = screen.buffer();
    let line = THEME.fusion(ui.charted(&finished).unwrap().fusion).fg;
    let marks = |x: u16| (4..30).any(|y| Some(buffer[(x, y)].fg) == line && buffer[(x, y)].symbol() != " ");
    let columns: Vec<u16> =
        (4..120).filter(|&x| (6..30).any(|y| buffer[(x, y)].symbol() == "●" && x > 4)).collect();
    let (first, last) = (columns[0], columns[columns.len() - 1]);
    assert!(last > first + 80 && (first..=last).all(marks), "{screen}");
}

#[test]
fn sparklines_fit_what_they_show_and_say_between_which_values() {
    let finished = model(Stage::Finished);
    let ui = UiState { view: View::Robustness, ..UiState::default() };
    let text = screen(&finished, &ui, THEME, (120, 40)).to_string();
    let rows: Vec<&str> = text.lines().filter(|line| line.contains('▅')).collect();
    let has = |block| rows.iter().any(|row| row.contains(block));
    assert!(has('▁') && has('▇'), "from the lowest value to the highest\n{text}");
    // The numbers beside them are their first and last ones.
    let title = text.lines().find(|line| line.contains("Test accuracy under noise")).unwrap();
    let ends = title.split("lines from ").nth(1).unwrap().split(" %").next().unwrap();
    let (low, high) = ends.split_once(" to ").unwrap();
    assert!(rows.iter().any(|row| row.contains(low)) && rows.iter().any(|row| row.contains(high)), "{text}");
    let narrow = screen(&finished, &ui, THEME, (80, 24)).to_string();
    assert!(narrow.contains("every seed's best epoch") && !narrow.contains("lines from"), "{narrow}");
}
