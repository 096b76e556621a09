//! A table's rows paired with the arrays', and rows that have a half only.

use std::fs;

use ndarray::{Array2, Axis};

use super::{Folder, rows, says};
use crate::files::npy_header;
use crate::{RowChoice, elsewhere, load};
use study::config::{Config, Missing, Order, Scale};
use study::grid::{Seed, Task};

/// The row that stands at each place of a shuffled table.
fn shuffled(place: usize) -> usize {
    (place * 17 + 5) % 40
}

impl Folder {
    /// `labels.csv` with the rows in another order, each with a key; labels go with the rows, not with their places.
    fn shuffled_table(&self, name: &str, key: impl Fn(usize) -> String) {
        let line = |row: usize| {
            let split = ["train", "train", "train", "test"][row % 4];
            format!("{},{},{split}\n", key(row), if row % 8 < 4 { "a" } else { "b" })
        };
        let lines: String = (0..40).map(|place| line(shuffled(place))).collect();
        self.write("labels.csv", format!("{name},label,split\n{lines}").as_bytes());
    }

    /// `id.npy`: texts of four letters.
    fn ids(&self, id: impl Fn(usize) -> String) {
        let mut bytes = npy_header("|S4", &[40]);
        for row in 0..40 {
            let mut text = id(row).into_bytes();
            text.resize(4, 0);
            bytes.extend(text);
        }
        self.write("id.npy", &bytes);
    }
}

fn fingerprint(config: &Config) -> String {
    load(config).unwrap().facts.fingerprint
}

#[test]
fn a_key_pairs_rows_letter_by_letter() {
    let folder = Folder::good();
    let in_order = fingerprint(&folder.config());
    folder.shuffled_table("id", |row| format!("{row:04}"));
    folder.ids(|row| format!("{row:04}"));
    let mut config = folder.config();
    config.data.key = "id".into();
    assert_eq!(fingerprint(&config), in_order);
    config.data.key = String::new();
    assert!(load(&config).is_err(), "row numbers in another order");
    config.data.order = Order::Trusted;
    assert_ne!(fingerprint(&config), in_order, "line by line pairs other rows");
    // `0001` is not `1`.
    folder.ids(|row| row.to_string());
    let refusal = folder.refusal(|c| c.data.key = "id".into());
    says(&refusal, &["column `id` of", "labels.csv lacks keys of `id`", "(40): 0, 1, 2", "letter by letter"]);
}

#[test]
fn a_key_may_have_another_name_in_the_table() {
    let folder = Folder::good();
    let in_order = fingerprint(&folder.config());
    folder.shuffled_table("doc", |row| format!("{row:04}"));
    folder.ids(|row| format!("{row:04}"));
    let mut config = folder.config();
    (config.data.key, config.data.table_key) = ("id".into(), "doc".into());
    assert_eq!(fingerprint(&config), in_order);
    // A name that one side does not have is refused with where each name is said.
    let refused = |key: &str, table_key: &str| {
        folder.refusal(|c| (c.data.key, c.data.table_key) = (key.into(), table_key.into()))
    };
    says(&refused("id", ""), &["labels.csv has no `id`", "`data.table_key` that in the table"]);
    says(&refused("id", "dok"), &["has no `dok`, which `data.table_key` names", "did you mean `doc`"]);
    says(&refused("", "doc"), &["`data.table_key` = doc", "set `data.key` too"]);
    folder.ids(|row| if row == 9 { "x".into() } else { format!("{row:04}") });
    says(&refused("id", "doc"), &["column `doc` of", "labels.csv lacks keys of `id`", "(1): x"]);
}

