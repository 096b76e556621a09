//! A random walk over keys and sizes: nothing panics, and no frame shows a control character.

use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use rand::{Rng, RngExt};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::screens::run::draw::draw;
use crate::screens::run::hit::hit;
use crate::screens::run::keymap::{action, context};
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{UiState, View};
use crate::screens::run::update::update;
use crate::terminal::MousePress;
use crate::theme::{Background, Depth, Glyphs, Theme};
use monitor::fixture::{Extent, Stage, model, model_of};
use monitor::fixture_cluster::on_cluster;
use monitor::fixture_gpus::read_gpus;
use monitor::model::Model;
use monitor::results::Column;
use monitor::shown::Band;
use study::random::{Purpose, stream};

const STEPS: usize = 5_000;
const SIZES: [(u16, u16); 9] =
    [(200, 50), (120, 40), (80, 24), (40, 10), (41, 11), (39, 30), (160, 12), (7, 3), (1, 1)];

fn any_key(rng: &mut impl Rng) -> KeyEvent {
    const NAMED: [KeyCode; 16] = [
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Backspace,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::F(1),
        KeyCode::Delete,
        KeyCode::Char('ß'),
    ];
    let code = match rng.random_range(0..3_u32) {
        0 => NAMED[rng.random_range(0..NAMED.len() as u64) as usize],
        _ => KeyCode::Char(char::from(rng.random_range(b' '..=b'~'))),
    };
    let modifiers = if rng.random_range(0..20_u32) == 0 { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
    KeyEvent::new(code, modifiers)
}

fn any_press(rng: &mut impl Rng) -> MousePress {
    [MousePress::Button, MousePress::WheelUp, MousePress::WheelDown][rng.random_range(0..3_u64) as usize]
}

#[test]
fn no_key_no_press_and_no_size_panics() {
    walk(STEPS, 3);
}

#[test]
#[ignore = "the same for a minute and a half"]
fn no_key_no_press_and_no_size_panics_in_a_hundred_thousand_steps() {
    walk(100_000, 4);
}

fn walk(steps: usize, salt: u64) {
    let stages = [Stage::Preparing, Stage::Planned, Stage::Running, Stage::Finished, Stage::Failed];
    let mut with_gpus = model(Stage::Running);
    read_gpus(&mut with_gpus);
    let models: Vec<Model> = stages.map(model).into_iter().chain([with_gpus, on_cluster()]).collect();
    let theme = Theme { depth: Depth::Indexed, glyphs: Glyphs::Unicode, background: Background::Light };
    let mut rng = stream(Purpose::Bootstrap, 1, 2, salt);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let mut ui = UiState::default();
    let mut place = 0;
    for step in 0..steps {
        if step % 40 == 0 {
            let (width, height) = SIZES[rng.random_range(0..SIZES.len() as u64) as usize];
            terminal.backend_mut().resize(width, height);
        }
        if step % 300 == 0 {
            // The run moves on under the same eyes.
            place = rng.random_range(0..models.len() as u64) as usize;
        }
        let model = &models[place];
        let area = *terminal.backend().buffer().area();
        (ui.screen_columns, ui.screen_rows) = (area.width, area.height);
        let asked = if rng.random_range(0..8_u32) == 0 {
            let scene = Scene { model, ui: &ui, theme, title: "" };
            let (x, y) = (rng.random_range(0..area.width.max(1)), rng.random_range(0..area.height.max(1)));
            hit(&scene, area, any_press(&mut rng), x, y)
        } else {
            action(context(&ui), any_key(&mut rng))
        };
        if let Some(action) = asked {
            update(action, &mut ui, model);
        }
        let scene = Scene { model, ui: &ui, theme, title: "a\x1b[2Jwalk" };
        terminal.draw(|frame| draw(frame, &scene)).unwrap();
        let clean = terminal
            .backend()
            .buffer()
            .content()
            .iter()
            .all(|cell| !cell.symbol().contains(char::is_control));
        assert!(clean, "a control character reached the screen");
    }
}

/// The paper's grid: 90 configurations × 20 seeds × 100 epochs.
#[test]
fn the_papers_study_folds_and_draws_without_a_visible_pause() {
    const PAPER: Extent = Extent {
        sizes: 15,
        seeds: 20,
        epochs: 100,
        baselines: &[],
        tasks: &study::grid::Task::PAPER,
        classes: 2,
    };
    let began = Instant::now();
    let model = model_of(Stage::Finished, PAPER);
    let folded = began.elapsed();
    let theme = Theme { depth: Depth::True, glyphs: Glyphs::Unicode, background: Background::Dark };
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).unwrap();
    for view in View::ALL {
        let ui = UiState { view, band: Band::Interval, sort: Some(Column::Test), ..UiState::default() };
        let scene = Scene { model: &model, ui: &ui, theme, title: "paper" };
        let began = Instant::now();
        for _ in 0..10 {
            terminal.draw(|frame| draw(frame, &scene)).unwrap();
        }
        let frame = began.elapsed() / 10;
        println!("{view:?}: {frame:?} a frame; {folded:?} to make and fold all");
        // Ten times what was measured on two busy cores; a pause is seen from 50 ms on.
        assert!(frame.as_millis() < 40, "{view:?} took {frame:?}");
    }
}
