//! Errors in a data set: what is missing, cut short, of unequal length, not finite, or not a label.

use std::fs;

use crate::arrays::Pairs;
use crate::cli::Place;
use crate::refused;

/// A directory with `set.npz` of these pairs.
fn with_npz(pairs: &Pairs) -> Place {
    let place = Place::new();
    place.write("set.npz", pairs.npz());
    place
}

/// A directory with the folder `set`, whose `labels.csv` is this text.
fn with_labels(pairs: &Pairs, csv: &str) -> Place {
    let place = Place::new();
    pairs.write_folder(&place.path("set"));
    place.write("set/labels.csv", csv);
    place
}

/// Asserts that a sweep on `source` is refused.
#[track_caller]
fn source_refused(place: &Place, source: &str, sets: &[&str], parts: &[&str]) {
    let source = format!("data.source={source}");
    let sets: Vec<&str> = [source.as_str()].iter().chain(sets).copied().collect();
    refused(place, &["run"], &sets, parts);
}

#[test]
fn a_file_that_is_missing_or_of_no_known_kind_is_named() {
    let place = Place::new();
    place.write("table.xlsx", "");
    fs::create_dir(place.path("empty")).unwrap();
    source_refused(&place, "nowhere.npz", &[], &["nowhere.npz does not exist", "data.source"]);
    source_refused(&place, "table.xlsx", &[], &["table.xlsx", ".npz", ".safetensors", ".npy"]);
    source_refused(&place, "empty", &[], &["empty: unsupported format", "clip-like"]);
}

#[test]
fn an_array_that_is_missing_is_named_with_its_key_and_those_that_there_are() {
    let place = with_npz(&Pairs::new(100, 16, 16));
    let sets = ["data.image=imgae"];
    let parts = ["set.npz has no `imgae`", "data.image", "image, label, text", "did you mean `image`?"];
    source_refused(&place, "set.npz", &sets, &parts);
    let sets = ["data.split=fold"];
    source_refused(&place, "set.npz", &sets, &["set.npz has no `fold`", "data.split"]);
}

#[test]
fn a_truncated_npy_is_named() {
    let place = Place::new();
    Pairs::new(100, 16, 16).write_folder(&place.path("set"));
    let whole = fs::read(place.path("set/image.npy")).unwrap();
    for kept in [0, 5, 60, whole.len() / 2, whole.len() - 1] {
        place.write("set/image.npy", &whole[..kept]);
        source_refused(&place, "set", &[], &["set/image.npy is cut short or damaged"]);
    }
}

#[test]
fn a_truncated_npz_is_named() {
    let whole = Pairs::new(100, 16, 16).npz();
    let place = Place::new();
    for kept in [0, 10, whole.len() / 2, whole.len() - 1] {
        place.write("set.npz", &whole[..kept]);
        source_refused(&place, "set.npz", &[], &["set.npz is cut short or damaged"]);
    }
}

#[test]
fn a_damaged_array_inside_an_npz_is_named() {
    let mut bytes = Pairs::new(100, 16, 16).npz();
    // Past the local header of the first entry: compressed bytes of `text`.
    bytes[600] ^= 0xff;
    let place = Place::new();
    place.write("set.npz", bytes);
    source_refused(&place, "set.npz", &[], &["array `text` of ", "set.npz is cut short or damaged"]);
}

#[test]
fn a_truncated_safetensors_is_named() {
    let whole = Pairs::new(100, 16, 16).safetensors();
    let place = Place::new();
    for kept in [0, 5, 40, whole.len() / 2, whole.len() - 1] {
        place.write("set.safetensors", &whole[..kept]);
        source_refused(&place, "set.safetensors", &[], &["set.safetensors is cut short or damaged"]);
    }
}

#[test]
fn row_counts_that_differ_are_named_with_their_arrays() {
    let mut pairs = Pairs::new(100, 16, 16);
    pairs.image.truncate(99 * 16);
    let parts = ["set.npz", "row counts differ", "`text` has 100", "`image` has 99", "`label` has 100"];
    source_refused(&with_npz(&pairs), "set.npz", &[], &parts);
    let mut pairs = Pairs::new(100, 16, 16);
    pairs.label.truncate(98);
    source_refused(&with_npz(&pairs), "set.npz", &[], &["row counts differ", "`label` has 98"]);
}

