//! A picture's colours and modifiers as a grid of letters beside its text, with a legend of those in use.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use crate::theme::{Fill, Theme};
use study::feed::Level;
use study::model::ModelId;

/// Letters of looks; a look that is not here fails the test, so that a new one is named on purpose.
const LETTERS: [(char, &str); 36] = [
    ('b', "bold"),
    ('u', "bold, underlined"),
    ('`', "underlined"),
    ('_', "reversed"),
    ('#', "bold, reversed"),
    (':', "dim"),
    ('-', "grey"),
    ('=', "grey, dim"),
    ('z', "grey, bold, underlined"),
    ('~', "grey, reversed"),
    ('*', "grey, bold"),
    ('@', "grey, bold, reversed"),
    ('y', "yellow"),
    ('%', "yellow, reversed"),
    ('k', "yellow, bold"),
    ('$', "yellow, bold, reversed"),
    ('c', "blue"),
    (',', "blue, dim"),
    ('f', "blue, bold, underlined"),
    ('<', "blue, reversed"),
    ('p', "green"),
    (';', "green, dim"),
    ('g', "green, bold, underlined"),
    ('>', "green, reversed"),
    ('s', "green, bold"),
    ('+', "green, bold, reversed"),
    ('t', "vermillion"),
    ('.', "vermillion, dim"),
    ('h', "vermillion, bold, underlined"),
    ('^', "vermillion, reversed"),
    ('e', "vermillion, bold"),
    ('!', "vermillion, bold, reversed"),
    // Half a cell of a band.
    ('1', "blue shade"),
    ('2', "green shade"),
    ('3', "vermillion shade"),
    ('4', "grey shade"),
];
/// What stands on a band's shade, in the order of the letters of [`SHADED`].
const ON_SHADE: [&str; 10] = [
    "",
    "grey",
    "blue",
    "green",
    "vermillion",
    "yellow",
    "grey, dim",
    "blue, dim",
    "green, dim",
    "vermillion, dim",
];
/// Letters on each shade.
const SHADED: [(&str, &str); 4] = [
    ("blue shade", "ABCDEFGHIJ"),
    ("green shade", "KLMNOPQRST"),
    ("vermillion shade", "0123456789"),
    ("grey shade", "ÀÁÂÃÄÅÆÇÈÉ"),
];
/// Placeholder of a look that has no letter, until the picture is done.
const UNNAMED: char = '?';

/// The styles of every cell that shows some, and below them what the letters mean.
pub(super) fn styles(buffer: &Buffer, theme: Theme) -> String {
    let names = names(theme);
    let width = usize::from(buffer.area.width).max(1);
    let mut used = BTreeSet::new();
    let mut text = String::new();
    for row in buffer.content().chunks(width) {
        let line: String = row.iter().map(|cell| letter(cell, &names, &mut used)).collect();
        // The bar stands below the quotation mark of the text, so that columns match.
        text.push_str(format!("|{line}").trim_end());
        text.push('\n');
    }
    let unnamed: Vec<&String> =
        used.iter().filter(|(letter, _)| *letter == UNNAMED).map(|(_, look)| look).collect();
    assert!(unnamed.is_empty(), "no letter for {unnamed:?}");
    for (letter, look) in used {
        let _ = writeln!(text, "{letter} {look}");
    }
    text
}

/// The looks that are on the screen, by name; a blank has none but its background's.
pub(super) fn looks(buffer: &Buffer, theme: Theme) -> BTreeSet<String> {
    let names = names(theme);
    let mut used = BTreeSet::new();
    for cell in buffer.content() {
        letter(cell, &names, &mut used);
    }
    used.into_iter().map(|(_, look)| look).collect()
}

/// What the theme's colours are.
pub(super) fn palette(theme: Theme) -> String {
    let mut lines: Vec<String> =
        names(theme).into_iter().map(|(color, name)| format!("{name} {color}")).collect();
    lines.sort();
    lines.join("\n")
}

fn letter(cell: &Cell, names: &BTreeMap<String, &str>, used: &mut BTreeSet<(char, String)>) -> char {
    let name = |color: Color| *names.get(&format!("{color:?}")).unwrap_or(&"a colour of no name");
    let look = look(cell, name);
    if cell.bg == Color::Reset {
        if look.is_empty() {
            return ' ';
        }
        let letter = LETTERS.iter().find(|(_, name)| *name == look).map_or(UNNAMED, |(letter, _)| *letter);
        used.insert((letter, look));
        return letter;
    }
    let shade = name(cell.bg);
    let place = ON_SHADE.iter().position(|name| *name == look);
    let letters = SHADED.iter().find(|(name, _)| *name == shade).map_or("", |(_, letters)| letters);
    let letter = place.and_then(|place| letters.chars().nth(place)).unwrap_or(UNNAMED);
    used.insert((letter, format!("{look} on {shade}").trim_start().to_owned()));
    letter
}

/// The cell's foreground by name; empty where nothing is seen.
fn look<'a>(cell: &Cell, name: impl Fn(Color) -> &'a str) -> String {
    let is_blank = cell.symbol() == " ";
    let modifier = if is_blank { cell.modifier & Modifier::REVERSED } else { cell.modifier };
    let is_seen = cell.fg != Color::Reset && (!is_blank || !modifier.is_empty());
    let colour = is_seen.then(|| name(cell.fg).to_owned());
    let modifiers = modifier.iter_names().map(|(name, _)| name.to_ascii_lowercase());
    colour.into_iter().chain(modifiers).collect::<Vec<_>>().join(", ")
}

/// The theme's colours by name.
fn names(theme: Theme) -> BTreeMap<String, &'static str> {
    let mut names = BTreeMap::new();
    let mut name = |color: Option<Color>, text| {
        if let Some(color) = color {
            names.entry(format!("{color:?}")).or_insert(text);
        }
    };
    let fusions = [
        (ModelId::CONCAT, "blue", "blue shade"),
        (ModelId::PRODUCT, "green", "green shade"),
        (ModelId::TENSOR, "vermillion", "vermillion shade"),
        (ModelId::TEXT, "grey", "grey shade"),
    ];
    for (fusion, hue, shade) in fusions {
        name(theme.fusion(fusion).fg, hue);
        if let Fill::Shade(style) = theme.band(fusion) {
            name(style.bg, shade);
        }
    }
    name(theme.level(Level::Warning).fg, "yellow");
    names
}
