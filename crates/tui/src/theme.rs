//! How things look: colours for what the terminal can show, and glyphs that differ without colour. What stands for
//! which variant is read from [`look`](study::look).

use std::env;

use ratatui::style::{Color, Modifier, Style};

use study::claims::Verdict;
use study::feed::Level;
use study::grid::Task;
use study::look::{BLUE, GREEN, GREY, Hue, Look, Tone, VERMILLION, look};
use study::model::{ModelId, Robust};
use study::run_state::CohortStatus;

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    True,
    /// The 256 of xterm.
    Indexed,
    /// The 16 that every terminal names.
    Sixteen,
    /// None: bold, reverse and glyphs do it.
    None,
}

/// Which characters the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Braille, blocks, geometric shapes.
    Unicode,
    /// ASCII alone.
    Ascii,
}

/// What is behind the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Light text on dark.
    Dark,
    /// Dark text on light.
    Light,
}

/// What fills the area of a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// A background behind whatever the cell shows.
    Shade(Style),
    /// A character in the cells that show nothing else.
    Glyph(&'static str, Style),
}

/// Everything that decides how a frame looks, beside its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Colours.
    pub depth: Depth,
    /// Characters.
    pub glyphs: Glyphs,
    /// Behind the text.
    pub background: Background,
}

impl Theme {
    /// From the environment's variables about the terminal.
    pub fn from_environment() -> Self {
        Self::from_variables(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// Likewise, of any environment: `NO_COLOR`, `COLORTERM`, `TERM`, `COLORFGBG` and the locale.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let colorterm = variable("COLORTERM").unwrap_or_default();
        let depth = if variable("NO_COLOR").is_some() || term == "dumb" || term.starts_with("vt1") {
            Depth::None
        } else if matches!(colorterm.as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
            Depth::True
        // SSH carries TERM but not COLORTERM, and nearly everything that is reached from has 256.
        } else if term.contains("256") || variable("SSH_CONNECTION").is_some() {
            Depth::Indexed
        } else {
            Depth::Sixteen
        };
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name)).unwrap_or_default();
        let upper = locale.to_ascii_uppercase();
        let utf8 = upper.contains("UTF-8") || upper.contains("UTF8");
        let glyphs = if utf8 && term != "linux" { Glyphs::Unicode } else { Glyphs::Ascii };
        // `15;0`: foreground;background, 7 and 15 being the whites.
        let light = variable("COLORFGBG")
            .and_then(|pair| pair.rsplit(';').next().and_then(|back| back.parse::<u8>().ok()))
            .is_some_and(|back| back == 7 || back == 15);
        let background = if light { Background::Light } else { Background::Dark };
        Self { depth, glyphs, background }
    }

    /// A fusion's colour, for lines and names.
    pub fn fusion(self, fusion: ModelId) -> Style {
        self.hue(look(fusion).hue)
    }

    /// How a fusion's band is filled.
    pub fn band(self, fusion: ModelId) -> Fill {
        self.fill(look(fusion).hue)
    }

    /// A hue's colour, for lines and names.
    pub fn hue(self, hue: &Hue) -> Style {
        self.foreground(&hue.line)
    }

    /// How a band of a hue is filled.
    pub fn fill(self, hue: &Hue) -> Fill {
        match (self.depth, self.color(&hue.band)) {
            (Depth::True | Depth::Indexed, Some(color)) => Fill::Shade(Style::new().bg(color)),
            _ => Fill::Glyph(self.pick("░", ":"), self.hue(hue)),
        }
    }

    /// What is less important.
    pub fn dim(self) -> Style {
        match self.depth {
            Depth::None => Style::new(),
            Depth::True | Depth::Indexed | Depth::Sixteen => self.hue(&GREY),
        }
    }

    /// Titles and the chosen among equals.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Under the cursor.
    pub fn cursor(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A row of cells under the cursor: without their colours, which would be blocks behind their texts.
    pub fn cursor_row(self) -> Style {
        self.cursor().fg(Color::Reset)
    }

    /// Keys in the footer and the help.
    pub fn key(self) -> Style {
        self.foreground(&YELLOW).add_modifier(Modifier::BOLD)
    }

    /// The filled part of the progress bar.
    pub fn bar(self) -> Style {
        self.hue(&BLUE)
    }

    /// A notice by its weight.
    pub fn level(self, level: Level) -> Style {
        match level {
            Level::Info => Style::new(),
            Level::Warning => self.foreground(&YELLOW),
            Level::Error => self.hue(&VERMILLION).add_modifier(Modifier::BOLD),
        }
    }

    /// A cohort's state.
    pub fn status(self, status: CohortStatus) -> Style {
        match status {
            CohortStatus::Pending => self.dim(),
            CohortStatus::Running => self.foreground(&YELLOW).add_modifier(Modifier::BOLD),
            CohortStatus::Completed => Style::new(),
            CohortStatus::Stopped => self.foreground(&YELLOW),
            CohortStatus::Diverged | CohortStatus::Failed => self.level(Level::Error),
        }
    }

    /// The glyph of a cohort's state.
    pub const fn status_glyph(self, status: CohortStatus) -> &'static str {
        match (self.glyphs, status) {
            (Glyphs::Unicode, CohortStatus::Pending) => "·",
            (Glyphs::Unicode, CohortStatus::Running) => "▶",
            (Glyphs::Unicode, CohortStatus::Completed) => "✓",
            (Glyphs::Unicode, CohortStatus::Stopped) => "◼",
            (Glyphs::Unicode, CohortStatus::Diverged) => "≈",
            (Glyphs::Unicode, CohortStatus::Failed) => "✗",
            (Glyphs::Ascii, CohortStatus::Pending) => ".",
            (Glyphs::Ascii, CohortStatus::Running) => ">",
            (Glyphs::Ascii, CohortStatus::Completed) => "+",
            (Glyphs::Ascii, CohortStatus::Stopped) => "#",
            (Glyphs::Ascii, CohortStatus::Diverged) => "~",
            (Glyphs::Ascii, CohortStatus::Failed) => "x",
        }
    }

    /// A verdict on a claim.
    pub fn verdict(self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Supported => self.hue(&GREEN).add_modifier(Modifier::BOLD),
            Verdict::Contradicted => self.hue(&VERMILLION).add_modifier(Modifier::BOLD),
            Verdict::Undecided => self.dim(),
            Verdict::DependsOnMeanShift => self.foreground(&YELLOW),
        }
    }

    /// The same as a glyph.
    pub const fn verdict_glyph(self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Supported => self.pick("✓", "+"),
            Verdict::Contradicted => self.pick("✗", "x"),
            Verdict::Undecided => "?",
            Verdict::DependsOnMeanShift => self.pick("±", "~"),
        }
    }

    /// A fusion's marker on charts; in ASCII its letter. A baseline's is a letter everywhere.
    pub fn marker(self, fusion: ModelId) -> &'static str {
        self.glyph(look(fusion)).unwrap_or(look(fusion).letter)
    }

    /// How that marker is drawn: the letter of a model that is trained against noise is the plain one's, and is underlined
    /// with noise, and reversed with dropped modalities.
    pub fn marker_style(self, fusion: ModelId) -> Style {
        let look = look(fusion);
        let sign = match look.training {
            Robust::None => Modifier::empty(),
            Robust::Noise => Modifier::UNDERLINED,
            Robust::Drop => Modifier::REVERSED,
        };
        let sign = if self.glyph(look).is_some() { Modifier::empty() } else { sign };
        self.hue(look.hue).add_modifier(sign)
    }

    fn glyph(self, look: Look) -> Option<&'static str> {
        look.glyph().filter(|_| self.glyphs == Glyphs::Unicode)
    }

    /// A task as one letter.
    pub fn task_letter(self, task: Task) -> &'static str {
        match task {
            Task::Real => "R",
            Task::Synthetic => "S",
            Task::Rotated => "Q",
            Task::Rank1 => "1",
            Task::Additive => "A",
            Task::Aligned(_) => "a",
        }
    }

    /// The sign of an absent value.
    pub const fn absent(self) -> &'static str {
        self.pick("–", "-")
    }

    /// The character for this terminal.
    pub const fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self.glyphs {
            Glyphs::Unicode => unicode,
            Glyphs::Ascii => ascii,
        }
    }

    fn foreground(self, tones: &[Tone; 2]) -> Style {
        self.color(tones).map_or_else(Style::new, |color| Style::new().fg(color))
    }

    /// Of a tone for a dark and one for a light background.
    fn color(self, tones: &[Tone; 2]) -> Option<Color> {
        let tone = match self.background {
            Background::Dark => tones[0],
            Background::Light => tones[1],
        };
        match self.depth {
            Depth::True => Some(Color::Rgb(tone.rgb.0, tone.rgb.1, tone.rgb.2)),
            Depth::Indexed => Some(Color::Indexed(tone.indexed)),
            Depth::Sixteen => Some(ANSI[usize::from(tone.ansi % 16)]),
            Depth::None => None,
        }
    }
}

