//! Columns of lists and blocks of columns as matrices.

use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Float32Builder, ListBuilder};
use arrow_array::types::{Float16Type, Float32Type, Float64Type, Int16Type, UInt8Type};
use arrow_array::{
    ArrayRef, FixedSizeListArray, Float32Array, Int32Array, LargeListArray, ListArray, StringArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};
use half::f16;

use super::{batch, rows_of, tables};

/// The matrix in every format, which is the same. Missing numbers are -1.
fn matrix(parts: Vec<Vec<(&str, ArrayRef)>>) -> Result<(Vec<f32>, [usize; 2]), String> {
    let parts: Vec<_> = parts.into_iter().map(batch).collect();
    let (folder, tables) = tables(&parts);
    let mut found: Vec<_> = tables
        .into_iter()
        .map(|(format, mut file)| {
            let path = folder.path().join(format!("{format:?}")).display().to_string();
            let (rows, shape) =
                rows_of(file.as_mut(), "text").map_err(|error| error.replace(&path, "FILE"))?;
            Ok((rows.iter().map(|number| if number.is_nan() { -1.0 } else { *number }).collect(), shape))
        })
        .collect();
    found.dedup();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn lists(rows: &[Option<&[f32]>]) -> ArrayRef {
    let rows =
        rows.iter().map(|row| row.map(|row| row.iter().map(|number| Some(*number)).collect::<Vec<_>>()));
    Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(rows))
}

#[test]
fn lists_of_every_kind_of_number_are_a_matrix() {
    let rows = [Some([1, 2]), Some([3, 4])];
    let as_kind = |kind: usize| -> ArrayRef {
        macro_rules! of {
            ($list:ty, $type:ty, $number:expr) => {
                Arc::new(<$list>::from_iter_primitive::<$type, _, _>(
                    rows.map(|row| row.map(|row| row.map(|number: i16| Some($number(number))))),
                ))
            };
        }
        match kind {
            0 => of!(ListArray, Float16Type, |number| f16::from_f32(f32::from(number))),
            1 => of!(ListArray, Float32Type, f32::from),
            2 => of!(LargeListArray, Float64Type, f64::from),
            3 => of!(LargeListArray, Int16Type, |number| number),
            4 => of!(ListArray, UInt8Type, |number| number as u8),
            _ => Arc::new(FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(
                rows.map(|row| row.map(|row| row.map(|number| Some(f32::from(number))))),
                2,
            )),
        }
    };
    for kind in 0..6 {
        let found = matrix(vec![vec![("text", as_kind(kind))]]).unwrap();
        assert_eq!(found, (vec![1.0, 2.0, 3.0, 4.0], [2, 2]), "{kind}");
    }
}

#[test]
fn missing_rows_and_numbers_are_nan() {
    let mut column = ListBuilder::new(Float32Builder::new());
    column.append_null();
    column.append_value([Some(1.0), None, Some(3.0)]);
    column.append_null();
    column.append_value([None, None, None]);
    column.append_value([Some(4.0), Some(5.0), Some(6.0)]);
    let found = matrix(vec![vec![("text", Arc::new(column.finish()))]]).unwrap();
    let gone = -1.0;
    let wanted = [gone, gone, gone, 1.0, gone, 3.0, gone, gone, gone, gone, gone, gone, 4.0, 5.0, 6.0];
    assert_eq!(found, (wanted.to_vec(), [5, 3]));

    let mut column = FixedSizeListBuilder::new(Float32Builder::new(), 2);
    column.values().append_slice(&[1.0, 2.0, 7.0, 7.0]);
    column.append(true);
    column.append(false);
    let found = matrix(vec![vec![("text", Arc::new(column.finish()))]]).unwrap();
    assert_eq!(found, (vec![1.0, 2.0, gone, gone], [2, 2]));

    let nothing = matrix(vec![vec![("text", lists(&[None, None]))]]).unwrap_err();
    assert!(nothing.contains("at least one row and one column"), "{nothing}");
}

