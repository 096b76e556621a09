//! Values that lie in the pickle itself: lists of labels, and the elements of `NumPy` arrays.

use std::io::Read;

use super::super::super::column::{Cell, TakeCell, number_cell};
use super::super::cell::cell;
use tensors::torch::{Array, Data, Heap, Node, Value};
use tensors::{Element, Layout};

/// The bytes of an array; of those that lie as text, each character is one.
pub(super) fn bytes_of(heap: &Heap, data: Data) -> Box<dyn Read + '_> {
    match data {
        Data::Plain(span) => Box::new(heap.bytes(span)),
        Data::Latin1(span) => {
            Box::new(Latin1(std::str::from_utf8(heap.bytes(span)).unwrap_or_default().chars()))
        }
    }
}

/// Characters up to U+00FF as bytes.
struct Latin1<'a>(std::str::Chars<'a>);

impl Read for Latin1<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut written = 0;
        for (byte, letter) in buffer.iter_mut().zip(&mut self.0) {
            *byte = u8::try_from(letter)
                .map_err(|_| std::io::Error::other("it holds text where bytes are needed"))?;
            written += 1;
        }
        Ok(written)
    }
}

/// Hands one value of a list to `take`.
pub(super) fn hand_over(heap: &Heap, value: Value, take: &mut TakeCell<'_>) -> Result<(), String> {
    match value {
        Value::None => take(Cell::Missing),
        Value::Bool(value) => take(Cell::Whole(i64::from(value))),
        Value::Int(number) => take(Cell::Whole(number)),
        Value::Float(number) => take(number_cell(number)),
        Value::Text(span) | Value::Bytes(span) => match String::from_utf8_lossy(heap.bytes(span)).trim() {
            "" => take(Cell::Missing),
            text => take(Cell::Text(text)),
        },
        Value::Other => Err("it is neither a number nor text".into()),
        Value::Node(_) => scalar(heap, value, take),
    }
}

/// The same for a scalar of `NumPy`.
fn scalar(heap: &Heap, value: Value, take: &mut TakeCell<'_>) -> Result<(), String> {
    let Some(Node::Array(Array { dtype: Some(dtype), data: Some(data), .. })) = heap.node(value) else {
        return Err("it is neither a number nor text".into());
    };
    let layout =
        Layout { element: dtype.element, big_endian: dtype.big_endian, fortran: false, shape: Vec::new() };
    let mut bytes = Vec::new();
    // As long as it is in the pickle, whatever its type claims.
    bytes_of(heap, *data).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() != layout.element.size() || matches!(layout.element, Element::Bytes(0) | Element::Utf32(0))
    {
        return Err("it does not have the bytes of its type".into());
    }
    layout.make_little_endian(&mut bytes);
    take(cell(layout.element, &bytes, &mut String::new()))
}