#[test]
fn groups_do_not_depend_on_the_order_of_a_tables_lines() {
    let folder = Folder::good();
    folder.ids(|row| format!("k{row}"));
    let with = |order: &dyn Fn(usize) -> usize| {
        let line = |row: usize| format!("k{row},{},u{}\n", if row % 8 < 4 { "a" } else { "b" }, row * 7 % 13);
        let lines: String = (0..40).map(|place| line(order(place))).collect();
        folder.write("labels.csv", format!("id,label,user\n{lines}").as_bytes());
        let mut config = folder.config();
        (config.data.key, config.data.group, config.data.split) =
            ("id".into(), "user".into(), "random".into());
        config.data.test = 0.3;
        let dataset = load(&config).unwrap();
        let split = &dataset.partitions()[0];
        assert_eq!(split.test_groups.len(), split.test_rows.len());
        (dataset.facts.fingerprint.clone(), split.test_rows.clone(), split.test_groups.clone())
    };
    assert_eq!(with(&|place| place), with(&shuffled));
}

#[test]
fn a_column_that_is_too_long_to_be_read_is_counted() {
    let folder = Folder::good();
    let mut bytes = npy_header("<i8", &[41]);
    bytes.extend((0..41_i64).flat_map(i64::to_le_bytes));
    folder.write("id.npy", &bytes);
    folder.shuffled_table("id", |row| row.to_string());
    let table = fs::read_to_string(folder.path().join("labels.csv")).unwrap();
    folder.write("labels.csv", format!("{table}40,a,train\n").as_bytes());
    says(&folder.refusal(|c| c.data.key = "id".into()), &["row counts differ", "`label` has more than 40"]);
}

#[test]
fn keys_that_are_there_twice_or_missing_are_named() {
    let folder = Folder::good();
    folder.shuffled_table("id", |row| format!("k{row}"));
    folder.ids(|row| format!("k{}", if row == 7 { 8 } else { row }));
    says(&folder.refusal(|c| c.data.key = "id".into()), &["`id` of", "keys more than once (1): k8"]);
    folder.ids(|row| format!("k{}", if row == 7 { 99 } else { row }));
    says(&folder.refusal(|c| c.data.key = "id".into()), &["labels.csv lacks keys of `id`", "(1): k99"]);
    folder.shuffled_table("id", |row| format!("k{}", if row == 3 { 4 } else { row }));
    says(&folder.refusal(|c| c.data.key = "id".into()), &["column `id` of", "more than once (1): k4"]);
    folder.shuffled_table("id", |row| if row == 3 { String::new() } else { format!("k{row}") });
    says(&folder.refusal(|c| c.data.key = "id".into()), &["labels.csv, line", "the cell is empty"]);
}

#[test]
fn row_numbers_out_of_order_are_refused_with_both_ways_out_and_each_of_them_works() {
    let folder = Folder::good();
    let in_order = fingerprint(&folder.config());
    for (name, key) in [("", "Unnamed: 0"), ("id", "id"), ("index", "index")] {
        folder.shuffled_table(name, |row| row.to_string());
        let refusal = folder.refusal(|_| ());
        let by_key = format!("`data.key` = \"{key}\"");
        says(&refusal, &["has 5 in row 0", &by_key, "`data.order` = \"trusted\""]);
        let mut config = folder.config();
        config.data.key = key.into();
        assert_eq!(fingerprint(&config), in_order, "{name}: by the arrays' row numbers");
        config.data.key = String::new();
        config.data.order = Order::Trusted;
        assert_ne!(fingerprint(&config), in_order);
    }
    // Other ids have no order.
    folder.shuffled_table("id", |row| (row * 3).to_string());
    assert!(load(&folder.config()).is_ok());
    says(&folder.refusal(|c| c.data.key = "id".into()), &["has no `id`", "data.key"]);
}

#[test]
fn a_key_without_a_table_is_refused() {
    let folder = Folder::good();
    fs::remove_file(folder.path().join("labels.csv")).unwrap();
    says(&folder.refusal(|c| c.data.key = "id".into()), &["`data.key` = id", "no table", "data.table"]);
}

/// With these rows of `text` missing, and one of `image`.
fn with_holes(hole: f32) -> Folder {
    let folder = Folder::good();
    let (mut text, mut image) = (rows(40, 3, 0), rows(40, 3, 1));
    for row in [0, 3, 11] {
        text.row_mut(row).fill(hole);
    }
    image.row_mut(7).fill(hole);
    folder.matrix("text", &text);
    folder.matrix("image", &image);
    folder
}

