//! A terminal's screen as an SVG. Lines, blocks and Braille dots are drawn, so that they meet in any font.

use std::collections::BTreeMap;
use std::fmt::Write;

use vt100::{Cell, Color, Screen};

const CELL: (f64, f64) = (8.0, 17.0);
const MARGIN: f64 = 12.0;
const FONT_SIZE: f64 = 13.3;
/// Of a cell's height, where letters stand.
const BASELINE: f64 = 13.0;
const FOREGROUND: (u8, u8, u8) = (214, 218, 224);
const BACKGROUND: (u8, u8, u8) = (18, 20, 26);

type Rgb = (u8, u8, u8);

/// Shapes of one colour, as the data of two paths.
#[derive(Default)]
struct Shapes {
    filled: String,
    lines: String,
    dots: String,
}

/// The screen as one document.
pub(crate) fn svg(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let (width, height) =
        (f64::from(columns) * CELL.0 + 2.0 * MARGIN, f64::from(rows) * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n",
        hex(BACKGROUND)
    );
    let mut shapes: BTreeMap<Rgb, Shapes> = BTreeMap::new();
    let mut texts = String::new();
    for row in 0..rows {
        let cells: Vec<&Cell> = (0..columns).filter_map(|column| screen.cell(row, column)).collect();
        backgrounds(&cells, row, &mut svg);
        for (column, cell) in cells.iter().enumerate() {
            shape(cell, origin(row, column), shapes.entry(colours(cell).0).or_default());
        }
        write_text(&cells, row, &mut texts);
    }
    for (color, Shapes { filled, lines, dots }) in &shapes {
        let color = hex(*color);
        if !filled.is_empty() {
            let _ = writeln!(svg, "<path fill=\"{color}\" d=\"{filled}\"/>");
        }
        if !lines.is_empty() {
            let _ = writeln!(svg, "<path stroke=\"{color}\" d=\"{lines}\"/>");
        }
        if !dots.is_empty() {
            let _ = writeln!(
                svg,
                "<path stroke=\"{color}\" stroke-width=\"2\" stroke-linecap=\"round\" d=\"{dots}\"/>"
            );
        }
    }
    let _ = write!(
        svg,
        "<g font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"{FONT_SIZE}\" \
         xml:space=\"preserve\" lengthAdjust=\"spacingAndGlyphs\">\n{texts}</g>\n</svg>\n"
    );
    svg
}

fn origin(row: u16, column: usize) -> (f64, f64) {
    (MARGIN + column as f64 * CELL.0, MARGIN + f64::from(row) * CELL.1)
}