#[test]
fn the_first_row_of_another_length_is_named_with_both_lengths() {
    let row = [0.5_f32; 3];
    let first = lists(&vec![Some(&row[..]); 1_100]);
    let second = lists(&[Some(&row[..]), None, Some(&row[..2])]);
    let error = matrix(vec![vec![("text", first)], vec![("text", second)]]).unwrap_err();
    assert!(error.contains("row 1102 (counted from 0)"), "{error}");
    assert!(error.contains("it has 2 numbers, and the rows before it have 3"), "{error}");
    let first = lists(&[Some(&row[..0]), Some(&row[..])]);
    assert!(matrix(vec![vec![("text", first)]]).unwrap_err().contains("at least one row and one column"));
}

#[test]
fn dimensions_of_one_are_left_out() {
    let nested = |lengths: &[usize], inner: &[Option<&[f32]>]| -> ArrayRef {
        let inner = lists(inner);
        let field = Arc::new(Field::new_list_field(inner.data_type().clone(), true));
        Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths.iter().copied()), inner, None))
    };
    let (a, b): (&[f32], &[f32]) = (&[1.0, 2.0], &[3.0, 4.0]);
    let found = matrix(vec![vec![("text", nested(&[1, 1, 1], &[Some(a), Some(b), None]))]]).unwrap();
    assert_eq!(found, (vec![1.0, 2.0, 3.0, 4.0, -1.0, -1.0], [3, 2]));
    let ones = [Some(&a[..1]), Some(&b[..1]), Some(&a[1..]), Some(&b[1..])];
    let found = matrix(vec![vec![("text", nested(&[2, 2], &ones))]]).unwrap();
    assert_eq!(found, (vec![1.0, 3.0, 2.0, 4.0], [2, 2]));
    let error = matrix(vec![vec![("text", nested(&[1, 2], &[Some(a), Some(b), Some(a)]))]]).unwrap_err();
    assert!(error.contains("row 1") && error.contains("shape (2, 2)"), "{error}");
}

#[test]
fn a_block_of_columns_follows_its_numbers() {
    let numbers = |numbers: Vec<Option<f32>>| -> ArrayRef { Arc::new(Float32Array::from(numbers)) };
    let found = matrix(vec![vec![
        ("text_1", Arc::new(Int32Array::from(vec![10, 20])) as ArrayRef),
        ("label", Arc::new(StringArray::from(vec!["a", "b"]))),
        ("text_0", numbers(vec![Some(1.0), None])),
        ("text", Arc::new(StringArray::from(vec!["a caption", "another"]))),
    ]]);
    assert_eq!(found.unwrap(), (vec![1.0, 10.0, -1.0, 20.0], [2, 2]));
    let error =
        matrix(vec![vec![("text_0", numbers(vec![Some(1.0)])), ("text_2", numbers(vec![Some(1.0)]))]]);
    assert!(error.unwrap_err().contains("numbers 0, 2"));
    let error =
        matrix(vec![vec![("text_0", Arc::new(StringArray::from(vec!["a"])) as ArrayRef)]]).unwrap_err();
    assert!(error.contains("holds text, where numbers are needed"), "{error}");
    let error = matrix(vec![vec![("text", numbers(vec![Some(1.0)]))]]).unwrap_err();
    assert!(error.contains("one value for each row"), "{error}");
}

#[test]
fn many_rows_come_in_parts_and_in_order() {
    let rows = 5_000;
    let values: Vec<f32> = (0..rows * 3).map(|number| number as f32).collect();
    let item = Arc::new(Field::new_list_field(DataType::Float32, true));
    let column = FixedSizeListArray::new(item, 3, Arc::new(Float32Array::from(values.clone())), None);
    let column: ArrayRef = Arc::new(column);
    let parts = vec![vec![("text", column.slice(0, 2_100))], vec![("text", column.slice(2_100, 2_900))]];
    assert_eq!(matrix(parts).unwrap(), (values, [5_000, 3]));
}

#[test]
fn columns_of_one_name_are_refused() {
    let column = lists(&[Some(&[1.0])]);
    let error = matrix(vec![vec![("text", Arc::clone(&column)), ("text", column)]]).unwrap_err();
    assert!(error.contains("two columns `text`, column 1 and column 2"), "{error}");
}
