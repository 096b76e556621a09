//! A column of labels, split names or keys, cell by cell.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, ArrowTemporalType, Date32Type, Date64Type, Decimal128Type, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};

use super::super::super::column::{Cell, TakeCell, number_cell};

/// Bytes of a cell's text at most: what is longer is not a label.
const LONGEST_TEXT: usize = 1 << 16;

/// Whether a column of this kind has a label, a split's name or a key in each row.
pub(super) fn is_cell(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(keys, values) => {
            keys.is_integer() && !matches!(**values, DataType::Dictionary(..)) && is_cell(values)
        }
        DataType::Boolean
        | DataType::Null
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Date32
        | DataType::Date64
        | DataType::Timestamp(..)
        | DataType::Decimal128(..) => true,
        other => other.is_integer() || other.is_floating(),
    }
}

/// Hands every row's cell to `take`; says at which row it has something against it, and what.
pub(super) fn each(column: &dyn Array, take: &mut TakeCell<'_>) -> Result<(), (usize, String)> {
    (0..column.len()).try_for_each(|row| cell(column, row, take).map_err(|reason| (row, reason)))
}

/// Hands the cell of one row to `take`.
fn cell(column: &dyn Array, row: usize, take: &mut TakeCell<'_>) -> Result<(), String> {
    // An array of nothing but nulls has no bits that say so.
    if column.is_null(row) || matches!(column.data_type(), DataType::Null) {
        return take(Cell::Missing);
    }
    match column.data_type() {
        DataType::Boolean => take(Cell::Whole(i64::from(column.as_boolean().value(row)))),
        DataType::Float16 => take(number_cell(value::<Float16Type>(column, row).into())),
        DataType::Float32 => take(number_cell(value::<Float32Type>(column, row).into())),
        DataType::Float64 => take(number_cell(value::<Float64Type>(column, row))),
        DataType::Utf8 => text(column.as_string::<i32>().value(row), take),
        DataType::LargeUtf8 => text(column.as_string::<i64>().value(row), take),
        DataType::Utf8View => text(column.as_string_view().value(row), take),
        DataType::Date32 => date(column.as_primitive::<Date32Type>(), row, take),
        DataType::Date64 => date(column.as_primitive::<Date64Type>(), row, take),
        DataType::Timestamp(unit, _) => match unit {
            TimeUnit::Second => time(column.as_primitive::<TimestampSecondType>(), row, take),
            TimeUnit::Millisecond => time(column.as_primitive::<TimestampMillisecondType>(), row, take),
            TimeUnit::Microsecond => time(column.as_primitive::<TimestampMicrosecondType>(), row, take),
            TimeUnit::Nanosecond => time(column.as_primitive::<TimestampNanosecondType>(), row, take),
        },
        DataType::Decimal128(..) => text(&column.as_primitive::<Decimal128Type>().value_as_string(row), take),
        DataType::Dictionary(..) => {
            let dictionary = column.as_any_dictionary();
            let place = whole(dictionary.keys(), row).and_then(|place| usize::try_from(place).ok());
            match place.filter(|place| *place < dictionary.values().len()) {
                Some(place) => cell(dictionary.values(), place, take),
                None => Err("it is none of the column's categories; write the file again".into()),
            }
        }
        _ => take(whole(column, row).map_or_else(
            // Beyond what `i64` holds.
            || Cell::Fraction(value_u64(column, row) as f64),
            Cell::Whole,
        )),
    }
}

/// A whole number, where `i64` holds it.
fn whole(column: &dyn Array, row: usize) -> Option<i64> {
    Some(match column.data_type() {
        DataType::Int8 => value::<Int8Type>(column, row).into(),
        DataType::Int16 => value::<Int16Type>(column, row).into(),
        DataType::Int32 => value::<Int32Type>(column, row).into(),
        DataType::Int64 => value::<Int64Type>(column, row),
        DataType::UInt8 => value::<UInt8Type>(column, row).into(),
        DataType::UInt16 => value::<UInt16Type>(column, row).into(),
        DataType::UInt32 => value::<UInt32Type>(column, row).into(),
        _ => return i64::try_from(value_u64(column, row)).ok(),
    })
}

fn value_u64(column: &dyn Array, row: usize) -> u64 {
    column.as_primitive_opt::<UInt64Type>().map_or(0, |column| column.value(row))
}

fn value<T: ArrowPrimitiveType>(column: &dyn Array, row: usize) -> T::Native {
    column.as_primitive::<T>().value(row)
}

fn text(text: &str, take: &mut TakeCell<'_>) -> Result<(), String> {
    if text.len() > LONGEST_TEXT {
        return Err(format!("a text of {} bytes is no label; name another column", text.len()));
    }
    match text.trim() {
        "" => take(Cell::Missing),
        text => take(Cell::Text(text)),
    }
}

fn date<T: ArrowTemporalType>(
    column: &PrimitiveArray<T>,
    row: usize,
    take: &mut TakeCell<'_>,
) -> Result<(), String>
where
    i64: From<T::Native>,
{
    let date = column.value_as_date(row).ok_or("it is no date; write the file again")?;
    text(&date.to_string(), take)
}

fn time<T: ArrowTemporalType>(
    column: &PrimitiveArray<T>,
    row: usize,
    take: &mut TakeCell<'_>,
) -> Result<(), String>
where
    i64: From<T::Native>,
{
    let time = column.value_as_datetime(row).ok_or("it is no time; write the file again")?;
    text(&time.to_string(), take)
}
