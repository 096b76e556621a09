//! A picture on its way to the terminal: put over cells, and taken away.

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::background::Colour;
use super::clipboard::base64;
use super::graphics::Protocol;
use super::image::Image;
use super::sixel::sixels;

/// Letters of a piece at most, as Kitty's protocol has it.
const PIECE: usize = 4_096;

/// The sequence that puts the picture over the cells of `place`, from the left and the top of the screen counted from 0.
/// A terminal that knows pictures by numbers (Kitty) has it as `number`. Empty where it cannot be encoded.
pub(crate) fn put(
    protocol: Protocol,
    image: &Image,
    (place, number): (Rect, u32),
    behind: Colour,
) -> Vec<u8> {
    let picture = match protocol {
        Protocol::Kitty => kitty(image, place, number),
        Protocol::Iterm => iterm(image, place),
        Protocol::Sixel => Some(sixels(image, behind)),
    };
    picture.map_or_else(Vec::new, |picture| (at(place.x, place.y) + &picture).into_bytes())
}

/// The sequence that blanks the cells of `place`, with what pictures lie in them.
pub(crate) fn blank(place: Rect) -> Vec<u8> {
    let rows = (place.y..place.bottom()).map(|y| format!("{}\x1b[{}X", at(place.x, y), place.width));
    ["\x1b[0m".to_owned()].into_iter().chain(rows).collect::<String>().into_bytes()
}

/// The sequence that takes a picture away; nothing where pictures lie in cells, which are written again.
pub(crate) fn remove(protocol: Protocol, number: u32) -> Vec<u8> {
    match protocol {
        Protocol::Kitty => format!("\x1b_Ga=d,d=I,i={number},q=2\x1b\\").into_bytes(),
        Protocol::Iterm | Protocol::Sixel => Vec::new(),
    }
}

fn at(x: u16, y: u16) -> String {
    format!("\x1b[{};{}H", y + 1, x + 1)
}

/// A PNG (`f=100`), sent and shown at once (`a=T`) over so many columns and rows, below the text (`z`), with the cursor
/// where it was (`C`) and without an answer (`q`).
fn kitty(image: &Image, place: Rect, number: u32) -> Option<String> {
    let data = base64(&image.png().ok()?);
    let mut text = String::new();
    let pieces = data.len().div_ceil(PIECE);
    for (count, piece) in data.as_bytes().chunks(PIECE).enumerate() {
        let more = u8::from(count + 1 < pieces);
        // A string takes everything that is written to it.
        let _ = if count == 0 {
            let (columns, rows) = (place.width, place.height);
            write!(text, "\x1b_Ga=T,f=100,t=d,i={number},p=1,c={columns},r={rows},z=-1,C=1,q=2,m={more};")
        } else {
            write!(text, "\x1b_Gm={more},q=2;")
        };
        text.push_str(std::str::from_utf8(piece).ok()?);
        text.push_str("\x1b\\");
    }
    Some(text)
}

/// A PNG over so many columns and rows.
fn iterm(image: &Image, place: Rect) -> Option<String> {
    let png = image.png().ok()?;
    Some(format!(
        "\x1b]1337;File=inline=1;size={};width={};height={};preserveAspectRatio=0;doNotMoveCursor=1:{}\x07",
        png.len(),
        place.width,
        place.height,
        base64(&png)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Rect = Rect { x: 4, y: 1, width: 20, height: 6 };

    fn text(protocol: Protocol, image: &Image) -> String {
        String::from_utf8(put(protocol, image, (PLACE, 7), Colour([0; 3]))).unwrap()
    }

    #[test]
    fn a_picture_goes_to_its_cells_in_every_protocol() {
        let image = Image::new((2, 1), &[[1, 2, 3, 255], [0; 4]], 8);
        let kitty = text(Protocol::Kitty, &image);
        assert!(kitty.starts_with("\x1b[2;5H\x1b_Ga=T,f=100,t=d,i=7,p=1,c=20,r=6,"), "{kitty:?}");
        assert!(kitty.contains(",m=0;") && kitty.ends_with("\x1b\\"), "{kitty:?}");
        let iterm = text(Protocol::Iterm, &image);
        assert!(
            iterm.starts_with("\x1b[2;5H\x1b]1337;File=inline=1;") && iterm.ends_with('\x07'),
            "{iterm:?}"
        );
        assert!(iterm.contains(";width=20;height=6;"), "{iterm:?}");
        let sixel = text(Protocol::Sixel, &image);
        assert!(sixel.starts_with("\x1b[2;5H\x1bP0;1;0q\"1;1;2;1") && sixel.ends_with("\x1b\\"), "{sixel:?}");
    }

    #[test]
    fn a_long_picture_goes_to_kitty_in_pieces_of_which_the_last_says_so() {
        // Noise does not become smaller.
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [(state >> 24) as u8 & 0xe0, 0, 0, 255]
        };
        let pixels: Vec<_> = (0..40_000).map(|_| next()).collect();
        let sent = text(Protocol::Kitty, &Image::new((200, 200), &pixels, 8));
        let pieces: Vec<&str> = sent.split("\x1b_G").skip(1).collect();
        assert!(pieces.len() > 2, "{}", pieces.len());
        let (last, first) = pieces.split_last().unwrap();
        assert!(first.iter().all(|piece| piece.contains("m=1") && piece.len() < PIECE + 100));
        assert!(last.contains("m=0"));
        let whole: String =
            pieces.iter().map(|piece| piece.split_once(';').unwrap().1.trim_end_matches("\x1b\\")).collect();
        assert_eq!(whole.len() % 4, 0);
    }

    #[test]
    fn only_kittys_pictures_are_taken_away_by_their_number() {
        assert_eq!(remove(Protocol::Kitty, 7), b"\x1b_Ga=d,d=I,i=7,q=2\x1b\\");
        assert!(remove(Protocol::Sixel, 7).is_empty() && remove(Protocol::Iterm, 7).is_empty());
        let blanks = String::from_utf8(blank(PLACE)).unwrap();
        assert_eq!(blanks.matches("\x1b[20X").count(), 6);
        assert!(blanks.starts_with("\x1b[0m\x1b[2;5H") && blanks.contains("\x1b[7;5H"), "{blanks:?}");
    }
}
