//! What a user sets for every run: flags, then the environment, then a file of their own. None of it is read from a
//! run's directory or from the working directory.

use std::env;
use std::path::PathBuf;

use crate::host::files;
use crate::study::text::one_line;
use crate::tui::{AlertSettings, Settings, Signal, ThemeChoice};
use clap::Args;
use color_eyre::eyre::{self, eyre};
use serde::Deserialize;

/// The environment's variable for `--theme`.
const THEME: &str = "SUPERFUSE_THEME";
/// Most bytes of the file.
const LONGEST: u64 = 64 << 10;
/// What `--alert` says for no signal.
const NO_SIGNAL: &str = "none";

/// Flags of commands that open the screen.
#[derive(Args, Debug)]
pub struct ScreenArgs {
    /// Colours: auto (asks the terminal for its background), dark, light or none [default: `SUPERFUSE_THEME`, else `theme`
    /// in ~/.config/superfuse-tui/settings.toml, else auto]
    #[arg(long, value_name = "THEME")]
    theme: Option<ThemeChoice>,
    /// How their user is told.
    #[command(flatten)]
    pub alerts: AlertArgs,
}

/// Flags of commands that follow a run.
#[derive(Args, Debug)]
pub struct AlertArgs {
    /// Tell when the sweep ends, fails, waits for disk space, or first diverges: bell, osc9, osc777 (notifications of the
    /// terminal), or none; several with commas [default: `alerts` in the settings, else bell]
    #[arg(long = "alert", value_name = "HOW", value_delimiter = ',')]
    alerts: Option<Vec<String>>,
    /// Run this program then, with two arguments: ended, failed, waiting or diverged, and a sentence; no shell reads them
    /// [default: `alert_command` in the settings]
    #[arg(long, value_name = "PROGRAM")]
    alert_command: Option<String>,
}

/// The file's keys.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    theme: Option<String>,
    alerts: Option<Vec<String>>,
    alert_command: Option<Vec<String>>,
}

impl ScreenArgs {
    /// The settings, from everywhere.
    pub fn read(&self) -> eyre::Result<Settings> {
        let (file, name) = read_file()?;
        let variable = env::var(THEME).ok().filter(|value| !value.is_empty());
        let theme = match (self.theme, variable, file.theme.as_deref()) {
            (Some(theme), ..) => theme,
            (None, Some(value), _) => value.parse().map_err(|why| eyre!("{THEME}: {why}"))?,
            (None, None, Some(value)) => value.parse().map_err(|why| eyre!("{name}: theme: {why}"))?,
            (None, None, None) => ThemeChoice::default(),
        };
        let alerts = self.alerts.over(file, &name)?;
        Ok(Settings::new(theme, alerts))
    }
}

impl AlertArgs {
    /// How to tell, from everywhere.
    pub fn read(&self) -> eyre::Result<AlertSettings> {
        let (file, name) = read_file()?;
        self.over(file, &name)
    }

    fn over(&self, file: File, name: &str) -> eyre::Result<AlertSettings> {
        let default = AlertSettings::default();
        let signals = match (&self.alerts, &file.alerts) {
            (Some(asked), _) => signals(asked).map_err(|why| eyre!("--alert: {why}"))?,
            (None, Some(set)) => signals(set).map_err(|why| eyre!("{name}: alerts: {why}"))?,
            (None, None) => default.signals,
        };
        let command = self.alert_command.iter().map(|program| vec![program.clone()]).next();
        let command = command.or(file.alert_command).unwrap_or_default();
        if command.first().is_some_and(String::is_empty) {
            return Err(eyre!("alert_command: the program has no name; leave the key out for none"));
        }
        Ok(AlertSettings { signals, command })
    }
}

fn signals(names: &[String]) -> Result<Vec<Signal>, String> {
    match names {
        [one] if one == NO_SIGNAL => Ok(Vec::new()),
        names => names.iter().map(|name| name.parse()).collect(),
    }
}

/// The user's file and its name; nothing is set where there is none.
fn read_file() -> eyre::Result<(File, String)> {
    let Some(path) = path() else { return Ok((File::default(), String::new())) };
    let name = one_line(path.display());
    if !path.exists() {
        return Ok((File::default(), name));
    }
    let text = files::read_text(&path, LONGEST).map_err(|error| eyre!("cannot read {name}: {error}"))?;
    let file = toml::from_str(&text).map_err(|error| eyre!("{name}:\n{error}"))?;
    Ok((file, name))
}

/// As the XDG base directory specification says.
fn path() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(folder.join("superfuse-tui/settings.toml"))
}
