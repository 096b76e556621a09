//! Kinds of array elements, and bytes turned into numbers. Knows no file format.

use half::{bf16, f16};

/// What one element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// A byte; what is not 0 is true.
    Bool,
    /// A whole number of 8 bits.
    I8,
    /// The same without a sign.
    U8,
    /// A whole number of 16 bits.
    I16,
    /// The same without a sign.
    U16,
    /// A whole number of 32 bits.
    I32,
    /// The same without a sign.
    U32,
    /// A whole number of 64 bits.
    I64,
    /// The same without a sign.
    U64,
    /// IEEE half precision.
    F16,
    /// The upper half of single precision.
    Bf16,
    /// IEEE single precision.
    F32,
    /// IEEE double precision.
    F64,
    /// `NumPy`'s `S`: so many bytes, zero-padded.
    Bytes(usize),
    /// `NumPy`'s `U`: so many UTF-32 characters, zero-padded.
    Utf32(usize),
}

/// How an array lies in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What one element is.
    pub element: Element,
    /// Most significant byte first.
    pub big_endian: bool,
    /// First index fastest.
    pub fortran: bool,
    /// Length of each dimension.
    pub shape: Vec<usize>,
}

impl Element {
    /// Whether the most significant byte is first, and what the elements are, by `NumPy`'s name for them, such as `<f4`.
    pub fn of_numpy(descr: &str) -> Option<(bool, Self)> {
        let (big_endian, kind) = match descr.split_at_checked(1) {
            Some((">", kind)) => (true, kind),
            Some(("<" | "|" | "=", kind)) => (false, kind),
            _ => (false, descr),
        };
        let element = match kind {
            "b1" | "?" => Self::Bool,
            "i1" => Self::I8,
            "u1" => Self::U8,
            "i2" => Self::I16,
            "u2" => Self::U16,
            "i4" => Self::I32,
            "u4" => Self::U32,
            "i8" => Self::I64,
            "u8" => Self::U64,
            "f2" => Self::F16,
            "f4" => Self::F32,
            "f8" => Self::F64,
            _ => match kind.split_at_checked(1)? {
                ("S", length) => Self::Bytes(length.parse().ok()?),
                ("U", length) => Self::Utf32(length.parse().ok()?),
                _ => return None,
            },
        };
        Some((big_endian, element))
    }

    /// As `NumPy` calls it.
    pub const fn name(self) -> &'static str {
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
    pub const fn size(self) -> usize {
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
    pub const fn is_text(self) -> bool {
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
    pub fn number(self, bytes: &[u8]) -> f64 {
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
    pub fn extend_numbers(self, bytes: &[u8], out: &mut Vec<f32>) {
        match self {
            Self::F32 => out.extend(bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(first(bytes)))),
            Self::F64 => {
                out.extend(bytes.chunks_exact(8).map(|bytes| f64::from_le_bytes(first(bytes)) as f32));
            }
            _ => out.extend(bytes.chunks_exact(self.size()).map(|bytes| self.number(bytes) as f32)),
        }
    }
}

impl Layout {
    /// Elements in all, where they and their bytes can be counted.
    pub fn elements(&self) -> Option<usize> {
        let elements = self.shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length))?;
        elements.checked_mul(self.element.size())?;
        Some(elements)
    }

    /// Turns the bytes of whole elements little-endian.
    pub fn make_little_endian(&self, bytes: &mut [u8]) {
        let word = self.element.word_size();
        if self.big_endian && word > 1 {
            bytes.chunks_exact_mut(word).for_each(<[u8]>::reverse);
        }
    }

    /// Rows and width, where all other dimensions are of one.
    pub fn as_matrix(&self) -> Option<[usize; 2]> {
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
    pub fn as_column(&self) -> Option<usize> {
        let (&rows, others) = self.shape.split_first()?;
        others.iter().all(|&length| length == 1).then_some(rows)
    }

    /// The shape as `NumPy` prints it.
    pub fn shape_text(&self) -> String {
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
    fn a_shape_that_overflows_is_not_counted() {
        let layout =
            Layout { element: Element::F32, big_endian: false, fortran: false, shape: vec![usize::MAX, 2] };
        assert_eq!(layout.elements(), None);
        let layout = Layout { shape: vec![usize::MAX / 2, 1], ..layout };
        assert_eq!(layout.elements(), None);
    }
}
