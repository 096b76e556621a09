//! What a user sets for every screen, whatever the run: colours, and how to be told of a run's news.

use std::fmt::Write as _;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::{env, thread};

use crate::terminal::Answers;
use crate::theme::{Background, Depth, Theme};
use monitor::alerts::Alert;
use study::text::one_line;

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Colours.
    pub theme: ThemeChoice,
    /// How alerts are given.
    pub alerts: AlertSettings,
    /// What the terminal has answered, for every screen of the process.
    pub(crate) background: Arc<OnceLock<Background>>,
    /// What it has answered of pictures.
    pub(crate) graphics: Arc<OnceLock<Answers>>,
}

/// Which colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// Those for the background that the terminal says it has.
    #[default]
    Auto,
    /// Those for a dark background.
    Dark,
    /// Those for a light background.
    Light,
    /// None.
    None,
}

impl ThemeChoice {
    /// Every choice, with its name.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Auto, "auto"), (Self::Dark, "dark"), (Self::Light, "light"), (Self::None, "none")];
}

impl FromStr for ThemeChoice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        named(&Self::ALL, name)
    }
}

/// A way to tell the user through the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The terminal's bell.
    Bell,
    /// A notification by OSC 9: iTerm2, kitty, `WezTerm`, Ghostty, Windows Terminal.
    Osc9,
    /// A notification by OSC 777: foot, urxvt, VTE, `WezTerm`, Ghostty.
    Osc777,
}

impl Signal {
    /// Every way, with its name.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Bell, "bell"), (Self::Osc9, "osc9"), (Self::Osc777, "osc777")];
}

impl FromStr for Signal {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        named(&Self::ALL, name)
    }
}

fn named<T: Copy>(all: &[(T, &str)], name: &str) -> Result<T, String> {
    let found = all.iter().find(|(_, known)| *known == name).map(|(one, _)| *one);
    found.ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|(_, known)| *known).collect();
        format!("`{}` is not one of {}", one_line(name), known.join(", "))
    })
}

/// How a user is told of a run's news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSettings {
    /// Through the terminal.
    pub signals: Vec<Signal>,
    /// A program and its arguments, which gets two more: the kind of the alert, and the sentence. Nothing where it is empty.
    pub command: Vec<String>,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self { signals: vec![Signal::Bell], command: Vec::new() }
    }
}

impl AlertSettings {
    /// What the terminal is sent; `in_tmux` wraps what tmux would keep to itself.
    pub fn sequence(&self, alert: &Alert, in_tmux: bool) -> Vec<u8> {
        let mut text = String::new();
        // Control characters are gone; a semicolon ends a field of OSC 777, and a digit first is another command of OSC 9.
        let sentence = format!("superfuse: {}", one_line(&alert.text).replace(';', ","));
        for signal in &self.signals {
            let command = match signal {
                Signal::Bell => {
                    text.push('\x07');
                    continue;
                }
                Signal::Osc9 => format!("\x1b]9;{sentence}\x07"),
                Signal::Osc777 => format!("\x1b]777;notify;superfuse-tui;{sentence}\x07"),
            };
            // A string takes everything that is written to it.
            let _ = if in_tmux {
                write!(text, "\x1bPtmux;{}\x1b\\", command.replace('\x1b', "\x1b\x1b"))
            } else {
                write!(text, "{command}")
            };
        }
        text.into_bytes()
    }

    /// Starts the user's command, and does not wait for it.
    pub fn start_command(&self, alert: &Alert) -> io::Result<()> {
        let Some((program, arguments)) = self.command.split_first() else { return Ok(()) };
        let mut child = Command::new(program)
            .args(arguments)
            .args([alert.kind.name(), &one_line(&alert.text)])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C and Ctrl-Z at the screen are not meant for it.
            .process_group(0)
            .spawn()?;
        thread::Builder::new().name("alert".into()).spawn(move || child.wait())?;
        Ok(())
    }
}

impl Settings {
    /// Of a process that has not asked the terminal yet.
    pub fn new(theme: ThemeChoice, alerts: AlertSettings) -> Self {
        Self { theme, alerts, background: Arc::default(), graphics: Arc::default() }
    }

