//! A column of lists as rows of numbers: lists of one length each, or lists in lists where all but one dimension is of one.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::super::super::error::DataError;
use super::numbers;

/// Whether a column of this kind has a list in each row.
pub(super) fn is_list(kind: &DataType) -> bool {
    matches!(kind, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
}

/// What the innermost lists are made of.
pub(super) fn leaf(kind: &DataType) -> &DataType {
    match kind {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            leaf(item.data_type())
        }
        other => other,
    }
}

/// Some rows of a column of lists.
pub(super) struct Lists<'a> {
    /// All numbers of the rows, and of others.
    numbers: &'a dyn Array,
    /// Of each row where its numbers are; none where it is missing.
    places: Vec<Option<Range<usize>>>,
    /// Rows of the file before these.
    before: usize,
    /// File and column, for messages.
    named: &'a str,
}

impl<'a> Lists<'a> {
    /// Of these rows, which follow `before` others.
    ///
    /// # Errors
    /// Where a row has two dimensions that are longer than one.
    pub(super) fn of(column: &'a ArrayRef, before: usize, named: &'a str) -> Result<Self, DataError> {
        let mut numbers: &dyn Array = column;
        let mut places: Vec<Option<Range<usize>>> = (0..column.len()).map(|row| Some(row..row + 1)).collect();
        while let Some((items, place)) = inner(numbers) {
            for (row, held) in places.iter_mut().enumerate() {
                let Some(lists) = held.take() else { continue };
                *held = flat(numbers, &place, lists).map_err(|shape| DataError::BadCell {
                    place: named.to_owned(),
                    row: format!("row {} (counted from 0)", before + row),
                    reason: format!("it has shape {shape}, but one row of numbers is needed; flatten it"),
                })?;
            }
            numbers = items;
        }
        Ok(Self { numbers, places, before, named })
    }

    /// Numbers in the first row that is not missing.
    pub(super) fn first_width(&self) -> Option<usize> {
        self.places.iter().flatten().next().map(ExactSizeIterator::len)
    }

    /// Appends the rows to `out`. `[rows, width]`
    ///
    /// # Errors
    /// Names the first row that has more or fewer numbers than `width`.
    pub(super) fn extend(&self, width: usize, out: &mut Vec<f32>) -> Result<(), DataError> {
        let other = |place: &Option<Range<usize>>| place.as_ref().is_some_and(|place| place.len() != width);
        if let Some(row) = self.places.iter().position(other) {
            let found = self.places[row].as_ref().map_or(0, ExactSizeIterator::len);
            return Err(DataError::BadCell {
                place: self.named.to_owned(),
                row: format!("row {} (counted from 0)", self.before + row),
                reason: format!(
                    "it has {found} numbers, and the rows before it have {width}; every row needs as many"
                ),
            });
        }
        // Rows that lie one after the other are copied at once.
        let mut run = 0..0;
        for place in &self.places {
            match place {
                Some(place) if place.start == run.end => run.end = place.end,
                Some(place) => numbers::extend(self.numbers, std::mem::replace(&mut run, place.clone()), out),
                None => {
                    numbers::extend(self.numbers, std::mem::take(&mut run), out);
                    out.resize(out.len() + width, f32::NAN);
                }
            }
        }
        numbers::extend(self.numbers, run, out);
        Ok(())
    }
}

/// Where the items of the list at a place are.
type Places<'a> = Box<dyn Fn(usize) -> Range<usize> + 'a>;

/// The items of an array of lists, and which of them each list has.
fn inner(array: &dyn Array) -> Option<(&dyn Array, Places<'_>)> {
    if let Some(lists) = array.as_list_opt::<i32>() {
        let offsets = lists.value_offsets();
        return Some((lists.values(), Box::new(|at| offsets[at] as usize..offsets[at + 1] as usize)));
    }
    if let Some(lists) = array.as_list_opt::<i64>() {
        let offsets = lists.value_offsets();
        return Some((lists.values(), Box::new(|at| offsets[at] as usize..offsets[at + 1] as usize)));
    }
    let lists = array.as_fixed_size_list_opt()?;
    let length = lists.value_length() as usize;
    Some((lists.values(), Box::new(move |at| at * length..(at + 1) * length)))
}

/// The items of these lists as one row; none where it is missing; their shape where they are several rows.
fn flat(array: &dyn Array, place: &Places<'_>, lists: Range<usize>) -> Result<Option<Range<usize>>, String> {
    match lists.len() {
        0 => Ok(Some(0..0)),
        1 if array.is_null(lists.start) => Ok(None),
        1 => Ok(Some(place(lists.start))),
        several => match lists.clone().map(place).find(|items| items.len() != 1) {
            Some(items) => Err(format!("({several}, {})", items.len())),
            None => Ok(Some(place(lists.start).start..place(lists.end - 1).end)),
        },
    }
}
