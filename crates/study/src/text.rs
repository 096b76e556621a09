//! Text from outside (data, configuration, file names, journals, errors) made safe to show.
//!
//! One set of rules for terminals, reports, exports and logs:
//!
//! - White space of every kind, line breaks and U+2028/U+2029 included, becomes a plain space.
//! - Control characters of both sets (U+0000–001F, U+007F, U+0080–009F) are left out: a terminal obeys them.
//! - Invisible format characters are left out: they turn the direction of writing, or make one name look like
//!   another. See [`is_unsafe`] for the list.
//!
//! Escaping for a format (HTML, LaTeX, Markdown, CSV) comes after this and is the format's own.

use std::fmt::{Display, Write};

/// `text` as one line that is safe to show anywhere.
pub fn one_line(text: impl Display) -> String {
    let spaced = text.to_string();
    spaced.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|&c| !is_unsafe(c)).collect()
}

/// `text` as one line of `most` characters at most; `…` stands for what is left out.
pub fn brief(text: impl Display, most: usize) -> String {
    let mut text = one_line(text);
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// `text` likewise, with its line breaks (`\n`) kept: for messages and reports of several lines.
pub fn lines(text: impl Display) -> String {
    text.to_string().split('\n').map(one_line).collect::<Vec<_>>().join("\n")
}

/// A JSON document with every unsafe character written as `\uXXXX`; `\n` between values stays. The document means
/// the same: in JSON such characters stand in strings only.
pub fn json(document: &str) -> String {
    let mut text = String::with_capacity(document.len());
    for c in document.chars() {
        if c != '\n' && (is_unsafe(c) || matches!(c, '\u{2028}' | '\u{2029}')) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // A string takes everything that is written to it.
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    text
}

/// Whether `c` is left out: a control character, or an invisible one that changes how its neighbours are shown.
pub const fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Soft hyphen, grapheme joiner, Arabic letter mark, vowel separators, fillers.
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{3164}' | '\u{ffa0}'
        // Zero-width characters, direction marks, embeddings, overrides, isolates, separators.
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        // Interlinear annotation, no characters, notation controls, tags.
        | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind that is left out.
    const UNSAFE: [char; 20] = [
        '\0',
        '\u{7}',
        '\u{1b}',
        '\u{7f}',
        '\u{9b}',
        '\u{ad}',
        '\u{61c}',
        '\u{180e}',
        '\u{200b}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{202a}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{2069}',
        '\u{feff}',
        '\u{fff9}',
        '\u{e0041}',
    ];

    #[test]
    fn foreign_text_becomes_one_line_that_no_terminal_obeys() {
        assert_eq!(one_line("a\x1b[31mb\u{9b}2Jc\r\nd\u{202e}e\u{2028}f\tg"), "a[31mb2Jc  de f g");
        assert_eq!(one_line("Übung ✓ 漢字 é"), "Übung ✓ 漢字 é");
        for c in UNSAFE {
            assert_eq!(one_line(format!("a{c}b")).replace(' ', ""), "ab", "{:x}", u32::from(c));
        }
    }

    #[test]
    fn several_lines_keep_their_breaks_and_nothing_else() {
        assert_eq!(lines("a\u{202e}\r\n\tb\u{85}c"), "a \n b c");
        assert_eq!(lines(""), "");
    }

    #[test]
    fn a_json_document_keeps_its_meaning() {
        for c in UNSAFE.into_iter().chain(['\u{2028}']) {
            let text = format!("a{c}\n\u{e9}");
            let document = serde_json::to_string_pretty(&[&text]).unwrap();
            let escaped = json(&document);
            assert!(!escaped.chars().any(|c| c != '\n' && is_unsafe(c)), "{escaped:?}");
            assert_eq!(serde_json::from_str::<[String; 1]>(&escaped).unwrap(), [text]);
        }
    }
}
