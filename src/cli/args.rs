//! The command line: the commands and their options.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use superfuse::monitor::listing::ListColumn;
use superfuse::report::{Format, Split};
use superfuse::study::config::Override;

use super::data::DataCommand;
use super::init::InitArgs;
use super::label::{LabelArgs, LabelCommand};
use super::output::ListFormat;
use super::settings::{AlertArgs, ScreenArgs};
use super::study_args::StudyArgs;
use super::submit::SubmitArgs;

/// Runs and monitors multimodal-fusion studies: fusion × task × train size × seeds, trained through
/// LibTorch and shown live. Without a command it opens the terminal screen; press `s` there to start.
#[derive(Debug, Parser)]
#[command(version = super::VERSION.as_str(), args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) study: StudyArgs,
    /// Start the sweep immediately
    #[arg(long)]
    pub(crate) start: bool,
    #[command(flatten)]
    pub(crate) screen: ScreenArgs,
    #[command(flatten)]
    pub(crate) labels: LabelArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What the program can do beside the terminal screen.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the sweep without a terminal: progress, then the summary
    Run {
        #[command(flatten)]
        study: StudyArgs,
        /// Write the run with its checkpoints into this directory, which must be new or empty
        #[arg(long, value_name = "DIR")]
        run_dir: Option<PathBuf>,
        /// Print one line for each event to standard output: for logs and screen readers
        #[arg(long)]
        plain: bool,
        #[command(flatten)]
        alerts: AlertArgs,
        #[command(flatten)]
        labels: LabelArgs,
    },
    /// Submit the sweep to a cluster's queue (Slurm) as an array of jobs, and return: `watch` shows the run, `resume` submits what is
    /// missing
    Submit(SubmitArgs),
    /// Resume a run: train what is missing or failed, and more fusions, tasks, sizes or seeds if asked
    #[command(mut_arg("config", |arg| arg.help("The configuration [default: the run's own configuration]")))]
    Resume {
        /// The run's directory; without it, the last one that is not finished is named
        run_dir: Option<PathBuf>,
        /// Train on this machine what is missing of a run that was submitted to a cluster, instead of submitting it again
        #[arg(long)]
        local: bool,
        /// Run without the terminal screen: progress, then the summary
        #[arg(long)]
        headless: bool,
        /// Print one line for each event to standard output, without the terminal screen: for logs and screen readers
        #[arg(long)]
        plain: bool,
        /// In a session of its own, which no terminal can end
        #[arg(long, hide = true)]
        own_session: bool,
        #[command(flatten)]
        screen: ScreenArgs,
        #[command(flatten)]
        study: StudyArgs,
        #[command(flatten)]
        labels: LabelArgs,
    },
    /// Show a run of another process, or a finished one; the same keys control it
    Watch {
        /// A run's directory; several runs are compared, a folder of runs is listed as --filter, --sort and --reverse say
        #[arg(value_name = "RUN_DIR", required = true)]
        run_dirs: Vec<PathBuf>,
        /// Print one line for each event of one run to standard output, until the run ends
        #[arg(long)]
        plain: bool,
        /// Only look: no key changes a run, and nothing is written or sent. So are runs of another user always shown
        #[arg(long)]
        read_only: bool,
        #[command(flatten)]
        list: ListArgs,
        #[command(flatten)]
        screen: ScreenArgs,
    },
    /// Test a checkpoint on other data: clean and under noise
    Evaluate {
        /// The checkpoint: a .safetensors file of a run
        checkpoint: PathBuf,
        /// The data: a path as for data.source, or clip-like
        #[arg(long, value_name = "SOURCE")]
        data: String,
        /// Which rows of the data to test on
        #[arg(long, value_enum, default_value_t = RowsOf::All)]
        rows: RowsOf,
        /// Write the tested rows, as the model receives them, to this .safetensors file (text, image, label); an
        /// existing regular file is replaced
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
        /// Print JSON instead of a table
        #[arg(long)]
        format: Option<ListFormat>,
        /// Read data.text, data.label and similar keys from this configuration [default: as in training]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Override one key, such as data.text=caption; keys of the model and its inputs stay as in training
        #[arg(long = "set", value_name = "KEY=VALUE")]
        overrides: Vec<Override>,
    },
    /// List the runs in a folder with their states, newest first
    Runs(RunsArgs),
    /// Give a run a name, a note and tags, and print them; no result depends on them
    Label(LabelCommand),
    /// Train one shard of a run that was submitted to a cluster, as one of its jobs; or collect what they did
    Work(WorkArgs),
    /// Print a run's summary again, from the files in its directory
    Report(ReportArgs),
    /// Write a commented configuration for a data set of your own: its arrays, label and split are found, and asked for
    /// where they cannot be
    Init(InitArgs),
    /// Inspect a data set, import it into one file, make embeddings of texts and images, or write one from the built-in
    /// generator
    #[command(subcommand)]
    Data(DataCommand),
    /// Measure how long a study takes, whether a device agrees with the CPU, and what parts of training cost
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Print the commented default configuration
    Config,
    /// Check LibTorch, devices and the terminal: what was found, what is missing, how to fix it
    Doctor,
    /// Print the script by which a shell completes this program's arguments
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages into a directory, or print the program's own
    Man {
        /// Where to write one page for the program and one for each command
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

/// Which runs are listed, and how.
#[derive(Args, Debug)]
pub(crate) struct RunsArgs {
    /// The folder of runs
    #[arg(default_value = "runs", value_name = "DIR")]
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) list: ListArgs,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) format: Option<ListFormat>,
}

