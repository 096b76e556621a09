//! The feed, by what its readers see.

use super::super::event::EventKind;
use super::super::run_state::Phase;
use super::*;

#[test]
fn reading_says_how_far_it_is_and_how_long_the_rest_takes() {
    let text = |done| Loading { done, of: 400, seconds: 3.0 }.text();
    assert_eq!(text(100), "reading data: 25 %, 9 seconds left");
    assert_eq!(text(400), "preparing data…");
    assert_eq!(Loading::default().percent(), 100);
}

#[test]
fn what_is_read_no_further_is_no_longer_being_read() {
    let feed = Feed::default();
    assert!(!feed.is_reading());
    assert!(feed.set_reading(true) && !feed.set_reading(true) && feed.is_reading());
    feed.end();
    assert!(!feed.is_reading());
}

#[test]
fn a_reader_continues_where_it_left_off() {
    let feed = Feed::default();
    for seq in 0..3 {
        feed.push_event(Arc::new(Event { seq, at_ms: 0, kind: EventKind::RunPaused }));
    }
    let fresh: Vec<u64> = feed.events_since(1).iter().map(|event| event.seq).collect();
    assert_eq!(fresh, [1, 2]);
    assert!(feed.events_since(3).is_empty() && feed.events_since(9).is_empty());
}

#[test]
fn what_was_read_is_forgotten_and_a_late_reader_knows_it_all_the_same() {
    let feed = Feed::default();
    let kinds = [EventKind::RunPaused, EventKind::RunContinued, EventKind::RunFinished];
    for (seq, kind) in (0..).zip(kinds) {
        feed.push_event(Arc::new(Event { seq, at_ms: seq, kind }));
    }
    feed.forget(2);
    feed.forget(1);
    let left: Vec<u64> = feed.events_since(0).iter().map(|event| event.seq).collect();
    assert_eq!((left, feed.events_since(3).len()), (vec![2], 0));
    let (state, read) = feed.so_far();
    assert_eq!((state.phase(), state.next_seq(), read), (Phase::Running, 2, 2));
    assert_eq!(feed.whole().phase(), Phase::Finished);
    feed.forget(9);
    assert_eq!(feed.so_far().0.phase(), Phase::Finished);
}

#[test]
fn the_last_answer_of_the_queue_is_kept() {
    let feed = Feed::default();
    assert_eq!((feed.queue(), feed.writer()), (None, Writer::Own));
    feed.set_queue(Some(Arc::new(Queue { at_ms: 5, ..Queue::default() })));
    feed.set_writer(Writer::Cluster);
    assert_eq!((feed.queue().map(|queue| queue.at_ms), feed.writer()), (Some(5), Writer::Cluster));
}
