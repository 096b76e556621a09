//! Going on with a run: its configuration as asked for, and a process of its own where the terminal is left.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use color_eyre::eyre::{self, eyre};
use superfuse::engine::{Begin, Plan, RunPlace};
use superfuse::host::files;
use superfuse::store::format::v1;
use superfuse::store::{Reopened, RunDir};
use superfuse::study::config::Config;
use superfuse::study::event::EventKind;

/// How often a new process is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// What to go on with: the run at `run_dir` with its own configuration, or with the one that `asked` makes of it.
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
        program: super::program(),
    })
}

/// Leaves the run at `run_dir` to a process without a terminal, and returns its number once it works on it.
pub(crate) fn detach(run_dir: &Path) -> eyre::Result<u32> {
    let directory = RunDir::open(run_dir)?;
    let so_far = fs::metadata(directory.journal())?.len();
    let log = files::append(&directory.log())?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["resume", "--headless", "--own-session"])
        .arg(std::path::absolute(run_dir)?)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .map_err(|error| eyre!("a process without a terminal cannot be started: {error}"))?;
    while !has_resumed(&directory.journal(), so_far)? {
        if let Some(status) = child.try_wait()? {
            return Err(eyre!(
                "the process without a terminal ended at once ({status}); {} says why. Nothing is lost: \
                 `superfuse-tui resume {}` continues",
                directory.log().display(),
                run_dir.display()
            ));
        }
        thread::sleep(LOOK);
    }
    Ok(child.id())
}

/// Ends every tie to the terminal that the process was started from.
pub(crate) fn own_session() -> eyre::Result<()> {
    rustix::process::setsid()?;
    Ok(())
}

/// Whether the journal says behind its first `so_far` bytes that a process goes on.
fn has_resumed(journal: &Path, so_far: u64) -> eyre::Result<bool> {
    let mut file = files::open(journal)?;
    file.seek(SeekFrom::Start(so_far))?;
    let mut news = String::new();
    file.read_to_string(&mut news)?;
    let events = news.lines().filter_map(|line| v1::decode(line.as_bytes()).ok());
    Ok(events.into_iter().any(|event| matches!(event.kind, EventKind::RunResumed { .. })))
}
