//! The real label: which values count as 1.

use std::collections::BTreeMap;

use study::config::LabelValue;

use super::column::{self, Column, parse};
use super::error::{DataError, listed};

/// Labels that are named as nearly the same at most.
const MOST_SPELLINGS: usize = 5;

/// The column as 0 and 1. Without `positive` it must hold nothing else already.
pub(crate) fn binary(column: &Column, positive: &[LabelValue], place: &str) -> Result<Vec<u8>, DataError> {
    let place = || place.to_owned();
    let ones: Vec<bool> = if positive.is_empty() {
        let zero_or_one = |value: &LabelValue| matches!(value, LabelValue::Number(0 | 1));
        if !column.values.iter().all(zero_or_one) {
            return Err(DataError::NotBinary { place: place(), found: listed(&column.names()) });
        }
        column.values.iter().map(|value| *value == LabelValue::Number(1)).collect()
    } else {
        // A file's `6` is a number even where its user wrote "6".
        let positive: Vec<LabelValue> = positive.iter().map(|value| parse(&spelt(value))).collect();
        let absent: Vec<String> =
            positive.iter().filter(|value| !column.values.contains(value)).map(column::text).collect();
        if !absent.is_empty() {
            let (missing, found) = (listed(&absent), listed(&column.names()));
            return Err(DataError::PositiveNeverOccurs { place: place(), missing, found });
        }
        column.values.iter().map(|value| positive.contains(value)).collect()
    };
    Ok(column.codes.iter().map(|&code| u8::from(ones[code as usize])).collect())
}

/// A warning about labels that differ in case alone and are of different classes.
pub(crate) fn nearly_same(column: &Column, labels: &[u8]) -> Vec<String> {
    let mut class = vec![0; column.values.len()];
    for (&code, &label) in column.codes.iter().zip(labels) {
        class[code as usize] = label;
    }
    let mut spellings: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, value) in column.values.iter().enumerate() {
        if let LabelValue::Text(text) = value {
            spellings.entry(text.to_lowercase()).or_default().push(place);
        }
    }
    let counts = column.occurrences();
    let differ = |places: &&Vec<usize>| places.iter().any(|&place| class[place] != class[places[0]]);
    spellings
        .values()
        .filter(differ)
        .take(MOST_SPELLINGS)
        .map(|places| {
            let shown = |&place: &usize| {
                format!("`{}` ({} rows, class {})", column::text(&column.values[place]), counts[place], class[place])
            };
            let shown = places.iter().take(MOST_SPELLINGS).map(shown).collect::<Vec<_>>().join(" and ");
            format!(
                "the labels {shown} differ in case alone and are of different classes; write them alike, or name each \
                 that counts as 1 in `data.positive`"
            )
        })
        .collect()
}

fn spelt(value: &LabelValue) -> String {
    match value {
        LabelValue::Number(number) => number.to_string(),
        LabelValue::Text(text) => text.clone(),
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
        let positive = [LabelValue::Text("6".into()), LabelValue::Number(7)];
        assert_eq!(binary(&column(&["6", "7.0", "1"]), &positive, "label").unwrap(), [1, 1, 0]);
    }

    #[test]
    fn labels_that_differ_in_case_alone_are_named_where_their_classes_differ() {
        let cells = column(&["Yes", "yes", "no", "yes", " yes "]);
        let of = |positive: &[&str]| {
            let positive: Vec<_> = positive.iter().map(|text| LabelValue::Text((*text).into())).collect();
            nearly_same(&cells, &binary(&cells, &positive, "label").unwrap())
        };
        let warnings = of(&["yes"]);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let both = "`Yes` (1 rows, class 0) and `yes` (3 rows, class 1)";
        assert!(warnings[0].contains(both), "{warnings:?}");
        assert!(of(&["yes", "Yes"]).is_empty() && of(&["no"]).is_empty());
    }

    #[test]
    fn a_positive_value_that_never_occurs_is_named_with_those_that_do() {
        let positive = [LabelValue::Text("war".into()), LabelValue::Text("history".into())];
        let error = binary(&column(&["history", "sport"]), &positive, "label").unwrap_err().to_string();
        assert!(error.contains("names war,") && error.contains("history, sport"), "{error}");
    }
}
