//! What a user who looks elsewhere wants to be told of a run's jobs: that some went wrong. Knows no terminal.

use study::cluster::queue::Queue;

use super::alerts::{Alert, AlertKind};
use super::cluster::Problems;
use super::text::{counted, plain};

/// Notices which jobs went wrong from one look at a queue to the next.
#[derive(Clone, Debug, Default)]
pub struct JobAlerts {
    problems: Problems,
    /// Of the answer that the last look was at; the first look gives no alert.
    looked_at: Option<u64>,
}

impl JobAlerts {
    /// What is new of the queue of a run that is called `name`: one alert, however many jobs went wrong.
    pub fn look(&mut self, queue: &Queue, name: &str) -> Option<Alert> {
        if self.looked_at == Some(queue.at_ms) {
            return None;
        }
        let is_first = self.looked_at.replace(queue.at_ms).is_none();
        let wrong = self.problems.new_in(queue);
        let first = wrong.first().filter(|_| !is_first)?;
        let others = match wrong.len() - 1 {
            0 => String::new(),
            more => format!(", and {}", counted(more, "other job")),
        };
        let text = plain(&format!("{name}: {}{others}", first.told()));
        Some(Alert { kind: AlertKind::Failed, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture_cluster::{broken, on_cluster};
    use study::cluster::queue::JobState;

    #[test]
    fn jobs_that_go_wrong_are_told_once() {
        let model = on_cluster();
        let well = (**model.cluster.queue.as_ref().unwrap()).clone();
        let mut alerts = JobAlerts::default();
        assert_eq!(alerts.look(&well, "paper"), None);
        let mut ill = well.clone();
        ill.at_ms += 60_000;
        ill.jobs[5].state = JobState::OutOfMemory;
        ill.jobs[5].host = "n7".into();
        let told = alerts.look(&ill, "paper").unwrap();
        assert_eq!(told.text, "paper: shard 5 (1234_5): out of memory on n7");
        assert_eq!(told.kind, AlertKind::Failed);
        ill.at_ms += 60_000;
        assert_eq!(alerts.look(&ill, "paper"), None);
        ill.at_ms += 60_000;
        ill.jobs[0].state = JobState::Lost;
        ill.jobs[1].state = JobState::Lost;
        let text = alerts.look(&ill, "paper").unwrap().text;
        assert_eq!(text, "paper: shard 0 (1234_0): lost on n1, and 1 other job");
    }

    #[test]
    fn what_went_wrong_before_anyone_looked_is_no_news() {
        let model = on_cluster();
        let mut alerts = JobAlerts::default();
        assert_eq!(alerts.look(&broken(&model), "paper"), None);
    }
}
