//! A table named beside a source: paired by what both have, or refused with what differs.

use super::*;

/// A source whose `ids` are texts in order.
fn source() -> Fake {
    Fake::pairs().column("ids", |row| format!("doc_{row:03}"))
}

/// A table of some of these rows, in another order, with a label for each.
fn table(rows: std::ops::Range<usize>) -> Fake {
    let rows: Vec<usize> = rows.rev().collect();
    let mut table = Fake::default();
    table.columns.push(("id".into(), rows.iter().map(|row| format!("doc_{row:03}")).collect()));
    table.columns.push(("label".into(), rows.iter().map(|row| (row % 2).to_string()).collect()));
    table
}

fn refusal(found: Result<Guess, GuideError>) -> String {
    found.unwrap_err().to_string()
}

#[test]
fn two_names_of_one_key_are_found_by_their_values() {
    let guess = with(source(), table(0..40), &[]).unwrap();
    assert_eq!(value(&guess, "data.key"), Some(("\"ids\"", Certainty::Certain)));
    assert_eq!(value(&guess, "data.table_key"), Some(("\"id\"", Certainty::Certain)));
    assert_eq!(value(&guess, "data.table").unwrap().0, "\"labels.csv\"");
    let text = guess.render();
    let config = config::read(Some(&text), &[]).unwrap();
    assert_eq!((config.data.key.as_str(), config.data.table_key.as_str()), ("ids", "id"));
    // In the same order no key is needed, and the file says why.
    let ordered = Fake::default().column("id", |row| format!("doc_{row:03}")).column("label", |row| row % 2);
    let guess = with(source(), ordered, &[]).unwrap();
    assert_eq!((value(&guess, "data.key"), value(&guess, "data.table_key")), (None, None));
    assert!(guess.render().contains("its `id` is in the order of the arrays' `ids`"), "{}", guess.render());
    // Numbers from 0 on are alike by chance: `rank` is no key.
    let source = || Fake::pairs().column("place", |row| row);
    let ranked = Fake::default().column("rank", |row| 39 - row).column("label", |row| row % 2);
    assert_eq!(value(&with(source(), ranked, &[]).unwrap(), "data.key"), None);
}

#[test]
fn keys_that_one_side_lacks_are_counted_named_and_refused() {
    let fewer = refusal(with(source(), table(0..37), &[]));
    let parts = [
        "3 of the keys in `ids` of my set.npz are not in `id` of labels.csv",
        "doc_037",
        "take these rows out",
    ];
    assert!(parts.iter().all(|part| fewer.contains(part)), "{fewer}");
    let more = refusal(with(source(), table(0..52), &[]));
    let parts = [
        "12 of the keys in `id` of labels.csv are not in `ids` of my set.npz",
        "doc_051",
        ", …",
        "out of the table",
    ];
    assert!(parts.iter().all(|part| more.contains(part)), "{more}");
    let both = refusal(with(source(), table(4..44), &[]));
    let parts =
        ["4 of the keys in `ids`", "and 4 of the keys in `id`", "--set data.key=none pairs line by line"];
    assert!(parts.iter().all(|part| both.contains(part)), "{both}");
    assert!(with(source(), table(4..44), &[("data.key", "none")]).is_ok());
    // Without a key in common the numbers of rows have to do.
    let other = Fake::default().column("genre", |row| row % 2);
    let mut short = other;
    short.columns[0].1.truncate(30);
    let refused = refusal(with(Fake::pairs(), short, &[]));
    assert!(
        refused.contains("labels.csv has 30 rows and the arrays have 40") && refused.contains("genre"),
        "{refused}"
    );
}

#[test]
fn columns_that_say_two_orders_are_refused() {
    let source = || source().column("index", |row| row);
    let table = || table(0..40).column("index", |row| row);
    let refused = refusal(with(source(), table(), &[]));
    let parts = ["by its column `index`", "in another by `id`", "--set data.key=ids --set data.table_key=id"];
    assert!(parts.iter().all(|part| refused.contains(part)), "{refused}");
    let chosen = with(source(), table(), &[("data.key", "ids"), ("data.table_key", "id")]).unwrap();
    assert_eq!(value(&chosen, "data.table_key").unwrap().0, "\"id\"");
}

#[test]
fn an_answered_key_is_taken_or_refused_with_what_is_there() {
    let of = |given: &[(&str, &str)]| with(source(), table(0..40), given);
    let taken = of(&[("data.key", "ids"), ("data.table_key", "id")]).unwrap();
    assert_eq!(value(&taken, "data.key").unwrap().0, "\"ids\"");
    let says = |given: &[(&str, &str)], parts: &[&str]| {
        let refused = refusal(of(given));
        assert!(parts.iter().all(|part| refused.contains(part)), "{refused}");
    };
    let fix = "--set data.key=ids --set data.table_key=id";
    says(&[("data.key", "id")], &["`data.key` = id", "my set.npz has no such column", fix]);
    says(
        &[("data.key", "ids")],
        &["`data.key` = ids", "labels.csv has no such column", "it has id, label", fix],
    );
    says(&[("data.key", "ids"), ("data.table_key", "doc")], &["`data.table_key` = doc", "labels.csv"]);
    says(&[("data.table_key", "id")], &["`data.table_key` = id", "set `data.key` too"]);
    let alone = refusal(guess(&source().survey(), &answers(&[("data.key", "ids")])));
    assert!(alone.contains("there is no table"), "{alone}");
}

#[test]
fn a_named_table_that_has_nothing_is_refused_with_what_stands_against_each_column() {
    let mut table = table(0..40);
    table.columns[1].1 = (0..40).map(|row| format!("{row}.5")).collect();
    let refused = refusal(with(source(), table, &[]));
    let parts = ["labels.csv is not used", "`id` has 40 different values", "`label` has fractional values"];
    assert!(parts.iter().all(|part| refused.contains(part)), "{refused}");
    let none = with(source(), super::pairing::table(0..40), &[("data.label", "none")]).unwrap();
    assert!(none.notes.iter().any(|note| note.contains("labels.csv is not used: no label is asked for")));
    assert_eq!((value(&none, "data.table"), value(&none, "data.key")), (None, None));
}

#[test]
fn what_is_called_a_label_and_is_none_is_never_lost_without_a_word() {
    let lost = |source: Fake| guess(&source.survey(), &Answers::new()).unwrap().lost_labels.join("\n");
    let nan = lost(
        Fake::pairs().column("label", |row| if row == 7 { "NaN".into() } else { (row % 2).to_string() }),
    );
    assert!(
        nan.contains("`label` has no value") && nan.contains("1 of 40 rows, the first in row 7"),
        "{nan}"
    );
    let one_hot = lost(Fake::pairs().matrix("label", [40, 3]));
    assert!(one_hot.contains("a matrix of 40 × 3") && one_hot.contains("argmax"), "{one_hot}");
    let mut short = Fake::pairs().column("label", |row| row % 2);
    short.columns[0].1.truncate(35);
    assert!(lost(short).contains("`label` has 35 rows and the matrices have 40"));
    // Another column is not taken for it without a question.
    let other = Fake::pairs().column("label", |_| "a").column("digit", |row| row % 10);
    assert_eq!(asked(&other.guess()), [("data.label", vec!["digit", "none"])]);
    // Who says that there is none has lost none.
    let none = Fake::pairs().matrix("label", [40, 3]).survey();
    assert!(guess(&none, &answers(&[("data.label", "none")])).unwrap().lost_labels.is_empty());
}
