//! Tables of keys. Each screen has one; dispatch, footer, help and the README's tables are all read from it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::theme::Glyphs;

/// A key as a table names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// By itself; a letter's case is its shift.
    Plain(KeyCode),
    /// With Ctrl.
    Ctrl(char),
    /// An arrow to the side, with Ctrl.
    CtrlArrow(KeyCode),
    /// With Alt.
    Alt(char),
}

/// Where the cursor goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Up a screen.
    PageUp,
    /// Down a screen.
    PageDown,
    /// To the first.
    First,
    /// To the last.
    Last,
}

/// Where the bindings of a table hold.
pub trait Scope: Copy + 'static {
    /// What has the keyboard.
    type Context: Copy;

    /// Whether a binding of this scope holds where `context` has the keyboard.
    fn holds(self, context: Self::Context) -> bool;
}

/// A heading of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What is done to the sweep, or to runs.
    Sweep,
    /// What is shown.
    Views,
    /// How charts are shown, and read.
    Charts,
    /// How tables are sorted, filtered, copied.
    Tables,
    /// Where the cursor goes.
    Moving,
    /// Answers, and what is typed.
    Forms,
    /// The program itself.
    Program,
}

/// What keys ask for, each below a heading of the help.
pub trait Sectioned<S>: Copy + 'static {
    /// The heading, of a binding with this scope.
    fn section(self, scope: S) -> Section;
}

/// One line of a table.
#[derive(Clone, Copy, Debug)]
pub struct Binding<A, S> {
    /// Any of these.
    pub keys: &'static [Key],
    /// What they ask for.
    pub action: A,
    /// Where.
    pub scope: S,
    /// In the footer; empty: not there. Neighbours with the same text share a place.
    pub label: &'static str,
    /// In the help. Lines with the same text share a line.
    pub help: &'static str,
}

/// A letter by itself.
pub const fn c(letter: char) -> Key {
    Key::Plain(KeyCode::Char(letter))
}

/// A line of a table.
pub const fn row<A: Copy, S: Copy>(
    keys: &'static [Key],
    action: A,
    scope: S,
    label: &'static str,
    help: &'static str,
) -> Binding<A, S> {
    Binding { keys, action, scope, label, help }
}

impl Section {
    /// In the order of the help.
    pub const ALL: [Self; 7] =
        [Self::Sweep, Self::Views, Self::Charts, Self::Tables, Self::Moving, Self::Forms, Self::Program];

    /// What stands above its keys.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Sweep => "Sweep",
            Self::Views => "Views",
            Self::Charts => "Charts",
            Self::Tables => "Tables",
            Self::Moving => "Moving",
            Self::Forms => "Forms and questions",
            Self::Program => "Program",
        }
    }
}

impl Direction {
    /// The next place of a list whose last is `last` and of which a screen shows `page`.
    pub fn along(self, place: usize, last: usize, page: usize) -> usize {
        let place = match self {
            Self::Up => place.saturating_sub(1),
            Self::Down => place + 1,
            Self::PageUp => place.saturating_sub(page),
            Self::PageDown => place + page,
            Self::First => 0,
            Self::Last => last,
            Self::Left | Self::Right => place,
        };
        place.min(last)
    }
}

/// The bindings of `table` that hold in `context`.
pub fn bindings<A: 'static, S: Scope>(
    table: &'static [Binding<A, S>],
    context: S::Context,
) -> impl Iterator<Item = &'static Binding<A, S>> {
    table.iter().filter(move |binding| binding.scope.holds(context))
}

/// What a key asks for where `context` has the keyboard.
pub fn action<A: Copy, S: Scope>(
    table: &'static [Binding<A, S>],
    context: S::Context,
    event: KeyEvent,
) -> Option<A> {
    let key = key_of(event)?;
    bindings(table, context).find(|binding| binding.keys.contains(&key)).map(|binding| binding.action)
}

/// Lines of the help: keys and what they do.
pub fn help<A: 'static, S: 'static>(table: &[Binding<A, S>], glyphs: Glyphs) -> Vec<(String, &'static str)> {
    lines_of(table.iter(), glyphs)
}

