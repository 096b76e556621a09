//! The table of jobs: what stands first, what passes a filter, and what each row says.

use std::sync::Arc;

use super::*;
use crate::fixture_cluster::{broken, on_cluster};

fn shards(rows: &[JobRow<'_>]) -> Vec<u32> {
    rows.iter().map(|row| row.shard).collect()
}

fn broken_model() -> Model {
    let mut model = on_cluster();
    model.cluster.queue = Some(Arc::new(broken(&model)));
    model
}

#[test]
fn what_has_to_be_done_stands_first() {
    let model = broken_model();
    let rows = visible(&model, "", None, SortOrder::Ascending);
    let states: Vec<&str> = rows.iter().take(9).map(|row| row.state().unwrap().name()).collect();
    let first = [
        "lost",
        "out of memory",
        "failed",
        "time limit",
        "node failed",
        "preempted",
        "cancelled",
        "held",
        "running",
    ];
    assert_eq!(states, first);
    assert_eq!((rows.len(), count(&model)), (23, 23));
    let by_number = visible(&model, "", Some(JobColumn::Job), SortOrder::Descending);
    assert_eq!(shards(&by_number)[..2], [22, 21], "10 stands behind 9");
}

#[test]
fn a_filter_asks_for_states_and_for_what_a_shard_trains() {
    let model = broken_model();
    let found = |filter: &str| shards(&visible(&model, filter, None, SortOrder::Ascending));
    assert_eq!(found("state=lost"), [8]);
    assert_eq!(found("lost"), [8]);
    assert_eq!(found("1234_5"), [5]);
    assert_eq!(found("n7"), [5]);
    let cohort = model.cluster.items(20)[0].cohort;
    let terms = format!("fusion={} task={} size={}", cohort.fusion, cohort.task.name(), cohort.train_size);
    assert_eq!(found(&terms), [20]);
    assert!(found("acc>.5").len() == 23, "a term that jobs do not have does not apply");
}

#[test]
fn a_row_says_what_its_shard_trains_and_how_far_it_is() {
    let model = on_cluster();
    let text = |shard, column: JobColumn| column.text(&JobRow::of(&model, shard), "-");
    let cohort = model.cluster.items(4)[0].cohort;
    assert_eq!(text(4, JobColumn::Configurations), format!("{cohort} seeds 0-1"));
    assert!(text(0, JobColumn::Configurations).ends_with(" +5"));
    // Seven of twelve epochs of two seeds, and six of those of three.
    assert_eq!((text(4, JobColumn::Done), text(5, JobColumn::Done)), ("58 %".into(), "50 %".into()));
    assert_eq!((text(0, JobColumn::Done), text(9, JobColumn::Done)), ("100 %".into(), "0 %".into()));
    assert_eq!((text(5, JobColumn::Starts), text(5, JobColumn::Requeued)), ("2".into(), "1".into()));
    assert_eq!((text(9, JobColumn::Starts), text(9, JobColumn::LastSign)), ("0".into(), "-".into()));
    assert!(text(4, JobColumn::LastSign).ends_with(" ago"));
    assert_eq!(text(0, JobColumn::LastSign), "-");
}

#[test]
fn a_row_says_what_to_do_with_the_runs_folder() {
    let model = broken_model();
    let advice = JobRow::of(&model, 8).advice().unwrap();
    assert_eq!(advice, "lost: `superfuse-tui resume runs/quick-20261123T120000Z` submits it again");
    let tsv = as_tsv(&visible(&model, "state=lost", None, SortOrder::Ascending));
    assert!(tsv.lines().count() == 2 && tsv.contains("\tlost\t"), "{tsv}");
    let host = JobColumn::Host.text(&JobRow::of(&model, 9), "-");
    assert_eq!(host, "n2[2J", "foreign text gives no orders");
}

#[test]
fn before_the_queue_has_answered_the_plan_and_the_journal_are_shown() {
    let mut model = on_cluster();
    model.cluster.queue = None;
    let rows = visible(&model, "", None, SortOrder::Ascending);
    assert_eq!(rows.len(), 23);
    assert_eq!(JobColumn::State.text(&rows[0], "-"), "-");
    assert_eq!(JobColumn::Host.text(&rows[0], "-"), "n1");
}
