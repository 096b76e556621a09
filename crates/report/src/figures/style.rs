//! Colours, dashes and markers as plotters draws them. What stands for which fusion is read from
//! [`look`](study::look), so that it looks the same as on the screen.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use study::look::{Dash, Look, Marker, Rgb};
use study::model::Robust;

/// Units of the drawing in a pixel. plotters rounds to whole units, which would show in dashes and in steep
/// curves.
pub(super) const FINE: u32 = 4;

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(51, 51, 51);
/// Lines that help to read.
pub(super) const RULE: RGBColor = RGBColor(225, 225, 225);
/// The majority share, and chance.
pub(super) const CHANCE: RGBColor = RGBColor(130, 130, 130);

/// A colour for plotters.
pub(super) const fn color((red, green, blue): Rgb) -> RGBColor {
    RGBColor(red, green, blue)
}

/// Length of a dash and of the gap behind it, in pixels; `None`: a whole line.
pub(super) const fn dash(dash: Dash) -> Option<(u32, u32)> {
    match dash {
        Dash::Solid => None,
        // Of grey baselines nothing else differs: each is half as long as the one before or shorter.
        Dash::Long => Some((14, 4)),
        Dash::Short => Some((6, 3)),
        Dash::Dots => Some((2, 3)),
    }
}

/// The `rank`th of `count` shades of a colour, the last being the colour itself, earlier ones paler.
pub(super) fn shade(color: RGBColor, rank: usize, count: usize) -> RGBColor {
    let depth = if count < 2 { 1.0 } else { 0.22 + 0.78 * rank as f64 / (count - 1) as f64 };
    let mix = |part: u8| (255.0 - (255.0 - f64::from(part)) * depth).round() as u8;
    RGBColor(mix(color.0), mix(color.1), mix(color.2))
}

/// Pixels in units.
pub(super) const fn px(pixels: u32) -> u32 {
    pixels * FINE
}

/// A place in pixels in units.
pub(super) const fn at(x: i32, y: i32) -> (i32, i32) {
    (x * FINE as i32, y * FINE as i32)
}

/// Text of `size` pixels, held at its middle or its left or right end.
pub(super) fn text(size: u32, hold: HPos) -> TextStyle<'static> {
    ("sans-serif", px(size)).into_font().color(&INK).pos(Pos::new(hold, VPos::Center))
}

/// The letter that is a marker, around its place.
pub(super) fn letter(of: Rgb) -> TextStyle<'static> {
    ("sans-serif", px(13), FontStyle::Bold)
        .into_font()
        .color(&color(of))
        .pos(Pos::new(HPos::Center, VPos::Center))
}

/// What is inside a marker: its colour, or nothing where its model is trained against noise.
pub(super) fn inside(look: Look) -> ShapeStyle {
    if look.training == Robust::None { color(look.hue.figure).filled() } else { WHITE.filled() }
}

/// What is around the marker of a model that is trained against noise.
pub(super) enum Outline {
    /// A circle of this radius.
    Ring(u32),
    /// A closed line through these places around the origin.
    Corners(Vec<(i32, i32)>),
}

/// The outline of a marker; a letter has a ring or a square around it. None where a model is trained plainly.
pub(super) fn outline(look: Look) -> Option<Outline> {
    let around: Vec<(i32, i32)> = match (look.training, look.marker) {
        (Robust::None, _) => return None,
        (_, Marker::Circle) => return Some(Outline::Ring(px(4))),
        (Robust::Noise, Marker::Letter) => return Some(Outline::Ring(px(8))),
        (Robust::Drop, Marker::Letter) => {
            [(-8, -8), (8, -8), (8, 8), (-8, 8)].map(|(x, y)| at(x, y)).to_vec()
        }
        (Robust::Noise | Robust::Drop, marker) => corners(marker),
    };
    let first = around.first().copied();
    Some(Outline::Corners(around.into_iter().chain(first).collect()))
}

/// Radius of the core inside a hollow marker of a model that is trained with dropped modalities; none for a letter.
pub(super) fn core(look: Look) -> Option<u32> {
    (look.training == Robust::Drop && look.marker != Marker::Letter).then_some(px(3) / 2)
}

/// Corners of a marker around the origin; none of a circle and of a letter.
pub(super) fn corners(marker: Marker) -> Vec<(i32, i32)> {
    let corners: &[(i32, i32)] = match marker {
        Marker::Circle | Marker::Letter => &[],
        Marker::Triangle => &[(0, -5), (5, 4), (-5, 4)],
        Marker::Diamond => &[(0, -5), (5, 0), (0, 5), (-5, 0)],
        Marker::Square => &[(-4, -4), (4, -4), (4, 4), (-4, 4)],
        Marker::Down => &[(-5, -4), (5, -4), (0, 5)],
        Marker::Star => {
            &[(0, -6), (1, -2), (6, -2), (2, 1), (4, 6), (0, 3), (-4, 6), (-2, 1), (-6, -2), (-1, -2)]
        }
    };
    corners.iter().map(|&(x, y)| at(x, y)).collect()
}
