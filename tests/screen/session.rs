//! The program in a pseudo-terminal: how it starts and ends, and keys, sizes and signals for it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use vt100::Screen;

use crate::cli::{PATIENCE, PROGRAM, Place, small_study};
use crate::terminal::{LEAST, Seen, Terminal};

/// Esc, whatever follows it: one such byte and a letter could be read as the letter with Alt.
pub(crate) const ESC: &str = "\x1b\x1b";
/// A sweep that outlasts every test: 12 configurations, a thousandth of a second an epoch.
pub(crate) const LONG: [&str; 2] = ["train.epochs=100000", "sweep.sizes=[32, 64, 128, 256]"];
/// What gives the screen back to the shell.
pub(crate) const LEAVE_ALTERNATE_SCREEN: &str = "\x1b[?1049l";

/// What takes it.
pub(crate) const ENTER_ALTERNATE_SCREEN: &str = "\x1b[?1049h";

/// The user's own configuration, below the place.
pub(crate) const SETTINGS: &str = "settings";
/// What the tests' own terminal may have set.
const UNSET: [&str; 9] = [
    "LC_ALL",
    "LC_CTYPE",
    "NO_COLOR",
    "COLORFGBG",
    "SSH_CONNECTION",
    "SSH_TTY",
    "SUPERFUSE_LOG",
    "SUPERFUSE_THEME",
    "TMUX",
];

/// How the program is to be started.
#[derive(Clone)]
pub(crate) struct Setup {
    size: (u16, u16),
    environment: Vec<(&'static str, &'static str)>,
    /// A shell's command that runs `"$0" "$@"`; without, the program itself.
    shell: Option<&'static str>,
    args: Vec<String>,
    /// Where it starts, below its place.
    folder: String,
    patience: Duration,
}

/// The program while it runs. Ended with the test.
pub(crate) struct Session {
    pub(crate) place: Place,
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    seen: Arc<Seen>,
    reader: Option<JoinHandle<()>>,
    patience: Duration,
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) status: u32,
    /// Everything that was printed once the screen was given back.
    pub(crate) printed: String,
    /// Everything that was written to the terminal.
    pub(crate) bytes: String,
}

impl Setup {
    /// The small study at 120×40 in a terminal of today.
    pub(crate) fn new() -> Self {
        let environment = vec![("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")];
        let args = small_study(&[], &[]).into_iter().map(str::to_owned).collect();
        Self {
            size: (120, 40),
            environment,
            shell: None,
            args,
            folder: String::new(),
            patience: PATIENCE / 2,
        }
    }

    /// Columns × rows.
    pub(crate) fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    pub(crate) fn sets(mut self, sets: &[&str]) -> Self {
        self.args.extend(sets.iter().flat_map(|set| ["--set".to_owned(), (*set).to_owned()]));
        self
    }

    /// These arguments too.
    pub(crate) fn with(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|&arg| arg.to_owned()));
        self
    }

    /// These arguments and no others.
    pub(crate) fn only(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(|&arg| arg.to_owned()).collect();
        self
    }

    /// An empty value takes the variable away.
    pub(crate) fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    pub(crate) fn through(mut self, shell: &'static str) -> Self {
        self.shell = Some(shell);
        self
    }

    /// Starts in this folder of its place.
    pub(crate) fn in_folder(mut self, folder: &str) -> Self {
        folder.clone_into(&mut self.folder);
        self
    }

    /// How long one wait may take.
    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Starts the program in a directory of its own.
    pub(crate) fn start(self) -> Session {
        self.start_in(Place::new())
    }

    pub(crate) fn start_in(self, place: Place) -> Session {
        let (cols, rows) = self.size;
        let pair =
            native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = match self.shell {
            None => CommandBuilder::new(PROGRAM),
            Some(shell) => {
                let mut command = CommandBuilder::new("bash");
                command.args(["-c", shell, PROGRAM]);
                command
            }
        };
        command.args(&self.args);
        command.cwd(place.path(&self.folder));
        for name in UNSET {
            command.env_remove(name);
        }
        command.env("XDG_CONFIG_HOME", place.path(SETTINGS));
        command.env("XDG_CACHE_HOME", place.cache());
        for (name, value) in &self.environment {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let seen = Arc::new(Seen::new(cols, rows));
        let output = pair.master.try_clone_reader().unwrap();
        let listener = Arc::clone(&seen);
        let reader = thread::spawn(move || listener.listen(output));
        let keys = pair.master.take_writer().unwrap();
        Session {
            place,
            child,
            master: Some(pair.master),
            keys: Some(keys),
            seen,
            reader: Some(reader),
            patience: self.patience,
        }
    }
}

