//! Labels of several classes, and rows that have none.

use super::{Folder, says, table};
use crate::{inspect, load};
use study::config::{Config, LabelValue};
use study::grid::{Seed, Task};

#[test]
fn every_distinct_label_is_a_class_with_its_share_of_each_split() {
    let folder = Folder::good();
    // Rows 3, 7, … are the test split's ten.
    folder.write("labels.csv", table(|row| ["north", "10", "east", "2"][row / 4 % 4].to_owned()).as_bytes());
    let mut config = folder.config();
    config.data.positive.clear();
    let dataset = load(&config).unwrap();
    let facts = dataset.facts.task(Task::Real).unwrap();
    assert_eq!(facts.classes, ["2", "10", "east", "north"]);
    assert_eq!(dataset.task(Task::Real).unwrap().labels.test, [3, 1, 2, 0, 3, 1, 2, 0, 3, 1]);
    assert_eq!(facts.class_shares.iter().map(|share| share.test).collect::<Vec<_>>(), [0.2, 0.3, 0.2, 0.3]);
    assert_eq!(facts.majority_share.test, 0.3);
    assert_eq!(dataset.facts.task(Task::Synthetic).unwrap().class_count(), 2);
    says(
        &inspect(&config).unwrap().to_string(),
        &["real        4 classes", "`2`: train 5 rows (20.0 %), validation 1, test 2", "`north`: train "],
    );
    // Without the real task, the split stays what it was before there were more classes than two.
    config.sweep.tasks = vec![Task::Synthetic];
    let dataset = load(&config).unwrap();
    assert!(dataset.facts.warnings.iter().any(|warning| warning.contains("not stratified")));
    // Nor is a label missed that is not there.
    config.data.label = "nowhere".into();
    let report = inspect(&config).unwrap().to_string();
    assert!(!report.contains("refused"), "{report}");
}

#[test]
fn rows_of_other_labels_are_dropped_and_test_rows_keep_their_places_in_the_source() {
    let folder = Folder::good();
    folder.write("labels.csv", table(|row| ["a", "b", "c", "d"][row / 4 % 4].to_owned()).as_bytes());
    let mut config = folder.config();
    config.data.negative = vec![LabelValue::Text("c".into())];
    let dataset = load(&config).unwrap();
    let rows = dataset.facts.rows;
    assert_eq!((rows.train + rows.validation, rows.test), (15, 5));
    assert_eq!(dataset.of(Seed(0)).test_rows, [3, 11, 19, 27, 35]);
    assert_eq!(dataset.task(Task::Real).unwrap().labels.test, [1, 0, 1, 0, 1]);
    let dropped = "20 of 40 rows are dropped";
    assert!(dataset.facts.warnings.iter().any(|warning| warning.starts_with(dropped)));
    says(&inspect(&config).unwrap().to_string(), &[dropped]);
}

// Labels of up to 255 classes are hashed as bytes, as they were when there were two.
#[test]
fn the_fingerprint_of_two_classes_is_what_it_was() {
    let mut config = Config::default();
    config.data.clip_like.samples = 200;
    assert_eq!(
        load(&config).unwrap().facts.fingerprint,
        "4fff9c879696c4a313a030c4923ca05175ea8a90ecb35bd74c325d20fe96e35c"
    );
}
