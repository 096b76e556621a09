//! One element of an array as a column's cell.

use tensors::Element;

use super::super::column::{Cell, number_cell};

/// One little-endian element as a column's cell; a text is put into `text`.
pub(super) fn cell<'a>(element: Element, bytes: &[u8], text: &'a mut String) -> Cell<'a> {
    text.clear();
    match element {
        Element::Bytes(_) => text.push_str(&String::from_utf8_lossy(bytes)),
        Element::Utf32(_) => {
            let (letters, _) = bytes.as_chunks::<4>();
            let letter = |&bytes: &[u8; 4]| char::from_u32(u32::from_le_bytes(bytes));
            text.extend(letters.iter().map(|bytes| letter(bytes).unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        Element::I64 => {
            return Cell::Whole(i64::from_le_bytes(bytes.first_chunk().copied().unwrap_or_default()));
        }
        _ => return number_cell(element.number(bytes)),
    }
    match text.trim_end_matches('\0').trim() {
        "" => Cell::Missing,
        text => Cell::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_may_be_whole_floats_and_padded_text() {
        let mut text = String::new();
        assert_eq!(cell(Element::F32, &1_f32.to_le_bytes(), &mut text), Cell::Whole(1));
        assert_eq!(cell(Element::F32, &0.5_f32.to_le_bytes(), &mut text), Cell::Fraction(0.5));
        assert_eq!(cell(Element::Bytes(5), b"war\0\0", &mut text), Cell::Text("war"));
        assert_eq!(cell(Element::Bytes(2), b" \0", &mut text), Cell::Missing);
        assert_eq!(cell(Element::I64, &i64::MAX.to_le_bytes(), &mut text), Cell::Whole(i64::MAX));
    }
}