#[test]
fn missing_halves_are_refused_with_the_ways_out() {
    for hole in [0.0, f32::NAN] {
        let refusal = with_holes(hole).refusal(|_| ());
        says(&refusal, &["3 rows have no text and 1 no image", "the first is row 0", "\"drop\"", "\"mean\""]);
    }
}

#[test]
fn rows_with_a_half_are_dropped_and_the_others_keep_their_places() {
    let folder = with_holes(0.0);
    let mut config = folder.config();
    config.data.missing = Missing::Drop;
    let dataset = load(&config).unwrap();
    let rows = dataset.facts.rows;
    assert_eq!(rows.train + rows.validation + rows.test, 36);
    // Rows 3, 7, 11, … were the test split.
    assert_eq!(dataset.partitions()[0].test_rows, [15, 19, 23, 27, 31, 35, 39]);
    says(&dataset.facts.warnings.join("\n"), &["4 of 40 rows are dropped", "data.missing"]);
    // As without the rows from the start.
    let left = Folder::good();
    let kept: Vec<usize> = (0..40).filter(|row| ![0, 3, 7, 11].contains(row)).collect();
    left.matrix("text", &super::rows(40, 3, 0).select(Axis(0), &kept));
    left.matrix("image", &super::rows(40, 3, 1).select(Axis(0), &kept));
    let table = fs::read_to_string(left.path().join("labels.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    let chosen: Vec<&str> = kept.iter().map(|row| lines[row + 1]).collect();
    left.write("labels.csv", format!("{}\n{}\n", lines[0], chosen.join("\n")).as_bytes());
    assert_eq!(fingerprint(&left.config()), dataset.facts.fingerprint);
}

#[test]
fn the_training_mean_or_zeros_stand_in_place_of_a_missing_half() {
    for hole in [0.0, f32::NAN] {
        let folder = with_holes(hole);
        let at = |missing: Missing| -> Array2<f32> {
            let mut config = folder.config();
            (config.data.missing, config.data.scale) = (missing, Scale::None);
            let dataset = load(&config).unwrap();
            says(
                &dataset.facts.warnings.join("\n"),
                &["3 rows have no text and 1 no image", "in their place"],
            );
            dataset.task(Task::Real).unwrap().inputs().text.test.clone()
        };
        // Test rows are 3, 7, 11, …: the first and the third have no text.
        let (mean, zero) = (at(Missing::Mean), at(Missing::Zero));
        assert!(zero.row(0).iter().chain(zero.row(2)).all(|&value| value == 0.0));
        assert_eq!(mean.row(0), mean.row(2));
        assert!(mean.row(0).iter().any(|&value| value != 0.0));
        assert_eq!(mean.row(1), zero.row(1));
    }
}

#[test]
fn a_checkpoint_is_tested_on_rows_filled_as_in_training() {
    let folder = with_holes(f32::NAN);
    for missing in [Missing::Mean, Missing::Zero, Missing::Drop] {
        let mut config = folder.config();
        config.data.missing = missing;
        let dataset = load(&config).unwrap();
        let split = &dataset.partitions()[0];
        let of = |choice| elsewhere(&config, (Task::Real, Seed(0)), &[], (&split.fitted, None, None), choice);
        let (rows, trained) = (of(RowChoice::Test).unwrap(), split.task(Task::Real).unwrap());
        assert_eq!(rows.text, trained.inputs().text.test, "{missing:?}");
        assert_eq!((rows.image, &rows.labels), (trained.inputs().image.test.clone(), &trained.labels.test));
        match (missing, of(RowChoice::All)) {
            (Missing::Mean, all) => says(&all.unwrap_err().to_string(), &["data.missing", "--rows test"]),
            (_, all) => assert_eq!(all.unwrap().labels.len(), if missing == Missing::Drop { 36 } else { 40 }),
        }
    }
}