/// The same below their headings, in the order of [`Section::ALL`].
pub fn help_by_section<A: Sectioned<S>, S: Copy + 'static>(
    table: &[Binding<A, S>],
    glyphs: Glyphs,
) -> Vec<(Section, Vec<(String, &'static str)>)> {
    let of = |section: Section| {
        let belongs = move |binding: &&Binding<A, S>| binding.action.section(binding.scope) == section;
        (section, lines_of(table.iter().filter(belongs), glyphs))
    };
    Section::ALL.map(of).into()
}

fn lines_of<'a, A: 'static, S: 'static>(
    bindings: impl Iterator<Item = &'a Binding<A, S>>,
    glyphs: Glyphs,
) -> Vec<(String, &'static str)> {
    let mut lines: Vec<(String, &'static str)> = Vec::new();
    for binding in bindings.filter(|binding| !binding.help.is_empty()) {
        let keys = names(binding.keys, glyphs);
        match lines.iter_mut().find(|(_, help)| *help == binding.help) {
            Some((known, _)) if known.split(' ').any(|name| name == keys) => {}
            Some((known, _)) => {
                known.push(' ');
                known.push_str(&keys);
            }
            None => lines.push((keys, binding.help)),
        }
    }
    lines
}

/// A table of keys for the README.
pub fn markdown<A: 'static, S: 'static>(table: &[Binding<A, S>]) -> String {
    let mut text = String::from("| key | does |\n|---|---|\n");
    for (keys, does) in help(table, Glyphs::Unicode) {
        let keys: Vec<String> = keys.split(' ').map(|key| format!("`{key}`")).collect();
        text.extend(["| ", &keys.join(" "), " | ", does, " |\n"]);
    }
    text
}

/// The names of keys, the first one first.
pub fn names(keys: &[Key], glyphs: Glyphs) -> String {
    keys.iter().map(|key| key.name(glyphs)).collect::<Vec<_>>().join(" ")
}

/// The key that went down; none where it is no key of any table.
pub fn key_of(event: KeyEvent) -> Option<Key> {
    match event.code {
        KeyCode::Char(letter) if event.modifiers.contains(KeyModifiers::CONTROL) => {
            Some(Key::Ctrl(letter.to_ascii_lowercase()))
        }
        code @ (KeyCode::Left | KeyCode::Right) if event.modifiers.contains(KeyModifiers::CONTROL) => {
            Some(Key::CtrlArrow(code))
        }
        KeyCode::Char(letter) if event.modifiers.contains(KeyModifiers::ALT) => Some(Key::Alt(letter)),
        _ if event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER) => None,
        KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => Some(Key::Plain(KeyCode::BackTab)),
        code => Some(Key::Plain(code)),
    }
}

impl Key {
    /// Its name, as on its cap.
    pub fn name(self, glyphs: Glyphs) -> String {
        let arrow = |unicode: &str, ascii: &str| match glyphs {
            Glyphs::Unicode => unicode.to_owned(),
            Glyphs::Ascii => ascii.to_owned(),
        };
        match self {
            Self::Ctrl(letter) => format!("Ctrl-{}", letter.to_ascii_uppercase()),
            Self::CtrlArrow(code) => format!("Ctrl-{}", Self::Plain(code).name(glyphs)),
            Self::Alt(letter) => format!("Alt-{letter}"),
            Self::Plain(KeyCode::Char(' ')) => "Space".into(),
            Self::Plain(KeyCode::Char(letter)) => letter.to_string(),
            Self::Plain(KeyCode::Left) => arrow("←", "Left"),
            Self::Plain(KeyCode::Right) => arrow("→", "Right"),
            Self::Plain(KeyCode::Up) => arrow("↑", "Up"),
            Self::Plain(KeyCode::Down) => arrow("↓", "Down"),
            Self::Plain(KeyCode::BackTab) => "S-Tab".into(),
            Self::Plain(KeyCode::PageUp) => "PgUp".into(),
            Self::Plain(KeyCode::PageDown) => "PgDn".into(),
            Self::Plain(KeyCode::Delete) => "Del".into(),
            Self::Plain(code) => code.to_string(),
        }
    }
}
