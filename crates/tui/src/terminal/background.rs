//! The terminal's background: the question (OSC 11), and its answer. Terminals answer in a moment or never. tmux from 3.4
//! on answers itself; earlier ones hand the question on where `allow-passthrough` is on.

use crate::theme::Background;

/// Asks for the colour behind the text.
const QUESTION: &[u8] = b"\x1b]11;?\x1b\\";
/// The same of the terminal that tmux is shown in.
const QUESTION_THROUGH_TMUX: &[u8] = b"\x1bPtmux;\x1b\x1b]11;?\x1b\x1b\\\x1b\\";

/// The question, in tmux or elsewhere.
pub(crate) fn question(in_tmux: bool) -> Vec<u8> {
    if in_tmux { [QUESTION, QUESTION_THROUGH_TMUX].concat() } else { QUESTION.to_vec() }
}

/// A colour, of 8 bits each: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour(pub(crate) [u8; 3]);

impl Colour {
    /// What text on it needs.
    pub(crate) fn background(self) -> Background {
        let [red, green, blue] = self.0.map(f64::from);
        // How bright people see it (ITU-R BT.601).
        let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
        if luma > 127.5 { Background::Light } else { Background::Dark }
    }
}

/// What an operating-system command says of the background, if it is the answer: `11;rgb:ffff/fafa/f0f0`, as X11 writes
/// colours, with one to four hexadecimal digits each.
pub(super) fn answer(command: &[u8]) -> Option<Colour> {
    let text = std::str::from_utf8(command).ok()?;
    let colour = text.strip_prefix("11;")?;
    let digits = colour.strip_prefix("rgb:").or_else(|| colour.strip_prefix("rgba:"))?;
    let parts: Vec<f64> = digits.split('/').map(share).collect::<Option<_>>()?;
    let [red, green, blue, ..] = parts[..] else { return None };
    Some(Colour([red, green, blue].map(|part| (part * 255.0).round() as u8)))
}

/// One to four hexadecimal digits as a share of the most that so many can say.
fn share(digits: &str) -> Option<f64> {
    let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_hexadecimal || !(1..=4).contains(&digits.len()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    Some(f64::from(value) / f64::from((1_u32 << (4 * digits.len())) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_of_terminals_are_read() {
        let cases: [(&[u8], Option<Background>); 9] = [
            (b"11;rgb:ffff/ffff/ffff", Some(Background::Light)),
            (b"11;rgb:fdfd/f6f6/e3e3", Some(Background::Light)),
            (b"11;rgb:1e/1e/2e", Some(Background::Dark)),
            (b"11;rgba:0000/0000/0000/ffff", Some(Background::Dark)),
            // Pure blue is dark, pure yellow light.
            (b"11;rgb:0/0/f", Some(Background::Dark)),
            (b"11;rgb:f/f/0", Some(Background::Light)),
            (b"10;rgb:ffff/ffff/ffff", None),
            (b"11;rgb:fffff/0/0", None),
            (b"11;rgb:+1/0/0", None),
        ];
        for (command, background) in cases {
            assert_eq!(
                answer(command).map(Colour::background),
                background,
                "{}",
                String::from_utf8_lossy(command)
            );
        }
    }
}
