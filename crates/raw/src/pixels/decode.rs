//! Encoded images as 8-bit RGB, as Pillow's `convert("RGB")` makes them.

mod jpeg;
mod png;

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::webp::WebPDecoder;
use image::{ColorType, ImageDecoder, ImageError, ImageFormat, Limits};

use super::Rgb;
use crate::error::{RawError, brief};

/// Most pixels that an image may have: Pillow's own bound.
const MOST_PIXELS: u64 = 178_956_970;
/// An image of this size is read without a check of free memory, in bytes.
const SMALL: u64 = 64 << 20;

/// The image in `encoded`, its format told by its first bytes.
pub(super) fn decode(encoded: &[u8]) -> Result<Rgb, RawError> {
    let input = Cursor::new(encoded);
    match image::guess_format(encoded) {
        Ok(ImageFormat::Png) => png::decode(encoded),
        Ok(ImageFormat::Jpeg) => jpeg::decode(encoded),
        Ok(ImageFormat::WebP) if is_cut(encoded) => {
            Err(RawError::DamagedImage { format: "WebP", reason: "its end is missing".to_owned() })
        }
        Ok(ImageFormat::WebP) => eight_bits("WebP", WebPDecoder::new(input)),
        Ok(ImageFormat::Gif) => eight_bits("GIF", GifDecoder::new(input)),
        Ok(ImageFormat::Bmp) => eight_bits("BMP", BmpDecoder::new(input)),
        Ok(other) => {
            Err(RawError::ImageFormat { found: format!("the image is {other:?}, which is not read") })
        }
        Err(_) => Err(RawError::ImageFormat { found: unknown(encoded) }),
    }
}

/// Whether a WebP is shorter than it says; the decoder takes zeros for what is missing.
fn is_cut(encoded: &[u8]) -> bool {
    let length = encoded.get(4..8).and_then(|length| length.first_chunk()).copied().map(u32::from_le_bytes);
    length.is_none_or(|length| encoded.len() < length as usize + 8)
}

/// What bytes of no known format seem to be.
fn unknown(encoded: &[u8]) -> String {
    let text = |bytes: &[u8]| encoded.trim_ascii_start().starts_with(bytes);
    let what = if encoded.is_empty() {
        "the file is empty"
    } else if text(b"<svg") || text(b"<?xml") {
        "the image is SVG, which is not read"
    } else if text(b"<") {
        "the file is a web page, not an image"
    } else {
        "the image is in no known format"
    };
    what.to_owned()
}

/// An image whose decoder gives 8 bits a channel.
fn eight_bits<D: ImageDecoder>(
    format: &'static str,
    decoder: Result<D, ImageError>,
) -> Result<Rgb, RawError> {
    let damaged = |error: ImageError| RawError::DamagedImage { format, reason: brief(error) };
    let mut decoder = decoder.map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let channels = match decoder.color_type() {
        ColorType::L8 => 1,
        ColorType::Rgb8 => 3,
        ColorType::Rgba8 => 4,
        other => {
            let reason = format!("its colours are {other:?}, which is not read");
            return Err(RawError::DamagedImage { format, reason });
        }
    };
    let length = check(format, (width, height), channels)?;
    let mut limits = Limits::no_limits();
    // What a decoder allocates beside the result.
    limits.max_alloc = Some(length as u64 * 4 + SMALL);
    decoder.set_limits(limits).map_err(damaged)?;
    let mut samples = vec![0; length];
    decoder.read_image(&mut samples).map_err(damaged)?;
    Ok(rgb((width, height), &samples, channels))
}

/// Bytes of an image of `bytes` a pixel. Refuses one that memory would not hold.
fn check(format: &'static str, (width, height): (u32, u32), bytes: usize) -> Result<usize, RawError> {
    if width == 0 || height == 0 {
        return Err(RawError::DamagedImage { format, reason: "it has no pixels".to_owned() });
    }
    let large =
        |bound: String| RawError::LargeImage { width: width as usize, height: height as usize, bound };
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS {
        return Err(large(format!("at most {MOST_PIXELS} are read")));
    }
    // The decoded image and its RGB are in memory at once.
    let needed = pixels * (bytes as u64 + 3);
    if needed > SMALL
        && let Some(free) = host::memory::available().filter(|free| needed > *free)
    {
        return Err(large(format!("they need {needed} bytes of memory, and only {free} bytes are free")));
    }
    Ok(pixels as usize * bytes)
}

/// Samples of 8 bits without what follows red, green and blue, or gray three times.
fn rgb((width, height): (u32, u32), samples: &[u8], channels: usize) -> Rgb {
    let pixels = match channels {
        3 => samples.to_vec(),
        1 | 2 => samples.chunks_exact(channels).flat_map(|pixel| [pixel[0]; 3]).collect(),
        _ => samples.chunks_exact(channels).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect(),
    };
    Rgb { width: width as usize, height: height as usize, pixels }
}
