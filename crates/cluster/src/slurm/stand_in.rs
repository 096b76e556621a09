//! A folder of stand-ins for Slurm's commands, for tests: each is a script, and all write down what they were asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use super::Slurm;

/// Commands that are scripts.
pub(crate) struct StandIn(tempfile::TempDir);

impl StandIn {
    /// Of these commands, each with what its script does.
    pub(crate) fn new(commands: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Self(folder);
        for (name, script) in commands {
            made.set(name, script);
        }
        made
    }

    /// Makes a command do something else.
    pub(crate) fn set(&self, name: &str, script: &str) {
        let (path, calls) = (self.0.path().join(name), self.0.path().join("calls"));
        let noted = format!("echo {name} \"$@\" >> '{}'", calls.display());
        fs::write(&path, format!("#!/bin/sh\n{noted}\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn slurm(&self) -> Slurm {
        Slurm::in_folder(self.0.path(), Duration::from_secs(20))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// What was asked so far, a line for each call.
    pub(crate) fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.0.path().join("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// Submits, with numbers from 101 on.
pub(crate) const SBATCH: &str =
    r#"n=$(cat "$0.number" 2>/dev/null || echo 100); n=$((n + 1)); echo $n > "$0.number"; echo $n"#;
