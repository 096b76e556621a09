//! The frontend of other processes' runs: the same screen over their journals, a list of them, and
//! several side by side.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::host::clock::now_ms;
use crate::store::{self, RunDir};
use crate::study::access::{Access, Reason};
use crate::tui::{
    self, CompareChoice, Ended, Left, MOST_COMPARED, Options, Parent, RunChoice, RunList, RunUpdates,
    Settings, Source,
};
use crate::watch::{Follower, Lost, Runs, access_to, follow};
use color_eyre::eyre::{self, eyre};
use crossbeam_channel::bounded;

use super::Status;
use super::args::ListArgs;
use super::runs::{order, read_filter};

/// How often a folder of runs is read.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// How one screen was left.
enum Next {
    Back,
    Leave(Status),
}

/// Shows one run, several side by side, or a folder of them, to look at them alone where that is asked for; of a folder
/// those that pass the filter first.
pub fn run(
    run_dirs: &[PathBuf],
    (asked, first): (Access, &ListArgs),
    settings: &Settings,
) -> eyre::Result<Status> {
    let folder = match run_dirs {
        [folder] if RunDir::journal_in(folder).is_none() && folder.is_dir() => Some(folder),
        _ => None,
    };
    read_filter(first)?;
    if folder.is_none() && first.is_asked() {
        return Err(eyre!("--filter, --sort and --reverse are of a folder of runs"));
    }
    if first.reverse && first.sort.is_none() {
        return Err(eyre!("--reverse is of a sorted list; --sort begun --reverse shows the newest first"));
    }
    File::options().read(true).write(true).open("/dev/tty").map_err(|error| {
        eyre!("no terminal ({error}); `superfuse-tui report` and `runs` work without one")
    })?;
    if let Some(folder) = folder {
        return list(folder, (asked, first), settings);
    }
    let next = match run_dirs {
        [one] => watch(one, (Parent::Shell, asked), settings)?,
        several => compare(several, settings)?,
    };
    Ok(match next {
        Next::Back => Status::Done,
        Next::Leave(status) => status,
    })
}

/// Shows the runs in `folder`, and those that are chosen of them.
fn list(folder: &Path, (asked, first): (Access, &ListArgs), settings: &Settings) -> eyre::Result<Status> {
    let updates = look_often(Runs::of(folder.into()))?;
    let mut list = RunList::of(first.filter.as_deref().unwrap_or_default(), (first.sort, order(first)));
    loop {
        let options = Options { access: asked, ..Options::new(String::new(), settings) };
        let next = match tui::choose_run(&mut list, updates.clone(), &options)? {
            Left::Chose(RunChoice::Open(run_dir)) => watch(&run_dir, (Parent::List, asked), settings)?,
            Left::Chose(RunChoice::Compare(run_dirs)) => compare(&run_dirs, settings)?,
            Left::Chose(RunChoice::Quit) => Next::Leave(Status::Done),
            Left::Signal | Left::TerminalGone => Next::Leave(Status::Interrupted),
        };
        if let Next::Leave(status) = next {
            return Ok(status);
        }
    }
}

/// Looks at the runs until the program ends; a newer list replaces one that was not read.
fn look_often(mut runs: Runs) -> eyre::Result<RunUpdates> {
    let (sender, updates) = bounded(1);
    sender.send((now_ms(), runs.look()?))?;
    let untaken = updates.clone();
    thread::Builder::new().name("runs".into()).spawn(move || {
        loop {
            thread::sleep(BETWEEN_LOOKS);
            // A folder that is gone for a moment leaves the last list on the screen.
            if let Ok(entries) = runs.look() {
                let _ = untaken.try_recv();
                let _ = sender.try_send((now_ms(), entries));
            }
        }
    })?;
    Ok(updates)
}

/// Shows one run until its user leaves. Another user's run is only looked at.
fn watch(run_dir: &Path, (parent, asked): (Parent, Access), settings: &Settings) -> eyre::Result<Next> {
    loop {
        let access = asked.or(access_to(run_dir));
        let follower = follow(run_dir, access)?;
        let title = follower.header.config.run.name.clone();
        let options = Options { parent, access, ..Options::new(title, settings) };
        let ended = tui::run(source(&follower), &options)?;
        match (ended, follower.join()) {
            // Another run is there now, or this one began anew.
            (Ended::SchedulerOver, Some(Lost::Replaced)) => {}
            (Ended::SchedulerOver, Some(Lost::Unreadable(why))) => return Err(eyre!(why)),
            (Ended::Back, _) => return Ok(Next::Back),
            (Ended::Quit | Ended::Detached | Ended::SchedulerOver | Ended::Edited(_), _) => {
                return Ok(Next::Leave(Status::Done));
            }
            (Ended::Signal | Ended::TerminalGone, _) => return Ok(Next::Leave(Status::Interrupted)),
        }
    }
}

/// Shows several runs side by side.
fn compare(run_dirs: &[PathBuf], settings: &Settings) -> eyre::Result<Next> {
    if run_dirs.len() > MOST_COMPARED {
        return Err(eyre!("{} runs were named; at most {MOST_COMPARED} are compared", run_dirs.len()));
    }
    // No key changes any of them.
    let looked_at = |run_dir: &PathBuf| follow(run_dir, Access::ReadOnly(Reason::Asked));
    let followers = run_dirs.iter().map(looked_at).collect::<Result<Vec<_>, _>>()?;
    let name = |run_dir: &PathBuf| {
        let folder = run_dir.file_name().unwrap_or(run_dir.as_os_str()).display().to_string();
        // What its user calls it, and the folder, since two may be called the same.
        let named = store::labels::read(run_dir).ok().map(|labels| labels.name().to_owned());
        named.filter(|name| !name.is_empty()).map_or(folder.clone(), |name| format!("{name} ({folder})"))
    };
    let runs = run_dirs.iter().map(name).zip(followers.iter().map(source)).collect();
    let left = tui::compare(runs, &Options::new(String::new(), settings))?;
    for follower in followers {
        follower.join();
    }
    Ok(match left {
        Left::Chose(CompareChoice::Back) => Next::Back,
        Left::Chose(CompareChoice::Quit) => Next::Leave(Status::Done),
        Left::Signal | Left::TerminalGone => Next::Leave(Status::Interrupted),
    })
}

fn source(follower: &Follower) -> Source {
    Source { feed: follower.feed.clone(), commands: follower.commands.clone(), wake: follower.wake.clone() }
}
