//! The real label: the class of every row, and the rows that have none.

use std::collections::{BTreeMap, BTreeSet};

use study::bounds::MOST_CLASSES;
use study::config::{DataConfig, LabelValue};
use study::format::counted;

use super::column::{self, Column, parse};
use super::error::{DataError, listed};

/// Labels that are named as nearly the same at most.
const MOST_SPELLINGS: usize = 5;

/// The classes of a column's rows.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    /// Of each row that is kept.
    pub(crate) classes: Vec<u16>,
    /// The classes' names, in the order of their numbers; empty for two that are called 0 and 1.
    pub(crate) names: Vec<String>,
    /// The rows that are kept, ascending, where some are not.
    pub(crate) kept: Option<Vec<u32>>,
    /// The class of each of the column's values; absent for one whose rows are dropped.
    of_value: Vec<Option<u16>>,
}

impl Labels {
    /// Of a label column. Without `data.positive` each distinct value is a class.
    pub(crate) fn of(column: &Column, config: &DataConfig, place: &str) -> Result<Self, DataError> {
        let zero_or_one = |value: &LabelValue| matches!(value, LabelValue::Number(0 | 1));
        let (of_value, names) = if !config.positive.is_empty() {
            (two_classes(column, config, place)?, Vec::new())
        } else if column.values.iter().all(zero_or_one) {
            let class = |value: &LabelValue| Some(u16::from(*value == LabelValue::Number(1)));
            (column.values.iter().map(class).collect(), Vec::new())
        } else {
            each_value(column, place)?
        };
        let of_rows = || column.codes.iter().map(|&code| of_value[code as usize]);
        let classes: Vec<u16> = of_rows().flatten().collect();
        let kept = (classes.len() < column.codes.len())
            .then(|| (0..).zip(of_rows()).filter_map(|(row, class)| class.map(|_| row)).collect());
        Ok(Self { classes, names, kept, of_value })
    }

    /// All rows of one class, where there is no label.
    pub(crate) fn none(rows: usize) -> Self {
        Self { classes: vec![0; rows], names: Vec::new(), kept: None, of_value: Vec::new() }
    }

    /// The rows at these places of those that are kept alone.
    pub(crate) fn keep(&mut self, rows: &[u32]) {
        self.classes = rows.iter().map(|&row| self.classes[row as usize]).collect();
    }

    /// Whether they come from a column.
    pub(crate) fn are_given(&self) -> bool {
        !self.of_value.is_empty()
    }

    /// The classes by the numbers that `known` names have, which a model was trained with; empty names are 0 and 1.
    pub(crate) fn as_in(&self, known: &[String], place: &str) -> Result<Vec<u16>, DataError> {
        let two = ["0", "1"].map(str::to_owned);
        let known = if known.is_empty() { &two[..] } else { known };
        let own = if self.names.is_empty() { &two[..] } else { &self.names };
        let number = |name: &String| {
            let number = known.iter().position(|known| known == name).map(|place| place as u16);
            number.ok_or_else(|| {
                let (found, known) = (name.clone(), listed(known));
                DataError::UnknownClass { place: place.to_owned(), found, known }
            })
        };
        let numbers = own.iter().map(|name| if self.has(name, own) { number(name) } else { Ok(0) });
        let numbers = numbers.collect::<Result<Vec<u16>, _>>()?;
        Ok(self.classes.iter().map(|&class| numbers[usize::from(class)]).collect())
    }

    /// Whether some row is of the class of this name.
    fn has(&self, name: &String, names: &[String]) -> bool {
        names.iter().position(|own| own == name).is_some_and(|class| self.classes.contains(&(class as u16)))
    }

    /// Warnings: rows that are dropped, and labels that differ in case alone and are of different classes.
    pub(crate) fn warnings(&self, column: &Column) -> Vec<String> {
        let dropped = self.kept.as_ref().map(|kept| {
            let (all, dropped) = (column.codes.len(), column.codes.len() - kept.len());
            format!(
                "{dropped} of {all} rows are dropped: their labels are neither in `data.positive` nor in `data.negative`"
            )
        });
        dropped.into_iter().chain(self.nearly_same(column)).collect()
    }

