//! What a user who looks elsewhere wants to be told of a run: that it ended, failed, diverged or waits. Knows no terminal.

use study::listing::{Shortfall, Standing};
use study::run_state::{CohortStatus, RunState};

use super::text::plain;

/// What a run lately did; what happened longer ago, as in a journal that is read, is no news. In milliseconds.
const NEWS: u64 = 60_000;

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertKind {
    /// Every configuration has a result.
    Ended,
    /// Some configuration has failed, or the run ended or stopped without all results, or its process is gone.
    Failed,
    /// For the first time in this run a seed diverged.
    Diverged,
    /// Nothing can be recorded, mostly for want of space, and the run waits.
    Waiting,
}

impl AlertKind {
    /// Its name, for a user's command.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Failed => "failed",
            Self::Diverged => "diverged",
            Self::Waiting => "waiting",
        }
    }
}

/// What a user is to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Why.
    pub kind: AlertKind,
    /// One sentence that names the run, safe to show.
    pub text: String,
}

/// Notices what changes from one look at a run to the next.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    /// As it was at the last look; the first look gives no alert, but of a run that has just begun.
    before: Option<Seen>,
    /// What the last look was at: nothing can have changed while this is the same.
    looked_at: Option<(u64, bool, bool)>,
    /// The user has asked for the end that comes.
    is_stop_asked: bool,
}

/// What alerts are about; of a run that nobody has looked at, nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    standing: Option<Standing>,
    /// Configurations that failed and diverged.
    failed: usize,
    diverged: usize,
    is_blocked: bool,
}

impl Alerts {
    /// The user stops the sweep: that it stops is no news.
    pub const fn expect_stop(&mut self) {
        self.is_stop_asked = true;
    }

    /// What is new of `run`, which is called `name`. `blocked` is what keeps it from being recorded, `writer_lives` whether
    /// a process works on it; `now_ms` is the time, in milliseconds since 1970-01-01 UTC.
    pub fn look(
        &mut self,
        run: &RunState,
        name: &str,
        (blocked, writer_lives): (Option<&str>, bool),
        now_ms: u64,
    ) -> Vec<Alert> {
        let looked_at = Some((run.next_seq(), blocked.is_some(), writer_lives));
        if self.looked_at == looked_at {
            return Vec::new();
        }
        self.looked_at = looked_at;
        let (mut failed, mut diverged) = (0, 0);
        for (_, cohort) in run.cohorts() {
            failed += usize::from(cohort.status == CohortStatus::Failed);
            diverged += usize::from(cohort.status == CohortStatus::Diverged);
        }
        let standing = Some(Standing::of(run, writer_lives));
        let seen = Seen { standing, failed, diverged, is_blocked: blocked.is_some() };
        // A run that has just begun may have ended before anyone looked.
        let is_young = writer_lives && run.started_ms().is_some_and(|at| now_ms.saturating_sub(at) < NEWS);
        let unseen = is_young.then(Seen::default);
        let Some(before) = self.before.replace(seen).or(unseen) else { return Vec::new() };
        let mut alerts = Vec::new();
        let mut tell =
            |kind, text: String| alerts.push(Alert { kind, text: plain(&format!("{name}: {text}")) });
        if let (Some(why), false) = (blocked, before.is_blocked) {
            tell(AlertKind::Waiting, format!("the run waits: {why}"));
        }
        let becomes = |standing| seen.standing == Some(standing) && before.standing != Some(standing);
        if becomes(Standing::Dead) {
            tell(AlertKind::Failed, "the process that trained is gone; `resume` continues".into());
        }
        // What a journal says of the past is no news, but for events that waited for the disk.
        if now_ms.saturating_sub(run.last_ms()) > NEWS && !before.is_blocked {
            return alerts;
        }
        if becomes(Standing::Finished) {
            let (all, shortfall) = (run.order().len(), Shortfall::of(run));
            if shortfall.is_none() {
                tell(AlertKind::Ended, format!("the sweep ended: {all} of {all} configurations completed"));
            } else {
                tell(AlertKind::Failed, format!("the sweep ended: {}", Standing::Finished.text(shortfall)));
            }
            return alerts;
        }
        if becomes(Standing::Interrupted) && !self.is_stop_asked {
            tell(AlertKind::Failed, "the sweep stopped before every configuration was finished".into());
        }
        let first = |status| run.cohorts().find(|(_, cohort)| cohort.status == status).map(|(id, _)| id);
        if let (true, Some(id)) = (before.failed == 0, first(CohortStatus::Failed)) {
            tell(AlertKind::Failed, format!("{id} failed"));
        }
        if let (true, Some(id)) = (before.diverged == 0, first(CohortStatus::Diverged)) {
            tell(AlertKind::Diverged, format!("{id} diverged"));
        }
        alerts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Stage, model};

