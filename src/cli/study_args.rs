//! Which study a command is for: its configuration and what overrides it.

use std::path::{Path, PathBuf};

use crate::host::files;
use crate::study::config::{self, Config, Override};
use crate::study::model::ModelId;
use clap::Args;
use color_eyre::eyre::{self, eyre};

/// Where a configuration is looked for when none is named.
pub const DEFAULT_FILE: &str = "config.toml";
/// Most bytes of a configuration; the commented default has a thousandth of that.
const LONGEST_CONFIG: u64 = 4 << 20;

/// Which study.
#[derive(Args, Debug)]
pub struct StudyArgs {
    /// The study's configuration [default: config.toml if it exists, else the built-in defaults]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Override one key, such as train.epochs=5 (a TOML value or a string); may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<Override>,
}

impl StudyArgs {
    /// The configuration in full, its paths absolute.
    pub fn read(&self) -> eyre::Result<Config> {
        self.read_with([])
    }

    /// The same under what other flags override.
    pub fn read_with(&self, flags: impl IntoIterator<Item = Override>) -> eyre::Result<Config> {
        let file = match &self.config {
            Some(file) => Some(file.as_path()),
            None => Some(Path::new(DEFAULT_FILE)).filter(|file| file.exists()),
        };
        let overrides: Vec<Override> = self.overrides.iter().cloned().chain(flags).collect();
        Self::over(file.map(read_file).transpose()?.as_deref(), file, &overrides)
    }

    /// The configuration for resuming a run: the file that is named, else the run's own, and the overrides.
    pub fn read_over(&self, run: &Config) -> eyre::Result<Config> {
        let text = self.config.as_deref().map(read_file).transpose()?;
        Self::over(Some(&text.unwrap_or_else(|| run.to_toml())), self.config.as_deref(), &self.overrides)
    }

    fn over(text: Option<&str>, file: Option<&Path>, overrides: &[Override]) -> eyre::Result<Config> {
        let name = file.map_or_else(|| "command line".to_owned(), |file| file.display().to_string());
        let mut config = config::read(text, overrides).map_err(|errors| eyre!("{name}:\n{errors}"))?;
        if config.data.source != "clip-like" {
            config.data.source = absolute(&config.data.source)?;
        }
        if !config.data.table.is_empty() {
            config.data.table = absolute(&config.data.table)?;
        }
        for fusion in &mut config.sweep.fusions {
            if let Some(file) = fusion.file() {
                *fusion = ModelId::of_file(&absolute(file)?).map_err(|why| eyre!("{name}: {file} {why}"))?;
            }
        }
        config.checkpoints.directory = absolute(&config.checkpoints.directory)?;
        Ok(config)
    }
}

/// A configuration's text.
pub fn read_file(file: &Path) -> eyre::Result<String> {
    files::read_text(file, LONGEST_CONFIG).map_err(|error| {
        eyre!(
            "cannot read {}: {error}; `superfuse-tui config` prints a default configuration",
            file.display()
        )
    })
}

/// Relative paths are from the working directory; a run keeps them absolute, so that it can be resumed
/// from elsewhere.
pub fn absolute(path: &str) -> eyre::Result<String> {
    let absolute =
        std::path::absolute(path).map_err(|error| eyre!("`{path}` cannot be used as a path: {error}"))?;
    absolute.into_os_string().into_string().map_err(|_| eyre!("the working directory's path is not UTF-8"))
}
