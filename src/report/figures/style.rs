//! Colours, dashes and markers: a fusion looks the same in every figure as on the screen, and is told from
//! the others without its colour.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::study::grid::Fusion;

/// Units of the drawing in a pixel. plotters rounds to whole units, which would show in dashes and in steep
/// curves.
pub(super) const FINE: u32 = 4;

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(51, 51, 51);
/// Lines that help to read.
pub(super) const RULE: RGBColor = RGBColor(225, 225, 225);
/// The majority share, and chance.
pub(super) const CHANCE: RGBColor = RGBColor(130, 130, 130);

/// How a fusion is drawn.
#[derive(Clone, Copy)]
pub(super) struct Look {
    /// Of Okabe and Ito's palette, which the colour-blind can tell apart.
    pub(super) color: RGBColor,
    /// Length of a dash and of the gap behind it, in pixels; `None`: a whole line.
    pub(super) dash: Option<(u32, u32)>,
    pub(super) marker: Marker,
}

#[derive(Clone, Copy)]
pub(super) enum Marker {
    Circle,
    Diamond,
    Triangle,
}

pub(super) const fn look(fusion: Fusion) -> Look {
    match fusion {
        Fusion::Concat => Look { color: RGBColor(0, 114, 178), dash: None, marker: Marker::Circle },
        Fusion::Product => Look { color: RGBColor(0, 158, 115), dash: Some((9, 4)), marker: Marker::Diamond },
        Fusion::Tensor => Look { color: RGBColor(213, 94, 0), dash: Some((3, 3)), marker: Marker::Triangle },
        Fusion::Text => baseline(110, None),
        Fusion::Image => baseline(110, Some((7, 4))),
        Fusion::LogisticConcat => baseline(160, None),
        Fusion::LogisticProduct => baseline(160, Some((9, 4))),
        Fusion::LogisticTensor => baseline(160, Some((3, 3))),
    }
}

/// Grey, thin, without a marker; single modalities are the darker ones.
const fn baseline(grey: u8, dash: Option<(u32, u32)>) -> Look {
    Look { color: RGBColor(grey, grey, grey), dash, marker: Marker::Circle }
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

/// Corners of a diamond around the origin.
pub(super) fn diamond() -> Vec<(i32, i32)> {
    vec![at(0, -5), at(5, 0), at(0, 5), at(-5, 0)]
}
