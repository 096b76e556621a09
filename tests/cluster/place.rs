//! A folder with one run, its study, and the program's commands in it, as a user of the cluster types them.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use superfuse::store::cluster::ClusterDir;
use superfuse::store::cluster::plan::Plan;
use superfuse::study::cluster::plan::Shard;
use tempfile::TempDir;

use crate::results::Results;

/// Long enough for a machine that many share, and for Slurm's own waits; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(150);

/// Where the run is, below its place.
const RUN: &str = "run";

/// Two configurations that take some seconds with their six seeds, and two that are over at once. Training state is saved at
/// every chance.
const STUDY: [&str; 15] = [
    "data.clip_like.samples=400",
    "data.clip_like.width=96",
    "sweep.baselines=[]",
    "sweep.fusions=[\"concat\", \"tensor\"]",
    "sweep.tasks=[\"synthetic\"]",
    "sweep.sizes=[64, 256]",
    "sweep.seeds=6",
    "train.batch_size=8",
    "train.epochs=60",
    "train.patience=60",
    "noise.levels=0:0.9:0.3",
    "checkpoints.every=0.02",
    "run.device=cpu",
    "run.workers=1",
    "run.memory=200 MB",
];

/// The configuration of it that takes longest.
const LONGEST: &str = "tensor-synthetic-256";

/// What the jobs ask for. With one core each, they compute as one process with one thread does.
const CLUSTER: [&str; 8] = [
    "cluster.engine=slurm",
    "cluster.gpus=0",
    "cluster.cpus=1",
    "cluster.memory=1 GB",
    "cluster.time=0:20:00",
    "cluster.concurrent=8",
    "cluster.shards=8",
    "cluster.poll=5",
];

/// A folder of its own; removed with the test, its jobs cancelled.
pub(crate) struct Place(TempDir);

/// How a command ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    /// Absent, with a message, where the tests have no Slurm.
    pub(crate) fn new() -> Option<Self> {
        if std::env::var_os("SUPERFUSE_TEST_SLURM").is_none() {
            println!("skipped: no Slurm; tests/support/slurm/run.sh starts one");
            return None;
        }
        Some(Self(tempfile::tempdir().unwrap()))
    }

    /// The run's folder.
    pub(crate) fn run(&self) -> PathBuf {
        self.0.path().join(RUN)
    }

    /// The program's command, still to be started.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let program = std::env::var_os("SUPERFUSE_TEST_PROGRAM").unwrap();
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .env_remove("SUPERFUSE_LOG")
            .env("XDG_CONFIG_HOME", self.0.path().join("settings"))
            .env("XDG_CACHE_HOME", self.0.path().join("cache"))
            .env("OMP_WAIT_POLICY", "passive");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn program(&self, args: &[&str]) -> Ended {
        end(&mut self.command(args))
    }

    /// Starts the program.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Submits the study with these further sets.
    pub(crate) fn submit(&self, sets: &[&str]) -> Ended {
        self.submit_by(&["submit", "--run-dir", RUN], sets)
    }

    /// Makes its run and shards, and submits nothing.
    pub(crate) fn made(&self) -> Ended {
        self.submit_by(&["submit", "--no-queue", "--run-dir", RUN], &[])
    }

    fn submit_by(&self, words: &[&str], sets: &[&str]) -> Ended {
        let sets = STUDY.iter().chain(&CLUSTER).chain(sets).flat_map(|set| ["--set", set]);
        let args: Vec<&str> = words.iter().copied().chain(sets).collect();
        self.program(&args)
    }

    /// Submits it, which has to work.
    #[track_caller]
    pub(crate) fn submitted(sets: &[&str]) -> Option<Self> {
        let place = Self::new()?;
        let ended = place.submit(sets);
        assert_eq!(ended.status, Some(0), "{ended:?}");
        Some(place)
    }

    /// Submits what is missing, which has to work.
    #[track_caller]
    pub(crate) fn resume(&self) {
        self.forget_summary();
        let ended = self.program(&["resume", RUN]);
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }

    /// Removes the summary, so that the next one is seen to come.
    pub(crate) fn forget_summary(&self) {
        std::fs::remove_file(self.run().join("summary.csv")).unwrap();
    }

    /// Its folders on the cluster.
    pub(crate) fn cluster(&self) -> ClusterDir {
        ClusterDir::of(&self.run())
    }

    /// How many shards it was submitted as.
    pub(crate) fn shards(&self) -> u32 {
        Plan::read(&self.run()).unwrap().numbers().end
    }

    /// One of the shards that take longest, where the tests do what befalls jobs.
    pub(crate) fn longest(&self) -> u32 {
        let plan = Plan::read(&self.run()).unwrap();
        let mut shards = plan.numbers().zip(&plan.shards);
        let is_long = |shard: &Shard| shard.items[0].cohort.to_string() == LONGEST;
        shards.find(|(_, shard)| is_long(shard)).unwrap().0
    }

    /// The journal of a start of a shard.
    pub(crate) fn journal(&self, shard: u32, start: u32) -> String {
        let path = self.cluster().start(shard, start).join("events.jsonl");
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// Waits until a start of a shard has trained that far.
    #[track_caller]
    pub(crate) fn until_trained(&self, shard: u32, start: u32, epoch: u32) {
        // A start that resumes a saved state may begin behind it.
        let of_line = |line: &str| {
            let digits = line.split("\"epoch\":").nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?;
            digits.parse::<u32>().ok()
        };
        wait_until(&format!("epoch {epoch} of shard {shard}, start {start}"), || {
            self.journal(shard, start).lines().filter_map(of_line).any(|reached| reached >= epoch)
        });
    }

    /// Waits until the finishing job, or a command, has made an ordinary run of it with a summary.
    #[track_caller]
    pub(crate) fn until_collected(&self) {
        wait_until("the collected run", || {
            !self.cluster().exists() && self.run().join("summary.csv").exists()
        });
    }

    /// Waits for the end, and compares it with that of one process.
    #[track_caller]
    pub(crate) fn ends_as_one_process(&self) {
        self.until_collected();
        self.is_as_one_process();
    }

    /// Compares the run with that of one process.
    #[track_caller]
    pub(crate) fn is_as_one_process(&self) {
        let (found, expected) = (Results::of(&self.run()), one_process());
        found.compare(expected);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        crate::queue::cancel_all(&self.run());
        if thread::panicking() {
            eprintln!("{}", crate::queue::said(&self.run()));
        }
    }
}

/// What the study gives where one process trains all of it.
fn one_process() -> &'static Results {
    static RESULTS: OnceLock<Results> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let place = Place(tempfile::tempdir().unwrap());
        let sets = STUDY.iter().flat_map(|set| ["--set", set]);
        let args: Vec<&str> = ["run", "--run-dir", RUN].into_iter().chain(sets).collect();
        let ended = end(place.command(&args).env("OMP_NUM_THREADS", "1"));
        assert_eq!(ended.status, Some(0), "{ended:?}");
        Results::of(&place.run())
    })
}

/// Runs it to its end.
pub(crate) fn end(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Waits until `done`, looking often.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        thread::sleep(Duration::from_millis(50));
    }
}
