//! Resizing as Pillow does it, to the bit: two passes over 8-bit channels, the horizontal one first.
//!
//! Each pixel of a pass is a weighted sum of the source's pixels around its centre. Where an image shrinks, the filter
//! is stretched by the same factor. Weights are rounded to fixed point with 22 bits, and so is each sum to 8 bits.

use std::f64::consts::PI;
use std::ops::Range;

use super::Rgb;

/// Bits of a weight behind the point.
const BITS: u32 = 22;

/// How pixels between those of the source are made, by Pillow's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resample {
    Nearest,
    Lanczos,
    Bilinear,
    Bicubic,
    Box,
    Hamming,
}

impl Resample {
    /// By Pillow's number, as `resample` has it.
    pub(super) const fn from_number(number: u64) -> Option<Self> {
        Some(match number {
            0 => Self::Nearest,
            1 => Self::Lanczos,
            2 => Self::Bilinear,
            3 => Self::Bicubic,
            4 => Self::Box,
            5 => Self::Hamming,
            _ => return None,
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Lanczos => "lanczos",
            Self::Bilinear => "bilinear",
            Self::Bicubic => "bicubic",
            Self::Box => "box",
            Self::Hamming => "hamming",
        }
    }

    /// How far from its centre the filter is above zero, in pixels.
    const fn support(self) -> f64 {
        match self {
            Self::Nearest | Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    /// The filter at `x` pixels from its centre.
    fn weight(self, x: f64) -> f64 {
        let distance = x.abs();
        match self {
            Self::Nearest | Self::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
            Self::Bilinear if distance < 1.0 => 1.0 - distance,
            Self::Bicubic => cubic(distance),
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Hamming if distance == 0.0 => 1.0,
            Self::Hamming if distance < 1.0 => {
                let angle = distance * PI;
                // Pillow has these two numbers in single precision.
                angle.sin() / angle * (f64::from(0.54_f32) + f64::from(0.46_f32) * angle.cos())
            }
            Self::Bilinear | Self::Lanczos | Self::Hamming => 0.0,
        }
    }
}

/// Keys' cubic with a = −0.5.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) }
}

/// The columns `columns` and rows `rows` of `image` resized to `width` × `height`. Only they are computed.
pub(super) fn resize(
    image: &Rgb,
    (width, height): (usize, usize),
    filter: Resample,
    columns: Range<usize>,
    rows: Range<usize>,
) -> Rgb {
    if filter == Resample::Nearest && (width, height) != (image.width, image.height) {
        return nearest(image, (width, height), columns, rows);
    }
    let down = weights(image.height, height, filter, rows);
    let across = weights(image.width, width, filter, columns);
    if image.height > image.width * 100 && height < image.height {
        // Pillow turns the order round for very tall images.
        let short = vertical(image, &down, 0);
        return horizontal(&short, &across, 0..short.height);
    }
    let needed = down.iter().map(|sum| sum.first).min().unwrap_or(0)
        ..down.iter().map(|sum| sum.first + sum.weights.len()).max().unwrap_or(0);
    vertical(&horizontal(image, &across, needed.clone()), &down, needed.start)
}

/// One pixel as a sum of the source's pixels from `first` on.
struct Sum {
    first: usize,
    weights: Vec<i32>,
}

/// The sums for `wanted` of the `to` pixels that `from` pixels become.
fn weights(from: usize, to: usize, filter: Resample, wanted: Range<usize>) -> Vec<Sum> {
    if from == to {
        // Pillow leaves such a pass out.
        return wanted.map(|first| Sum { first, weights: vec![1 << BITS] }).collect();
    }
    let scale = from as f64 / to as f64;
    let stretch = scale.max(1.0);
    let (support, inverse) = (filter.support() * stretch, 1.0 / stretch);
    let sum = |place: usize| {
        let centre = (place as f64 + 0.5) * scale;
        // A conversion from below zero gives 0.
        let first = (centre - support + 0.5) as usize;
        let end = ((centre + support + 0.5) as usize).min(from);
        let exact: Vec<f64> =
            (first..end).map(|at| filter.weight((at as f64 - centre + 0.5) * inverse)).collect();
        let total: f64 = exact.iter().sum();
        let fixed = |weight: &f64| {
            let weight = if total == 0.0 { *weight } else { weight / total } * f64::from(1 << BITS);
            (if weight < 0.0 { weight - 0.5 } else { weight + 0.5 }) as i32
        };
        Sum { first, weights: exact.iter().map(fixed).collect() }
    };
    wanted.map(sum).collect()
}

/// Rounds a sum to 8 bits.
const fn rounded(sum: i32) -> u8 {
    let value = sum >> BITS;
    if value < 0 {
        0
    } else if value > 255 {
        255
    } else {
        value as u8
    }
}

/// What a sum begins with, so that it is rounded and not cut off.
const HALF: i32 = 1 << (BITS - 1);

fn horizontal(image: &Rgb, across: &[Sum], rows: Range<usize>) -> Rgb {
    let mut pixels = Vec::with_capacity(rows.len() * across.len() * 3);
    for row in rows.clone() {
        let row = &image.pixels[row * image.width * 3..][..image.width * 3];
        for sum in across {
            let mut sums = [HALF; 3];
            for (pixel, weight) in row[sum.first * 3..].chunks_exact(3).zip(&sum.weights) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(*value) * weight;
                }
            }
            pixels.extend(sums.map(rounded));
        }
    }
    Rgb { width: across.len(), height: rows.len(), pixels }
}

/// `image` begins with row `first` of the source.
fn vertical(image: &Rgb, down: &[Sum], first: usize) -> Rgb {
    let length = image.width * 3;
    let mut pixels = Vec::with_capacity(down.len() * length);
    let mut sums = vec![HALF; length];
    for sum in down {
        sums.fill(HALF);
        for (row, weight) in (sum.first - first..).zip(&sum.weights) {
            for (sum, value) in sums.iter_mut().zip(&image.pixels[row * length..][..length]) {
                *sum += i32::from(*value) * weight;
            }
        }
        pixels.extend(sums.iter().map(|&sum| rounded(sum)));
    }
    Rgb { width: image.width, height: down.len(), pixels }
}

/// The nearest pixel of the source for each. Pillow adds the step up from pixel to pixel, and so do we: a product
/// would round otherwise.
fn nearest(image: &Rgb, to: (usize, usize), columns: Range<usize>, rows: Range<usize>) -> Rgb {
    let places = |from: usize, to: usize, wanted: Range<usize>| -> Vec<usize> {
        let step = from as f64 / to as f64;
        let mut at = step * 0.5;
        let mut places = Vec::with_capacity(wanted.len());
        for place in 0..wanted.end {
            if place >= wanted.start {
                places.push((at as usize).min(from - 1));
            }
            at += step;
        }
        places
    };
    let across = places(image.width, to.0, columns);
    let down = places(image.height, to.1, rows);
    let pixel = |row: usize, column: usize| &image.pixels[(row * image.width + column) * 3..][..3];
    let pixels = down.iter().flat_map(|&row| across.iter().flat_map(move |&column| pixel(row, column)));
    Rgb { pixels: pixels.copied().collect(), width: across.len(), height: down.len() }
}