fn hex((red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Fore- and background as they are shown.
fn colours(cell: &Cell) -> (Rgb, Rgb) {
    let rgb = |color, default| match color {
        Color::Rgb(red, green, blue) => (red, green, blue),
        // The picture is taken in true colour.
        Color::Default | Color::Idx(_) => default,
    };
    let both = (rgb(cell.fgcolor(), FOREGROUND), rgb(cell.bgcolor(), BACKGROUND));
    if cell.inverse() { (both.1, both.0) } else { both }
}

/// A rectangle for each run of cells with a background of their own.
fn backgrounds(cells: &[&Cell], row: u16, svg: &mut String) {
    let mut column = 0;
    for run in cells.chunk_by(|a, b| colours(a).1 == colours(b).1) {
        let color = colours(run[0]).1;
        if color != BACKGROUND {
            let (x, y) = origin(row, column);
            let width = run.len() as f64 * CELL.0;
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{}\"/>",
                CELL.1,
                hex(color)
            );
        }
        column += run.len();
    }
}

/// A text for each run of letters of one look, as wide as its cells.
fn write_text(cells: &[&Cell], row: u16, texts: &mut String) {
    let look = |cell: &Cell| (colours(cell).0, cell.bold(), is_text(cell));
    let mut column = 0;
    for run in cells.chunk_by(|a, b| look(a) == look(b)) {
        let first = column;
        column += run.len();
        if !is_text(run[0]) {
            continue;
        }
        let (x, y) = origin(row, first);
        let text: String = run.iter().map(|cell| cell.contents()).collect();
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let bold = if run[0].bold() { " font-weight=\"bold\"" } else { "" };
        let _ = writeln!(
            texts,
            "<text x=\"{x}\" y=\"{}\" textLength=\"{}\" fill=\"{}\"{bold}>{text}</text>",
            y + BASELINE,
            run.len() as f64 * CELL.0,
            hex(colours(run[0]).0),
        );
    }
}

fn letter(cell: &Cell) -> char {
    cell.contents().chars().next().unwrap_or(' ')
}

/// Whether it is written: no blank and nothing that [`shape`] draws.
fn is_text(cell: &Cell) -> bool {
    let letter = letter(cell);
    let drawn = matches!(letter, '\u{2800}'..='\u{28ff}' | '▀'..='▏' | '░') || arms(letter).is_some();
    letter != ' ' && !drawn
}

/// Draws a Braille pattern, a block or a line into its cell.
fn shape(cell: &Cell, (x, y): (f64, f64), shapes: &mut Shapes) {
    let (width, height) = CELL;
    let mut rectangle = |x: f64, y: f64, width: f64, height: f64| {
        let _ = write!(shapes.filled, "M{x} {y}h{width}v{height}h-{width}z");
    };
    match letter(cell) {
        '█' => rectangle(x, y, width, height),
        '▀' => rectangle(x, y, width, height / 2.0),
        // Eighths from below, then from the left.
        lower @ '▁'..='▇' => {
            let filled = height * f64::from(lower as u32 - '▁' as u32 + 1) / 8.0;
            rectangle(x, y + height - filled, width, filled);
        }
        left @ '▉'..='▏' => {
            rectangle(x, y, width * f64::from('▏' as u32 - left as u32 + 1) / 8.0, height);
        }
        '░' => {
            for (column, row) in [(1.0, 2.0), (5.0, 4.5), (1.0, 7.0), (5.0, 9.5), (1.0, 12.0), (5.0, 14.5)] {
                rectangle(x + column, y + row, 1.0, 1.0);
            }
        }
        braille @ '\u{2801}'..='\u{28ff}' => {
            // Unicode's numbering of the dots: down the left, down the right, then the lowest row.
            const PLACES: [(f64, f64); 8] =
                [(0., 0.), (0., 1.), (0., 2.), (1., 0.), (1., 1.), (1., 2.), (0., 3.), (1., 3.)];
            let bits = braille as u32 - 0x2800;
            for (bit, (column, row)) in PLACES.iter().enumerate() {
                if bits >> bit & 1 == 1 {
                    let (x, y) = (x + width * (0.25 + 0.5 * column), y + height * (0.125 + 0.25 * row));
                    let _ = write!(shapes.dots, "M{x} {y:.1}h0");
                }
            }
        }
        line => {
            let Some([left, right, up, down]) = arms(line) else { return };
            let (middle_x, middle_y) = (x + width / 2.0, y + height / 2.0);
            let from = if left { x } else { middle_x };
            let to = if right { x + width } else { middle_x };
            if to > from {
                let _ = write!(shapes.lines, "M{from} {middle_y}H{to}");
            }
            let from = if up { y } else { middle_y };
            let to = if down { y + height } else { middle_y };
            if to > from {
                let _ = write!(shapes.lines, "M{middle_x} {from}V{to}");
            }
        }
    }
}

/// Where a line goes from the middle of its cell: left, right, up, down.
const fn arms(letter: char) -> Option<[bool; 4]> {
    match letter {
        '─' => Some([true, true, false, false]),
        '│' => Some([false, false, true, true]),
        '┤' => Some([true, false, true, true]),
        '├' => Some([false, true, true, true]),
        '┴' => Some([true, true, true, false]),
        '┬' => Some([true, true, false, true]),
        '┼' => Some([true, true, true, true]),
        '└' | '╰' => Some([false, true, true, false]),
        '┘' | '╯' => Some([true, false, true, false]),
        '┌' | '╭' => Some([false, true, false, true]),
        '┐' | '╮' => Some([true, false, false, true]),
        _ => None,
    }
}
