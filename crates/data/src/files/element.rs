//! Kinds of array elements, and bytes turned into numbers. Knows no file format.

use half::{bf16, f16};

use super::super::column::{Cell, number_cell};

/// What one element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Bool,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F16,
    Bf16,
    F32,
    F64,
    /// `NumPy`'s `S`: so many bytes, zero-padded.
    Bytes(usize),
    /// `NumPy`'s `U`: so many UTF-32 characters, zero-padded.
    Utf32(usize),
}

/// How an array lies in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// What one element is.
    pub(crate) element: Element,
    /// Most significant byte first.
    pub(crate) big_endian: bool,
    /// First index fastest.
    pub(crate) fortran: bool,
    /// Length of each dimension.
    pub(crate) shape: Vec<usize>,
}

impl Element {
    /// As `NumPy` calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::U16 => "uint16",
            Self::I32 => "int32",
            Self::U32 => "uint32",
            Self::I64 => "int64",
            Self::U64 => "uint64",
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::Bytes(_) | Self::Utf32(_) => "text",
        }
    }

    /// Bytes of one element.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 | Self::Bf16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
            Self::Bytes(length) => length,
            Self::Utf32(length) => length.saturating_mul(4),
        }
    }

    /// Whether it is text.
    pub(crate) const fn is_text(self) -> bool {
        matches!(self, Self::Bytes(_) | Self::Utf32(_))
    }

    /// Bytes of what is swapped as a whole in the other byte order.
    const fn word_size(self) -> usize {
        match self {
            Self::Bytes(_) => 1,
            Self::Utf32(_) => 4,
            other => other.size(),
        }
    }

    /// One little-endian element as a number; text is not one.
    fn number(self, bytes: &[u8]) -> f64 {
        match self {
            Self::Bool => f64::from(u8::from(first::<1>(bytes)[0] != 0)),
            Self::I8 => f64::from(i8::from_le_bytes(first(bytes))),
            Self::U8 => f64::from(first::<1>(bytes)[0]),
            Self::I16 => f64::from(i16::from_le_bytes(first(bytes))),
            Self::U16 => f64::from(u16::from_le_bytes(first(bytes))),
            Self::I32 => f64::from(i32::from_le_bytes(first(bytes))),
            Self::U32 => f64::from(u32::from_le_bytes(first(bytes))),
            Self::I64 => i64::from_le_bytes(first(bytes)) as f64,
            Self::U64 => u64::from_le_bytes(first(bytes)) as f64,
            Self::F16 => f16::from_le_bytes(first(bytes)).to_f64(),
            Self::Bf16 => bf16::from_le_bytes(first(bytes)).to_f64(),
            Self::F32 => f64::from(f32::from_le_bytes(first(bytes))),
            Self::F64 => f64::from_le_bytes(first(bytes)),
            Self::Bytes(_) | Self::Utf32(_) => f64::NAN,
        }
    }

    /// Appends little-endian elements to `out` as `f32`.
    pub(crate) fn extend_numbers(self, bytes: &[u8], out: &mut Vec<f32>) {
        match self {
            Self::F32 => out.extend(bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(first(bytes)))),
            Self::F64 => {
                out.extend(bytes.chunks_exact(8).map(|bytes| f64::from_le_bytes(first(bytes)) as f32));
            }
            _ => out.extend(bytes.chunks_exact(self.size()).map(|bytes| self.number(bytes) as f32)),
        }
    }

    /// One little-endian element as a column's cell; a text is put into `text`.
    pub(crate) fn cell<'a>(self, bytes: &[u8], text: &'a mut String) -> Cell<'a> {
        text.clear();
        match self {
            Self::Bytes(_) => text.push_str(&String::from_utf8_lossy(bytes)),
            Self::Utf32(_) => {
                let character = |bytes: &[u8]| {
                    char::from_u32(u32::from_le_bytes(first(bytes))).unwrap_or(char::REPLACEMENT_CHARACTER)
                };
                text.extend(bytes.chunks_exact(4).map(character));
            }
            Self::I64 => return Cell::Whole(i64::from_le_bytes(first(bytes))),
            _ => return number_cell(self.number(bytes)),
        }
        match text.trim_end_matches('\0').trim() {
            "" => Cell::Missing,
            text => Cell::Text(text),
        }
    }
}

