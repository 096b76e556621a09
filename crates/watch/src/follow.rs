//! A run that another process works on, or none: its journal and its control socket become a [`Feed`], and
//! the commands that are asked for here reach that process.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::client::Connection;
use super::jobs::{self, Over};
use super::message::Message;
use super::shards::{OfShards, Shards};
use super::tail::{Appended, Reading, Rest, Tail};
use cluster::act::{OnCluster, act};
use cluster::ended;
use host::clock;
use store::cluster::plan::Plan;
use store::{RunDir, StoreError, journal};
use study::access::Access;
use study::command::Command;
use study::event::{Event, RunHeader};
use study::feed::{Feed, Level, Notice, Writer};

pub use super::tail::Lost;

/// How often the journal is read.
const TICK: Duration = Duration::from_millis(200);
/// Looks between two at whether a process works on the run, while none is known to.
const TICKS_TO_LOOK: u32 = 5;

/// A run that is followed, as a frontend holds it.
#[derive(Debug)]
pub struct Follower {
    /// What the run is.
    pub header: RunHeader,
    /// What happens.
    pub feed: Arc<Feed>,
    /// What is asked for. When the last sender is dropped, the following ends.
    pub commands: Sender<Command>,
    /// Wakes the frontend when the feed has changed.
    pub wake: Receiver<()>,
    thread: JoinHandle<Option<Lost>>,
}

impl Follower {
    /// Waits for its end; why the journal could be followed no further, where that was the reason.
    pub fn join(self) -> Option<Lost> {
        drop(self.commands);
        self.thread
            .join()
            .unwrap_or_else(|_| Some(Lost::Unreadable("the thread that reads the journal panicked".into())))
    }
}

/// Follows the run in `root` from its first event on. The feed ends where the journal was cut or replaced. With read-only
/// access no command is sent.
pub fn follow(root: &Path, access: Access) -> Result<Follower, StoreError> {
    store::cluster::settle(root)?;
    let directory = RunDir::open(root)?;
    let shards = Shards::of(root);
    let (tail, header) = Tail::open(&directory.journal(), Reading::Whole)?;
    let feed = Arc::new(Feed::default());
    feed.set_run_dir(root.to_path_buf());
    feed.set_writer(if shards.is_some() { Writer::Cluster } else { Writer::Nobody });
    feed.set_reading(true);
    let (commands, commands_in) = bounded(64);
    let (wake_out, wake) = bounded(1);
    let over = Over::default();
    let mut queue = None;
    if shards.is_some() {
        let plan = Plan::read(root)?;
        feed.set_shards(Arc::new(plan.numbers().zip(plan.shards).collect()));
        let may_submit = access.refusal().is_none();
        let of = (root, header.config.cluster.poll, may_submit);
        let shown = jobs::show(of, Arc::clone(&over), Arc::clone(&feed), wake_out.clone());
        queue = Some(shown.map_err(StoreError::io("start a thread that asks the queue of", root))?);
    }
    let following = Following {
        root: root.into(),
        access,
        journal: directory.journal(),
        tail,
        shards,
        header: header.clone(),
        over,
        queue,
        next_seq: 0,
        feed: Arc::clone(&feed),
        wake: wake_out,
        connection: None,
        looked: 0,
        last_notice_ms: 0,
    };
    let thread = thread::Builder::new()
        .name("follow".into())
        .spawn(move || following.run(&commands_in))
        .map_err(StoreError::io("start a thread that follows", root))?;
    Ok(Follower { header, feed, commands, wake, thread })
}

struct Following {
    root: PathBuf,
    access: Access,
    journal: PathBuf,
    tail: Tail,
    /// Where the run is on a cluster.
    shards: Option<Shards>,
    /// What its jobs ask for.
    header: RunHeader,
    /// The shards that are over.
    over: Over,
    /// Asks the queue again; dropped, it is asked no more.
    queue: Option<Sender<()>>,
    /// The number of the next event of a shard: they have none of the run's own.
    next_seq: u64,
    feed: Arc<Feed>,
    wake: Sender<()>,
    connection: Option<Connection>,
    looked: u32,
    /// A new connection sends its latest notices again.
    last_notice_ms: u64,
}

