//! What the elements of an HDF5 data set are, and how their bytes become numbers.

use hdf5_reader::error::{Error, Result};
use hdf5_reader::{ByteOrder, Dataset, Datatype, H5Type, StringSize, VarLenKind};

use tensors::{Element, Layout};

/// Exponents of `float16` and not of another float of two bytes, and where a description of elements says so.
const F16_EXPONENT: u8 = 5;
const EXPONENT_AT: usize = 13;

/// What the elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of one length each.
    Element(Element),
    /// Texts of any length, which lie elsewhere: so many bytes say where.
    Texts { reference: usize },
}

/// The kind of a data set's elements; where it is not read, what they are.
pub(super) fn kind(dataset: &Dataset) -> std::result::Result<Kind, String> {
    match dataset.dtype() {
        Datatype::VarLen { kind: VarLenKind::String, .. }
        | Datatype::String { size: StringSize::Variable, .. } => {
            Ok(Kind::Texts { reference: dataset.vlen_reference_size() })
        }
        Datatype::FloatingPoint { size: 2, .. }
            if dataset.raw_datatype().is_ok_and(|raw| raw.get(EXPONENT_AT) != Some(&F16_EXPONENT)) =>
        {
            Err("floats of two bytes that are not float16".into())
        }
        other => element(other).map(Kind::Element).ok_or_else(|| described(other)),
    }
}

fn element(datatype: &Datatype) -> Option<Element> {
    Some(match datatype {
        Datatype::FixedPoint { size: 1, signed: true, .. } => Element::I8,
        Datatype::FixedPoint { size: 1, signed: false, .. } => Element::U8,
        Datatype::FixedPoint { size: 2, signed: true, .. } => Element::I16,
        Datatype::FixedPoint { size: 2, signed: false, .. } => Element::U16,
        Datatype::FixedPoint { size: 4, signed: true, .. } => Element::I32,
        Datatype::FixedPoint { size: 4, signed: false, .. } => Element::U32,
        Datatype::FixedPoint { size: 8, signed: true, .. } => Element::I64,
        Datatype::FixedPoint { size: 8, signed: false, .. } => Element::U64,
        Datatype::FloatingPoint { size: 2, .. } => Element::F16,
        Datatype::FloatingPoint { size: 4, .. } => Element::F32,
        Datatype::FloatingPoint { size: 8, .. } => Element::F64,
        // h5py's booleans are an enumeration of one byte.
        Datatype::Enum { base, .. } if !matches!(**base, Datatype::Enum { .. }) => element(base)?,
        Datatype::String { size: StringSize::Fixed(length), .. } => Element::Bytes(*length as usize),
        _ => return None,
    })
}

fn described(datatype: &Datatype) -> String {
    match datatype {
        Datatype::Compound { .. } => "records of several fields",
        Datatype::VarLen { .. } | Datatype::Array { .. } => "lists",
        Datatype::Reference { .. } => {
            "references, as MATLAB's cells are (in MATLAB: [~, ~, label] = unique(label))"
        }
        _ => "elements of an unknown type",
    }
    .into()
}

fn is_big_endian(datatype: &Datatype) -> bool {
    match datatype {
        Datatype::FixedPoint { byte_order, .. } | Datatype::FloatingPoint { byte_order, .. } => {
            *byte_order == ByteOrder::BigEndian
        }
        Datatype::Enum { base, .. } => is_big_endian(base),
        _ => false,
    }
}

/// How elements of a type lie: as a list of `count`.
fn layout(datatype: &Datatype, count: usize) -> Option<Layout> {
    let element = element(datatype)?;
    Some(Layout { element, big_endian: is_big_endian(datatype), fortran: false, shape: vec![count] })
}

/// A number of any type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub(super) f32);

/// The bytes of one element, little-endian where it is a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Raw(pub(super) Vec<u8>);

fn mismatch(datatype: &Datatype) -> Error {
    Error::TypeMismatch { expected: "a number".into(), actual: described(datatype) }
}

impl H5Type for Number {
    fn hdf5_type() -> Datatype {
        f32::hdf5_type()
    }

    fn from_bytes(bytes: &[u8], datatype: &Datatype) -> Result<Self> {
        let value = Self::decode_vec(bytes, datatype, 1).and_then(|values| values.ok()?.into_iter().next());
        value.ok_or_else(|| mismatch(datatype))
    }

    fn element_size(datatype: &Datatype) -> usize {
        element(datatype).map_or(0, Element::size)
    }

    fn decode_vec(raw: &[u8], datatype: &Datatype, count: usize) -> Option<Result<Vec<Self>>> {
        let Some(layout) = layout(datatype, count).filter(|layout| !layout.element.is_text()) else {
            return Some(Err(mismatch(datatype)));
        };
        let mut bytes = raw.to_vec();
        layout.make_little_endian(&mut bytes);
        let mut numbers = Vec::with_capacity(count.min(raw.len()));
        layout.element.extend_numbers(&bytes, &mut numbers);
        Some(Ok(numbers.into_iter().map(Number).collect()))
    }
}

impl H5Type for Raw {
    fn hdf5_type() -> Datatype {
        u8::hdf5_type()
    }

    fn from_bytes(bytes: &[u8], datatype: &Datatype) -> Result<Self> {
        let mut bytes = bytes.to_vec();
        if let Some(layout) = layout(datatype, 1) {
            layout.make_little_endian(&mut bytes);
        }
        Ok(Self(bytes))
    }

    fn element_size(datatype: &Datatype) -> usize {
        element(datatype).map_or(0, Element::size)
    }
}