    fn nearly_same(&self, column: &Column) -> Vec<String> {
        let mut spellings: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, value) in column.values.iter().enumerate() {
            if let LabelValue::Text(text) = value {
                spellings.entry(text.to_lowercase()).or_default().push(place);
            }
        }
        let counts = column.occurrences();
        let class = |place: usize| match self.of_value[place] {
            Some(class) => format!("class {class}"),
            None => "dropped".to_owned(),
        };
        let differ = |places: &&Vec<usize>| {
            places.iter().any(|&place| self.of_value[place] != self.of_value[places[0]])
        };
        spellings
            .values()
            .filter(differ)
            .take(MOST_SPELLINGS)
            .map(|places| {
                let shown = |&place: &usize| {
                    let text = column::text(&column.values[place]);
                    format!("`{text}` ({}, {})", counted(counts[place], "row"), class(place))
                };
                let shown = places.iter().take(MOST_SPELLINGS).map(shown).collect::<Vec<_>>().join(" and ");
                format!(
                    "the labels {shown} differ in case alone and are of different classes; write them alike, or name each \
                     that counts as 1 in `data.positive`"
                )
            })
            .collect()
    }
}

/// The values of `data.positive` are class 1. Those of `data.negative` are class 0, or all others where it is empty.
fn two_classes(column: &Column, config: &DataConfig, place: &str) -> Result<Vec<Option<u16>>, DataError> {
    let listed_in = |key: &'static str, values: &[LabelValue]| {
        // A file's `6` is a number even where its user wrote "6".
        let values: Vec<LabelValue> = values.iter().map(|value| parse(&spelt(value))).collect();
        let absent: Vec<String> =
            values.iter().filter(|value| !column.values.contains(value)).map(column::text).collect();
        if absent.is_empty() {
            return Ok(values);
        }
        let (missing, found) = (listed(&absent), listed(&column.names()));
        Err(DataError::LabelNeverOccurs { key, place: place.to_owned(), missing, found })
    };
    let positive = listed_in("data.positive", &config.positive)?;
    let negative = listed_in("data.negative", &config.negative)?;
    if let Some(both) = positive.iter().find(|value| negative.contains(value)) {
        return Err(DataError::LabelOfBothClasses { value: column::text(both) });
    }
    let class = |value: &LabelValue| match (positive.contains(value), negative.contains(value)) {
        (true, _) => Some(1),
        (false, true) => Some(0),
        (false, false) => negative.is_empty().then_some(0),
    };
    Ok(column.values.iter().map(class).collect())
}

/// A class for each distinct value, numbers first, and their names.
fn each_value(column: &Column, place: &str) -> Result<(Vec<Option<u16>>, Vec<String>), DataError> {
    let regression = |what: String, example: &LabelValue| {
        let (place, example) = (place.to_owned(), column::text(example));
        Err(DataError::Regression { place, what, example })
    };
    if let Some(value) = column.values.iter().find(|value| is_fractional(value)) {
        return regression("fractional values".to_owned(), value);
    }
    if let Some(missing) = column.values.iter().find(|value| is_missing(value)) {
        let reason = "a missing label; fill it in, or name the labels that count in `data.positive` and \
                      `data.negative`";
        let row = format!("label `{}`", column::text(missing));
        return Err(DataError::BadCell { place: place.to_owned(), row, reason: reason.to_owned() });
    }
    let sorted: BTreeSet<&LabelValue> = column.values.iter().collect();
    if let Some(first) = sorted.first().filter(|_| sorted.len() > MOST_CLASSES) {
        return regression(format!("{} different values", sorted.len()), first);
    }
    let names: Vec<String> = sorted.iter().map(|value| column::text(value)).collect();
    let mut shown = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !shown.insert(*name)) {
        let reason = "another label is shown as the same text; write them so that they differ".to_owned();
        return Err(DataError::BadCell { place: place.to_owned(), row: format!("label `{twice}`"), reason });
    }
    let class: BTreeMap<&LabelValue, u16> = sorted.into_iter().zip(0..).collect();
    Ok((column.values.iter().map(|value| class.get(value).copied()).collect(), names))
}

/// Nothing, or a number that is none or beyond all bounds.
fn is_missing(value: &LabelValue) -> bool {
    match value {
        LabelValue::Number(_) => false,
        LabelValue::Text(text) => {
            text.is_empty() || text.parse::<f64>().is_ok_and(|number| !number.is_finite())
        }
    }
}