    /// The theme of a screen: the choice's, the environment's, and the terminal's own answer where there was one.
    pub(crate) fn theme_of(&self, environment: Theme) -> Theme {
        match self.theme {
            ThemeChoice::Auto => {
                let background = self.background.get().copied().unwrap_or(environment.background);
                Theme { background, ..environment }
            }
            ThemeChoice::Dark => Theme { background: Background::Dark, ..environment },
            ThemeChoice::Light => Theme { background: Background::Light, ..environment },
            ThemeChoice::None => Theme { depth: Depth::None, ..environment },
        }
    }

    /// Whether the terminal is to be asked for its background: where its answer would change anything, and once.
    pub(crate) fn asks(&self, theme: Theme) -> bool {
        let term = env::var("TERM").unwrap_or_default();
        let answers = !(term == "linux" || term.starts_with("vt"));
        let is_open = self.theme == ThemeChoice::Auto && self.background.get().is_none();
        is_open && answers && theme.depth != Depth::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use monitor::alerts::AlertKind;

    fn alert(text: &str) -> Alert {
        Alert { kind: AlertKind::Ended, text: text.into() }
    }

    #[test]
    fn a_notification_holds_no_sequence_of_its_text() {
        let all = AlertSettings {
            signals: Signal::ALL.iter().map(|(signal, _)| *signal).collect(),
            ..AlertSettings::default()
        };
        let sequence = all.sequence(&alert("4;1 \x1b]52;c;eA==\x07 ended"), false);
        let text = String::from_utf8(sequence).unwrap();
        assert!(text.starts_with("\x07\x1b]9;superfuse: 4,1 "), "{text:?}");
        assert_eq!(text.matches('\x1b').count(), 2, "{text:?}");
        assert_eq!(text.matches('\x07').count(), 3, "{text:?}");
        let wrapped = String::from_utf8(all.sequence(&alert("ended"), true)).unwrap();
        assert!(wrapped.contains("\x1bPtmux;\x1b\x1b]9;superfuse: ended\x07\x1b\\"), "{wrapped:?}");
    }

    #[test]
    fn only_the_bell_is_on_by_default() {
        assert_eq!(AlertSettings::default().sequence(&alert("ended"), true), b"\x07");
        assert_eq!(AlertSettings::default().command, Vec::<String>::new());
    }

    #[test]
    fn a_command_gets_the_kind_and_the_sentence_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("told");
        let script = "printf '%s\\n' \"$@\" > \"$0.new\"; mv \"$0.new\" \"$0\"";
        let command = ["sh", "-c", script, file.to_str().unwrap()].map(str::to_owned).to_vec();
        let settings = AlertSettings { command, ..AlertSettings::default() };
        settings.start_command(&alert("quick: `x` $HOME; ended")).unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_mins(1);
        while !file.exists() {
            assert!(std::time::Instant::now() < until, "the command was not run");
            thread::yield_now();
        }
        assert_eq!(std::fs::read_to_string(file).unwrap(), "ended\nquick: `x` $HOME; ended\n");
    }

    #[test]
    fn a_choice_is_above_the_environment_and_the_terminals_answer() {
        let dark = Theme::from_variables(|name| (name == "TERM").then(|| "xterm-256color".to_owned()));
        let of = |theme| Settings { theme, ..Settings::default() };
        let (auto, light) = (of(ThemeChoice::Auto), of(ThemeChoice::Light));
        assert_eq!(auto.theme_of(dark).background, Background::Dark);
        auto.background.set(Background::Light).unwrap();
        assert_eq!(auto.theme_of(dark).background, Background::Light);
        assert!(!auto.asks(dark) && !light.asks(dark) && of(ThemeChoice::Auto).asks(dark));
        assert_eq!(light.theme_of(dark).background, Background::Light);
        assert_eq!(of(ThemeChoice::None).theme_of(dark).depth, Depth::None);
        assert_eq!("dim".parse::<ThemeChoice>().unwrap_err(), "`dim` is not one of auto, dark, light, none");
    }
}
