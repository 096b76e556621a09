//! The comparison's screen: its help is searched.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::theme::{Background, Depth, Glyphs};

const THEME: Theme = Theme { depth: Depth::None, glyphs: Glyphs::Unicode, background: Background::Dark };

fn press(screen: &mut CompareScreen, codes: &[KeyCode]) {
    for &code in codes {
        if let Some(action) = screen.action(KeyEvent::new(code, KeyModifiers::NONE)) {
            assert_eq!(screen.update(action), Outcome::Stay, "{code:?}");
        }
    }
}

fn type_in(screen: &mut CompareScreen, text: &str) {
    press(screen, &text.chars().map(KeyCode::Char).collect::<Vec<_>>());
}

#[test]
fn the_help_is_searched_and_its_letters_are_no_keys() {
    let mut screen = CompareScreen {
        runs: Vec::new(),
        known: 0,
        differences: Vec::new(),
        looked: Looked::default(),
        chrome: Chrome::default(),
    };
    screen.resize(Rect::new(0, 0, 80, 24));
    let shown = |screen: &CompareScreen| {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| screen.draw(frame, THEME)).unwrap();
        terminal.backend().to_string()
    };
    type_in(&mut screen, "?");
    assert!(shown(&screen).contains("every fusion as a small chart"));
    type_in(&mut screen, "/Reference");
    assert_eq!(screen.context(), Layer::Search);
    let seen = shown(&screen);
    assert!(
        seen.contains("Keys with: Reference") && seen.contains("the next run is the reference"),
        "{seen}"
    );
    assert!(!seen.contains("every fusion as a small chart"), "{seen}");
    // `q` would leave, and pasted text is typed too.
    type_in(&mut screen, "q");
    let pasted = screen.pasted('z').unwrap();
    assert_eq!(screen.update(pasted), Outcome::Stay);
    assert!(shown(&screen).contains("Referenceqz") && shown(&screen).contains("no key does this"));
    press(&mut screen, &[KeyCode::Backspace, KeyCode::Backspace, KeyCode::Enter]);
    assert_eq!(screen.context(), Layer::Help);
    press(&mut screen, &[KeyCode::Esc]);
    let seen = shown(&screen);
    assert!(screen.context() == Layer::Help && seen.contains("every fusion as a small chart"), "{seen}");
    press(&mut screen, &[KeyCode::Esc]);
    assert_eq!((screen.context(), screen.pasted('z')), (Layer::Screen, None));
}
