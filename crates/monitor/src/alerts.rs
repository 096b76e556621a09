//! What a user who looks elsewhere wants to be told of a run: that it ended, failed, diverged or waits. Knows no terminal.

use study::listing::{Shortfall, Standing};
use study::run_state::{CohortStatus, RunState};

use super::text::plain;

/// What a run lately did; what happened longer ago, as in a journal that is read, is no news. In milliseconds.
const NEWS: u64 = 60_000;

/// Why a user is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertKind {
    /// Every configuration has a result.
    Ended,
    /// Some configuration has failed, or the run ended without all results, or its process is gone.
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

/// Something to tell.
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
    /// As it was at the last look; the first look tells nothing, but of a run that has just begun.
    before: Option<Seen>,
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
    /// What is new of `run`, which is called `name`. `blocked` is what keeps it from being recorded, `writer_lives` whether
    /// a process works on it; `now_ms` is the time, in milliseconds since 1970-01-01 UTC.
    pub fn look(
        &mut self,
        run: &RunState,
        name: &str,
        (blocked, writer_lives): (Option<&str>, bool),
        now_ms: u64,
    ) -> Vec<Alert> {
        let shortfall = Shortfall::of(run);
        let (failed, diverged) = (shortfall.failed, shortfall.diverged);
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
        // What a journal says of the past is no news. An old clock says little, so what seems to come is.
        if now_ms.saturating_sub(run.last_ms()) > NEWS {
            return alerts;
        }
        if becomes(Standing::Finished) {
            let all = run.order().len();
            if shortfall.is_none() {
                tell(AlertKind::Ended, format!("the sweep ended: {all} of {all} configurations completed"));
            } else {
                tell(AlertKind::Failed, format!("the sweep ended: {}", Standing::Finished.text(shortfall)));
            }
            return alerts;
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

    /// Of a run that goes from one stage to the next, what is told.
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
    fn what_has_failed_or_diverged_is_told_with_the_end() {
        let failed = told(&[Stage::Running, Stage::Failed], None, 5);
        assert!(failed.iter().any(|(kind, _)| *kind == AlertKind::Failed), "{failed:?}");
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
