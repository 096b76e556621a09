//! What a terminal sends, byte by byte, as keys and mouse events. Knows no file and no clock.
//!
//! A sequence may come in pieces. What is not a key of ours is swallowed whole, pasted text with it, so that no
//! rest of it is read as commands.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
/// What ends pasted text.
const END_OF_PASTE: &[u8] = b"\x1b[201~";
/// A longer sequence is not valid: its beginning is dropped.
const LONGEST: usize = 4_096;

/// Something that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Press {
    /// A key.
    Key(KeyEvent),
    /// The mouse, at this column and row from 0.
    Mouse(MousePress, u16, u16),
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
            if self.mode == Mode::Pasting && !self.skip_paste() {
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

    /// Whether the last bytes may be the beginning of something: a moment decides, see [`Self::give_up`].
    pub(super) fn is_waiting(&self) -> bool {
        self.mode == Mode::Keys && !self.pending.is_empty()
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

    /// Drops pasted text; whether its end was among it.
    fn skip_paste(&mut self) -> bool {
        let end = self.pending.windows(END_OF_PASTE.len()).position(|window| window == END_OF_PASTE);
        if let Some(end) = end {
            self.pending.drain(..end + END_OF_PASTE.len());
            self.mode = Mode::Keys;
        } else {
            // The end may have come in part.
            let kept = self.pending.len().min(END_OF_PASTE.len() - 1);
            self.pending.drain(..self.pending.len() - kept);
        }
        end.is_some()
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
        // An answer to no request: skipped up to its end.
        [b']' | b'P' | b'_' | b'^', rest @ ..] => {
            let bell = rest.iter().position(|&byte| byte == BEL).map(|at| at + 1);
            let string = rest.windows(2).position(|pair| pair == [ESC, b'\\']).map(|at| at + 2);
            bell.into_iter().chain(string).min().map_or(Found::More, |end| Found::Nothing(end + 2))
        }
        _ => match first(rest) {
            Found::Press(Press::Key(event), used) => {
                Found::Press(key(event.code, event.modifiers | KeyModifiers::ALT), used + 1)
            }
            Found::Press(Press::Mouse(..), used) | Found::Nothing(used) | Found::Paste(used) => {
                Found::Nothing(used + 1)
            }
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
mod tests {
    use super::*;

    fn codes(presses: &[Press]) -> Vec<KeyCode> {
        let code = |press: &Press| match press {
            Press::Key(event) => event.code,
            Press::Mouse(..) => KeyCode::Null,
        };
        presses.iter().map(code).collect()
    }

    fn decode(bytes: &[u8]) -> Vec<KeyCode> {
        codes(&Decoder::default().feed(bytes))
    }

    #[test]
    fn keys_of_every_kind_of_terminal_are_known() {
        use KeyCode as K;
        let cases: [(&[u8], KeyCode); 24] = [
            (b"a", K::Char('a')),
            ("ß".as_bytes(), K::Char('ß')),
            ("漢".as_bytes(), K::Char('漢')),
            (b"\r", K::Enter),
            (b"\t", K::Tab),
            (b"\x7f", K::Backspace),
            (b"\x1b[A", K::Up),
            (b"\x1bOB", K::Down),
            (b"\x1b[1;5C", K::Right),
            (b"\x1b[D", K::Left),
            (b"\x1b[H", K::Home),
            (b"\x1b[1~", K::Home),
            (b"\x1b[7~", K::Home),
            (b"\x1bOF", K::End),
            (b"\x1b[4~", K::End),
            (b"\x1b[5~", K::PageUp),
            (b"\x1b[6~", K::PageDown),
            (b"\x1b[3~", K::Delete),
            (b"\x1b[Z", K::BackTab),
            (b"\x1bOP", K::F(1)),
            (b"\x1b[11~", K::F(1)),
            (b"\x1b[[A", K::F(1)),
            (b"\x1b[24~", K::F(12)),
            (b"\x1b\x1b", K::Esc),
        ];
        for (bytes, code) in cases {
            assert_eq!(decode(bytes), [code], "{bytes:?}");
        }
    }

    #[test]
    fn a_control_key_and_a_key_with_alt_say_so() {
        let pressed = Decoder::default().feed(b"\x03\x1bx\x1b[1;5A");
        let with = |press: &Press| match press {
            Press::Key(event) => (event.code, event.modifiers),
            Press::Mouse(..) => panic!("no mouse"),
        };
        let pressed: Vec<_> = pressed.iter().map(with).collect();
        let (up, alt, control) = (KeyCode::Up, KeyModifiers::ALT, KeyModifiers::CONTROL);
        assert_eq!(pressed, [(KeyCode::Char('c'), control), (KeyCode::Char('x'), alt), (up, control)]);
    }

    #[test]
    fn a_sequence_may_come_byte_by_byte() {
        let mut decoder = Decoder::default();
        let presses: Vec<Press> = "q\x1b[5~ß\x1bOPj".bytes().flat_map(|byte| decoder.feed(&[byte])).collect();
        let (q, j) = (KeyCode::Char('q'), KeyCode::Char('j'));
        assert_eq!(codes(&presses), [q, KeyCode::PageUp, KeyCode::Char('ß'), KeyCode::F(1), j]);
        assert!(!decoder.is_waiting());
    }

    #[test]
    fn a_lone_esc_is_the_key_once_nothing_follows() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.feed(b"\x1b"), []);
        assert!(decoder.is_waiting());
        assert_eq!(decoder.give_up().map(|press| codes(&[press])), Some(vec![KeyCode::Esc]));
        assert_eq!(decoder.feed(b"\x1b["), []);
        assert_eq!(decoder.give_up(), None, "half a sequence is no key");
        assert_eq!(codes(&decoder.feed(b"q")), [KeyCode::Char('q')]);
    }

    #[test]
    fn pasted_text_never_presses_keys_however_long_it_is() {
        let mut decoder = Decoder::default();
        let text = format!("\x1b[200~{}\x1b[20", "qyX".repeat(2_000));
        let presses: Vec<Press> = text.as_bytes().chunks(1_000).flat_map(|part| decoder.feed(part)).collect();
        assert_eq!(presses, []);
        assert_eq!(decoder.give_up(), None);
        assert_eq!(codes(&decoder.feed(b"1~j")), [KeyCode::Char('j')], "the key behind it is read at once");
    }

    #[test]
    fn answers_and_unknown_sequences_are_swallowed_whole() {
        for bytes in [
            b"\x1b]11;rgb:0000/0000/0000\x1b\\j".as_slice(),
            b"\x1b]52;c;eA==\x07j",
            b"\x1b[?62;22cj",
            b"\x1b[Ij",
            b"\x1b[27;5;9~j",
            b"\x1bP1$r0m\x1b\\j",
            b"\xff\xfej",
        ] {
            assert_eq!(decode(bytes), [KeyCode::Char('j')], "{bytes:?}");
        }
    }

    #[test]
    fn mouse_events_have_button_wheel_and_place_counted_from_zero() {
        let presses =
            Decoder::default().feed(b"\x1b[<0;3;4M\x1b[<0;3;4m\x1b[<64;1;1M\x1b[<65;200;50M\x1b[<0;0;0M");
        let mouse = |press, column, row| Press::Mouse(press, column, row);
        assert_eq!(
            presses,
            [
                mouse(MousePress::Button, 2, 3),
                mouse(MousePress::WheelUp, 0, 0),
                mouse(MousePress::WheelDown, 199, 49)
            ]
        );
    }
}
