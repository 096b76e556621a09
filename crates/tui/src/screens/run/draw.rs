//! A frame: where each pane goes. Takes shared references and returns nothing.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::keymap::helped;
use super::layout::{FOOTER_ROWS, header_rows};
use super::panes::plotting::nothing_yet;
use super::panes::{
    about, accuracy, alignment, complexity, curves, findings, footer, form, header, health, jobs, log,
    matrix, opened, robustness, roc, trials,
};
use super::scene::Scene;
use super::ui_state::{Detail, Overlay, Question, View};
use super::update::consequence;
use crate::theme::Glyphs;
use crate::widgets::ascii;
use crate::widgets::dialog::draw_dialog;
use crate::widgets::help::draw_help;

/// Below this a screen holds one status line.
const SMALLEST: (u16, u16) = (40, 10);
/// From here on the overview holds more than one view.
const WIDE: u16 = 160;

/// Draws a frame.
pub fn draw(frame: &mut Frame<'_>, scene: &Scene<'_>) {
    let area = frame.area();
    draw_on(frame.buffer_mut(), area, scene);
}

/// Draws on any buffer.
pub(crate) fn draw_on(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    draw_screen(buffer, area, scene);
    if scene.theme.glyphs == Glyphs::Ascii {
        ascii::to_ascii(buffer);
    }
}

fn draw_screen(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    if area.is_empty() {
        return;
    }
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return draw_small(buffer, area, scene);
    }
    let [top, body, bottom] = Layout::vertical([
        Constraint::Length(header_rows(scene.model, area.width, area.height)),
        Constraint::Fill(1),
        Constraint::Length(FOOTER_ROWS),
    ])
    .areas(area);
    header::draw(buffer, top, scene);
    draw_body(buffer, body, scene);
    footer::draw(buffer, bottom, scene);
    match scene.ui.overlay {
        Overlay::None | Overlay::Filter => {}
        Overlay::Help(first) => {
            draw_help(
                buffer,
                body,
                scene.theme,
                &helped(scene.ui.access, scene.model.is_on_cluster()),
                (first, &scene.ui.search),
            );
        }
        Overlay::About(first) => about::draw(buffer, body, scene, first),
        Overlay::Health(first) => health::draw(buffer, body, scene, first),
        Overlay::Form => form::draw(buffer, body, scene),
        Overlay::Labels => {
            if let Some(form) = &scene.ui.labels.form {
                form.draw(buffer, body, scene.theme, scene.title);
            }
        }
        Overlay::Confirm(question) => draw_question(buffer, area, scene, question),
    }
}

/// One line: the phase, how much is done, and what is asked or was answered.
fn draw_small(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let (done, all) = scene.model.done();
    let line = match scene.ui.overlay {
        Overlay::Confirm(question) => Line::raw(format!("{} Enter/Esc", asked(question, scene))),
        Overlay::None
        | Overlay::Help(_)
        | Overlay::About(_)
        | Overlay::Health(_)
        | Overlay::Filter
        | Overlay::Form
        | Overlay::Labels => Line::from(vec![
            header::phase(scene),
            Span::raw(format!(" {done}/{all} {:.0} %", (scene.model.share_done() * 100.0).floor())),
        ]),
    };
    buffer.set_line(area.x, area.y, &line, area.width);
    if area.height > 1 {
        footer::draw_status(buffer, Rect { y: area.y + 1, height: 1, ..area }, scene);
    }
}

fn draw_body(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    if !scene.model.is_prepared() && scene.ui.view != View::Log {
        let text = scene.model.loading.map_or_else(|| "preparing data…".to_owned(), |loading| loading.text());
        return nothing_yet(buffer, area, scene, &text);
    }
    match scene.ui.view {
        View::Overview => draw_overview(buffer, area, scene),
        View::Accuracy => accuracy::draw(buffer, area, scene),
        View::Robustness => robustness::draw(buffer, area, scene),
        View::Roc => roc::draw(buffer, area, scene),
        View::Trials => match scene.ui.detail {
            Detail::Seeds(cursor) => opened::draw(buffer, area, scene, cursor),
            Detail::Rows | Detail::Claim(_) => trials::draw(buffer, area, scene),
        },
        View::Findings => findings::draw(buffer, area, scene),
        View::Log => log::draw(buffer, area, scene),
        View::Alignment => alignment::draw(buffer, area, scene),
        View::Complexity => complexity::draw(buffer, area, scene),
        View::Jobs => jobs::draw(buffer, area, scene),
    }
}

/// Matrix above curves; in a wide terminal accuracy and robustness beside them.
fn draw_overview(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    let (left, right) = if area.width >= WIDE {
        let [left, right] =
            Layout::horizontal([Constraint::Length(120), Constraint::Fill(1)]).spacing(2).areas(area);
        (left, Some(right))
    } else {
        (area, None)
    };
    // Where the sweep is tall, the curves keep half.
    let matrix = matrix::height(&header.sweep, scene).min(left.height.div_ceil(2));
    let [top, bottom] = Layout::vertical([Constraint::Length(matrix), Constraint::Fill(1)]).areas(left);
    matrix::draw(buffer, top, scene);
    curves::draw(buffer, bottom, scene);
    if let Some(right) = right {
        let [top, middle, bottom] =
            Layout::vertical([Constraint::Fill(2), Constraint::Length(11), Constraint::Fill(1)]).areas(right);
        accuracy::draw(buffer, top, scene);
        robustness::draw(buffer, middle, scene);
        log::draw(buffer, bottom, scene);
    }
}

fn asked(question: Question, scene: &Scene<'_>) -> String {
    let is_on_cluster = scene.model.is_on_cluster();
    match question {
        Question::RunAgain(cohort) if is_on_cluster => format!("Submit {cohort} again?"),
        Question::StopSweep if is_on_cluster => "Cancel all jobs?".into(),
        Question::StopConfiguration(cohort) => format!("Stop {cohort}?"),
        Question::RunAgain(cohort) => format!("Run {cohort} again?"),
        Question::StopSweep => "Stop the sweep?".into(),
        Question::Detach => "Continue the sweep without a terminal?".into(),
        Question::Quit => "Stop the sweep and quit?".into(),
    }
}

fn draw_question(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, question: Question) {
    let theme = scene.theme;
    let answers = Line::from(vec![
        Span::styled("Enter", theme.key()),
        Span::raw(" or "),
        Span::styled("y", theme.key()),
        Span::raw(" yes    "),
        Span::styled("Esc", theme.key()),
        Span::raw(" no"),
    ]);
    draw_dialog(buffer, area, theme, &asked(question, scene), &consequence(question, scene.model), answers);
}
