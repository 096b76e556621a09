//! A long form as Parquet: one row group, Snappy, the run's provenance as key-value metadata.

use std::sync::Arc;

use parquet::basic::{Compression, IntType, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::Table;
use super::columns::Column;
use crate::ReportError;

/// `provenance` is the file's metadata about its run, by key.
pub(crate) fn render(table: &Table, provenance: &[(&str, String)]) -> Result<Vec<u8>, ReportError> {
    written(table, provenance)
        .map_err(|error| ReportError::Table { format: "Parquet", why: error.to_string() })
}

fn written(table: &Table, provenance: &[(&str, String)]) -> Result<Vec<u8>, ParquetError> {
    let fields: Result<Vec<TypePtr>, _> = table.columns.iter().map(field).collect();
    let schema = Type::group_type_builder(table.name).with_fields(fields?).build()?;
    let metadata = provenance.iter().map(|(key, value)| KeyValue::new((*key).to_owned(), value.clone()));
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("superfuse-tui ", env!("CARGO_PKG_VERSION")).into())
        .set_key_value_metadata(Some(metadata.collect()))
        .build();
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, Arc::new(schema), Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    for (_, values) in &table.columns {
        let Some(mut column) = group.next_column()? else { break };
        write(&mut column, values)?;
        column.close()?;
    }
    group.close()?;
    file.close()?;
    Ok(bytes)
}

fn field((name, column): &(String, Column)) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column {
        Column::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Column::Counts(_) => {
            let unsigned = IntType { bit_width: 64, is_signed: false };
            (Physical::INT64, Some(LogicalType::Integer(unsigned)))
        }
        Column::Numbers(_) => (Physical::DOUBLE, None),
    };
    let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    Ok(Arc::new(field.with_logical_type(logical).build()?))
}

/// The values that are there, and for each row whether it has one.
fn write(column: &mut SerializedColumnWriter, values: &Column) -> Result<(), ParquetError> {
    match values {
        Column::Text(texts) => {
            let present: Vec<ByteArray> =
                texts.iter().flatten().map(|text| ByteArray::from(text.as_bytes().to_vec())).collect();
            column.typed::<ByteArrayType>().write_batch(&present, Some(&levels(texts)), None)
        }
        Column::Counts(counts) => {
            let present: Vec<i64> = counts.iter().flatten().map(|&count| count as i64).collect();
            column.typed::<Int64Type>().write_batch(&present, Some(&levels(counts)), None)
        }
        Column::Numbers(numbers) => {
            let present: Vec<f64> = numbers.iter().flatten().copied().collect();
            column.typed::<DoubleType>().write_batch(&present, Some(&levels(numbers)), None)
        }
    }
    .map(|_| ())
}

/// Definition levels: 1 where there is a value.
fn levels<T>(values: &[Option<T>]) -> Vec<i16> {
    values.iter().map(|value| i16::from(value.is_some())).collect()
}
