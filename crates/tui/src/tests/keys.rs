//! The tables of keys: one meaning for each key in each context, and everything shown comes from them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::chrome::Layer;
use crate::keymap::{Binding, Scope, bindings, help, markdown, names};
use crate::screens::run::keymap::{Action, BINDINGS, Context, action};
use crate::screens::run::ui_state::View;
use crate::screens::{compare, runs};
use crate::theme::Glyphs;

/// What is asked of every screen's table.
fn check<A: Copy + 'static, S: Scope>(table: &'static [Binding<A, S>], contexts: &[S::Context]) {
    for &context in contexts {
        let mut seen = Vec::new();
        for key in bindings(table, context).flat_map(|binding| binding.keys) {
            assert!(!seen.contains(key), "{key:?} twice in one context");
            seen.push(*key);
        }
    }
    let (lines, readme) = (help(table, Glyphs::Unicode), markdown(table));
    for binding in table.iter().filter(|binding| !binding.help.is_empty()) {
        let (keys, _) = lines.iter().find(|(_, does)| *does == binding.help).unwrap();
        for name in names(binding.keys, Glyphs::Unicode).split(' ') {
            assert!(keys.split(' ').any(|known| known == name), "{name} is not in the help");
            assert!(readme.contains(&format!("`{name}`")), "{name} is not in the table");
        }
    }
}

#[test]
fn a_key_means_one_thing_wherever_it_is_pressed_and_the_help_names_it() {
    let others = [
        Context::Seeds,
        Context::Help,
        Context::Confirm,
        Context::Filter,
        Context::Search,
        Context::Form,
        Context::Labels,
    ];
    check(BINDINGS, &View::ALL.map(Context::View).into_iter().chain(others).collect::<Vec<_>>());
    let layers = [Layer::Screen, Layer::ReadOnly, Layer::Filter, Layer::Labels, Layer::Help, Layer::Search];
    check(runs::keys::BINDINGS, &layers);
    check(compare::keys::BINDINGS, &[Layer::Screen, Layer::Help, Layer::Search]);
}

#[test]
fn every_view_has_its_key_and_every_key_its_view() {
    for view in View::ALL {
        let event = KeyEvent::new(KeyCode::Char(view.key()), KeyModifiers::NONE);
        assert_eq!(action(Context::View(View::Log), event), Some(Action::Show(view)));
    }
}

#[test]
fn the_filter_takes_letters_and_leaves_control_keys() {
    let press = |code, modifiers| action(Context::Filter, KeyEvent::new(code, modifiers));
    assert_eq!(press(KeyCode::Char('q'), KeyModifiers::NONE), Some(Action::Type('q')));
    assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Action::Quit));
    assert_eq!(press(KeyCode::Enter, KeyModifiers::NONE), Some(Action::Accept));
    assert_eq!(press(KeyCode::Up, KeyModifiers::NONE), None);
}
