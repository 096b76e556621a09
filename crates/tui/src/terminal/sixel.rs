//! A picture as sixels (DEC STD 070): rows of six pixels, a colour after the other, repeated columns counted.

use std::fmt::Write as _;

use super::background::Colour;
use super::image::{Image, Rgba};

/// The sequence that draws it where the cursor is. Sixels are there or not: what lets the background through is mixed
/// with `behind`, and what is transparent stays as it is.
pub(super) fn sixels(image: &Image, behind: Colour) -> String {
    let (width, height) = (image.width as usize, image.height as usize);
    // The second parameter: pixels that are not drawn keep what they show.
    let mut text = format!("\x1bP0;1;0q\"1;1;{width};{height}");
    for (place, &colour) in image.palette.iter().enumerate().skip(1) {
        let [red, green, blue] = mixed(colour, behind).map(|part| (u32::from(part) * 100 + 127) / 255);
        // A string takes everything that is written to it.
        let _ = write!(text, "#{place};2;{red};{green};{blue}");
    }
    for rows in image.pixels.chunks(width * 6) {
        // For each colour of the rows its six bits of each column.
        let mut columns: Vec<Option<Vec<u8>>> = vec![None; image.palette.len()];
        for (at, &place) in rows.iter().enumerate().filter(|(_, place)| **place > 0) {
            if let Some(bits) = columns.get_mut(usize::from(place)) {
                bits.get_or_insert_with(|| vec![0; width])[at % width] |= 1 << (at / width);
            }
        }
        for (place, bits) in columns.iter().enumerate() {
            let Some(bits) = bits else { continue };
            let _ = write!(text, "#{place}");
            let used = bits.iter().rposition(|&bits| bits > 0).map_or(0, |last| last + 1);
            for run in bits[..used].chunk_by(|one, other| one == other) {
                let letter = char::from(run[0] + b'?');
                if run.len() > 3 {
                    let _ = write!(text, "!{}{letter}", run.len());
                } else {
                    text.extend(run.iter().map(|_| letter));
                }
            }
            // Back to the beginning of these rows.
            text.push('$');
        }
        text.push('-');
    }
    text + "\x1b\\"
}

/// The colour as it looks over `behind`.
fn mixed(colour: Rgba, behind: Colour) -> [u8; 3] {
    let alpha = u32::from(colour[3]);
    [0, 1, 2].map(|part| {
        let sum = u32::from(colour[part]) * alpha + u32::from(behind.0[part]) * (255 - alpha);
        (sum / 255) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws as a terminal does: red, green, blue in hundredths of each pixel that is drawn.
    fn drawn(text: &str) -> (usize, usize, Vec<Option<[u32; 3]>>) {
        let body =
            text.strip_prefix("\x1bP0;1;0q\"1;1;").and_then(|text| text.strip_suffix("\x1b\\")).unwrap();
        let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
        let width = number(body);
        let height = number(&body[width.len() + 1..]);
        let mut rest = &body[width.len() + 1 + height.len()..];
        let (width, height): (usize, usize) = (width.parse().unwrap(), height.parse().unwrap());
        let mut pixels = vec![None; width * height];
        let (mut colours, mut colour, mut column, mut row) = (vec![[0; 3]; 256], 0, 0, 0);
        while let Some(letter) = rest.chars().next() {
            rest = &rest[1..];
            match letter {
                '#' => {
                    let parts =
                        rest.chars().take_while(|c| c.is_ascii_digit() || *c == ';').collect::<String>();
                    rest = &rest[parts.len()..];
                    let parts: Vec<u32> = parts.split(';').map(|part| part.parse().unwrap()).collect();
                    colour = parts[0] as usize;
                    if let [_, 2, red, green, blue] = parts[..] {
                        colours[colour] = [red, green, blue];
                    }
                }
                '$' => column = 0,
                '-' => (column, row) = (0, row + 6),
                _ => {
                    let (mut count, mut bits) = (1, letter);
                    if letter == '!' {
                        let digits = number(rest);
                        count = digits.parse().unwrap();
                        bits = rest[digits.len()..].chars().next().unwrap();
                        rest = &rest[digits.len() + 1..];
                    }
                    for _ in 0..count {
                        for bit in (0..6).filter(|bit| (bits as u8 - b'?') >> bit & 1 == 1) {
                            pixels[(row + bit) * width + column] = Some(colours[colour]);
                        }
                        column += 1;
                    }
                }
            }
        }
        (width, height, pixels)
    }

    #[test]
    fn a_terminal_draws_the_picture_again() {
        let pixels: Vec<Rgba> = (0..16 * 13)
            .map(|at| match (at / 16, at % 16) {
                (row, column) if row == column => [255, 0, 0, 255],
                (5..=7, 2..=13) => [0, 102, 0, 255],
                (10, _) => [255, 255, 255, 102],
                _ => [0; 4],
            })
            .collect();
        let image = Image::new((16, 13), &pixels, 8);
        let (width, height, shown) = drawn(&sixels(&image, Colour([0, 0, 0])));
        assert_eq!((width, height), (16, 13));
        for (at, (pixel, shown)) in pixels.iter().zip(shown).enumerate() {
            let expected = match pixel {
                [_, _, _, 0] => None,
                [255, 0, 0, 255] => Some([100, 0, 0]),
                [0, 102, 0, 255] => Some([0, 40, 0]),
                // Two fifths of white, over black.
                _ => Some([40, 40, 40]),
            };
            assert_eq!(shown, expected, "pixel {at}");
        }
    }
}
