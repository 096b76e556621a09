//! JPEG. The decoder fills in what a file cut short has lost, so that the file's end is looked for first.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;

use super::{Rgb, eight_bits};
use crate::error::RawError;

pub(super) fn decode(encoded: &[u8]) -> Result<Rgb, RawError> {
    if !ends(encoded) {
        let reason = "its end is missing".to_owned();
        return Err(RawError::DamagedImage { format: "JPEG", reason });
    }
    eight_bits("JPEG", JpegDecoder::new(Cursor::new(encoded)))
}

/// Whether the marker that ends an image follows its segments. Those of a preview inside a segment do not count.
fn ends(encoded: &[u8]) -> bool {
    const END: u8 = 0xd9;
    let mut at = 2;
    let mut has_scan = false;
    while let Some(place) = marker(encoded, at) {
        let kind = encoded[place];
        if kind == END {
            return has_scan;
        }
        // In a scan a zero stands for the byte before it; restarts and a few others have no length.
        if matches!(kind, 0 | 0x01 | 0xd0..=0xd8) {
            at = place + 1;
            continue;
        }
        has_scan |= kind == 0xda;
        let Some(&[high, low]) = encoded.get(place + 1..place + 3).and_then(|length| length.first_chunk())
        else {
            return false;
        };
        at = place + 1 + usize::from(u16::from_be_bytes([high, low]));
    }
    false
}

/// The place of the byte that says which marker is the next from `at` on.
fn marker(encoded: &[u8], at: usize) -> Option<usize> {
    let begin = at + encoded.get(at..)?.iter().position(|&byte| byte == 0xff)?;
    let kind = encoded[begin..].iter().position(|&byte| byte != 0xff)?;
    Some(begin + kind)
}
