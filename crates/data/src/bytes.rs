//! Numbers as little-endian bytes, fast enough for gigabytes.

/// The bytes of `values`, in `bytes`.
pub(crate) fn little_endian<'a>(values: &[f32], bytes: &'a mut Vec<u8>) -> &'a [u8] {
    bytes.resize(size_of_val(values), 0);
    // Chunks of one length and no growth: the compiler makes one copy of it.
    for (to, value) in bytes.chunks_exact_mut(4).zip(values) {
        to.copy_from_slice(&value.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_little_endian_and_as_many_as_there_are_values() {
        let mut bytes = vec![9; 100];
        assert_eq!(little_endian(&[1.0, -2.0], &mut bytes), [0, 0, 128, 63, 0, 0, 0, 192]);
        assert!(little_endian(&[], &mut bytes).is_empty());
    }
}
