//! Repairs of text that was read in a wrong code page, where ftfy 6.3 does more or less than `plsfix`, a port of ftfy 6.1.
//!
//! Which characters count is as in ftfy 6.3.1, which also knows Windows-1257 for more than punctuation. `scripts/tokens.py`
//! compares the two.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use encoding_rs::{
    Encoding, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1257,
};

/// Letters with accents and the like, capital and small.
const CAPITALS: &str = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ";
const SMALL: &str = "ßàáâãäåæçèéêëìíîïðñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźžżґﬁﬂ";
/// What begins a phrase, and so seldom stands inside a word.
const OPENING: &str = "¡«¿©΄΅‘‚“„•‹\u{f8ff}";
/// What may be a byte of UTF-8 read wrongly, but stands for itself often.
const COMMON: &str = "–—―‘’‚“”„•…";

/// The byte of each character that is not ASCII, in the code pages that are tried, in that order.
static PAGES: LazyLock<Vec<HashMap<char, u8>>> = LazyLock::new(|| {
    [WINDOWS_1252, WINDOWS_1251, WINDOWS_1250, WINDOWS_1253, WINDOWS_1254, WINDOWS_1257]
        .iter()
        .map(|page| (0x80..=0xff).filter_map(|byte| Some((letter(page, byte)?, byte))).collect())
        .collect()
});

/// What `byte` is in the code page.
fn letter(page: &'static Encoding, byte: u8) -> Option<char> {
    page.decode_without_bom_handling_and_without_replacement(&[byte])?.chars().next()
}

/// `text`, or its parts, read as the UTF-8 that it seems to be.
pub(super) fn repaired(text: &str) -> Cow<'_, str> {
    if !is_broken(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(reread(text).unwrap_or_else(|| parts_reread(text)))
}

/// Whether letters stand beside each other that `plsfix` does not take for a wrong code page, though ftfy 6.3 does.
fn is_broken(text: &str) -> bool {
    let mut next = text.chars().skip(1);
    text.chars().any(|first| {
        let second = next.next().unwrap_or_default();
        let third = next.clone().next().unwrap_or_default();
        let capital = CAPITALS.contains(first);
        (capital && second == '°')
            || ("ÂÃÎÐ".contains(first) && second == 'œ')
            || (first == 'ā' && second == '€')
            || ((capital || SMALL.contains(first))
                && OPENING.contains(second)
                && (third.is_alphanumeric() || third == '_'))
    })
}

/// `text` read as UTF-8, from the first code page in which it is that.
fn reread(text: &str) -> Option<String> {
    let bytes = |page: &HashMap<char, u8>| {
        let mut bytes = Vec::with_capacity(text.len());
        for c in text.chars() {
            match page.get(&c) {
                Some(&byte) => bytes.push(byte),
                // A character that was lost already stays lost.
                None if c.is_ascii() || c == '\u{fffd}' => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
                None => return None,
            }
        }
        String::from_utf8(bytes).ok()
    };
    PAGES.iter().find_map(bytes)
}

/// `text` with each run of characters that looks like UTF-8 read as such, if the run alone is broken.
fn parts_reread(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let (mut whole, mut place) = (String::with_capacity(text.len()), 0);
    while let Some(&letter) = letters.get(place) {
        // The rest of a longer garble stays whole.
        let is_rest = place > 0 && follows(letters[place - 1]) && !COMMON.contains(letters[place - 1]);
        let mut end = place;
        while !is_rest && let Some(length) = sequence(&letters[end..]) {
            end += length;
        }
        let run: String = letters[place..end].iter().collect();
        match Some(&run).filter(|run| is_broken(run)).and_then(|run| reread(run)) {
            Some(read) => whole.push_str(&read),
            None if end == place => whole.push(letter),
            None => whole.push_str(&run),
        }
        place = end.max(place + 1);
    }
    whole
}

/// How many characters at the beginning could be one character's bytes in UTF-8. A space may be a no-break space.
fn sequence(letters: &[char]) -> Option<usize> {
    let &first = letters.first()?;
    (2..=4).find(|&length| {
        letters.len() >= length
            && has_byte(first, |byte| match length {
                2 => (0xc2..=0xdf).contains(&byte),
                3 => (0xe0..=0xef).contains(&byte),
                _ => byte == 0xf0 || byte == 0xf3,
            })
            && letters[1..length].iter().all(|&c| c == ' ' || follows(c))
    })
}

/// Whether the character could be a byte of UTF-8 that continues a character.
fn follows(c: char) -> bool {
    has_byte(c, |byte| byte < 0xc0)
}

/// Whether the character's byte in one of the code pages passes.
fn has_byte(c: char, passes: impl Fn(u8) -> bool) -> bool {
    PAGES.iter().filter_map(|page| page.get(&c)).any(|&byte| passes(byte))
}

/// `text` without the signs § and ¶ that ftfy 6.3 no longer takes for a wrong code page, and `plsfix` does. A dot that has a
/// place in every code page stands for them.
pub(super) fn without_signs(text: &str) -> Cow<'_, str> {
    if !text.contains(['§', '¶']) {
        return Cow::Borrowed(text);
    }
    let mut before = ' ';
    let dotted = |c| {
        let is_sign = matches!(c, '§' | '¶') && !CAPITALS.contains(before) && !('─'..='▟').contains(&before);
        before = c;
        if is_sign { '·' } else { c }
    };
    Cow::Owned(text.chars().map(dotted).collect())
}
