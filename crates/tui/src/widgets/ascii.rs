//! A frame for a terminal that shows ASCII alone.

use ratatui::buffer::Buffer;

/// The last resort for what texts hold; what the program itself draws has its ASCII in the theme.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in buffer.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
        let symbol = match cell.symbol() {
            "±" => "~",
            "–" | "−" => "-",
            "×" => "x",
            "α" => "a",
            "←" => "<",
            "…" => ".",
            "→" => ">",
            "·" => "|",
            _ => "?",
        };
        cell.set_symbol(symbol);
    }
}
