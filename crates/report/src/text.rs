//! Text that comes from data escaped for the format that it goes to, after [`one_line`] made it safe to show.

use std::fmt::Write;

use study::text::one_line;

/// For a cell or a line of Markdown: nothing of it is markup.
pub(super) fn markdown(text: &str) -> String {
    let mut safe = String::new();
    for c in one_line(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            // A quotation at the start of a line, and nothing elsewhere: people read the file as it is.
            '>' if safe.trim_start().is_empty() => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '$' => safe.extend(['\\', c]),
            c => safe.push(c),
        }
    }
    safe
}

/// For running text of LaTeX.
pub(super) fn latex(text: &str) -> String {
    let mut safe = String::new();
    for c in one_line(text).chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => safe.extend(['\\', c]),
            '\\' => safe.push_str(r"\textbackslash{}"),
            '~' => safe.push_str(r"\textasciitilde{}"),
            '^' => safe.push_str(r"\textasciicircum{}"),
            '<' => safe.push_str(r"\textless{}"),
            '>' => safe.push_str(r"\textgreater{}"),
            '|' => safe.push_str(r"\textbar{}"),
            // As a number: the command for it wants another font encoding than LaTeX's default.
            '"' => safe.push_str(r"\char34{}"),
            '±' => safe.push_str(r"$\pm$"),
            '·' => safe.push_str(r"$\cdot$"),
            '×' => safe.push_str(r"$\times$"),
            '−' => safe.push_str("$-$"),
            'α' => safe.push_str(r"$\alpha$"),
            '–' => safe.push_str("--"),
            'μ' => safe.push_str(r"$\mu$"),
            '…' => safe.push_str(r"\dots{}"),
            // LaTeX knows the letters of western Europe by itself; of others it stops.
            c if c > '\u{ff}' => {
                let _ = write!(safe, "U+{:04X}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}

/// For HTML, in running text and between double quotes.
pub(super) fn html(text: &str) -> String {
    let mut safe = String::new();
    for c in one_line(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// For a field of CSV, whose writer quotes: a spreadsheet takes it for no formula.
pub(super) fn csv(text: &str) -> String {
    let text = one_line(text);
    if text.trim_start().starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

/// At most `most` characters, the last of them `…` where something is missing.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Lines of at most `width` characters, broken at spaces; later ones begin with `indent`.
pub(super) fn wrapped(text: &str, width: usize, indent: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last().map_or("", String::as_str);
        let used = line.chars().count();
        if used + 1 + word.chars().count() > width && !line.trim().is_empty() {
            lines.push(format!("{indent}{word}"));
        } else if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_leave_no_markup() {
        assert_eq!(markdown("a|b <i> *c* \n_d_"), "a\\|b &lt;i> \\*c\\*  \\_d\\_");
        assert_eq!(latex(r"50% of a_b & \x{}"), r"50\% of a\_b \& \textbackslash{}x\{\}");
        assert_eq!(html("<a href=\"x\">&'\u{1b}"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
        assert_eq!((csv("=1+1"), csv("-2"), csv("a=1")), ("'=1+1".into(), "'-2".into(), "a=1".into()));
    }

    #[test]
    fn long_text_is_shortened_and_wrapped_at_spaces() {
        assert_eq!(shortened("abcdef", 4), "abc…");
        assert_eq!(shortened("abcd", 4), "abcd");
        assert_eq!(wrapped("one two three four", 9, "  "), ["one two", "  three", "  four"]);
    }
}
