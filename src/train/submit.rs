//! `submit`: a study becomes jobs of a cluster's queue, and the program returns at once.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use color_eyre::eyre::{self, eyre};
use superfuse::cluster::script::{Work, word};
use superfuse::cluster::slurm::Slurm;
use superfuse::cluster::submit::{self, MOST_ARRAY};
use superfuse::host::{clock, proc};
use superfuse::store::cluster::ClusterDir;
use superfuse::store::cluster::jobs::Jobs;
use superfuse::store::cluster::plan::Plan;
use superfuse::store::{Journal, RunDir, labels};
use superfuse::study::cluster::forecast::Forecast;
use superfuse::study::cluster::open;
use superfuse::study::config::ClusterEngine;
use superfuse::study::event::{Event, EventKind, FORMAT, RunHeader};
use superfuse::study::feed::Loading;
use superfuse::study::format::counted;
use superfuse::study::labels::LabelChange;
use superfuse::study::run_state::RunState;

use superfuse::cli::args::train::SubmitArgs;
use superfuse::cli::output::{complain, print, say};
use superfuse::cli::{Status, program};

/// Scripts that a dry run shows whole; others differ in their first shard and their number of jobs.
const SHOWN: usize = 1;

/// Submits the study, or shows what would be.
pub(crate) fn run(asked: &SubmitArgs) -> eyre::Result<Status> {
    let mut config = asked.study.read()?;
    // There is one engine so far, and who submits asks for it.
    config.cluster.engine = if asked.no_queue { ClusterEngine::None } else { ClusterEngine::Slurm };
    let labels = asked.labels.change()?;
    // Before the data are read, which may take minutes.
    asked.run_dir.as_deref().map_or(Ok(()), RunDir::check_free)?;
    let slurm = Slurm::default();
    let limits = slurm.limits();
    if let (Err(error), false) = (&limits, asked.dry_run || asked.no_queue) {
        return Err(eyre!("{error}"));
    }
    let began = Instant::now();
    let mut said = LoadingSaid::default();
    let header = engine::header(&config, &program(), &mut |loading| said.say(&loading))?;
    let reading = began.elapsed().as_secs_f64();
    let whole = open::shares(&RunState::planned(Arc::new(header.clone())));
    let forecast = Forecast::of(&header, whole, reading);
    let most_array = limits.as_ref().map_or(MOST_ARRAY, |limits| limits.most_array);
    if asked.dry_run {
        let text = dry(asked, &header, &forecast, most_array, &slurm)?;
        return print(&text);
    }
    say(forecast.text(&header).trim_end());
    header.data.warnings.iter().for_each(|warning| complain("warning", warning));
    let place = Place::make(asked.run_dir.as_deref(), &header, &labels)?;
    let plan = Plan { first: 0, shards: forecast.shards };
    if asked.no_queue {
        let cluster = ClusterDir::of(&place.root);
        let made = cluster.create().and_then(|()| plan.write(&place.root));
        made.inspect_err(|_| {
            cluster.discard();
            place.discard();
        })?;
        return print(&unsubmitted(&place.root, &plan));
    }
    let jobs = submit(&slurm, &place.root, &header, &plan, most_array);
    let jobs = jobs.inspect_err(|_| place.discard())?;
    print(&told(&place.root, &jobs, &plan))
}

/// Submits the run in `root`, which is on no cluster.
pub(crate) fn submit(
    slurm: &Slurm,
    root: &Path,
    header: &RunHeader,
    plan: &Plan,
    most_array: u32,
) -> eyre::Result<Jobs> {
    let (program, root) = (proc::program()?, std::path::absolute(root)?);
    let name = name(&root);
    let work = Work { program: &program, run: &root, name: &name };
    Ok(submit::submit(slurm, &work, &header.config.cluster, plan, most_array)?)
}

fn name(root: &Path) -> String {
    root.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The plan, the scripts and what sbatch says of them.
fn dry(
    asked: &SubmitArgs,
    header: &RunHeader,
    forecast: &Forecast,
    most_array: u32,
    slurm: &Slurm,
) -> eyre::Result<String> {
    let cluster = &header.config.cluster;
    let root = asked.run_dir.clone().unwrap_or_else(|| {
        Path::new("runs").join(format!(
            "{}-{}",
            header.config.run.name,
            clock::now().strftime("%Y%m%dT%H%M%SZ")
        ))
    });
    let (program, root) = (proc::program()?, std::path::absolute(root)?);
    let name = name(&root);
    let work = Work { program: &program, run: &root, name: &name };
    let scripts = submit::scripts(&work, cluster, 0..forecast.shards.len() as u32, most_array)?;
    let mut text = forecast.text(header);
    let _ = writeln!(text, "run: {}", root.display());
    for (number, (_, count, script)) in (1..).zip(&scripts.arrays).take(SHOWN) {
        let _ = writeln!(
            text,
            "\n-- cluster/array-{number}.sbatch, {} --\n{script}",
            counted(*count as usize, "job")
        );
    }
    let more = scripts.arrays.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = writeln!(
            text,
            "-- and {}, each after the one before: an array here has {} at most --\n",
            counted(more, "array"),
            counted(most_array as usize, "job")
        );
    }
    let _ = writeln!(text, "-- cluster/finish.sbatch, after all others --\n{}", scripts.finish);
    let first = scripts.arrays.first().map_or("", |(_, _, script)| script.as_str());
    let said = match slurm.test(first, cluster) {
        Ok(said) => said,
        Err(error) => format!("{error}"),
    };
    let _ = writeln!(text, "-- sbatch --test-only --\n{said}\n\nNothing was submitted or written.");
    Ok(text)
}

