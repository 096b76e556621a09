//! What a terminal sends, byte by byte, as keys and mouse events. Knows no file and no clock.
//!
//! A sequence may come in pieces. What is not a key of ours is swallowed whole, so that no rest of it is read as commands;
//! of pasted text the first line is passed on, letter by letter, and never as keys.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::background::{self, Colour};
use super::graphics::{self, Answer};

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
/// What ends pasted text.
const END_OF_PASTE: &[u8] = b"\x1b[201~";
/// A longer sequence is not valid: its beginning is dropped.
const LONGEST: usize = 4_096;
/// How long the rest of a sequence may take: an Esc that nothing follows is the key. Over a network a
/// sequence's bytes come together, or it was cut.
const PARTIAL_SEQUENCE: Duration = Duration::from_millis(25);
/// How long that of an answer: no key begins like one, and the rest of one is never to be read as keys.
const PARTIAL_ANSWER: Duration = Duration::from_millis(500);

/// Something that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Press {
    /// A key.
    Key(KeyEvent),
    /// The mouse, at this column and row from 0.
    Mouse(MousePress, u16, u16),
    /// A letter of pasted text.
    Pasted(char),
    /// What the terminal answers: its background.
    Background(Colour),
    /// What it answers of pictures.
    Graphics(Answer),
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MousePress {
    /// Its first button went down.
    Button,
    /// The wheel went up.
    WheelUp,
    /// The wheel went down.
    WheelDown,
}

/// Bytes that are not decoded yet.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    pending: Vec<u8>,
    mode: Mode,
    /// The beginning of the text that is being pasted.
    pasted: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Keys,
    Pasting,
}

/// What the pending bytes begin with.
enum Found {
    /// This, in so many bytes.
    Press(Press, usize),
    /// Nothing of ours, in so many bytes.
    Nothing(usize),
    /// Pasted text, behind so many bytes.
    Paste(usize),
    /// Too few bytes to decide.
    More,
}

impl Decoder {
    /// Takes bytes and gives what they complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Press> {
        self.pending.extend_from_slice(bytes);
        let mut presses = Vec::new();
        loop {
            if self.mode == Mode::Pasting && !self.take_paste(&mut presses) {
                return presses;
            }
            let used = match first(&self.pending) {
                Found::Press(press, used) => {
                    presses.push(press);
                    used
                }
                Found::Nothing(used) => used,
                Found::Paste(used) => {
                    self.mode = Mode::Pasting;
                    used
                }
                Found::More if self.pending.len() > LONGEST => self.pending.len(),
                Found::More => return presses,
            };
            self.pending.drain(..used);
        }
    }

    /// How long to wait for more where the last bytes may be the beginning of something; then see [`Self::give_up`].
    pub(super) fn patience(&self) -> Option<Duration> {
        let is_waiting = self.mode == Mode::Keys && !self.pending.is_empty();
        let is_answer = matches!(self.pending.as_slice(), [ESC, b']' | b'P' | b'_' | b'^', ..]);
        is_waiting.then_some(if is_answer { PARTIAL_ANSWER } else { PARTIAL_SEQUENCE })
    }

    /// Nothing more came: a lone Esc was the key, and half a sequence was none.
    pub(super) fn give_up(&mut self) -> Option<Press> {
        if self.mode == Mode::Pasting {
            return None;
        }
        let was_escape = self.pending == [ESC];
        self.pending.clear();
        was_escape.then(|| key(KeyCode::Esc, KeyModifiers::NONE))
    }

    /// Takes pasted text, and passes its first line on once all of it is there; whether it is.
    fn take_paste(&mut self, presses: &mut Vec<Press>) -> bool {
        let end = self.pending.windows(END_OF_PASTE.len()).position(|window| window == END_OF_PASTE);
        // The end may have come in part.
        let text = end.unwrap_or(self.pending.len().saturating_sub(END_OF_PASTE.len() - 1));
        let room = LONGEST.saturating_sub(self.pasted.len());
        self.pasted.extend(self.pending.drain(..text).take(room));
        if end.is_none() {
            return false;
        }
        self.pending.drain(..END_OF_PASTE.len());
        self.mode = Mode::Keys;
        let pasted = std::mem::take(&mut self.pasted);
        let pasted = String::from_utf8_lossy(&pasted);
        let line = pasted.trim().lines().next().unwrap_or_default().trim();
        presses.extend(line.chars().filter(|letter| !letter.is_control()).map(Press::Pasted));
        true
    }
}

const fn key(code: KeyCode, modifiers: KeyModifiers) -> Press {
    Press::Key(KeyEvent::new(code, modifiers))
}

const fn plain(code: KeyCode, used: usize) -> Found {
    Found::Press(key(code, KeyModifiers::NONE), used)
}

fn first(bytes: &[u8]) -> Found {
    match bytes {
        [] | [ESC] => Found::More,
        [ESC, rest @ ..] => escape(rest),
        [b'\r', ..] => plain(KeyCode::Enter, 1),
        [b'\t', ..] => plain(KeyCode::Tab, 1),
        [0x7f | 0x08, ..] => plain(KeyCode::Backspace, 1),
        [0, ..] => Found::Press(key(KeyCode::Char(' '), KeyModifiers::CONTROL), 1),
        [control @ 1..=0x1a, ..] => {
            Found::Press(key(KeyCode::Char(char::from(control + b'a' - 1)), KeyModifiers::CONTROL), 1)
        }
        [0x1c..=0x1f, ..] => Found::Nothing(1),
        _ => letter(bytes),
    }
}