/// Which runs of a folder are shown, and in which order.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only runs that match every term, such as "tag=ablation date>=2026-11-01 fusion=product acc>=.8"
    ///
    /// A term is a word that the name, the data or a tag holds, or a key, one of = != < <= > >=, and a value, without
    /// spaces. Keys of the run: name, data, note (what they contain), tag, state, date (of UTC: 2026-11-01, today or
    /// yesterday). Keys of its configurations: fusion, task, size, seeds, val, acc (accuracy on validation and test
    /// rows) and auc (.8 or 80%); one configuration has to match all of these terms. Quotes hold spaces together:
    /// note="second try". The screen reads the same terms behind `/`.
    #[arg(long, value_name = "TERMS")]
    pub(crate) filter: Option<String>,
    /// Sort by this column, small first
    #[arg(long, value_name = "COLUMN", value_parser = columns())]
    pub(crate) sort: Option<ListColumn>,
    /// Sort the other way round
    #[arg(long)]
    pub(crate) reverse: bool,
}

/// Which shard of which run.
#[derive(Args, Debug)]
pub(crate) struct WorkArgs {
    /// The run's directory
    pub(crate) run_dir: PathBuf,
    /// The shard's place among those of the submission, from 0 [default: `SLURM_ARRAY_TASK_ID`]
    #[arg(long, value_name = "N", conflicts_with = "finish")]
    pub(crate) index: Option<u32>,
    /// The shard that index 0 stands for [default: the submission's first]
    #[arg(long, value_name = "SHARD", conflicts_with = "finish")]
    pub(crate) first: Option<u32>,
    /// Collect what all shards did into one run, and write its summary
    #[arg(long)]
    pub(crate) finish: bool,
}

/// What is to be reported, and where to.
#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// The run's directory
    pub(crate) run_dir: PathBuf,
    /// Format: md, csv, json, tex or html (a self-contained page) [default: a short table]
    #[arg(long, value_enum, hide_possible_values = true)]
    pub(crate) format: Option<ReportFormat>,
    /// Write the figures into this directory as well, as .svg and .png
    #[arg(long, value_name = "DIR")]
    pub(crate) figures: Option<PathBuf>,
    /// Write everything into this directory: the summary in every format, the figures, all trials and epochs as
    /// .csv and .parquet, and tensorboard/
    #[arg(long, value_name = "DIR")]
    pub(crate) export: Option<PathBuf>,
    /// Write what a paper takes into this directory: the figures 3.25 and 6.75 inches wide as .svg and .pdf, without
    /// titles and with text of at least 7 pt; tables.tex and figures.tex with captions; and two documents that show them
    #[arg(long, value_name = "DIR")]
    pub(crate) paper: Option<PathBuf>,
    /// Whose accuracy --paper shows against train size; the paper's Figure 1 is validation accuracy
    #[arg(long, value_enum, default_value_t = PaperSplit::Test, requires = "paper")]
    pub(crate) split: PaperSplit,
}

