//! The theme's colours as red, green and blue, for what is drawn in pixels.

use ratatui::style::Color;

/// A colour of the theme; none where it is the terminal's own.
pub(super) fn rgb(colour: Color) -> Option<(u8, u8, u8)> {
    /// What xterm shows for the 16 that have names.
    const NAMED: [(u8, u8, u8); 16] = [
        (0, 0, 0),
        (205, 0, 0),
        (0, 205, 0),
        (205, 205, 0),
        (0, 0, 238),
        (205, 0, 205),
        (0, 205, 205),
        (229, 229, 229),
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ];
    let number = match colour {
        Color::Reset => return None,
        Color::Rgb(r, g, b) => return Some((r, g, b)),
        Color::Indexed(number) => number,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
    Some(match number {
        0..16 => NAMED[usize::from(number)],
        16..232 => {
            let cube = number - 16;
            (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        grey => {
            let level = 8 + 10 * (grey - 232);
            (level, level, level)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_every_depth_have_a_value() {
        assert_eq!(rgb(Color::Rgb(1, 2, 3)), Some((1, 2, 3)));
        assert_eq!(rgb(Color::Indexed(74)), Some((95, 175, 215)));
        assert_eq!(rgb(Color::Indexed(244)), Some((128, 128, 128)));
        assert_eq!(rgb(Color::LightBlue), rgb(Color::Indexed(12)));
        assert_eq!(rgb(Color::Reset), None);
    }
}