/// A character in UTF-8.
fn letter(bytes: &[u8]) -> Found {
    let length = match bytes[0] {
        0..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf8 => 4,
        _ => return Found::Nothing(1),
    };
    let Some(bytes) = bytes.get(..length) else { return Found::More };
    match std::str::from_utf8(bytes).ok().and_then(|text| text.chars().next()) {
        Some(letter) => plain(KeyCode::Char(letter), length),
        None => Found::Nothing(1),
    }
}

/// What follows an Esc; a sequence's length counts the Esc.
fn escape(rest: &[u8]) -> Found {
    match rest {
        // Pressed twice at once, or before another sequence: the key.
        [ESC, ..] => plain(KeyCode::Esc, 2),
        [b'[', b'[', code, ..] => match code {
            b'A'..=b'E' => plain(KeyCode::F(code - b'A' + 1), 4),
            _ => Found::Nothing(4),
        },
        [b'[', rest @ ..] => control_sequence(rest),
        [b'O', code, ..] => single_shift(*code).map_or(Found::Nothing(3), |code| plain(code, 3)),
        [b'O'] => Found::More,
        // An answer: of one to no request everything up to its end is skipped.
        [kind @ (b']' | b'P' | b'_' | b'^'), rest @ ..] => {
            let bell = rest.iter().position(|&byte| byte == BEL).map(|at| (at, 1));
            let string = rest.windows(2).position(|pair| pair == [ESC, b'\\']).map(|at| (at, 2));
            let Some((at, end)) = bell.into_iter().chain(string).min() else { return Found::More };
            let used = at + end + 2;
            let text = &rest[..at];
            let background =
                (*kind == b']').then(|| background::answer(text)).flatten().map(Press::Background);
            let answer = background.or_else(|| graphics::of_string(*kind, text).map(Press::Graphics));
            answer.map_or(Found::Nothing(used), |answer| Found::Press(answer, used))
        }
        _ => match first(rest) {
            Found::Press(Press::Key(event), used) => {
                Found::Press(key(event.code, event.modifiers | KeyModifiers::ALT), used + 1)
            }
            Found::Press(
                Press::Mouse(..) | Press::Pasted(_) | Press::Background(_) | Press::Graphics(_),
                used,
            )
            | Found::Nothing(used)
            | Found::Paste(used) => Found::Nothing(used + 1),
            Found::More => Found::More,
        },
    }
}

/// `ESC O code`: the keypad's own keys.
const fn single_shift(code: u8) -> Option<KeyCode> {
    Some(match code {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(code - b'P' + 1),
        _ => return None,
    })
}

/// `ESC [ parameters code`, without its first two bytes.
fn control_sequence(rest: &[u8]) -> Found {
    let Some(end) = rest.iter().position(|byte| (0x40..=0x7e).contains(byte)) else {
        // A byte that is not allowed in one: the sequence was cut off.
        let foreign = rest.iter().position(|byte| !(0x20..=0x3f).contains(byte));
        return foreign.map_or(Found::More, |at| Found::Nothing(at + 2));
    };
    let used = end + 3;
    if let Some(foreign) = rest[..end].iter().position(|byte| !(0x20..=0x3f).contains(byte)) {
        return Found::Nothing(foreign + 2);
    }
    let parameters = &rest[..end];
    if let [b'<', mouse @ ..] = parameters {
        return mouse_event(mouse, rest[end], used);
    }
    if let Some(answer) = graphics::of_sequence(parameters, rest[end]) {
        return Found::Press(Press::Graphics(answer), used);
    }
    let numbers = numbers(parameters);
    let modifiers = numbers.get(1).map_or(KeyModifiers::NONE, |&bits| modifiers(bits));
    let code = match (rest[end], numbers.first().copied().unwrap_or(0)) {
        (b'~', 200) => return Found::Paste(used),
        (b'~', number) => numbered(number),
        (b'Z', _) => Some(KeyCode::BackTab),
        (code @ (b'A'..=b'D' | b'F' | b'H' | b'P'..=b'S'), _) => single_shift(code),
        _ => None,
    };
    code.map_or(Found::Nothing(used), |code| Found::Press(key(code, modifiers), used))
}

fn numbers(parameters: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(parameters);
    text.split(';').map(|number| number.parse().unwrap_or(0)).collect()
}

/// `ESC [ number ~`.
fn numbered(number: u16) -> Option<KeyCode> {
    let function = |from: u16, first: u8| KeyCode::F(first + (number - from) as u8);
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => function(11, 1),
        17..=21 => function(17, 6),
        23 | 24 => function(23, 11),
        _ => return None,
    })
}

/// The second parameter: one more than the sum of the bits.
fn modifiers(parameter: u16) -> KeyModifiers {
    let bits = parameter.saturating_sub(1);
    [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL), (8, KeyModifiers::SUPER)]
        .into_iter()
        .filter(|(bit, _)| bits & bit != 0)
        .fold(KeyModifiers::NONE, |all, (_, one)| all | one)
}

/// `ESC [ < button ; column ; row M`, or `m` where the button went up.
fn mouse_event(parameters: &[u8], code: u8, used: usize) -> Found {
    let [button, column, row] = numbers(parameters)[..] else { return Found::Nothing(used) };
    let (Some(column), Some(row)) = (column.checked_sub(1), row.checked_sub(1)) else {
        return Found::Nothing(used);
    };
    let press = match (code, button) {
        (b'M', 0) => MousePress::Button,
        (b'M', 64) => MousePress::WheelUp,
        (b'M', 65) => MousePress::WheelDown,
        _ => return Found::Nothing(used),
    };
    Found::Press(Press::Mouse(press, column, row), used)
}

#[cfg(test)]
mod tests;