impl Layout {
    /// Elements in all, where they and their bytes can be counted.
    pub(crate) fn elements(&self) -> Option<usize> {
        let elements = self.shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length))?;
        elements.checked_mul(self.element.size())?;
        Some(elements)
    }

    /// Turns the bytes of whole elements little-endian.
    pub(crate) fn make_little_endian(&self, bytes: &mut [u8]) {
        let word = self.element.word_size();
        if self.big_endian && word > 1 {
            bytes.chunks_exact_mut(word).for_each(<[u8]>::reverse);
        }
    }

    /// Rows and width, where all other dimensions are of one.
    pub(crate) fn as_matrix(&self) -> Option<[usize; 2]> {
        let (&rows, others) = self.shape.split_first()?;
        let longer: Vec<usize> = others.iter().copied().filter(|&length| length != 1).collect();
        match (rows, longer.as_slice(), others) {
            // Or a batch of one.
            (rows, &[width], _) | (1, &[rows, width], _) => Some([rows, width]),
            (rows, [], [_, ..]) => Some([rows, 1]),
            _ => None,
        }
    }

    /// Rows, where all other dimensions are of one.
    pub(crate) fn as_column(&self) -> Option<usize> {
        let (&rows, others) = self.shape.split_first()?;
        others.iter().all(|&length| length == 1).then_some(rows)
    }

    /// The shape as `NumPy` prints it.
    pub(crate) fn shape_text(&self) -> String {
        let lengths = self.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if self.shape.len() == 1 { format!("({lengths},)") } else { format!("({lengths})") }
    }
}

/// The first `N` bytes; zeros where there are fewer.
fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk::<N>().copied().unwrap_or([0; N])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_reads_its_own_bytes() {
        assert!((Element::I16.number(&(-3_i16).to_le_bytes()) + 3.0).abs() < 1e-12);
        assert!((Element::U64.number(&7_u64.to_le_bytes()) - 7.0).abs() < 1e-12);
        assert!((Element::F16.number(&f16::from_f32(1.5).to_le_bytes()) - 1.5).abs() < 1e-12);
        assert!((Element::Bf16.number(&bf16::from_f32(-2.0).to_le_bytes()) + 2.0).abs() < 1e-12);
        assert!((Element::Bool.number(&[255]) - 1.0).abs() < 1e-12);
        assert!((Element::F64.number(&2.25_f64.to_le_bytes()) - 2.25).abs() < 1e-12);
    }

    #[test]
    fn cells_may_be_whole_floats_and_padded_text() {
        let mut text = String::new();
        assert_eq!(Element::F32.cell(&1_f32.to_le_bytes(), &mut text), Cell::Whole(1));
        assert_eq!(Element::F32.cell(&0.5_f32.to_le_bytes(), &mut text), Cell::Fraction(0.5));
        assert_eq!(Element::Bytes(5).cell(b"war\0\0", &mut text), Cell::Text("war"));
        assert_eq!(Element::Bytes(2).cell(b" \0", &mut text), Cell::Missing);
        assert_eq!(Element::I64.cell(&i64::MAX.to_le_bytes(), &mut text), Cell::Whole(i64::MAX));
    }

    #[test]
    fn a_shape_that_overflows_is_not_counted() {
        let layout =
            Layout { element: Element::F32, big_endian: false, fortran: false, shape: vec![usize::MAX, 2] };
        assert_eq!(layout.elements(), None);
        let layout = Layout { shape: vec![usize::MAX / 2, 1], ..layout };
        assert_eq!(layout.elements(), None);
    }
}
