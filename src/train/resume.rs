//! Resuming a run: its configuration, and a process of its own after detaching.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use color_eyre::eyre::{self, eyre};
use engine::{Begin, Plan, RunPlace};
use superfuse::cli::program;
use superfuse::host::{files, proc};
use superfuse::store::format::v1;
use superfuse::store::{Reopened, RunDir};
use superfuse::study::config::Config;
use superfuse::study::event::EventKind;
use superfuse::study::listing::{RunEntry, Standing};
use superfuse::study::text::one_line;
use superfuse::tui::AlertSettings;
use superfuse::watch::Runs;

/// Where runs are.
const RUNS: &str = "runs";
/// How often a new process is checked.
const LOOK: Duration = Duration::from_millis(50);

/// What is said where no run is named: the last one that can be resumed, in the folder where runs are.
pub(crate) fn unnamed() -> eyre::Result<PathBuf> {
    let folder = PathBuf::from(RUNS);
    let runs = if folder.is_dir() { Runs::of(folder).look()? } else { Vec::new() };
    let is_open = |entry: &&RunEntry| matches!(entry.state, Standing::Interrupted | Standing::Dead);
    let last = runs.iter().filter(is_open).max_by_key(|entry| entry.started_ms);
    Err(if let Some(entry) = last {
        eyre!(
            "name the run; the last one that is not finished ({} of {} configurations are done) goes on with: superfuse-tui \
             resume {}",
            entry.done,
            entry.all,
            one_line(entry.path.display())
        )
    } else {
        eyre!(
            "name the run's directory; in {RUNS}/ there is none that was interrupted (superfuse-tui runs FOLDER lists others)"
        )
    })
}

/// The plan of resuming the run at `run_dir` with the configuration that `asked` makes of its own.
pub(crate) fn plan(
    run_dir: &Path,
    asked: impl FnOnce(&Config) -> eyre::Result<Config>,
) -> eyre::Result<Plan> {
    let reopened = Reopened::open(run_dir)?;
    let header = reopened.header().ok_or_else(|| eyre!("{} holds no run", run_dir.display()))?;
    let config = asked(&header.config)?;
    Ok(Plan {
        config,
        place: RunPlace::Existing(Box::new(reopened)),
        begin: Begin::AtOnce,
        program: program(),
    })
}

/// Starts a process without a terminal for the run at `run_dir`, and returns its number once it trains.
pub(crate) fn detach(run_dir: &Path, alerts: &AlertSettings) -> eyre::Result<u32> {
    let directory = RunDir::open(run_dir)?;
    let so_far = fs::metadata(directory.journal())?.len();
    let log = files::append(&directory.log())?;
    let mut child = Command::new(proc::program()?)
        .args(["resume", "--headless", "--own-session"])
        .args(alert_flags(alerts))
        .arg(std::path::absolute(run_dir)?)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .map_err(|error| eyre!("cannot start a process without a terminal: {error}"))?;
    while !has_resumed(&directory.journal(), so_far)? {
        if let Some(status) = child.try_wait()? {
            return Err(eyre!(
                "the process without a terminal ended immediately ({status}); see {}. Nothing is lost: \
                 `superfuse-tui resume {}` continues",
                directory.log().display(),
                run_dir.display()
            ));
        }
        thread::sleep(LOOK);
    }
    Ok(child.id())
}

/// What the user has asked to be told by. A command with arguments is from the settings, which the process reads itself.
fn alert_flags(alerts: &AlertSettings) -> Vec<String> {
    match alerts.command.as_slice() {
        [program] => vec![format!("--alert-command={program}")],
        _ => Vec::new(),
    }
}

/// Detaches from the terminal that the process was started from.
pub(crate) fn own_session() -> eyre::Result<()> {
    rustix::process::setsid()?;
    Ok(())
}

/// Whether the journal has a resumed run after its first `so_far` bytes.
fn has_resumed(journal: &Path, so_far: u64) -> eyre::Result<bool> {
    let mut file = files::open(journal)?;
    file.seek(SeekFrom::Start(so_far))?;
    let mut appended = String::new();
    file.read_to_string(&mut appended)?;
    let events = appended.lines().filter_map(|line| v1::decode(line.as_bytes()).ok());
    Ok(events.into_iter().any(|event| matches!(event.kind, EventKind::RunResumed { .. })))
}