impl Following {
    fn run(mut self, commands: &Receiver<Command>) -> Option<Lost> {
        loop {
            // First the process that works on it: one that ends writes its last event before it is gone.
            self.look();
            let patience = match self.read() {
                Ok(patience) => patience,
                Err(lost) => {
                    self.feed.end();
                    self.wake();
                    return Some(lost);
                }
            };
            match commands.recv_timeout(patience) {
                Ok(command) => self.ask(command),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Takes what was appended; how long nothing more is expected.
    fn read(&mut self) -> Result<Duration, Lost> {
        let appended = self.tail.read()?;
        let patience = if appended.rest == Rest::Some { Duration::ZERO } else { TICK };
        self.next_seq = appended.events.last().map_or(self.next_seq, |event| event.seq.saturating_add(1));
        let mut all = appended;
        // Those of shards come behind all of the run's own, which nobody writes meanwhile.
        if let Some(shards) = self.shards.as_mut().filter(|_| all.rest == Rest::None) {
            let OfShards { events, ignored } = shards.look()?;
            for event in events {
                all.events.push(Event { seq: self.next_seq, ..event });
                self.next_seq += 1;
            }
            all.ignored.extend(ignored);
            *self.over.lock().unwrap_or_else(PoisonError::into_inner) = shards.done().collect();
        }
        self.take(all);
        Ok(patience)
    }

    fn take(&mut self, appended: Appended) {
        let is_new = !(appended.events.is_empty() && appended.ignored.is_empty());
        for event in appended.events {
            self.feed.push_event(Arc::new(event));
        }
        for line in appended.ignored {
            self.say(Level::Warning, format!("{line} is ignored"));
        }
        // What was there at the beginning is read in several parts.
        let has_read_all = appended.rest != Rest::Some && self.feed.set_reading(false);
        // Of a run that jobs have left incomplete.
        if has_read_all && self.shards.is_none() && self.connection.is_none() {
            for line in ended::told(&self.root, &self.feed.whole()) {
                self.say(Level::Warning, line);
            }
        }
        if is_new || has_read_all {
            self.wake();
        }
    }

    /// Receives from the process that works on the run, or finds out whether there is one.
    fn look(&mut self) {
        if self.shards.is_some() {
            return;
        }
        if let Some(connection) = &mut self.connection {
            if let Ok(messages) = connection.receive() {
                for message in messages {
                    self.receive(message);
                }
            } else {
                self.connection = None;
                self.looked = 0;
                self.feed.set_progress(None);
                self.feed.set_gpus(None);
            }
        }
        if self.connection.is_none() {
            if self.looked == 0 {
                self.find();
            }
            self.looked = (self.looked + 1) % TICKS_TO_LOOK;
        }
    }

    fn find(&mut self) {
        self.connection = Connection::open(&self.root).ok();
        let writer = match &self.connection {
            Some(_) => Writer::Other,
            None if journal::is_locked(&self.journal) => Writer::Unreachable,
            None => Writer::Nobody,
        };
        if writer != self.feed.writer() {
            self.feed.set_writer(writer);
            self.wake();
        }
    }

    fn receive(&mut self, message: Message) {
        match message {
            Message::Taken => {}
            Message::Refused { why } => self.say(Level::Warning, why),
            Message::Notice { notice } if notice.at_ms() <= self.last_notice_ms => {}
            Message::Notice { notice } => {
                self.last_notice_ms = notice.at_ms();
                self.feed.push_notice(notice.into());
            }
            Message::Progress { progress } => self.feed.set_progress(progress.map(Into::into)),
            Message::Gpus { gpus } => self.feed.set_gpus(gpus.map(|gpus| Arc::new(gpus.into()))),
        }
        self.wake();
    }

    fn ask(&mut self, command: Command) {
        if let Some(why) = self.access.refusal() {
            return self.say(Level::Warning, why);
        }
        if self.shards.is_some() {
            return self.ask_jobs(command);
        }
        let asked = self.connection.as_mut().map(|connection| connection.ask(command));
        let why = match asked {
            Some(Ok(())) => return,
            // It may have ended in the meantime.
            Some(Err(error)) => {
                self.find();
                match self.feed.writer() {
                    Writer::Own | Writer::Other | Writer::Unreachable | Writer::Cluster => {
                        format!("the process that trains this run does not answer: {error}")
                    }
                    Writer::Nobody => self.nobody(),
                }
            }
            None => self.nobody(),
        };
        self.say(Level::Warning, why);
    }

    /// Gives orders to the jobs of a cluster.
    fn ask_jobs(&self, command: Command) {
        let state = self.feed.whole();
        let cluster = &state.header().unwrap_or(&self.header).config.cluster;
        match act(OnCluster { root: &self.root, cluster, state: &state }, command) {
            Ok(said) => said.into_iter().for_each(|said| self.say(Level::Info, said)),
            Err(error) => self.say(Level::Warning, error.to_string()),
        }
        if let Some(queue) = &self.queue {
            let _ = queue.try_send(());
        }
    }

    fn nobody(&self) -> String {
        let run = self.root.display();
        format!("no process works on this run; `superfuse-tui resume {run}` continues it")
    }

    fn say(&self, level: Level, text: String) {
        let at_ms = clock::now_ms();
        self.feed.push_notice(Notice { at_ms, level, text });
        self.wake();
    }

    fn wake(&self) {
        let _ = self.wake.try_send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Journal;
    use study::sample;

    #[test]
    fn a_run_is_being_read_until_its_journal_has_been_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let events = sample::events(sample::header());
        let mut journal = Journal::create(&folder.path().join("events.jsonl")).unwrap();
        for event in &events {
            journal.append(event).unwrap();
        }
        let follower = follow(folder.path(), Access::Full).unwrap();
        // Whoever sees that it is no longer being read has all of it.
        while follower.feed.is_reading() {
            follower.wake.recv_timeout(Duration::from_mins(1)).unwrap();
        }
        assert_eq!(follower.feed.events_since(0).len(), events.len());
        assert_eq!(follower.join(), None);
    }
}
