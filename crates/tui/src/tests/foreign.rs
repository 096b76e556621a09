//! Foreign text on the screen.

use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;

use crate::screens::run::draw::draw;
use crate::screens::run::form::Form;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{Health, Overlay, UiState, View};
use crate::theme::{Background, Depth, Glyphs, Theme};
use monitor::fixture::{Stage, model};
use study::feed::{Level, Notice};
use study::text::is_unsafe;

const THEME: Theme = Theme { depth: Depth::True, glyphs: Glyphs::Unicode, background: Background::Dark };

/// What may come from data, configuration, file names or another process holds what hides or what a terminal obeys.
#[test]
fn no_cell_of_the_screen_holds_what_hostile_names_hold() {
    const HOSTILE: &str =
        "a\u{1b}[31m\u{9b}2J\u{202e}b\u{2066}c\u{200d}\u{200e}\u{61c}\u{200b}\u{2028}\u{feff}\u{e0041}d";
    let hostile = || HOSTILE.to_owned();
    let mut model = model(Stage::Failed);
    let mut header = model.run.header().unwrap().clone();
    header.data.name = hostile();
    header.data.warnings = vec![hostile()];
    header.data.fingerprint = hostile();
    header.config.data.source = hostile();
    header.provenance.device = hostile();
    header.provenance.program = hostile();
    model.plan(Arc::new(header));
    let notice = Notice { at_ms: 0, level: Level::Error, text: hostile() };
    model.apply(&[], &[Arc::new(notice)]);
    model.run_dir = Some(HOSTILE.into());
    for blocked in [None, Some(hostile())] {
        model.blocked = blocked;
        for view in View::ALL {
            for overlay in [
                Overlay::None,
                Overlay::About(0),
                Overlay::Filter,
                Overlay::Help(0),
                Overlay::Health(0),
                Overlay::Form,
            ] {
                let health = Health::Known(Arc::new(vec![hostile(), format!("FINDINGS{}", hostile())]));
                let form = Some(Form::of(&model.run.header().unwrap().config));
                let ui =
                    UiState { view, overlay, health, form, filter: hostile().into(), ..UiState::default() };
                let mut screen = Terminal::new(TestBackend::new(160, 50)).unwrap();
                let scene = Scene { model: &model, ui: &ui, theme: THEME, title: HOSTILE };
                screen.draw(|frame| draw(frame, &scene)).unwrap();
                let cells = screen.backend().buffer().content().iter().map(Cell::symbol);
                let found: String = cells.flat_map(str::chars).filter(|&c| is_unsafe(c)).collect();
                assert_eq!(found, "", "{view:?} {overlay:?}");
            }
        }
    }
}