    const LIVE: (Option<&str>, bool) = (None, true);

    /// The alerts of a run that goes from one stage to the next.
    fn told(stages: &[Stage], blocked: Option<&str>, since_ms: u64) -> Vec<(AlertKind, String)> {
        let mut alerts = Alerts::default();
        let mut told = Vec::new();
        for &stage in stages {
            let run = model(stage).run;
            let now = run.last_ms() + since_ms;
            let beside = if stage == Stage::Dead { (blocked, false) } else { (blocked, true) };
            told.extend(alerts.look(&run, "quick", beside, now).into_iter().map(|one| (one.kind, one.text)));
        }
        told
    }

    #[test]
    fn the_end_of_a_sweep_is_told_once() {
        let ended = told(&[Stage::Running, Stage::Finished, Stage::Finished], None, 5);
        let [(AlertKind::Ended, text)] = &ended[..] else { panic!("{ended:?}") };
        assert!(text.starts_with("quick: the sweep ended: "), "{text}");
    }

    #[test]
    fn what_first_fails_or_diverges_is_told_and_a_stop_that_nobody_asked_for() {
        let mut told = told(&[Stage::Running, Stage::Failed], None, 5);
        told.sort_by_key(|(kind, _)| kind.name());
        let texts: Vec<&str> = told.iter().map(|(_, text)| text.as_str()).collect();
        let expected = [
            "quick: product-synthetic-32 diverged",
            "quick: the sweep stopped before every configuration was finished",
            "quick: concat-synthetic-64 failed",
        ];
        assert_eq!(texts, expected);
        let mut alerts = Alerts::default();
        let (running, failed) = (model(Stage::Running).run, model(Stage::Failed).run);
        alerts.look(&running, "a", LIVE, running.last_ms() + NEWS);
        alerts.expect_stop();
        let told = alerts.look(&failed, "a", LIVE, failed.last_ms());
        assert!(told.iter().all(|one| !one.text.contains("stopped")), "{told:?}");
    }

    #[test]
    fn a_run_that_ended_before_anyone_looked_is_told_while_it_is_young() {
        let run = model(Stage::Finished).run;
        let began = run.started_ms().unwrap();
        let young = Alerts::default().look(&run, "a", LIVE, began + 1);
        assert_eq!(young[0].kind, AlertKind::Ended);
        // What is watched afterwards has no process.
        assert_eq!(Alerts::default().look(&run, "a", (None, false), began + 1), []);
    }

    #[test]
    fn what_waited_for_the_disk_is_news_however_old_it_is() {
        let mut alerts = Alerts::default();
        let (running, finished) = (model(Stage::Running).run, model(Stage::Finished).run);
        let late = finished.last_ms() + 10 * NEWS;
        alerts.look(&running, "a", (Some("no space left"), true), late);
        assert_eq!(alerts.look(&finished, "a", LIVE, late)[0].kind, AlertKind::Ended);
    }

    #[test]
    fn what_a_journal_says_of_the_past_is_no_news() {
        assert_eq!(told(&[Stage::Finished], None, NEWS + 1), []);
        assert_eq!(told(&[Stage::Running, Stage::Finished], None, NEWS + 1), []);
    }

    #[test]
    fn a_run_that_waits_or_whose_process_is_gone_is_told() {
        let mut alerts = Alerts::default();
        let run = model(Stage::Running).run;
        alerts.look(&run, "a", LIVE, run.last_ms());
        let waits = alerts.look(&run, "a", (Some("no space left"), true), run.last_ms() + NEWS * 10);
        assert_eq!(waits[0].text, "a: the run waits: no space left");
        assert_eq!(waits[0].kind, AlertKind::Waiting);
        assert_eq!(alerts.look(&run, "a", (Some("no space left"), true), run.last_ms()), []);
        let gone = told(&[Stage::Running, Stage::Dead], None, NEWS * 10);
        assert_eq!(gone[0].0, AlertKind::Failed);
    }
}
