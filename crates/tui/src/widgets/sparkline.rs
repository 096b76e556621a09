//! A curve as one line of block characters.

use crate::theme::Glyphs;

// No full block: lines below each other would grow together.
const BLOCKS: [char; 7] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇'];
const LETTERS: [char; 7] = ['_', '.', '-', '=', '+', '*', '#'];

/// `values` between `low` and `high` as at most `width` characters.
pub fn sparkline(values: &[f64], low: f64, high: f64, width: usize, glyphs: Glyphs) -> String {
    let levels = match glyphs {
        Glyphs::Unicode => BLOCKS,
        Glyphs::Ascii => LETTERS,
    };
    let shown = values.len().min(width);
    let span = if high > low { high - low } else { 1.0 };
    let at = |place: usize| {
        // First and last value are always shown.
        let index = if shown > 1 { place * (values.len() - 1) / (shown - 1) } else { 0 };
        let share = ((values[index] - low) / span).clamp(0.0, 1.0);
        levels[(share * 6.0).round() as usize]
    };
    (0..shown).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_goes_down_and_a_narrow_one_keeps_its_ends() {
        assert_eq!(sparkline(&[1.0, 0.5, 0.0], 0.0, 1.0, 10, Glyphs::Unicode), "▇▄▁");
        assert_eq!(sparkline(&[1.0, 0.9, 0.5, 0.0], 0.0, 1.0, 2, Glyphs::Ascii), "#_");
        assert_eq!(sparkline(&[], 0.0, 1.0, 5, Glyphs::Unicode), "");
    }
}