#[test]
fn rows_that_are_not_finite_are_counted_and_the_first_is_named() {
    let mut pairs = Pairs::new(100, 16, 16);
    pairs.text[7 * 16 + 3] = f32::NAN;
    pairs.text[7 * 16 + 4] = f32::NAN;
    pairs.text[20 * 16] = f32::INFINITY;
    let parts = ["array `text` of ", "set.npz has 3 values", "in 2 of its rows", "the first in row 7 "];
    source_refused(&with_npz(&pairs), "set.npz", &[], &parts);
    let mut pairs = Pairs::new(100, 16, 16);
    pairs.image[11 * 16 + 15] = f32::NEG_INFINITY;
    let parts = ["array `image` of ", "1 value that is NaN or infinite", "the first in row 11 "];
    source_refused(&with_npz(&pairs), "set.npz", &[], &parts);
}

#[test]
fn measurements_are_no_labels() {
    let mut pairs = Pairs::new(1_001, 16, 16);
    pairs.label = (5_000..6_001).collect();
    let parts = [
        "label `label` of ",
        "set.npz has 1001 different values, such as 5000",
        "regression is not supported",
    ];
    source_refused(&with_npz(&pairs), "set.npz", &[], &parts);
    let pairs = Pairs::new(100, 16, 16);
    let rows: Vec<String> = (0..100).map(|row| format!("{}.25", row % 7)).collect();
    let place = with_labels(&pairs, &format!("label\n{}\n", rows.join("\n")));
    let parts = [
        "label `label` of ",
        "fractional values, such as 0.25: regression is not supported",
        "data.positive",
    ];
    source_refused(&place, "set", &[], &parts);
}

#[test]
fn labels_to_be_left_out_need_those_that_count_as_1() {
    let place = with_npz(&Pairs::new(100, 16, 16));
    let parts = ["data.negative", "none counts as 1", "data.positive"];
    source_refused(&place, "set.npz", &["data.negative=[0]"], &parts);
    let sets = ["data.positive=[1]", "data.negative=[0, 2]"];
    source_refused(&place, "set.npz", &sets, &["`data.negative` names 2", "its values are 0, 1"]);
}

#[test]
fn a_positive_value_that_never_occurs_is_named_with_those_that_do() {
    let place = with_npz(&Pairs::new(100, 16, 16));
    let parts = ["`data.positive` names 7", "set.npz does not contain", "its values are 0, 1"];
    source_refused(&place, "set.npz", &["data.positive=[1, 7]"], &parts);
}

#[test]
fn labels_of_one_class_are_refused_with_the_keys_that_fix_it() {
    let place = with_npz(&Pairs::new(100, 16, 16));
    let parts = ["real task's labels are all 1", "data.positive", "data.label"];
    source_refused(&place, "set.npz", &["data.positive=[0, 1]"], &parts);
    let mut pairs = Pairs::new(100, 16, 16);
    pairs.label.fill(0);
    source_refused(&with_npz(&pairs), "set.npz", &[], &["real task's labels are all 0"]);
    let place = with_labels(&pairs, &format!("label\n{}", "only\n".repeat(100)));
    source_refused(&place, "set", &[], &["real task's labels are all only", "data.label"]);
    // Three of a hundred: two classes, and no study.
    pairs.label[..3].fill(1);
    let parts = ["real task's smaller class is", "under 5 %", "synthetic.allow_imbalance"];
    source_refused(&with_npz(&pairs), "set.npz", &["sweep.sizes=[\"all\"]"], &parts);
}

#[test]
fn unequal_widths_without_a_common_one_are_refused_where_a_product_is_wanted() {
    let place = with_npz(&Pairs::new(100, 12, 16));
    let parts = ["product fusion needs text and image of the same width", "12 and 16 wide", "`data.width`"];
    source_refused(&place, "set.npz", &["sweep.tasks=[\"real\"]"], &parts);
    let parts = ["the synthetic task (a dot product)", "12 and 16 wide", "`data.width`"];
    source_refused(&place, "set.npz", &["sweep.fusions=[\"concat\"]"], &parts);
    let parts = ["`data.width` = 20 is too large", "12 and 16 wide"];
    source_refused(&place, "set.npz", &["data.width=20"], &parts);
}

