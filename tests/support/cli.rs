//! The program, run in a directory of its own, and what it said. Knows no configuration but the small study.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_superfuse-tui");

/// The program, with signals as a shell in the foreground gives them: a script that runs the tests in the background has
/// them ignored, and the program keeps what is ignored so.
#[allow(dead_code, reason = "not every test binary sends signals")]
pub(crate) fn foreground() -> std::process::Command {
    let mut command = std::process::Command::new("env");
    command.args(["--default-signal=INT,HUP,TERM,QUIT", PROGRAM]);
    command
}

/// Long enough for a machine that many share; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A study that is over in about a second: 280 rows to train on, 3 fusions × 2 tasks × 2 sizes × 2 seeds.
const SMALL: [&str; 8] = [
    "data.clip_like.samples=400",
    "data.clip_like.width=16",
    "sweep.baselines=[]",
    "sweep.sizes=[32, 64]",
    "sweep.seeds=2",
    "train.epochs=2",
    "noise.levels=0:0.9:0.3",
    "run.device=cpu",
];

/// A working directory that goes with the test, and a cache folder beside it, so that no test knows what another
/// measured, and none writes into its user's.
pub(crate) struct Place(TempDir, TempDir);

/// How the program ended and what it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Absent where a signal ended it, its timeout included.
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap())
    }

    /// The absolute path of `name` in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The user's cache folder, as the program has it here.
    #[allow(dead_code, reason = "not every test binary starts processes by itself")]
    pub(crate) fn cache(&self) -> &Path {
        self.1.path()
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.path(name), contents).unwrap();
    }

    /// Runs the program in it, without standard input, and waits for its end.
    pub(crate) fn program(&self, args: &[&str]) -> Ended {
        self.end(Command::new(PROGRAM).args(args))
    }

    /// Runs `command` on the small study, with `sets` as further `--set`s.
    pub(crate) fn study(&self, command: &[&str], sets: &[&str]) -> Ended {
        self.program(&small_study(command, sets))
    }

    /// What `evaluate` says of a checkpoint on the test rows of these data.
    #[allow(dead_code, reason = "not every test binary has checkpoints")]
    pub(crate) fn tested(&self, checkpoint: &str, data: &str) -> Value {
        let args = ["evaluate", checkpoint, "--data", data, "--rows", "test", "--format", "json"];
        let ended = self.program(&[&args[..], &["--set", "run.device=cpu"]].concat());
        assert_eq!(ended.status, Some(0), "{ended:?}");
        serde_json::from_str(&ended.out).unwrap()
    }

    /// Runs any command in it and waits for its end.
    pub(crate) fn end(&self, command: &mut Command) -> Ended {
        let output = command
            .current_dir(self.0.path())
            .env_remove("SUPERFUSE_LOG")
            .env_remove("RUST_BACKTRACE")
            .env("XDG_CONFIG_HOME", self.path("settings"))
            .env("XDG_CACHE_HOME", self.1.path())
            // Many tests share the cores: threads that wait are to sleep, not to spin.
            .env("OMP_WAIT_POLICY", "passive")
            .timeout(PATIENCE)
            .output()
            .unwrap();
        Ended {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Every file and folder in it, with what the files hold.
    pub(crate) fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        gather(self.0.path(), &mut found);
        found
    }
}

/// `command` with the small study's `--set`s and then `sets`, of which the last one for a key stands.
pub(crate) fn small_study<'a>(command: &[&'a str], sets: &[&'a str]) -> Vec<&'a str> {
    let sets = SMALL.iter().chain(sets).flat_map(|&set| ["--set", set]);
    command.iter().copied().chain(sets).collect()
}

fn gather(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, found);
            found.insert(path, Vec::new());
        } else {
            // A FIFO would be waited for.
            let bytes = if path.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            found.insert(path, bytes);
        }
    }
}
