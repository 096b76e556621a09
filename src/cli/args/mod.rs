//! The command line: the commands and their options.

#![expect(missing_docs, reason = "what is flattened has its own words, and names of formats need none")]

pub mod train;

use std::path::PathBuf;

use crate::monitor::listing::ListColumn;
use crate::report::{Format, Split};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::data::DataCommand;
use super::init::InitArgs;
use super::label::LabelCommand;
use super::output::ListFormat;
use super::settings::ScreenArgs;
use train::{NewArgs, Train};

/// Runs and monitors multimodal-fusion studies: fusion × task × train size × seeds, trained through
/// LibTorch and shown live. Without a command it opens the terminal screen; press `s` there to start.
#[derive(Debug, Parser)]
#[command(version = super::VERSION.as_str(), args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What is shown without a command.
    #[command(flatten)]
    pub new: NewArgs,
    /// What is done instead.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program can do beside the terminal screen.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What needs LibTorch.
    #[command(flatten)]
    Train(Train),
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
    /// List the runs in a folder with their states, newest first
    Runs(RunsArgs),
    /// Give a run a name, a note and tags, and print them; no result depends on them
    Label(LabelCommand),
    /// Print a run's summary again, from the files in its directory
    Report(ReportArgs),
    /// Write a commented configuration for a data set of your own: its arrays, label and split are found, and asked for
    /// where they cannot be
    Init(InitArgs),
    /// Inspect a data set, import it into one file, make embeddings of texts and images, or write one from the built-in
    /// generator
    #[command(subcommand)]
    Data(DataCommand),
    /// Print the commented default configuration
    Config,
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
pub struct RunsArgs {
    /// The folder of runs
    #[arg(default_value = "runs", value_name = "DIR")]
    pub folder: PathBuf,
    #[command(flatten)]
    pub list: ListArgs,
    /// Print JSON instead of a table
    #[arg(long)]
    pub format: Option<ListFormat>,
}

/// Which runs of a folder are shown, and in which order.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// Only runs that match every term, such as "tag=ablation date>=2026-11-01 fusion=product acc>=.8"
    ///
    /// A term is a word that the name, the data or a tag holds, or a key, one of = != < <= > >=, and a value, without
    /// spaces. Keys of the run: name, data, note (what they contain), tag, state, date (of UTC: 2026-11-01, today or
    /// yesterday). Keys of its configurations: fusion, task, size, seeds, val, acc (accuracy on validation and test
    /// rows) and auc (.8 or 80%); one configuration has to match all of these terms. Quotes hold spaces together:
    /// note="second try". The screen reads the same terms behind `/`.
    #[arg(long, value_name = "TERMS")]
    pub filter: Option<String>,
    /// Sort by this column, small first
    #[arg(long, value_name = "COLUMN", value_parser = columns())]
    pub sort: Option<ListColumn>,
    /// Sort the other way round
    #[arg(long)]
    pub reverse: bool,
}

/// What is to be reported, and where to.
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// The run's directory
    pub run_dir: PathBuf,
    /// Format: md, csv, json, tex or html (a self-contained page) [default: a short table]
    #[arg(long, value_enum, hide_possible_values = true)]
    pub format: Option<ReportFormat>,
    /// Write the figures into this directory as well, as .svg and .png
    #[arg(long, value_name = "DIR")]
    pub figures: Option<PathBuf>,
    /// Write everything into this directory: the summary in every format, the figures, all trials and epochs as
    /// .csv and .parquet, and tensorboard/
    #[arg(long, value_name = "DIR")]
    pub export: Option<PathBuf>,
    /// Write what a paper takes into this directory: the figures 3.25 and 6.75 inches wide as .svg and .pdf, without
    /// titles and with text of at least 7 pt; tables.tex and figures.tex with captions; and two documents that show them
    #[arg(long, value_name = "DIR")]
    pub paper: Option<PathBuf>,
    /// Whose accuracy --paper shows against train size; the paper's Figure 1 is validation accuracy
    #[arg(long, value_enum, default_value_t = PaperSplit::Test, requires = "paper")]
    pub split: PaperSplit,
}

/// Splits of `report --paper`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PaperSplit {
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

/// The names of columns, which completions and errors list.
fn columns() -> impl TypedValueParser<Value = ListColumn> {
    let find = |name: String| ListColumn::ALL.into_iter().find(|column| column.name() == name);
    PossibleValuesParser::new(ListColumn::ALL.map(ListColumn::name))
        .try_map(move |name| find(name).ok_or("no column of this name"))
}

/// Formats of `report`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ReportFormat {
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
    pub const fn is_asked(&self) -> bool {
        self.filter.is_some() || self.sort.is_some() || self.reverse
    }
}

impl Cli {
    /// Whether a relative path is asked for, or a default place that is one.
    pub fn needs_working_directory(&self) -> bool {
        match &self.command {
            Some(
                Command::Config
                | Command::Train(Train::Doctor)
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
