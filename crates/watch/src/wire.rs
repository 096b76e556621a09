//! How commands, notices, progress and GPUs look on the control socket, apart from the types that they stand for: the two ends
//! may be of different versions.

use serde::{Deserialize, Serialize};

use store::format::v1::CohortId;
use study::command::Command;
use study::feed;
use study::gpus;
use study::grid::Epoch;

/// A watcher's line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "command")]
enum Request {
    #[serde(rename = "start")]
    Start,
    #[serde(rename = "pause")]
    Pause,
    #[serde(rename = "stop_configuration")]
    StopConfiguration { cohort: CohortId },
    #[serde(rename = "stop_sweep")]
    StopSweep,
    #[serde(rename = "run_again")]
    RunAgain { cohort: CohortId },
    #[serde(rename = "unattended")]
    Unattended,
    #[serde(rename = "export")]
    Export,
    #[serde(rename = "quit")]
    Quit,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Notice {
    at_ms: u64,
    level: Level,
    text: String,
}

/// Where training stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    cohort: CohortId,
    #[serde(default)]
    others: usize,
    epoch: u32,
    epochs: u32,
    seeds: usize,
    samples_per_second: f64,
    remaining_seconds: Option<f64>,
    #[serde(default)]
    load: Option<Load>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Level {
    #[serde(rename = "info")]
    Info,
    #[serde(rename = "warning")]
    Warning,
    #[serde(rename = "error")]
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Load {
    share: f64,
    bound: Bound,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Bound {
    #[serde(rename = "arithmetic")]
    Arithmetic,
    #[serde(rename = "memory")]
    Memory,
}

/// The GPUs of the process that works on the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Gpus {
    at_ms: u64,
    gpus: Vec<Gpu>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Gpu {
    number: usize,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    utilisation_percent: Option<u32>,
    #[serde(default)]
    memory_bytes: Option<GpuMemory>,
    #[serde(default)]
    milliwatts: Option<u32>,
    #[serde(default)]
    celsius: Option<u32>,
    #[serde(default)]
    trains: Vec<CohortId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct GpuMemory {
    used: u64,
    total: u64,
}

/// The line of a command, without its line feed.
pub(super) fn encode(command: Command) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&match command {
        Command::Start => Request::Start,
        Command::Pause => Request::Pause,
        Command::StopConfiguration { cohort } => Request::StopConfiguration { cohort: cohort.into() },
        Command::StopSweep => Request::StopSweep,
        Command::RunAgain { cohort } => Request::RunAgain { cohort: cohort.into() },
        Command::Unattended => Request::Unattended,
        Command::Export => Request::Export,
        Command::Quit => Request::Quit,
    })
}

/// The command of a line.
pub(super) fn decode(line: &[u8]) -> serde_json::Result<Command> {
    Ok(match serde_json::from_slice(line)? {
        Request::Start => Command::Start,
        Request::Pause => Command::Pause,
        Request::StopConfiguration { cohort } => Command::StopConfiguration { cohort: cohort.into() },
        Request::StopSweep => Command::StopSweep,
        Request::RunAgain { cohort } => Command::RunAgain { cohort: cohort.into() },
        Request::Unattended => Command::Unattended,
        Request::Export => Command::Export,
        Request::Quit => Command::Quit,
    })
}

impl Notice {
    pub(super) const fn at_ms(&self) -> u64 {
        self.at_ms
    }
}

impl From<&feed::Notice> for Notice {
    fn from(notice: &feed::Notice) -> Self {
        let level = match notice.level {
            feed::Level::Info => Level::Info,
            feed::Level::Warning => Level::Warning,
            feed::Level::Error => Level::Error,
        };
        Self { at_ms: notice.at_ms, level, text: notice.text.clone() }
    }
}

impl From<Notice> for feed::Notice {
    fn from(notice: Notice) -> Self {
        let level = match notice.level {
            Level::Info => feed::Level::Info,
            Level::Warning => feed::Level::Warning,
            Level::Error => feed::Level::Error,
        };
        Self { at_ms: notice.at_ms, level, text: notice.text }
    }
}

impl From<feed::Progress> for Progress {
    fn from(progress: feed::Progress) -> Self {
        Self {
            cohort: progress.cohort.into(),
            others: progress.others,
            epoch: progress.epoch.0,
            epochs: progress.epochs,
            seeds: progress.seeds,
            samples_per_second: progress.samples_per_second,
            remaining_seconds: progress.remaining_seconds,
            load: progress.load.map(Into::into),
        }
    }
}

impl From<Progress> for feed::Progress {
    fn from(progress: Progress) -> Self {
        Self {
            cohort: progress.cohort.into(),
            others: progress.others,
            epoch: Epoch(progress.epoch),
            epochs: progress.epochs,
            seeds: progress.seeds,
            samples_per_second: progress.samples_per_second,
            remaining_seconds: progress.remaining_seconds,
            load: progress.load.map(Into::into),
        }
    }
}

impl From<&gpus::Gpus> for Gpus {
    fn from(gpus: &gpus::Gpus) -> Self {
        Self { at_ms: gpus.at_ms, gpus: gpus.gpus.iter().map(Into::into).collect() }
    }
}

impl From<Gpus> for gpus::Gpus {
    fn from(gpus: Gpus) -> Self {
        Self { at_ms: gpus.at_ms, gpus: gpus.gpus.into_iter().map(Into::into).collect() }
    }
}

impl From<&gpus::Gpu> for Gpu {
    fn from(gpu: &gpus::Gpu) -> Self {
        Self {
            number: gpu.number,
            name: gpu.name.clone(),
            utilisation_percent: gpu.utilisation,
            memory_bytes: gpu.memory.map(|memory| GpuMemory { used: memory.used, total: memory.total }),
            milliwatts: gpu.power,
            celsius: gpu.temperature,
            trains: gpu.trains.iter().map(|&cohort| cohort.into()).collect(),
        }
    }
}

impl From<Gpu> for gpus::Gpu {
    fn from(gpu: Gpu) -> Self {
        let memory = |memory: GpuMemory| gpus::GpuMemory { used: memory.used, total: memory.total };
        Self {
            number: gpu.number,
            name: gpu.name,
            utilisation: gpu.utilisation_percent,
            memory: gpu.memory_bytes.map(memory),
            power: gpu.milliwatts,
            temperature: gpu.celsius,
            trains: gpu.trains.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<feed::Load> for Load {
    fn from(load: feed::Load) -> Self {
        let bound = match load.bound {
            feed::Bound::Arithmetic => Bound::Arithmetic,
            feed::Bound::Memory => Bound::Memory,
        };
        Self { share: load.share, bound }
    }
}

impl From<Load> for feed::Load {
    fn from(load: Load) -> Self {
        let bound = match load.bound {
            Bound::Arithmetic => feed::Bound::Arithmetic,
            Bound::Memory => feed::Bound::Memory,
        };
        Self { share: load.share, bound }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;
    use study::grid::{self, Task};
    use study::model::ModelId;

    const COHORT: grid::CohortId =
        grid::CohortId { fusion: ModelId::LOGISTIC_CONCAT, task: Task::Synthetic, train_size: 32 };
    const COHORT_ON_THE_WIRE: &str = r#"{"fusion":"logistic-concat","task":"synthetic","train_size":32}"#;

    // A watcher may be of version 0.1.0, and so may the process that works on the run.
    #[test]
    fn commands_are_the_lines_of_the_first_version() {
        let of_cohort = |name| format!(r#"{{"command":"{name}","cohort":{COHORT_ON_THE_WIRE}}}"#);
        let alone = |name| format!(r#"{{"command":"{name}"}}"#);
        for (command, line) in [
            (Command::Start, alone("start")),
            (Command::Pause, alone("pause")),
            (Command::StopConfiguration { cohort: COHORT }, of_cohort("stop_configuration")),
            (Command::StopSweep, alone("stop_sweep")),
            (Command::RunAgain { cohort: COHORT }, of_cohort("run_again")),
            (Command::Unattended, alone("unattended")),
            (Command::Export, alone("export")),
            (Command::Quit, alone("quit")),
        ] {
            assert_eq!(String::from_utf8(encode(command).unwrap()).unwrap(), line);
            assert_eq!(decode(line.as_bytes()).unwrap(), command);
        }
        assert!(decode(br#"{"command":"fly"}"#).unwrap_err().to_string().contains("unknown variant `fly`"));
    }

    #[test]
    fn gpus_keep_their_line_and_what_it_lacks_is_absent() {
        let gpu = gpus::Gpu {
            number: 1,
            name: Some("NVIDIA H200".into()),
            utilisation: Some(97),
            memory: Some(gpus::GpuMemory { used: 5, total: 9 }),
            power: Some(612_345),
            temperature: None,
            trains: vec![COHORT],
        };
        let read = gpus::Gpus { at_ms: 7, gpus: vec![gpu] };
        let line = String::from_utf8(Message::Gpus { gpus: Some((&read).into()) }.line()).unwrap();
        let figures = r#""utilisation_percent":97,"memory_bytes":{"used":5,"total":9},"milliwatts":612345,"celsius":null"#;
        let one_line =
            format!(r#"{{"number":1,"name":"NVIDIA H200",{figures},"trains":[{COHORT_ON_THE_WIRE}]}}"#);
        let whole_line = format!(r#"{{"at_ms":7,"gpus":[{one_line}]}}"#);
        assert_eq!(line, format!("{{\"message\":\"gpus\",\"gpus\":{whole_line}}}\n"));
        let back: Gpus = serde_json::from_str(&whole_line).unwrap();
        assert_eq!(gpus::Gpus::from(back), read);
        let short: Gpus = serde_json::from_str(r#"{"at_ms":8,"gpus":[{"number":2,"later":true}]}"#).unwrap();
        let alone = gpus::Gpu { number: 2, ..gpus::Gpu::default() };
        assert_eq!(gpus::Gpus::from(short), gpus::Gpus { at_ms: 8, gpus: vec![alone] });
    }

    #[test]
    fn messages_are_the_lines_of_the_first_version() {
        let notice = feed::Notice { at_ms: 7, level: feed::Level::Warning, text: "careful".into() };
        let progress = feed::Progress {
            cohort: COHORT,
            others: 1,
            epoch: Epoch(3),
            epochs: 50,
            seeds: 20,
            samples_per_second: 0.5,
            remaining_seconds: None,
            load: Some(feed::Load { share: 0.25, bound: feed::Bound::Memory }),
        };
        let line = |message: &Message| String::from_utf8(message.line()).unwrap();
        let said = line(&Message::Notice { notice: (&notice).into() });
        assert_eq!(
            said,
            "{\"message\":\"notice\",\"notice\":{\"at_ms\":7,\"level\":\"warning\",\"text\":\"careful\"}}\n"
        );
        let said = line(&Message::Progress { progress: Some(progress.into()) });
        let numbers = r#""others":1,"epoch":3,"epochs":50,"seeds":20,"samples_per_second":0.5,"remaining_seconds":null"#;
        let load = r#""load":{"share":0.25,"bound":"memory"}"#;
        let progress_line = format!("{{\"cohort\":{COHORT_ON_THE_WIRE},{numbers},{load}}}");
        assert_eq!(said, format!("{{\"message\":\"progress\",\"progress\":{progress_line}}}\n"));
        let read: Progress = serde_json::from_str(&progress_line).unwrap();
        assert_eq!(feed::Progress::from(read), progress);
    }
}
