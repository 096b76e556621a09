//! Nothing happens to the jobs.

use std::collections::BTreeSet;
use std::fs;

use superfuse::store::cluster::jobs::Jobs;
use superfuse::store::journal;
use superfuse::study::event::EventKind;

use crate::place::Place;

#[test]
fn jobs_end_as_one_process_to_the_bit() {
    let Some(place) = Place::submitted(&[]) else { return };
    // The tests' Slurm takes arrays of six.
    let jobs = Jobs::read(&place.run()).unwrap();
    let counts: Vec<u32> = jobs.arrays.iter().map(|array| array.count).collect();
    let shards = place.shards();
    assert!(counts.len() > 1 && shards >= 8 && counts.iter().sum::<u32>() == shards, "{counts:?}");
    place.ends_as_one_process();
    let replay = journal::read(&place.run().join("events.jsonl")).unwrap();
    let started = replay.events.iter().filter_map(|event| match &event.kind {
        EventKind::ShardStarted { shard, start, job, .. } => {
            assert!(*start == 1 && job.contains('_'), "{event:?}");
            Some(*shard)
        }
        _ => None,
    });
    assert_eq!(started.collect::<BTreeSet<u32>>(), (0..shards).collect());
    // Nothing is missing, so nothing is begun; a summary that is lost is written again.
    let journal = place.run().join("events.jsonl");
    let before = fs::read(&journal).unwrap();
    place.resume();
    assert!(fs::read(&journal).unwrap() == before && place.run().join("summary.csv").exists());
    assert!(!place.cluster().exists());
}