/// What needs attention: keys, warnings.
const YELLOW: [Tone; 2] =
    [Tone { rgb: (240, 214, 84), indexed: 221, ansi: 3 }, Tone { rgb: (138, 104, 0), indexed: 94, ansi: 5 }];

/// The 16 colours by number.
const ANSI: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Theme {
        Theme::from_variables(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_decides_colours_and_characters() {
        let modern = of(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "en_US.UTF-8")]);
        assert_eq!((modern.depth, modern.glyphs), (Depth::True, Glyphs::Unicode));
        let ssh =
            of(&[("TERM", "xterm"), ("SSH_CONNECTION", "1 2 3 4"), ("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]);
        assert_eq!((ssh.depth, ssh.glyphs), (Depth::Indexed, Glyphs::Ascii));
        assert_eq!(of(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]).depth, Depth::None);
        assert_eq!(of(&[("TERM", "xterm"), ("COLORFGBG", "0;15")]).background, Background::Light);
        assert_eq!(of(&[("TERM", "xterm")]).depth, Depth::Sixteen);
    }

    #[test]
    fn without_colours_no_style_names_one() {
        let theme = of(&[("TERM", "xterm"), ("NO_COLOR", "1")]);
        for fusion in ModelId::PAPER_FUSIONS {
            assert_eq!(theme.fusion(fusion).fg, None);
            assert_eq!(theme.band(fusion), Fill::Glyph(":", Style::new()));
        }
        assert_eq!((theme.key().fg, theme.dim().fg, theme.level(Level::Error).fg), (None, None, None));
    }
}
