//! Texts as the tokenizers of `OpenAI` and `open_clip` clean them before they tokenise.

mod encoding;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use plsfix::TextFixerConfig;

use super::error::{RawError, brief};

/// How texts are cleaned before they are tokenised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clean {
    /// As CLIP's own training code: broken encodings repaired, HTML entities decoded twice, white space made single
    /// spaces, lower case.
    OpenAi,
    /// Not at all, as `transformers` does.
    None,
}

impl Clean {
    /// `text` cleaned.
    pub(crate) fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::OpenAi => Cow::Owned(openai(text)),
            Self::None => Cow::Borrowed(text),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Clean {
    type Err = RawError;

    fn from_str(name: &str) -> Result<Self, RawError> {
        [Self::OpenAi, Self::None]
            .into_iter()
            .find(|clean| clean.name() == name)
            .ok_or_else(|| RawError::Clean { name: brief(name) })
    }
}

fn openai(text: &str) -> String {
    let twice = unescaped(&unescaped(&fixed(&without_escapes(text))));
    let words: Vec<&str> = twice.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// `text` with its HTML entities decoded. Those of control characters are left out, as Python's `html.unescape` does; no
/// other control characters are left by now.
fn unescaped(text: &str) -> String {
    htmlize::unescape(text)
        .replace(|c| matches!(c, '\u{1}'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}'), "")
}

/// Longest piece of a line that is repaired at once, in bytes.
const LONGEST_PIECE: usize = 1 << 19;

/// Broken encodings, curly quotes, full-width letters and the like repaired line by line, as ftfy does.
fn fixed(text: &str) -> String {
    // Once a line has a `<`, ftfy takes the text for markup and leaves entities as they are. `plsfix` has no such
    // rule, so a form feed keeps it from seeing them.
    let mut is_markup = false;
    let mut whole = String::with_capacity(text.len());
    for mut line in text.split_inclusive('\n') {
        is_markup |= line.contains('<');
        while !line.is_empty() {
            let (piece, rest) = line.split_at(line.floor_char_boundary(LONGEST_PIECE));
            line = rest;
            if is_markup {
                let hidden = repaired(piece.replace('&', "&\u{c}"));
                whole.push_str(&hidden.replace("&\u{c}", "&"));
            } else {
                whole.push_str(&repaired(piece.to_owned()));
            }
        }
    }
    whole
}

/// How often a piece is repaired at most, as in `plsfix`.
const ROUNDS: usize = 16;

/// A piece of a line repaired until nothing changes: first what was read in a wrong code page, then the rest.
fn repaired(mut piece: String) -> String {
    let entities = TextFixerConfig {
        remove_terminal_escapes: false,
        fix_c1_controls: false,
        fix_latin_ligatures: false,
        fix_character_width: false,
        uncurl_quotes: false,
        fix_line_breaks: false,
        remove_control_chars: false,
        normalization: None,
        ..TextFixerConfig::default()
    };
    let fix = |text: &str, config, fix_encoding| {
        plsfix::fix_and_explain(text, false, Some(&TextFixerConfig { fix_encoding, ..config })).text
    };
    for _ in 0..ROUNDS {
        // Signs that alone make `plsfix` take a piece for broken keep it as it is.
        let signless = encoding::without_signs(&piece);
        let may_read = signless == piece || fix(&signless, entities, true) != fix(&signless, entities, false);
        let mut next = encoding::repaired(&fix(&piece, entities, may_read)).into_owned();
        if next == piece {
            next = fix(&piece, TextFixerConfig::default(), may_read);
        }
        if next == piece {
            break;
        }
        piece = next;
    }
    piece
}

/// `text` without the escape sequences that colour a terminal's text; `plsfix` leaves their letters.
fn without_escapes(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        let mut letters = rest.chars();
        if letters.next().is_some_and(|c| c.is_ascii_alphabetic()) {
            kept.push_str(letters.as_str());
        } else {
            kept.push_str("\u{1b}[");
            kept.push_str(piece);
        }
    }
    kept
}
