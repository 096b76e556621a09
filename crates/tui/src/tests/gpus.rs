//! GPUs on the run screen: a line each where there is room, a few columns elsewhere, and nothing without one.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::pictures::{THEME, check, screen};
use crate::screens::run::hit::hit;
use crate::screens::run::keymap::Action;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{UiState, View};
use crate::terminal::MousePress;
use crate::theme::{Background, Depth, Glyphs, Theme};
use monitor::fixture::{Stage, model};
use monitor::fixture_gpus::read_gpus;
use monitor::model::Model;
use study::gpus::{Gpu, Gpus};

fn with_gpus() -> Model {
    let mut model = model(Stage::Running);
    read_gpus(&mut model);
    model
}

fn lines(model: &Model, theme: Theme, size: (u16, u16)) -> Vec<String> {
    let text = screen(model, &UiState::default(), theme, size).to_string();
    text.lines().map(|line| line.trim_matches('"').trim_end().to_owned()).collect()
}

#[test]
fn each_gpu_has_a_line_where_there_is_room() {
    let model = with_gpus();
    for size in [(200, 50), (120, 40), (80, 24)] {
        check("gpus", &model, &UiState::default(), THEME, size);
    }
    let light = Theme { background: Background::Light, ..THEME };
    check("gpus_light", &model, &UiState::default(), light, (120, 40));
    let shown = lines(&model, THEME, (120, 40));
    for part in ["cuda:0 H200", " 98 %", "102.0/150.8 GB", "612 W", "64 °C", "concat-real-256"] {
        assert!(shown[2].contains(part), "{part}: {}", shown[2]);
    }
    // What the driver does not report is absent alone, and a name is foreign text.
    for part in ["cuda:2 RTX A2000", " 50 %", "1.5/6.0 GB      –  41 °C", "concat-real-256 +1"] {
        assert!(shown[3].contains(part), "{part}: {}", shown[3]);
    }
    assert!(shown[4].starts_with(" 1 Overview"), "{}", shown[4]);
    let wide = lines(&model, THEME, (200, 50));
    assert!(wide[3].ends_with("concat-real-256, concat-real-512"), "{}", wide[3]);
    let plain = Theme { glyphs: Glyphs::Ascii, depth: Depth::None, ..THEME };
    let ascii = lines(&model, plain, (120, 40));
    assert!(ascii[2].contains(" 64 C ") && ascii[2].is_ascii() && ascii[3].is_ascii(), "{}", ascii[2]);
}

#[test]
fn where_there_is_no_room_for_lines_the_line_of_progress_says_how_busy_they_are() {
    let model = with_gpus();
    let narrow = lines(&model, THEME, (119, 40));
    assert!(narrow[1].contains("  GPUs 98, 50 %"), "{}", narrow[1]);
    assert!(narrow[2].starts_with(" 1 Overview"), "{}", narrow[2]);
    let low = lines(&model, THEME, (120, 30));
    assert!(low[1].contains("  GPUs 98, 50 %") && low[2].starts_with(" 1 Overview"), "{low:?}");
    let small = lines(&model, THEME, (80, 24));
    assert!(small[1].ends_with("1m 24s left  GPUs 98, 50 %"), "{}", small[1]);
    // One line for several: the rest in short.
    let mut many = with_gpus();
    let gpu = |number| Gpu { number, utilisation: Some(number as u32), ..Gpu::default() };
    many.gpus.take(Some(Arc::new(Gpus { at_ms: 0, gpus: (0..8).map(gpu).collect() })));
    let few = lines(&many, THEME, (120, 33));
    assert!(few[2].starts_with("cuda:0 ") && few[3].starts_with("cuda:1 "), "{few:?}");
    assert_eq!(few[4], "cuda:2 2 %  cuda:3 3 %  cuda:4 4 %  cuda:5 5 %  cuda:6 6 %  cuda:7 7 %");
    assert!(few[5].starts_with(" 1 Overview"), "{few:?}");
}

#[test]
fn the_mouse_finds_views_and_rows_below_the_gpus() {
    let model = with_gpus();
    let area = Rect::new(0, 0, 120, 40);
    let ui =
        UiState { view: View::Trials, screen_columns: area.width, screen_rows: 40, ..UiState::default() };
    let scene = Scene { model: &model, ui: &ui, theme: THEME, title: "" };
    let press = |row| hit(&scene, area, MousePress::Button, 1, row);
    assert_eq!((press(2), press(3), press(4)), (None, None, Some(Action::Show(View::Overview))));
    assert_eq!((press(6), press(7)), (None, Some(Action::Point(0))));
    // As many rows fewer are between header and footer, and a page is as much shorter.
    assert_eq!(ui.body_rows(&model) + 2, ui.body_rows(&self::model(Stage::Running)));
}
