//! Arrow's arrays of numbers as `f32`.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use half::slice::HalfFloatSliceExt;

use super::super::super::error::printable;

/// Whether values of this kind are numbers.
pub(super) fn is_number(kind: &DataType) -> bool {
    kind.is_integer() || kind.is_floating() || matches!(kind, DataType::Boolean | DataType::Null)
}

/// Whether values of this kind are bytes, of which no file says what they stand for.
pub(super) fn is_bytes(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_)
    )
}

/// What values of this kind are, for a message.
pub(super) fn kind(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".into(),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => "lists".into(),
        DataType::Struct(_) => "records of several fields".into(),
        DataType::Dictionary(..) => "categories".into(),
        bytes if is_bytes(bytes) => "bytes".into(),
        other => printable(&other.to_string()),
    }
}

/// What is needed where an embedding has values of this kind.
pub(super) fn wanted(kind: &DataType) -> &'static str {
    if is_bytes(kind) {
        "where lists of numbers are needed; with the type that they were written in: import numpy as np, pandas as pd; \
         d = pd.read_parquet(\"FILE\") (or read_feather); d[\"NAME\"] = [np.frombuffer(b, np.float32) for b in d[\"NAME\"]]; \
         d.to_parquet(\"set.parquet\")"
    } else {
        "where numbers are needed; name another column"
    }
}

/// Appends the numbers at `range` to `out`, NaN where there is none.
pub(super) fn extend(array: &dyn Array, range: Range<usize>, out: &mut Vec<f32>) {
    let from = out.len();
    match array.data_type() {
        DataType::Float32 => {
            out.extend_from_slice(&array.as_primitive::<Float32Type>().values()[range.clone()]);
        }
        DataType::Float16 => {
            out.resize(from + range.len(), 0.0);
            let halves = &array.as_primitive::<Float16Type>().values()[range.clone()];
            halves.convert_to_f32_slice(&mut out[from..]);
        }
        DataType::Float64 => converted::<Float64Type>(array, &range, out, |number| number as f32),
        DataType::Int8 => converted::<Int8Type>(array, &range, out, f32::from),
        DataType::Int16 => converted::<Int16Type>(array, &range, out, f32::from),
        DataType::Int32 => converted::<Int32Type>(array, &range, out, |number| number as f32),
        DataType::Int64 => converted::<Int64Type>(array, &range, out, |number| number as f32),
        DataType::UInt8 => converted::<UInt8Type>(array, &range, out, f32::from),
        DataType::UInt16 => converted::<UInt16Type>(array, &range, out, f32::from),
        DataType::UInt32 => converted::<UInt32Type>(array, &range, out, |number| number as f32),
        DataType::UInt64 => converted::<UInt64Type>(array, &range, out, |number| number as f32),
        DataType::Boolean => {
            let bits = array.as_boolean().values();
            out.extend(range.clone().map(|at| f32::from(u8::from(bits.value(at)))));
        }
        _ => out.resize(from + range.len(), f32::NAN),
    }
    if array.null_count() > 0 {
        for (at, number) in range.zip(&mut out[from..]) {
            if array.is_null(at) {
                *number = f32::NAN;
            }
        }
    }
}

fn converted<T: ArrowPrimitiveType>(
    array: &dyn Array,
    range: &Range<usize>,
    out: &mut Vec<f32>,
    number: impl Fn(T::Native) -> f32,
) {
    out.extend(array.as_primitive::<T>().values()[range.clone()].iter().map(|&value| number(value)));
}

/// Appends rows of one number from each column to `out`. `[rows, columns]`
pub(super) fn extend_block(columns: &[ArrayRef], out: &mut Vec<f32>) {
    let (from, rows) = (out.len(), columns.first().map_or(0, Array::len));
    out.resize(from + rows * columns.len(), 0.0);
    let mut numbers = Vec::with_capacity(rows);
    for (place, column) in columns.iter().enumerate() {
        numbers.clear();
        extend(column, 0..rows, &mut numbers);
        for (number, out) in numbers.iter().zip(out[from + place..].iter_mut().step_by(columns.len())) {
            *out = *number;
        }
    }
}