impl Session {
    /// Waits until the screen is as `done` says, and returns it.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, done: impl Fn(&Screen) -> bool) -> Screen {
        match self.seen.wait(self.patience, |terminal| done(terminal.parser.screen())) {
            Some(terminal) => terminal.parser.screen().clone(),
            None => panic!("{what} did not come; the screen is\n{}", self.text()),
        }
    }

    /// Waits until the terminal was taken so many times.
    #[track_caller]
    pub(crate) fn until_taken(&self, times: usize) {
        let taken = |terminal: &Terminal| {
            let bytes = String::from_utf8_lossy(&terminal.bytes);
            bytes.matches(ENTER_ALTERNATE_SCREEN).count() >= times
        };
        assert!(self.seen.wait(self.patience, taken).is_some(), "not taken {times} times:\n{}", self.text());
    }

    /// Waits until these bytes were written.
    #[track_caller]
    pub(crate) fn until_written(&self, text: &str) {
        let is_written = |terminal: &Terminal| String::from_utf8_lossy(&terminal.bytes).contains(text);
        assert!(self.seen.wait(self.patience, is_written).is_some(), "{text:?} was not written");
    }

    /// Waits until all of `texts` stand on the screen.
    #[track_caller]
    pub(crate) fn see(&self, texts: &[&str]) {
        self.until(&format!("{texts:?}"), |screen| {
            let contents = screen.contents();
            texts.iter().all(|text| contents.contains(text))
        });
    }

    /// Waits until `text` stands there no longer.
    #[track_caller]
    pub(crate) fn see_no(&self, text: &str) {
        self.until(&format!("the end of {text:?}"), |screen| !screen.contents().contains(text));
    }

    /// What is on the screen now.
    pub(crate) fn text(&self) -> String {
        self.screen().contents()
    }

    /// Bytes that were written to the terminal so far.
    pub(crate) fn written(&self) -> usize {
        self.seen.lock().bytes.len()
    }

    /// What `what` makes of those past the first `from`.
    pub(crate) fn read<T>(&self, from: usize, what: impl Fn(&[u8]) -> T) -> T {
        what(&self.seen.lock().bytes[from..])
    }

    /// The cells on the screen now.
    pub(crate) fn screen(&self) -> Screen {
        self.seen.lock().parser.screen().clone()
    }

    pub(crate) fn press(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).and_then(|()| writer.flush()).unwrap();
    }

    /// Columns × rows.
    pub(crate) fn resize(&self, cols: u16, rows: u16) {
        // First the eyes, so that nothing drawn for the new size is read at the old one.
        self.seen.lock().parser.screen_mut().set_size(rows.max(LEAST), cols.max(LEAST));
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    /// The terminal's own settings: echo, line editing, signals.
    pub(crate) fn mode(&self) -> String {
        format!("{:?}", self.master.as_ref().unwrap().get_termios().unwrap().local_flags)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.process_id().unwrap() as i32).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Takes the terminal away. The listener stops at what it reads next, which a key brings about.
    pub(crate) fn hang_up(&mut self) {
        self.seen.hang_up.store(true, Ordering::Relaxed);
        self.press("?");
        self.reader.take().unwrap().join().unwrap();
        self.keys = None;
        self.master = None;
    }

    /// Takes the terminal away from whoever may still hold it.
    pub(crate) fn hang_up_now(&mut self) {
        self.keys = None;
        self.master = None;
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Left {
        let status = self.wait();
        self.reader.take().unwrap().join().unwrap();
        let bytes = String::from_utf8_lossy(&self.seen.lock().bytes).into_owned();
        let printed = bytes.rsplit_once(LEAVE_ALTERNATE_SCREEN).map_or("", |(_, after)| after);
        Left { status, printed: printed.replace("\r\n", "\n"), bytes }
    }

    /// Waits for its end and returns its exit status.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> u32 {
        let mut status = None;
        wait_until("the end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let status = status.unwrap();
        assert_eq!(status.signal(), None, "ended by a signal");
        status.exit_code()
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// The directory of the one run.
    pub(crate) fn run_dir(&self) -> PathBuf {
        self.run_so_far().unwrap()
    }

    /// The same, where it is already there.
    fn run_so_far(&self) -> Option<PathBuf> {
        let runs: Vec<_> = fs::read_dir(self.place.path("runs")).ok()?.collect();
        assert!(runs.len() <= 1, "{runs:?}");
        runs.into_iter().next().map(|run| run.unwrap().path())
    }

    /// The journal's whole lines so far: none before there is a run.
    pub(crate) fn events(&self) -> Vec<Value> {
        let journal = self.run_so_far().and_then(|run| fs::read_to_string(run.join("events.jsonl")).ok());
        let journal = journal.unwrap_or_default();
        let whole = journal.rfind('\n').map_or("", |end| &journal[..end]);
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How many of them are of kind `event`.
    pub(crate) fn count(&self, event: &str) -> usize {
        self.events().iter().filter(|one| one["event"] == event).count()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The program outlives a hang-up, and a shell's job its shell: all of the session is ended.
        let leader = self.child.process_id().map(|id| id.to_string());
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            // Behind the name in brackets: state, parent, group, session.
            let session = stat.rsplit_once(") ").and_then(|(_, fields)| fields.split(' ').nth(3));
            let id = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
            if let (true, Some(id)) = (session.is_some() && session == leader.as_deref(), id) {
                let _ = kill_process(id, Signal::KILL);
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `done`, looking often.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        thread::sleep(Duration::from_millis(5));
    }
}
