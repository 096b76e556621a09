//! What pictures a terminal shows: the questions, and its answers. Terminals answer in order, and nearly all of them answer
//! the last question (DA1), which ends the asking.
//!
//! tmux answers for itself. What is wrapped for the terminal that it is shown in would put pictures at places that tmux
//! does not know, so nothing is.

/// A picture of one pixel for Kitty's protocol, which is not to be shown (`a=q`); what iTerm2's names as the terminal's
/// features; a cell's size in pixels; the background, for pictures without transparency; the terminal's attributes.
const QUESTIONS: &[u8] = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\
    \x1b]1337;Capabilities\x1b\\\x1b[16t\x1b]11;?\x1b\\\x1b[c";

/// Asks for a cell's size again: it changes with the font.
pub(crate) const CELL_QUESTION: &[u8] = b"\x1b[16t";

/// The questions.
pub(crate) const fn questions() -> &'static [u8] {
    QUESTIONS
}

/// How pictures are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Kitty's graphics protocol: a picture has a number, lies at cells, and is deleted.
    Kitty,
    /// iTerm2's inline pictures, which lie in cells.
    Iterm,
    /// Sixels, which lie in cells, of the terminal's own pixels.
    Sixel,
}

impl Protocol {
    /// Its name for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kitty => "Kitty graphics",
            Self::Iterm => "iTerm2's protocol",
            Self::Sixel => "Sixel",
        }
    }
}

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Kitty's protocol is understood.
    Kitty,
    /// Whether iTerm2's is.
    Iterm(bool),
    /// A cell is so many pixels wide and high.
    Cell(u16, u16),
    /// The last answer: whether sixels are shown.
    Attributes(bool),
}

/// Everything that has been answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    kitty: bool,
    iterm: bool,
    sixel: bool,
    /// Pixels of a cell.
    pub(crate) cell: Option<(u16, u16)>,
}

impl Answers {
    /// Takes one.
    pub(crate) fn take(&mut self, answer: Answer) {
        match answer {
            Answer::Kitty => self.kitty = true,
            Answer::Iterm(shows) => self.iterm = shows,
            Answer::Cell(width, height) => self.cell = Some((width, height)),
            Answer::Attributes(sixel) => self.sixel = sixel,
        }
    }

    /// The best of the protocols that the terminal understands; sixels want to know how large a cell is.
    pub(crate) fn protocol(&self, cell: Option<(u16, u16)>) -> Result<Protocol, &'static str> {
        match () {
            () if self.kitty => Ok(Protocol::Kitty),
            () if self.iterm => Ok(Protocol::Iterm),
            () if self.sixel && cell.is_some() => Ok(Protocol::Sixel),
            () if self.sixel => Err("it shows Sixel pictures but does not say how large its cells are"),
            () => Err("it answered none of Kitty graphics, iTerm2, Sixel"),
        }
    }
}

/// What a string of the terminal says of pictures, if it is an answer: Kitty's `_Gi=31;OK`, iTerm2's
/// `]1337;Capabilities=…`.
pub(super) fn of_string(kind: u8, text: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(text).ok()?;
    match kind {
        b'_' => {
            let (keys, said) = text.strip_prefix('G')?.split_once(';')?;
            let is_ours = keys.split(',').any(|key| key == "i=31");
            (is_ours && said == "OK").then_some(Answer::Kitty)
        }
        b']' => {
            let features = text.strip_prefix("1337;Capabilities=")?;
            Some(Answer::Iterm(has_feature(features, "F")))
        }
        _ => None,
    }
}

/// Whether one of iTerm2's codes is among `features`: a capital with small letters and a number behind it, such as
/// `T2CwMSxF`.
fn has_feature(features: &str, code: &str) -> bool {
    features.match_indices(code).any(|(at, _)| {
        let rest = &features[at + code.len()..];
        !rest.starts_with(|letter: char| letter.is_ascii_lowercase())
    })
}

/// What a control sequence says of pictures, if it is an answer: `CSI ? 62 ; 4 c`, `CSI 6 ; height ; width t`.
pub(super) fn of_sequence(parameters: &[u8], code: u8) -> Option<Answer> {
    let text = std::str::from_utf8(parameters).ok()?;
    match code {
        b'c' => Some(Answer::Attributes(text.strip_prefix('?')?.split(';').skip(1).any(|part| part == "4"))),
        b't' => {
            let parts: Vec<u16> = text.split(';').map(|part| part.parse().ok()).collect::<Option<_>>()?;
            let [6, height, width] = parts[..] else { return None };
            is_cell(width, height).then_some(Answer::Cell(width, height))
        }
        _ => None,
    }
}

/// Whether so many pixels can be a cell's: a terminal may say anything.
pub(crate) fn is_cell(width: u16, height: u16) -> bool {
    (1..=128).contains(&width) && (1..=256).contains(&height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_terminals_are_read() {
        for (kind, text, answer) in [
            (b'_', "Gi=31;OK", Some(Answer::Kitty)),
            (b'_', "Gi=31,I=1;OK", Some(Answer::Kitty)),
            (b'_', "Gi=31;ENOTSUPPORTED:no", None),
            (b'_', "Gi=3;OK", None),
            (b'_', "Gi=311;OK", None),
            (b'_', "G", None),
            (b']', "1337;Capabilities=T2CwMSxF", Some(Answer::Iterm(true))),
            (b']', "1337;Capabilities=T2FoMSx", Some(Answer::Iterm(false))),
            (b']', "1337;Capabilities=", Some(Answer::Iterm(false))),
            (b']', "1337;ReportCellSize=20;10", None),
            (b'P', "Gi=31;OK", None),
        ] {
            assert_eq!(of_string(kind, text.as_bytes()), answer, "{text}");
        }
        assert_eq!(of_string(b'_', b"Gi=31;\xff"), None);
        for (parameters, code, answer) in [
            ("?62;4;22", b'c', Some(Answer::Attributes(true))),
            ("?62;22;44", b'c', Some(Answer::Attributes(false))),
            // A terminal of the kind 4 is none that shows sixels.
            ("?4", b'c', Some(Answer::Attributes(false))),
            (">0;4;1", b'c', None),
            ("6;20;10", b't', Some(Answer::Cell(10, 20))),
            ("6;0;10", b't', None),
            ("6;9999;10", b't', None),
            ("6;20", b't', None),
            ("4;600;800", b't', None),
            ("6;99999999;1", b't', None),
        ] {
            assert_eq!(of_sequence(parameters.as_bytes(), code), answer, "{parameters}");
        }
    }

    #[test]
    fn the_best_protocol_of_those_that_were_answered_is_taken() {
        let of = |answers: &[Answer]| {
            let mut all = Answers::default();
            for &answer in answers {
                all.take(answer);
            }
            all.protocol(all.cell)
        };
        let cell = Answer::Cell(10, 20);
        assert_eq!(of(&[Answer::Kitty, Answer::Iterm(true), Answer::Attributes(true)]), Ok(Protocol::Kitty));
        assert_eq!(of(&[Answer::Iterm(true), cell, Answer::Attributes(true)]), Ok(Protocol::Iterm));
        assert_eq!(of(&[Answer::Iterm(false), cell, Answer::Attributes(true)]), Ok(Protocol::Sixel));
        assert!(of(&[Answer::Attributes(true)]).is_err_and(|why| why.contains("cells")));
        assert!(of(&[cell, Answer::Attributes(false)]).is_err_and(|why| why.contains("none of Kitty")));
    }
}
