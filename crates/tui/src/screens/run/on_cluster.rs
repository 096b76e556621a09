//! What keys mean where jobs of a cluster train the run: their names, whether they are possible, and what they ask for.

use monitor::model::Model;
use study::cluster::queue::JobState;
use study::grid::CohortId;

use super::action::{Action, Scope};
use super::view::View;
use crate::keymap::Binding;

/// A line of the table of keys as it is on a cluster; absent where there is nothing for it to do.
pub fn binding(binding: &Binding<Action, Scope>) -> Option<Binding<Action, Scope>> {
    let (label, help) = match binding.action {
        Action::Detach | Action::Export | Action::Edit | Action::Health => return None,
        action => said(action).unwrap_or((binding.label, binding.help)),
    };
    // Keys that the footer does not name stay without a name there.
    let label = if binding.label.is_empty() { "" } else { label };
    Some(Binding { label, help, ..*binding })
}

/// What a key is called and does on a cluster, where that is something else.
pub const fn said(action: Action) -> Option<(&'static str, &'static str)> {
    Some(match action {
        Action::Start => ("release", "release the jobs that are held"),
        Action::Pause => ("hold", "hold the jobs: those that wait stay, those that run save and wait too"),
        Action::StopConfiguration => {
            ("stop one", "stop the selected configuration, wherever it trains (asks if an epoch is done)")
        }
        Action::StopSweep => ("cancel jobs", "cancel all jobs: what they have trained is kept (asks)"),
        Action::RunAgain => (
            "submit again",
            "submit the selected configuration's shard again, once its job is over (asks where it has a result)",
        ),
        Action::Quit => ("leave, jobs go on", "leave: the jobs go on"),
        Action::Suspend => ("", "suspend this screen, until `fg`: the jobs go on"),
        _ => return None,
    })
}

/// Whether an action is possible on a cluster; absent where it is no other matter than elsewhere. `selected` is the
/// configuration that it would be about.
pub fn possible(
    action: Action,
    selected: impl Fn() -> Result<CohortId, String>,
    model: &Model,
) -> Option<Result<(), String>> {
    let cluster = &model.cluster;
    // Before the queue has answered, the request is tried.
    let alive = cluster.answer().map(|queue| queue.alive().count());
    let over =
        || Err(format!("no job is left; `superfuse-tui resume {}` submits what is missing", run(model)));
    // What is held may be older than the last key: holding and releasing twice does no harm.
    Some(match (action, alive) {
        (Action::Start | Action::Pause | Action::StopSweep, Some(0)) => over(),
        (Action::Start | Action::Pause | Action::StopSweep | Action::Show(View::Jobs), _) => Ok(()),
        (Action::StopConfiguration, _) => selected().and_then(|cohort| stoppable(cohort, model)),
        (Action::RunAgain, _) => selected().and_then(|cohort| repeatable(cohort, model)),
        (Action::Detach, _) => Err("the jobs go on without this screen; `q` leaves".into()),
        (Action::Export, _) => Err(format!(
            "written when the jobs are over; `superfuse-tui report {}` shows them now",
            run(model)
        )),
        _ => return None,
    })
}

/// Whether the footer names it: not what changes nothing as far as the queue's last answer says. The key works all the same, since
/// that may be older than the key before.
pub fn is_useful(action: Action, model: &Model) -> bool {
    let Some(queue) = model.cluster.answer() else { return true };
    let held = queue.count(JobState::Held);
    match action {
        Action::Start => held > 0,
        Action::Pause => queue.alive().count() > held,
        _ => true,
    }
}

fn run(model: &Model) -> String {
    model.run_dir.as_ref().map_or_else(|| "RUN".into(), |run| run.display().to_string())
}

fn stoppable(cohort: CohortId, model: &Model) -> Result<(), String> {
    if model.status(cohort).is_over() {
        return Err(format!("{cohort} is over: {}", model.standing(cohort)));
    }
    Ok(())
}

/// The job of one of its shards has to be over: a shard has one writer.
fn repeatable(cohort: CohortId, model: &Model) -> Result<(), String> {
    let Some(queue) = model.cluster.answer() else { return Err("the queue has not answered yet".into()) };
    let jobs: Vec<_> = model.cluster.shards_of(cohort).filter_map(|shard| queue.job(shard)).collect();
    match jobs.first() {
        Some(job) if jobs.iter().all(|job| job.state.is_alive()) => {
            let (shard, state) = (job.shard, job.state.name());
            Err(format!("{cohort} is in shard {shard}, whose job is not over: {state}"))
        }
        _ => Ok(()),
    }
}

/// What is said where the request is sent.
pub fn sent(action: Action) -> &'static str {
    match action {
        Action::Start => "releasing the jobs that are held…",
        Action::Pause => "holding the jobs: those that run save first…",
        _ => "asking the cluster…",
    }
}

/// What cancelling costs.
pub fn cancelled(model: &Model) -> String {
    let waiting = model.cluster.count(JobState::Waiting) + model.cluster.count(JobState::Held);
    let running = model.cluster.count(JobState::Running) + model.cluster.count(JobState::Ending);
    format!(
        "{running} running {} and {waiting} waiting {} are cancelled; running ones save their training state first. \
         `superfuse-tui resume` submits what is missing.",
        if running == 1 { "job" } else { "jobs" },
        if waiting == 1 { "one" } else { "ones" },
    )
}

/// What submitting a configuration again means.
pub fn submitted_again(cohort: CohortId, model: &Model) -> String {
    let shards: Vec<String> = model.cluster.shards_of(cohort).map(|shard| shard.to_string()).collect();
    let shards = match shards.as_slice() {
        [one] => format!("Shard {one} is submitted again and trains"),
        _ => format!("Shards {} are submitted again and train", shards.join(", ")),
    };
    format!("{shards} {cohort} anew. Its result stays until the new attempt is complete.")
}
