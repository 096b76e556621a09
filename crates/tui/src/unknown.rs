//! Keys that do nothing: each is named, with the way to those that do something, and not again while it is repeated.

use crossterm::event::KeyEvent;

use super::keymap::{Binding, key_of};
use super::theme::Glyphs;

/// The last key, where it did nothing.
#[derive(Debug, Default)]
pub(super) struct UnknownKey(Option<KeyEvent>);

impl UnknownKey {
    /// A key did something: the next one that does not is named, whichever it is.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    /// What is said of a key that does nothing now; nothing where it was said last.
    pub(super) fn say<A, S>(
        &mut self,
        table: &[Binding<A, S>],
        event: KeyEvent,
        glyphs: Glyphs,
    ) -> Option<String> {
        (self.0.replace(event) != Some(event)).then(|| sentence(table, event, glyphs))
    }
}

fn sentence<A, S>(table: &[Binding<A, S>], event: KeyEvent, glyphs: Glyphs) -> String {
    let (open, close) = match glyphs {
        Glyphs::Unicode => ('‹', '›'),
        Glyphs::Ascii => ('\'', '\''),
    };
    let known = key_of(event);
    let name = known.map_or_else(|| format!("Alt-{}", event.code), |key| key.name(glyphs));
    if table.iter().flat_map(|binding| binding.keys).any(|&key| Some(key) == known) {
        return format!("{open}{name}{close} does nothing here; ? shows the keys");
    }
    format!("no key {open}{name}{close}; ? shows the keys")
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;
    use crate::keymap::{c, row};

    /// A table of one key, with any action and scope.
    const TABLE: &[Binding<(), ()>] = &[row(&[c('v')], (), (), "", "")];

    #[test]
    fn a_key_that_does_nothing_is_named_with_the_way_to_those_that_do() {
        let said = |code, modifiers, glyphs| sentence(TABLE, KeyEvent::new(code, modifiers), glyphs);
        let unicode = |code, modifiers| said(code, modifiers, Glyphs::Unicode);
        let letter = KeyCode::Char('w');
        assert_eq!(unicode(letter, KeyModifiers::NONE), "no key ‹w›; ? shows the keys");
        assert_eq!(unicode(KeyCode::F(7), KeyModifiers::NONE), "no key ‹F7›; ? shows the keys");
        assert_eq!(unicode(letter, KeyModifiers::CONTROL), "no key ‹Ctrl-W›; ? shows the keys");
        assert_eq!(unicode(letter, KeyModifiers::ALT), "no key ‹Alt-w›; ? shows the keys");
        assert_eq!(said(letter, KeyModifiers::NONE, Glyphs::Ascii), "no key 'w'; ? shows the keys");
        // It does something elsewhere.
        let known = unicode(KeyCode::Char('v'), KeyModifiers::NONE);
        assert_eq!(known, "‹v› does nothing here; ? shows the keys");
    }

    #[test]
    fn it_is_named_once_until_another_key_comes() {
        let key = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
        let mut unknown = UnknownKey::default();
        let mut is_said = |letter| unknown.say(TABLE, key(letter), Glyphs::Unicode).is_some();
        assert_eq!(['w', 'w', 'w', 'z', 'w'].map(&mut is_said), [true, false, false, true, true]);
        unknown.forget();
        assert!(unknown.say(TABLE, key('w'), Glyphs::Unicode).is_some());
    }
}
