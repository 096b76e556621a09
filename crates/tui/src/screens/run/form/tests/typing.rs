//! What is said while something is typed: errors by field, and what values come to.

use super::*;

fn faults(form: &Form) -> Vec<(String, String)> {
    form.faults().into_iter().map(|fault| (fault.key, fault.message)).collect()
}

fn rows() -> SplitOf<usize> {
    SplitOf { train: 4_200, validation: 900, test: 900 }
}

#[test]
fn what_cannot_run_is_said_in_the_order_of_the_fields() {
    let mut form = Form::of(&Config::default());
    assert_eq!(faults(&form), []);
    type_into(&mut form, "train.batch_size", "0");
    type_into(&mut form, "train.learning_rate", "fast");
    type_into(&mut form, "run.name", "a/b");
    type_into(&mut form, "sweep.baselines", "[\"txt\"]");
    let keys: Vec<String> = faults(&form).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["run.name", "sweep.baselines", "train.learning_rate", "train.batch_size"]);
    let Err(found) = checked(&form) else { panic!("it has errors") };
    form.show_first(&found);
    assert_eq!(form.fields()[form.focus()].key, "run.name");
    assert_eq!(form.meaning(), None);
}

#[test]
fn sizes_are_checked_against_the_rows_that_there_are() {
    let mut form = Form::of(&Config::default()).with_rows(&rows());
    type_into(&mut form, "sweep.sizes", "[32, 5000]");
    let found = faults(&form);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "sweep.sizes");
    assert!(found[0].1.contains("4200 rows"), "{found:?}");
    type_into(&mut form, "sweep.sizes", "[32, 4200]");
    assert_eq!(faults(&form), []);
}

#[test]
fn a_fusion_that_needs_one_width_is_marked_until_the_widths_are_one() {
    let folder = Folder::new("widths", &[("text", 8), ("image", 6)], "id,genre,label");
    let mut form = typed("data.source", folder.text());
    answer(&mut form);
    assert_eq!(value(&form, "data.width"), Some("6"));
    type_into(&mut form, "data.width", "0");
    let found = faults(&form);
    assert_eq!(found[0].0, "sweep.fusions");
    assert!(found[0].1.contains("8 and 6 wide"), "{found:?}");
    // The dot product of unlike spaces is not suggested; who wants it needs one width as well.
    type_into(&mut form, "sweep.fusions", "[\"concat\"]");
    assert_eq!((faults(&form), value(&form, "sweep.tasks")), (Vec::new(), Some("[\"real\"]")));
    type_into(&mut form, "sweep.tasks", "[\"real\", \"synthetic\"]");
    assert_eq!(faults(&form)[0].0, "sweep.tasks");
    type_into(&mut form, "sweep.tasks", "[\"real\"]");
    assert_eq!(faults(&form), []);
    type_into(&mut form, "data.width", "9");
    assert_eq!(faults(&form)[0].0, "data.width", "text is 8 wide");
}

#[test]
fn other_fields_are_checked_while_a_data_set_is_not_known_yet() {
    let mut form = typed("data.source", "/nowhere/at/all.npz");
    type_into(&mut form, "train.epochs", "many");
    assert_eq!(form.standing(), Standing::Unseen);
    assert_eq!(faults(&form)[0].0, "train.epochs");
    answer(&mut form);
    let keys: Vec<String> = faults(&form).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["data.source", "train.epochs"]);
}

#[test]
fn values_come_to_rows_sizes_steps_and_trials() {
    let mut form = Form::of(&Config::default()).with_rows(&rows());
    let meaning = form.meaning().unwrap();
    let of = |key| meaning.of(key).to_owned();
    assert_eq!((of("data.source"), of("data.width")), ("6,000 rows".into(), "64 wide".into()));
    assert_eq!(
        (of("sweep.sizes"), of("train.batch_size")),
        ("8 sizes up to 4,200".into(), "17 steps an epoch".into())
    );
    let trials = meaning.trials.unwrap();
    assert!(trials.contains(" (3 fusions and 5 baselines × 2 tasks × 8 sizes × 10 seeds)"), "{trials}");
    type_into(&mut form, "sweep.seeds", "1");
    type_into(&mut form, "sweep.sizes", "[\"all\"]");
    let meaning = form.meaning().unwrap();
    assert_eq!((meaning.of("sweep.seeds"), meaning.of("sweep.sizes")), ("1 seed", "1 size"));
    // Of another data set only the rows of its matrices are known.
    let folder = Folder::new("meaning", &[("text", 8), ("image", 6)], "id,genre,label");
    type_into(&mut form, "data.source", folder.text());
    answer(&mut form);
    let meaning = form.meaning().unwrap();
    assert_eq!((meaning.of("data.source"), meaning.of("data.width")), ("60 rows", "6 of 8 and 6"));
    assert_eq!(meaning.trials, None);
}

#[test]
fn a_name_is_the_data_sets_until_one_is_typed() {
    let folder = Folder::new("named", &[("text", 8), ("image", 8)], "id,genre,label");
    let mut form = typed("data.source", folder.text());
    answer(&mut form);
    assert!(value(&form, "run.name").is_some_and(|name| name.starts_with("form-named")));
    type_into(&mut form, "run.name", "mine");
    assert_eq!(checked(&form).unwrap().run.name, "mine");
    // What is typed back to what it was is typed all the same.
    let mut form = typed("data.source", folder.text());
    answer(&mut form);
    type_into(&mut form, "run.name", "quick");
    assert_eq!(checked(&form).unwrap().run.name, "quick");
}
