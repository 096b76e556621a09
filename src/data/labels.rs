//! The real label: which values count as 1.

use crate::study::config::LabelValue;

use super::column::{Column, parse, word};
use super::error::{DataError, listed};

/// The column as 0 and 1. Without `positive` it must hold nothing else already.
pub(crate) fn binary(column: &Column, positive: &[LabelValue], place: &str) -> Result<Vec<u8>, DataError> {
    let place = || place.to_owned();
    let ones: Vec<bool> = if positive.is_empty() {
        let zero_or_one = |value: &LabelValue| matches!(value, LabelValue::Number(0 | 1));
        if !column.values.iter().all(zero_or_one) {
            return Err(DataError::NotBinary { place: place(), found: listed(&column.words()) });
        }
        column.values.iter().map(|value| *value == LabelValue::Number(1)).collect()
    } else {
        // A file's `6` is a number even where its user wrote "6".
        let positive: Vec<LabelValue> = positive.iter().map(|value| parse(&spelt(value))).collect();
        let absent: Vec<String> =
            positive.iter().filter(|value| !column.values.contains(value)).map(word).collect();
        if !absent.is_empty() {
            let (missing, found) = (listed(&absent), listed(&column.words()));
            return Err(DataError::PositiveNeverOccurs { place: place(), missing, found });
        }
        column.values.iter().map(|value| positive.contains(value)).collect()
    };
    Ok(column.codes.iter().map(|&code| u8::from(ones[code as usize])).collect())
}

fn spelt(value: &LabelValue) -> String {
    match value {
        LabelValue::Number(number) => number.to_string(),
        LabelValue::Word(word) => word.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[&str]) -> Column {
        cells.iter().map(|cell| parse(cell)).collect()
    }

    #[test]
    fn zeros_and_ones_pass_and_anything_else_needs_positive() {
        assert_eq!(binary(&column(&["1", "0", "1"]), &[], "label").unwrap(), [1, 0, 1]);
        let error = binary(&column(&["1", "2"]), &[], "label").unwrap_err().to_string();
        assert!(error.contains("(1, 2)") && error.contains("data.positive"), "{error}");
    }

    #[test]
    fn positive_values_are_matched_by_meaning() {
        let positive = [LabelValue::Word("6".into()), LabelValue::Number(7)];
        assert_eq!(binary(&column(&["6", "7.0", "1"]), &positive, "label").unwrap(), [1, 1, 0]);
    }

    #[test]
    fn a_positive_value_that_never_occurs_is_named_with_those_that_do() {
        let positive = [LabelValue::Word("war".into()), LabelValue::Word("history".into())];
        let error = binary(&column(&["history", "sport"]), &positive, "label").unwrap_err().to_string();
        assert!(error.contains("names war,") && error.contains("history, sport"), "{error}");
    }
}