/// Splits of `report --paper`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaperSplit {
    /// Validation rows, at the best epoch, which they chose
    Validation,
    /// Test rows, at the same epoch
    Test,
}

impl From<PaperSplit> for Split {
    fn from(split: PaperSplit) -> Self {
        match split {
            PaperSplit::Validation => Self::Validation,
            PaperSplit::Test => Self::Test,
        }
    }
}

/// Rows of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowsOf {
    /// Every row
    All,
    /// The test split, as data.split draws or names it
    Test,
}

/// What can be measured without training a study.
#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Estimate how long the study takes on this machine, and the least time that its operations and bytes allow
    Study {
        /// Seconds to spend on timing the steps of each fusion
        #[arg(long, default_value_t = 5.0, value_parser = seconds)]
        seconds: f64,
        #[command(flatten)]
        study: StudyArgs,
    },
    /// Check that training with the keys of [run] agrees with LibTorch on the CPU in f32; status 1 if not
    Parity {
        /// Epochs to train each fusion for
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
        epochs: u32,
        #[command(flatten)]
        study: StudyArgs,
    },
    /// Time an optimiser step of the sweep's first configuration, all seeds together; JSON
    Step(RepeatArgs),
    /// Time validation of the sweep's first configuration; JSON
    Validate(RepeatArgs),
    /// Time the noise evaluation of the sweep's first configuration; JSON
    Noise(RepeatArgs),
}

/// How often a part of training is timed.
#[derive(Args, Debug)]
pub(crate) struct RepeatArgs {
    /// Number of repetitions, after one warm-up that is not counted
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,
    #[command(flatten)]
    pub(crate) study: StudyArgs,
}

/// The names of columns, which completions and errors list.
fn columns() -> impl TypedValueParser<Value = ListColumn> {
    let find = |name: String| ListColumn::ALL.into_iter().find(|column| column.name() == name);
    PossibleValuesParser::new(ListColumn::ALL.map(ListColumn::name))
        .try_map(move |name| find(name).ok_or("no column of this name"))
}

fn seconds(text: &str) -> Result<f64, String> {
    let allowed = |seconds: &f64| (0.001..=3600.0).contains(seconds);
    text.parse().ok().filter(allowed).ok_or_else(|| "allowed: 0.001 to 3600".to_owned())
}

/// Formats of `report`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ReportFormat {
    Md,
    Csv,
    Json,
    Tex,
    Html,
}

impl From<ReportFormat> for Format {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Md => Self::Md,
            ReportFormat::Csv => Self::Csv,
            ReportFormat::Json => Self::Json,
            ReportFormat::Tex => Self::Tex,
            ReportFormat::Html => Self::Html,
        }
    }
}

impl ListArgs {
    /// Whether anything of it was asked for.
    pub(crate) const fn is_asked(&self) -> bool {
        self.filter.is_some() || self.sort.is_some() || self.reverse
    }
}

impl Cli {
    /// Whether a relative path is asked for, or a default place that is one.
    pub(crate) fn needs_working_directory(&self) -> bool {
        match &self.command {
            Some(
                Command::Config
                | Command::Doctor
                | Command::Completions { .. }
                | Command::Man { folder: None },
            ) => false,
            Some(
                Command::Man { folder: Some(folder) }
                | Command::Runs(RunsArgs { folder, .. })
                | Command::Label(LabelCommand { run_dir: folder, .. }),
            ) => folder.is_relative(),
            Some(Command::Watch { run_dirs, .. }) => run_dirs.iter().any(|run_dir| run_dir.is_relative()),
            Some(Command::Report(ReportArgs { run_dir, figures, export, paper, .. })) => {
                [Some(run_dir), figures.as_ref(), export.as_ref(), paper.as_ref()]
                    .into_iter()
                    .flatten()
                    .any(|path| path.is_relative())
            }
            _ => true,
        }
    }
}
