//! `TFRecord` framing: `length: u64 · crc(length): u32 · bytes · crc(bytes): u32`, little-endian, each
//! checksum a masked CRC-32C (TensorFlow's `record_writer.h`).

/// Appends `bytes` as one record.
pub(super) fn append(file: &mut Vec<u8>, bytes: &[u8]) {
    let length = (bytes.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(masked_crc(&length).to_le_bytes());
    file.extend(bytes);
    file.extend(masked_crc(bytes).to_le_bytes());
}

/// A CRC of data that holds CRCs itself is weak, hence the mask.
pub(super) fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 3720, appendix B.4; the masks by the definition above, worked out in Python.
    #[test]
    fn checksums_are_the_published_ones() {
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c::crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(masked_crc(b"123456789"), 0xc78a_b0e5);
    }

    #[test]
    fn a_record_is_framed_to_the_byte() {
        let mut file = Vec::new();
        append(&mut file, b"abc");
        assert_eq!(file[..8], [3, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(file[8..12], masked_crc(&file[..8]).to_le_bytes());
        assert_eq!(&file[12..15], b"abc");
        assert_eq!(file[15..], masked_crc(b"abc").to_le_bytes());
    }
}
