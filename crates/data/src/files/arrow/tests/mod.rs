//! Tables written by the same libraries, read back as rows and cells.

mod damage;
mod foreign;
mod matrices;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::file::properties::WriterProperties;
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
    Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray, UInt64Array,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use tempfile::TempDir;

use super::super::super::column::Cell;
use super::super::{ArrayFile, open};
use super::{Rows, ipc};

/// One of the formats.
#[derive(Clone, Copy, Debug)]
enum Format {
    Parquet,
    File,
    Stream,
}

const FORMATS: [Format; 3] = [Format::Parquet, Format::File, Format::Stream];

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

/// Writes batches of the same columns, each a row group of its own.
fn write(path: &Path, format: Format, batches: &[RecordBatch]) {
    let file = File::create(path).unwrap();
    let schema = batches[0].schema();
    match format {
        Format::Parquet => {
            let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
            let mut writer = ArrowWriter::try_new(file, schema, Some(properties)).unwrap();
            for batch in batches {
                writer.write(batch).unwrap();
                writer.flush().unwrap();
            }
            writer.close().unwrap();
        }
        Format::File => {
            let options =
                IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME)).unwrap();
            let mut writer = FileWriter::try_new_with_options(file, &schema, options).unwrap();
            for batch in batches {
                writer.write(batch).unwrap();
            }
            writer.finish().unwrap();
        }
        Format::Stream => {
            let mut writer = StreamWriter::try_new(file, &schema).unwrap();
            for batch in batches {
                writer.write(batch).unwrap();
            }
            writer.finish().unwrap();
        }
    }
}

fn opened(path: &Path, format: Format) -> Result<Box<dyn ArrayFile>, String> {
    let file = if matches!(format, Format::Stream) { ipc(path) } else { open(path) };
    file.map_err(|error| error.to_string())
}

type Tables = Vec<(Format, Box<dyn ArrayFile>)>;

/// The table in each format.
fn tables(batches: &[RecordBatch]) -> (TempDir, Tables) {
    let folder = tempfile::tempdir().unwrap();
    let tables = FORMATS.map(|format| {
        let path: PathBuf = folder.path().join(format!("{format:?}"));
        write(&path, format, batches);
        (format, opened(&path, format).unwrap())
    });
    (folder, tables.into())
}

fn rows_of(file: &mut dyn ArrayFile, name: &str) -> Result<(Vec<f32>, [usize; 2]), String> {
    let shape = file.shape("data.text", name).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    let read = file.rows("data.text", name, &mut |block| {
        assert_eq!(block.len() % shape[1], 0);
        rows.extend_from_slice(block);
        Ok(())
    });
    read.map_err(|error| error.to_string())?;
    Ok((rows, shape))
}

fn cells_of(file: &mut dyn ArrayFile, name: &str) -> Result<Vec<String>, String> {
    let mut cells = Vec::new();
    let rows = file.cells("data.label", name, 1_000, &mut |cell| {
        cells.push(match cell {
            Cell::Missing => "-".to_owned(),
            Cell::Whole(number) => number.to_string(),
            Cell::Fraction(number) => format!("{number:e}"),
            Cell::Text(text) => format!("\"{text}\""),
        });
        Ok(())
    });
    assert!(rows.as_ref().is_ok_and(|rows| *rows == Rows::Exactly(cells.len())) || rows.is_err());
    rows.map(|_| cells).map_err(|error| error.to_string())
}

/// The one column's cells in every format, which are the same.
fn cells(column: ArrayRef) -> Vec<String> {
    let (_folder, tables) = tables(&[batch(vec![("label", column)])]);
    let mut found: Vec<Vec<String>> =
        tables.into_iter().map(|(_, mut file)| cells_of(file.as_mut(), "label").unwrap()).collect();
    found.dedup();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn numbers_and_texts_are_cells() {
    assert_eq!(cells(Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))), ["1", "-", "0"]);
    assert_eq!(cells(Arc::new(Int64Array::from(vec![i64::MIN, 3]))), [i64::MIN.to_string(), "3".into()]);
    assert_eq!(cells(Arc::new(UInt64Array::from(vec![7, u64::MAX]))), ["7", "1.8446744073709552e19"]);
    let floats = Float64Array::from(vec![Some(2.0), Some(0.5), Some(f64::NAN), None]);
    assert_eq!(cells(Arc::new(floats)), ["2", "5e-1", "NaN", "-"]);
    let texts = vec![Some(" a "), Some(""), None, Some("0001")];
    let wanted = ["\"a\"", "-", "-", "\"0001\""];
    assert_eq!(cells(Arc::new(StringArray::from(texts.clone()))), wanted);
    assert_eq!(cells(Arc::new(LargeStringArray::from(texts.clone()))), wanted);
    assert_eq!(cells(Arc::new(StringViewArray::from(texts.clone()))), wanted);
    let categories: DictionaryArray<Int8Type> = texts.into_iter().collect();
    assert_eq!(cells(Arc::new(categories)), wanted);
    assert_eq!(cells(Arc::new(Date32Array::from(vec![19_724, -1]))), ["\"2024-01-02\"", "\"1969-12-31\""]);
    let decimal = Decimal128Array::from(vec![150, -25]).with_precision_and_scale(5, 2).unwrap();
    assert_eq!(cells(Arc::new(decimal)), ["\"1.50\"", "\"-0.25\""]);
}

#[test]
fn a_column_longer_than_wanted_is_counted_and_not_read() {
    let column: ArrayRef = Arc::new(Int64Array::from(vec![1; 5_000]));
    let (_folder, tables) = tables(&[batch(vec![("label", column)])]);
    for (format, mut file) in tables {
        let rows = file.cells("data.label", "label", 4_999, &mut |_| Err("read".into()));
        assert_eq!(rows.unwrap(), Rows::Exactly(5_000), "{format:?}");
        let rows = file.cells("data.label", "label", 5_000, &mut |_| Ok(()));
        assert_eq!(rows.unwrap(), Rows::Exactly(5_000), "{format:?}");
    }
}

#[test]
fn a_cell_that_is_refused_is_named_by_its_row_in_the_file() {
    let part =
        |from: i64| batch(vec![("label", Arc::new(Int64Array::from_iter_values(from..from + 1_500)) as _)]);
    let (_folder, tables) = tables(&[part(0), part(1_500)]);
    for (format, mut file) in tables {
        let refused = file.cells("data.label", "label", 9_999, &mut |cell| match cell {
            Cell::Whole(2_700) => Err("too many".into()),
            _ => Ok(()),
        });
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("row 2700 (counted from 0): too many"), "{format:?}: {error}");
    }
}

#[test]
fn columns_that_are_no_labels_are_refused_by_what_they_hold() {
    let bytes: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"\0\0\x80\x3f"]));
    let long: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(70_000)]));
    let (_folder, tables) = tables(&[batch(vec![("bytes", bytes), ("long", long)])]);
    for (_, mut file) in tables {
        let error = cells_of(file.as_mut(), "bytes").unwrap_err();
        assert!(error.contains("column `bytes`") && error.contains("holds bytes"), "{error}");
        let error = cells_of(file.as_mut(), "long").unwrap_err();
        assert!(error.contains("a text of 70000 bytes is no label"), "{error}");
        let error = cells_of(file.as_mut(), "byte").unwrap_err();
        assert!(error.contains("did you mean `bytes`?"), "{error}");
        let error = rows_of(file.as_mut(), "bytes").unwrap_err();
        assert!(error.contains("np.frombuffer"), "{error}");
    }
}
