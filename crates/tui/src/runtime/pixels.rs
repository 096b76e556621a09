//! The runtime's part in pictures: it asks the terminal once a key wants them, switches them, and writes them behind a frame.

use std::time::{Duration, Instant};

use super::{Due, Left, Runtime, in_tmux};
use crate::pictures::{Asked, Pictures, Way};
use crate::screen::Screen;
use crate::terminal::{Answer, Answers, CELL_QUESTION, Colour, Protocol, graphics_questions, is_cell};
use crate::theme::Background;
use study::feed::Level;

/// How long the terminal may take to say what pictures it shows, over a slow line too. Nothing waits for it but an end that
/// comes sooner.
const ANSWER: Duration = Duration::from_secs(1);
/// Of the bytes that frames may write unasked, the share that they leave to pictures while there are some.
const SHARE: f64 = 0.5;

/// Pictures, and what is known of the terminal's.
#[derive(Debug, Default)]
pub(super) struct Pixels {
    pub(super) pictures: Pictures,
    /// As what they are sent; none while they are off.
    protocol: Option<Protocol>,
    answers: Option<Answers>,
    /// When the terminal was asked, while it has not answered all of it.
    asked: Option<Instant>,
    /// Behind the text.
    colour: Option<Colour>,
}

impl Pixels {
    /// Until when an answer may come.
    pub(super) fn until(&self) -> Option<Instant> {
        self.asked.map(|asked| asked + ANSWER)
    }
}

impl<S: Screen> Runtime<'_, S> {
    /// Switches pictures on or off; asks first where nothing is known yet.
    pub(super) fn toggle_pixels(&mut self) -> Option<Left<S::Choice>> {
        if self.pixels.protocol.take().is_some() {
            self.screen.show_pixels(false);
            self.screen.say(Level::Info, "pixels off: the charts are drawn with characters");
            return None;
        }
        if self.pixels.answers.is_none() {
            self.pixels.answers = self.options.settings.graphics.get().copied();
        }
        if self.pixels.answers.is_some() {
            self.decide_pixels();
            return None;
        }
        if self.pixels.asked.is_some() {
            return None;
        }
        self.pixels.asked = Some(Instant::now());
        self.screen.say(Level::Info, "asking the terminal what pictures it shows…");
        self.write(graphics_questions())
    }

    /// Takes an answer; the last one decides.
    pub(super) fn take_graphics(&mut self, answer: Answer) {
        self.pixels.answers.get_or_insert_default().take(answer);
        if matches!(answer, Answer::Attributes(_)) && self.pixels.asked.take().is_some() {
            self.decide_pixels();
        }
        self.due = Due::Now;
    }

    pub(super) fn take_colour(&mut self, colour: Colour) {
        self.pixels.colour = Some(colour);
    }

    /// Where the terminal has answered for too long what it has.
    pub(super) fn give_pixels_up(&mut self) {
        if self.pixels.until().is_some_and(|until| Instant::now() >= until) {
            self.pixels.asked = None;
            self.decide_pixels();
            self.due = Due::Now;
        }
    }

    fn decide_pixels(&mut self) {
        let answers = *self.pixels.answers.get_or_insert_default();
        match answers.protocol(self.cell()) {
            Ok(protocol) => {
                // Another screen may have asked as well.
                let _ = self.options.settings.graphics.set(answers);
                self.pixels.protocol = Some(protocol);
                self.screen.show_pixels(true);
                self.screen.say(Level::Info, &format!("pixels on, by {}", protocol.name()));
            }
            Err(why) => {
                let who = if in_tmux() { "tmux" } else { "this terminal" };
                let more = if in_tmux() { "; outside of tmux the terminal may" } else { "" };
                self.screen.say(Level::Warning, &format!("{who} shows no pictures: {why}{more}"));
            }
        }
    }

    /// A cell's size in pixels: the system's word, which follows the font, else the terminal's answer.
    fn cell(&self) -> Option<(u16, u16)> {
        self.system_cell().or_else(|| self.pixels.answers.and_then(|answers| answers.cell))
    }

    fn system_cell(&self) -> Option<(u16, u16)> {
        self.terminal.backend().cell().filter(|&(width, height)| is_cell(width, height))
    }

    /// Asks for the size of a cell again, where the system does not know it: the font may be another one.
    pub(super) fn ask_for_cell(&mut self) -> Option<Left<S::Choice>> {
        let asks =
            self.pixels.protocol.is_some() && self.pixels.answers.is_some_and(|all| all.cell.is_some());
        if asks { self.write(CELL_QUESTION) } else { None }
    }

    /// How pictures are sent now, if they are on.
    pub(super) fn way(&self) -> Option<Way> {
        let protocol = self.pixels.protocol?;
        let link = self.options.link;
        let behind = self.pixels.colour.unwrap_or(match self.theme.background {
            Background::Dark => Colour([0; 3]),
            Background::Light => Colour([255; 3]),
        });
        Some(Way {
            protocol,
            cell: self.cell(),
            behind,
            most: link.pixels(),
            interval: link.interval(),
            budget: link.of_pictures(),
        })
    }

    /// When a picture that waits is sent.
    pub(super) fn next_picture(&self) -> Option<Instant> {
        let way = self.way()?;
        self.pixels.pictures.next(way)
    }

    /// How long the next frame waits behind one of so many bytes of text that no key asked for.
    pub(super) fn rest_behind(&self, text: usize) -> Duration {
        let share = if self.pixels.pictures.is_any() { 1.0 - SHARE } else { 1.0 };
        self.options.link.rest((text as f64 / share) as usize)
    }

    /// Draws a frame, its pictures behind it, and says how many bytes of text it took.
    pub(super) fn draw_frame(&mut self) -> std::io::Result<usize> {
        let asked = if self.due == Due::Now { Asked::ByUser } else { Asked::ByData };
        let way = self.way();
        let (screen, theme, pictures) = (&self.screen, self.theme, &mut self.pixels.pictures);
        let mut extra = Vec::new();
        self.terminal.draw(|frame| {
            screen.draw(frame, theme);
            extra = match way {
                Some(way) => pictures.place(frame.buffer_mut(), way, asked, Instant::now()),
                None => pictures.clear(),
            };
        })?;
        self.guard.say_at_the_end(pictures.farewell());
        self.terminal.backend_mut().append(&extra);
        let bytes = self.terminal.backend_mut().write_frame(&[])?;
        Ok(bytes.saturating_sub(extra.len()))
    }
}