pub(crate) fn told(root: &Path, jobs: &Jobs, plan: &Plan) -> String {
    let (shown, named) = (root.display(), word(&root.display().to_string()));
    let arrays: Vec<String> = jobs.arrays.iter().map(|array| array.id.to_string()).collect();
    let finish = jobs.finish.map_or_else(String::new, |id| format!(", and {id} after all others"));
    format!(
        "submitted: {} as {} {}{finish}\nrun: {shown}\nwatch it: superfuse-tui watch {named}   (q leaves, jobs go on)\nfor \
         logs: superfuse-tui watch --plain {named}\nlater: superfuse-tui resume {named}   submits what is missing\n",
        counted(plan.shards.len(), "shard"),
        if arrays.len() == 1 { "the job array" } else { "the job arrays" },
        arrays.join(", "),
    )
}

fn unsubmitted(root: &Path, plan: &Plan) -> String {
    let shown = root.display();
    format!(
        "run: {shown}, {}; start each, for example\n  parallel superfuse-tui work {shown} --index {{}} ::: $(seq 0 {})\nthen \
         make an ordinary run of what they did\n  superfuse-tui work {shown} --finish\nwatch it: superfuse-tui watch {shown}\n",
        counted(plan.shards.len(), "shard"),
        plan.shards.len().saturating_sub(1),
    )
}

/// The directory of a run that was made for jobs, with its first event.
struct Place {
    root: PathBuf,
    directory: RunDir,
    /// Where checkpoints of runs lie.
    checkpoints: PathBuf,
}

impl Place {
    fn make(explicit: Option<&Path>, header: &RunHeader, labelled: &LabelChange) -> eyre::Result<Self> {
        let directory = RunDir::create(&header.config, explicit, clock::now())?;
        let checkpoints = PathBuf::from(&header.config.checkpoints.directory);
        let place = Self { root: directory.root().into(), directory, checkpoints };
        place.begin(header, labelled).inspect_err(|_| place.discard())?;
        Ok(place)
    }

    fn begin(&self, header: &RunHeader, labelled: &LabelChange) -> eyre::Result<()> {
        labels::change(&self.root, labelled)?;
        // No lock, which file systems of clusters may lack: the folder is new, and no process writes this journal again while
        // jobs train.
        let mut journal = Journal::of_start(&self.directory.journal(), String::new())?;
        let kind = EventKind::RunStarted { format: FORMAT, header: Box::new(header.clone()) };
        journal.append(&Event { seq: 0, at_ms: clock::now_ms(), kind })?;
        Ok(journal.sync()?)
    }

    /// Removes what was made; only empty folders go.
    fn discard(&self) {
        let _ = fs::remove_file(self.directory.journal());
        self.directory.discard();
        let _ = fs::remove_dir(&self.root);
        let _ = fs::remove_dir(&self.checkpoints);
        if let Some(runs) = self.root.parent() {
            let _ = fs::remove_dir(runs);
        }
    }
}

/// Says now and then how far the data are read.
#[derive(Default)]
pub(crate) struct LoadingSaid(Option<Instant>);

impl LoadingSaid {
    pub(crate) fn say(&mut self, loading: &Loading) {
        const EVERY: f64 = 5.0;
        let last = self.0.get_or_insert_with(Instant::now);
        if last.elapsed().as_secs_f64() >= EVERY {
            *last = Instant::now();
            say(&loading.text());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_submitted_is_told_with_the_next_commands() {
        use superfuse::store::cluster::jobs::Array;
        let array = |id| Array { id, first: 0, count: 1 };
        let jobs = Jobs { arrays: vec![array(7), array(8)], finish: Some(9), ..Jobs::default() };
        let text = told(Path::new("runs/a"), &jobs, &Plan::default());
        assert!(
            text.starts_with("submitted: 0 shards as the job arrays 7, 8, and 9 after all others\n"),
            "{text}"
        );
        assert!(text.contains("superfuse-tui watch runs/a   (q leaves, jobs go on)"), "{text}");
    }
}
