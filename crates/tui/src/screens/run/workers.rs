//! What is worked out for the run screen on threads of their own: findings, the health report, a look at a data set, labels.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::form::{Look, Suggestion};
use crate::background::Background;
use crate::labels::{self, LabelThread};
use data::guide::{self, Survey};
use store::RunDir;
use store::cluster::rows::read_all;
use study::claims::{Findings, findings};
use study::config::Config;
use study::feed::Feed;
use study::rows::RunRows;
use study::run_state::RunState;

/// The threads.
pub(super) struct Workers {
    /// Evaluates the paper's claims.
    pub(super) findings: Background<(), Arc<Findings>>,
    /// Reads the data once more, and says how healthy they are.
    pub(super) health: Background<Config, Arc<Vec<String>>>,
    /// Looks at a data set that a study could be made of.
    pub(super) guide: Background<Look, (Look, Suggestion)>,
    /// Reads and writes the run's labels.
    pub(super) labels: LabelThread,
}

impl Workers {
    /// Starts them; they wait for requests.
    pub(super) fn start(feed: Arc<Feed>) -> io::Result<Self> {
        let mut seen = None;
        Ok(Self {
            findings: Background::start("findings", move |()| Arc::new(evaluate(&feed)))?,
            health: Background::start("health", |config: Config| Arc::new(report(&config)))?,
            guide: Background::start("guide", move |look: Look| {
                let suggest =
                    AssertUnwindSafe(|| suggest(&look, &mut seen).map_err(|error| error.to_string()));
                let suggestion = catch_unwind(suggest).unwrap_or_else(|panic| Err(failed(panic.as_ref())));
                (look, suggestion)
            })?,
            labels: labels::start()?,
        })
    }

    /// What wakes the UI thread.
    pub(super) fn wakes(&self) -> [Receiver<()>; 4] {
        [&self.findings.wake, &self.health.wake, &self.guide.wake, &self.labels.wake].map(Receiver::clone)
    }
}

/// Folds the feed's events. Requests are rare, so no state is kept between them.
fn evaluate(feed: &Feed) -> Findings {
    let mut state = feed.whole();
    if let (None, Some(planned)) = (state.header(), feed.planned()) {
        state = RunState::planned(planned);
    }
    findings(&state, &rows(feed, &state))
}

/// Results of single test rows; none where they were not kept or cannot be read.
fn rows(feed: &Feed, state: &RunState) -> RunRows {
    let directory = feed.run_dir().and_then(|root| RunDir::open(&root).ok());
    directory.map(|directory| read_all(&directory, state).rows).unwrap_or_default()
}

/// The report's lines, or why there is none.
fn report(config: &Config) -> Vec<String> {
    let inspect = || data::inspect(config).map_or_else(|error| error.to_string(), |found| found.to_string());
    let text = catch_unwind(inspect).unwrap_or_else(|panic| failed(panic.as_ref()));
    text.lines().map(str::to_owned).collect()
}

/// What the screen says of a reader that panics: a thread that ended would be waited for.
fn failed(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the data could not be read, by a fault of the program: {}", text.unwrap_or("without a message"))
}

/// A guess; what files hold is read once for each data set.
fn suggest(
    look: &Look,
    seen: &mut Option<(Vec<String>, Survey)>,
) -> Result<Box<guide::Guess>, guide::GuideError> {
    let survey = match seen {
        Some((paths, survey)) if *paths == look.paths => survey,
        _ => {
            let paths: Vec<PathBuf> = look.paths.iter().map(PathBuf::from).collect();
            *seen = None;
            &mut seen.insert((look.paths.clone(), guide::look(&paths)?)).1
        }
    };
    guide::guess(survey, &look.answers).map(Box::new)
}
