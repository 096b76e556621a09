//! A run in a process of its own, which a test can end.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::cli::{PATIENCE, Place, foreground};

/// Ended with the test.
pub(crate) struct RunProcess(Child);

impl RunProcess {
    /// Starts the program in `place`; what it says on standard error is appended to `err.txt`.
    pub(crate) fn start(place: &Place, args: &[&str]) -> Self {
        Self::start_through(foreground().args(args), place)
    }

    /// Starts `command`, which becomes the program.
    pub(crate) fn start_through(command: &mut Command, place: &Place) -> Self {
        let err = File::options().create(true).append(true).open(place.path("err.txt")).unwrap();
        let child = command
            .current_dir(place.path(""))
            .env("OMP_WAIT_POLICY", "passive")
            .env("XDG_CACHE_HOME", place.cache())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(err)
            .spawn()
            .unwrap();
        Self(child)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until `file` holds `text`.
    pub(crate) fn until(&mut self, file: &Path, text: &str) {
        self.wait_until(text, |child| {
            assert!(child.try_wait().unwrap().is_none(), "the run ended by itself");
            fs::read_to_string(file).is_ok_and(|all| all.contains(text))
        });
    }

    /// Its status; absent where a signal ended it.
    pub(crate) fn end(mut self) -> Option<i32> {
        self.wait_until("the end", |child| child.try_wait().unwrap().is_some());
        self.0.wait().unwrap().code()
    }

    /// Whether it ended within so long.
    pub(crate) fn ends_within(&mut self, time: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < time {
            if self.0.try_wait().unwrap().is_some() {
                return true;
            }
            thread::sleep(Duration::from_millis(2));
        }
        false
    }

    fn wait_until(&mut self, what: &str, done: impl Fn(&mut Child) -> bool) {
        let begun = Instant::now();
        while !done(&mut self.0) {
            assert!(begun.elapsed() < PATIENCE, "{what} did not come");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for RunProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
