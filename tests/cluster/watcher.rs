//! `watch` in a terminal of its own.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

use crate::place::{Place, wait_until};

const SIZE: PtySize = PtySize { rows: 40, cols: 140, pixel_width: 0, pixel_height: 0 };

/// Ended with the test.
pub(crate) struct Watcher {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<Parser>>,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Watcher {
    pub(crate) fn start(place: &Place) -> Self {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let like = place.command(&["watch", "run"]);
        let mut command = CommandBuilder::new(like.get_program());
        command.args(like.get_args());
        command.cwd(like.get_current_dir().unwrap());
        for (name, value) in like.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let screen = Arc::new(Mutex::new(Parser::new(SIZE.rows, SIZE.cols, 0)));
        let (mut output, seen) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&screen));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                seen.lock().unwrap().process(&bytes[..read]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, keys, screen, _terminal: pair.master }
    }

    pub(crate) fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until `text` stands on the screen.
    #[track_caller]
    pub(crate) fn see(&self, text: &str) {
        wait_until(text, || {
            let screen = self.text();
            screen.contains(text)
        });
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).unwrap();
    }

    /// Leaves with `q`; its status.
    pub(crate) fn leave(mut self) -> u32 {
        self.press("q");
        self.child.wait().unwrap().exit_code()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the watcher shows\n{}", self.text());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
