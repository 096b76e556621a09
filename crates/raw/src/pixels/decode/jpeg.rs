//! JPEG, equal to Pillow to the bit: `mozjpeg` decodes with the C code of libjpeg-turbo, as Pillow does. No decoder in Rust
//! takes the same steps: those tried differ by up to 48 of 255 on small pictures.

use std::panic;

use mozjpeg::ColorSpace::{JCS_CMYK, JCS_YCCK};
use mozjpeg::Decompress;

use super::{Rgb, check};
use crate::error::{RawError, brief};

/// Scans at most: encoders make a dozen, and each goes over the whole image again.
const MOST_SCANS: usize = 500;
/// What the decoder's messages begin with.
const FATAL: &str = "libjpeg fatal error: ";

pub(super) fn decode(encoded: &[u8]) -> Result<Rgb, RawError> {
    // The decoder fills in what a file cut short has lost, so that the file's end is looked for first.
    let scans = scans(encoded).ok_or_else(|| damaged("its end is missing"))?;
    if scans > MOST_SCANS {
        return Err(damaged(&format!("it has {scans} scans, and at most {MOST_SCANS} are read")));
    }
    // The decoder's errors are panics with a text, which call no panic hook.
    panic::catch_unwind(|| read(encoded, scans)).unwrap_or_else(|error| {
        let reason = error.downcast_ref::<String>().map_or("the decoder fails on it", String::as_str);
        Err(damaged(reason.strip_prefix(FATAL).unwrap_or(reason)))
    })
}

fn damaged(reason: &str) -> RawError {
    RawError::DamagedImage { format: "JPEG", reason: brief(reason) }
}

fn read(encoded: &[u8], scans: usize) -> Result<Rgb, RawError> {
    let failed = |error: std::io::Error| damaged(&error.to_string());
    let decoder = Decompress::new_mem(encoded).map_err(failed)?;
    let (width, height) = decoder.size();
    let is_ink = matches!(decoder.color_space(), JCS_CMYK | JCS_YCCK);
    let channels = if is_ink { 4 } else { 3 };
    // Of several scans all coefficients are kept, two bytes each.
    let bytes = if scans > 1 { 3 * channels } else { channels };
    check("JPEG", (width as u32, height as u32), bytes)?;
    let mut started = if is_ink { decoder.to_colorspace(JCS_CMYK) } else { decoder.rgb() }.map_err(failed)?;
    let samples: Vec<u8> = started.read_scanlines().map_err(failed)?;
    let pixels = if is_ink { samples.chunks_exact(4).flat_map(without_ink).collect() } else { samples };
    Ok(Rgb { width, height, pixels })
}

/// Red, green and blue of cyan, magenta, yellow and black, which lie in the file inverted, as Adobe writes them.
fn without_ink(pixel: &[u8]) -> [u8; 3] {
    let black = u16::from(pixel[3]);
    [0, 1, 2].map(|channel| ((u16::from(pixel[channel]) * black + 127) / 255) as u8)
}

/// How many scans come before the marker that ends the image, if it is there. Those of a preview inside a segment do not
/// count.
fn scans(encoded: &[u8]) -> Option<usize> {
    const END: u8 = 0xd9;
    let mut at = 2;
    let mut scans = 0;
    loop {
        let place = marker(encoded, at)?;
        let kind = encoded[place];
        if kind == END {
            return (scans > 0).then_some(scans);
        }
        // In a scan a zero stands for the byte before it; restarts and a few others have no length.
        if matches!(kind, 0 | 0x01 | 0xd0..=0xd8) {
            at = place + 1;
            continue;
        }
        scans += usize::from(kind == 0xda);
        let &[high, low] = encoded.get(place + 1..place + 3)?.first_chunk()?;
        at = place + 1 + usize::from(u16::from_be_bytes([high, low]));
    }
}

/// The place of the byte that says which marker is the next from `at` on.
fn marker(encoded: &[u8], at: usize) -> Option<usize> {
    let begin = at + encoded.get(at..)?.iter().position(|&byte| byte == 0xff)?;
    let kind = encoded[begin..].iter().position(|&byte| byte != 0xff)?;
    Some(begin + kind)
}
