//! PNG, equal to Pillow to the bit: of 16 bits the upper 8, but gray alone cut off at 255.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Transformations};

use super::{Rgb, check, rgb};
use crate::error::{RawError, brief};

/// What deflate shortens at most: 258 bytes become 2 bits.
const MOST_SHORTENED: usize = 1_032;

pub(super) fn decode(encoded: &[u8]) -> Result<Rgb, RawError> {
    let damaged = |reason: String| RawError::DamagedImage { format: "PNG", reason };
    let failed = |error: DecodingError| damaged(brief(error));
    // Chunks before the pixels, such as a colour profile.
    let mut decoder = Decoder::new_with_limits(Cursor::new(encoded), Limits { bytes: 64 << 20 });
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::EXPAND);
    let header = decoder.read_header_info().map_err(failed)?;
    let is_clipped = header.color_type == ColorType::Grayscale && header.bit_depth == BitDepth::Sixteen;
    let size = header.size();
    let packed = header.raw_bytes().saturating_sub(1);
    // At most four channels of 16 bits.
    check("PNG", size, 8)?;
    if packed / MOST_SHORTENED > encoded.len() {
        return Err(damaged(format!("{} bytes cannot hold {} × {} pixels", encoded.len(), size.0, size.1)));
    }
    let mut reader = decoder.read_info().map_err(failed)?;
    let length = reader.output_buffer_size().ok_or_else(|| damaged("it is too large".to_owned()))?;
    let mut samples = vec![0; length];
    reader.next_frame(&mut samples).map_err(failed)?;
    let (color, depth) = reader.output_color_type();
    if depth == BitDepth::Sixteen {
        let eight = |pair: &[u8]| if is_clipped && pair[0] > 0 { 255 } else { pair[usize::from(is_clipped)] };
        samples = samples.chunks_exact(2).map(eight).collect();
    }
    Ok(rgb(size, &samples, color.samples()))
}