#[test]
fn a_cell_that_is_no_label_or_no_split_is_named_with_its_row() {
    let pairs = Pairs::new(100, 16, 16);
    let table = |bad: &str| {
        let rows = (0..100).map(|row| if row == 41 { bad.to_owned() } else { format!("{},train", row % 2) });
        format!("label,split\n{}\n", rows.collect::<Vec<_>>().join("\n"))
    };
    // Row 41 of the data is line 43 of the file: lines count from 1, and the first is the header.
    let place = with_labels(&pairs, &table(",train"));
    source_refused(&place, "set", &[], &["column `label` of ", "labels.csv, line 43: the cell is empty"]);
    let place = with_labels(&pairs, &table("1,trian"));
    let parts = [
        "split `split` of ",
        "row 41 ",
        "`trian` is not a split",
        "train, val (or validation, valid, dev) and test",
    ];
    source_refused(&place, "set", &["data.split=split"], &parts);
    let place = with_labels(&pairs, &table("1,train"));
    source_refused(&place, "set", &["data.split=split"], &["the test split has no rows", "data.split"]);
}

/// A `labels.csv` of 100 rows with the column `name` in front of the label.
fn numbered(name: &str, number: impl Fn(usize) -> String) -> String {
    let rows = (0..100).map(|row| format!("{},{}", number(row), row % 2));
    format!("{name},label\n{}\n", rows.collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_table_that_its_row_numbers_say_is_in_another_order_is_refused() {
    let pairs = Pairs::new(100, 16, 16);
    let shuffled = |row: usize| (row * 37 + 5) % 100;
    for (name, first) in [("", 0), ("id", 0), ("index", 1), ("Unnamed: 0", 0), ("ID", 1)] {
        let place = with_labels(&pairs, &numbered(name, |row| (shuffled(row) + first).to_string()));
        let number = format!("has {} in row 0", 5 + first);
        source_refused(
            &place,
            "set",
            &[],
            &["labels.csv is not in the order of the arrays", &number, "data.key", "data.order"],
        );
    }
    // In order, or ids of another kind, or a column of another name.
    for (name, number) in [
        ("", Box::new(|row: usize| row.to_string()) as Box<dyn Fn(usize) -> String>),
        ("id", Box::new(|row| (row + 1).to_string())),
        ("id", Box::new(move |row| (shuffled(row) * 2).to_string())),
        ("id", Box::new(move |row| format!("p{}", shuffled(row)))),
        ("rank", Box::new(move |row| shuffled(row).to_string())),
    ] {
        let place = with_labels(&pairs, &numbered(name, number));
        let ended = place.study(&["data", "inspect"], &["data.source=set"]);
        assert_eq!(ended.status, Some(0), "{name}: {ended:?}");
    }
}

#[test]
fn a_column_that_stands_twice_in_a_table_is_named_where_it_is_used() {
    let pairs = Pairs::new(100, 16, 16);
    let rows = |header: &str| format!("{header}\n{}", "0,x,1\n1,y,0\n".repeat(50));
    let place = with_labels(&pairs, &rows("label,note,label"));
    let parts = ["labels.csv has two columns `label`, column 1 and column 3", "rename one"];
    source_refused(&place, "set", &[], &parts);
    let place = with_labels(&pairs, &rows("label,note,note"));
    assert_eq!(place.study(&["data", "inspect"], &["data.source=set"]).status, Some(0));
}

#[test]
fn what_a_terminal_would_obey_in_a_data_set_is_not_repeated() {
    let pairs = Pairs::new(100, 16, 16);
    let labels = |name: &str, value: &str| {
        let rows = (0..100).map(|row| if row % 2 == 0 { value } else { "blue" });
        format!("{name}\n{}\n", rows.collect::<Vec<_>>().join("\n"))
    };
    let place = with_labels(&pairs, &labels("label", "\u{1b}]0;owned\u{7}\u{1b}[31mred"));
    assert_eq!(place.study(&["data", "inspect"], &["data.source=set"]).status, Some(0));
    source_refused(&place, "set", &["data.positive=[\"green\"]"], &["names green", "[31mred"]);
    // A column whose name is hostile too, and a configuration that has to repeat it.
    let place = with_labels(&pairs, &labels("la\u{1b}[31mbel", "red"));
    source_refused(&place, "set", &[], &["has no `label`", "[31mbel"]);
    let sets = ["data.label=la\u{1b}[31mbel", "data.positive=[\"green\"]"];
    source_refused(&place, "set", &sets, &["names green"]);
}
