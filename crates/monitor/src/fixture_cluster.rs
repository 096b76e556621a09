//! A run on a cluster for tests: made-up shards and jobs, the same every time.

use std::sync::Arc;

use super::fixture::{Stage, model};
use super::model::Model;
use study::cluster::plan::{Item, Shard};
use study::cluster::queue::{Job, JobState, Queue};
use study::event::{Event, EventKind, SeedMetrics};
use study::feed::Writer;
use study::grid::{CohortId, Epoch, Seed};

/// Half of the sweep is done; of the rest four shards train, two of them one configuration, and the others wait.
pub fn on_cluster() -> Model {
    let mut model = model(Stage::Running);
    (model.progress, model.resources, model.writer) = (None, None, Writer::Cluster);
    model.run_dir = Some("runs/quick-20261123T120000Z".into());
    let cohorts = model.run.order().to_vec();
    let seeds: Vec<Seed> = (0..5).map(Seed).collect();
    let shard = |cohorts: &[CohortId], seeds: &[Seed]| {
        let item = |&cohort: &CohortId| Item { cohort, seeds: seeds.to_vec() };
        Shard { items: cohorts.iter().map(item).collect(), cost: 1.0 }
    };
    let packed = [0..6, 6..10, 10..14, 14..18].map(|range| shard(&cohorts[range], &seeds));
    let split = [&seeds[..2], &seeds[2..]].map(|seeds| shard(&cohorts[18..19], seeds));
    let whole = cohorts[19..].iter().map(|cohort| shard(std::slice::from_ref(cohort), &seeds));
    let shards = (0..).zip(packed.into_iter().chain(split).chain(whole)).collect();
    model.cluster.shards = Arc::new(shards);
    for shard in 0..8 {
        begins(&mut model, shard, 1);
    }
    begins(&mut model, 5, 2);
    let metrics = |&seed: &Seed| SeedMetrics {
        seed,
        train_loss: 0.4,
        train_accuracy: 0.8,
        val_loss: 0.6,
        val_accuracy: 0.7,
    };
    let epoch = EventKind::EpochFinished {
        cohort: cohorts[18],
        attempt: 1,
        epoch: Epoch(7),
        metrics: seeds[..2].iter().map(metrics).collect(),
    };
    push(&mut model, epoch);
    model.cluster.queue = Some(Arc::new(well(&model)));
    model
}

/// The queue where nothing went wrong.
fn well(model: &Model) -> Queue {
    let job = |shard: u32| {
        let (state, reason, seconds) = match shard {
            ..4 => (JobState::Done, "", 840 + 60 * u64::from(shard)),
            4..8 => (JobState::Running, "", 6_300),
            8..20 => (JobState::Waiting, "Priority", 0),
            _ => (JobState::Waiting, "Resources", 0),
        };
        let host = if shard < 8 { format!("n{}", 1 + shard % 4) } else { String::new() };
        let (id, reason) = (format!("1234_{shard}"), reason.to_owned());
        Job { shard, id, state, reason, host, seconds, restarts: u32::from(shard == 5) }
    };
    Queue {
        at_ms: model.run.last_ms() + 30_000,
        jobs: model.cluster.shards.keys().map(|&shard| job(shard)).collect(),
        finishing: Some(JobState::Waiting),
        fault: None,
    }
}

/// The same queue with one job of each kind that something has to be done about.
pub fn broken(model: &Model) -> Queue {
    let mut queue = well(model);
    let wrong = [
        (5, JobState::OutOfMemory, "", "n7"),
        (6, JobState::TimedOut, "", "n3"),
        (7, JobState::NodeFailed, "", "n4"),
        (8, JobState::Lost, "", ""),
        (9, JobState::Failed, "NonZeroExitCode", "n2\x1b[2J"),
        (10, JobState::Preempted, "", "n2"),
        (11, JobState::Cancelled, "", ""),
        (12, JobState::Held, "JobHeldUser", ""),
    ];
    for (shard, state, reason, host) in wrong {
        let job = &mut queue.jobs[shard];
        (job.state, job.reason, job.host) = (state, reason.into(), host.into());
    }
    queue
}

fn begins(model: &mut Model, shard: u32, start: u32) {
    let Some(header) = model.run.header() else { return };
    let kind = EventKind::ShardStarted {
        shard,
        start,
        host: format!("n{}", 1 + shard % 4),
        job: format!("1234_{shard}"),
        after: None,
        provenance: header.provenance.clone(),
    };
    push(model, kind);
}

fn push(model: &mut Model, kind: EventKind) {
    let event = Event { seq: model.run.next_seq(), at_ms: model.run.last_ms() + 250, kind };
    model.apply(&[Arc::new(event)], &[]);
}