fn is_fractional(value: &LabelValue) -> bool {
    match value {
        LabelValue::Number(_) => false,
        LabelValue::Text(text) => {
            text.parse::<f64>().is_ok_and(|number| number.is_finite() && number.fract() != 0.0)
        }
    }
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

    fn labels(cells: &[&str], positive: &[&str], negative: &[&str]) -> Result<Labels, DataError> {
        let values = |texts: &[&str]| texts.iter().map(|text| LabelValue::Text((*text).into())).collect();
        let config =
            DataConfig { positive: values(positive), negative: values(negative), ..DataConfig::default() };
        Labels::of(&column(cells), &config, "label")
    }

    #[test]
    fn what_is_no_label_is_no_class() {
        for missing in ["", "nan", "inf", "1e400"] {
            let error = labels(&["0", "1", missing], &[], &[]).unwrap_err().to_string();
            assert!(error.contains("missing label") && error.contains("data.positive"), "{error}");
        }
    }

    #[test]
    fn zeros_and_ones_are_two_classes_without_names() {
        let labels = labels(&["1", "0", "1"], &[], &[]).unwrap();
        assert_eq!((labels.classes, labels.names.len(), labels.kept), (vec![1, 0, 1], 0, None));
    }

    #[test]
    fn every_distinct_value_is_a_class_numbers_first_and_then_text() {
        let labels = labels(&["war", "10", "2", "art", "2.0", "-3"], &[], &[]).unwrap();
        assert_eq!(labels.names, ["-3", "2", "10", "art", "war"]);
        assert_eq!(labels.classes, [4, 2, 1, 3, 1, 0]);
    }

    #[test]
    fn positive_values_are_matched_by_meaning() {
        let labels = labels(&["6", "7.0", "1"], &["6", "7"], &[]).unwrap();
        assert_eq!((labels.classes, labels.names.len()), (vec![1, 1, 0], 0));
    }

    #[test]
    fn rows_that_are_neither_positive_nor_negative_are_dropped_and_counted() {
        let cells = ["a", "b", "c", "a", "d"];
        let labels = labels(&cells, &["a"], &["c"]).unwrap();
        assert_eq!(
            (labels.classes.as_slice(), labels.kept.as_deref()),
            (&[1, 0, 1][..], Some(&[0, 2, 3][..]))
        );
        let warnings = labels.warnings(&column(&cells));
        assert!(warnings.len() == 1 && warnings[0].starts_with("2 of 5 rows are dropped"), "{warnings:?}");
    }

    #[test]
    fn a_value_of_both_classes_is_refused() {
        let error = labels(&["a", "b"], &["a"], &["b", "a"]).unwrap_err().to_string();
        assert!(
            error.contains("`a`") && error.contains("data.positive") && error.contains("data.negative"),
            "{error}"
        );
    }

    #[test]
    fn measurements_are_no_labels() {
        let error = labels(&["1", "2.5"], &[], &[]).unwrap_err().to_string();
        assert!(error.contains("fractional values, such as 2.5: regression is not supported"), "{error}");
        assert!(labels(&["1", "2.5"], &["2.5"], &[]).is_ok());
        let many = |count: usize| {
            let cells: Vec<String> = (7..7 + count).map(|value| value.to_string()).collect();
            labels(&cells.iter().map(String::as_str).collect::<Vec<_>>(), &[], &[])
        };
        let error = many(1_001).unwrap_err().to_string();
        assert!(error.contains("1001 different values, such as 7: regression is not supported"), "{error}");
        assert_eq!(many(1_000).unwrap().names.len(), 1_000);
    }

    #[test]
    fn labels_that_differ_in_case_alone_are_named_where_their_classes_differ() {
        let cells = ["Yes", "yes", "no", "yes", " yes "];
        let of = |positive: &[&str]| labels(&cells, positive, &[]).unwrap().warnings(&column(&cells));
        let warnings = of(&["yes"]);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let both = "`Yes` (1 row, class 0) and `yes` (3 rows, class 1)";
        assert!(warnings[0].contains(both), "{warnings:?}");
        assert!(of(&["yes", "Yes"]).is_empty() && of(&["no"]).is_empty());
    }

    #[test]
    fn a_value_that_never_occurs_is_named_with_those_that_do() {
        let error = labels(&["history", "sport"], &["war", "history"], &[]).unwrap_err().to_string();
        assert!(error.contains("`data.positive` names war,") && error.contains("history, sport"), "{error}");
        let error = labels(&["history", "sport"], &["history"], &["war"]).unwrap_err().to_string();
        assert!(error.contains("`data.negative` names war,"), "{error}");
    }
}
