//! Which classes an opened configuration takes for which.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::plotting::{ROOM_BESIDE_TITLE, fitting, nothing_yet};
use crate::screens::run::scene::Scene;
use crate::theme::Theme;
use crate::widgets::panel::panel;
use monitor::confusion::{Confusions, confusions};
use monitor::model::Model;
use monitor::text::{count, counted, plain, wrapped};
use study::confusion::Confusion;
use study::event::TaskFacts;
use study::grid::CohortId;

/// Columns of a class's name in front of its row.
const NAME: u16 = 11;
/// Columns of a cell, the gap included.
const CELL: u16 = 5;
const WIDE_CELL: u16 = 9;
/// Fewest columns of the part.
const LEAST: u16 = 38;

/// Why two classes may have no matrix.
const UNDETERMINED: &str = "There is no matrix: both classes have equally many test rows, so the accuracy and mean recall \
                            that a run records are one number, which does not determine it.";

/// The matrix of one configuration.
struct Matrix<'a> {
    facts: &'a TaskFacts,
    confusion: Confusion,
}

/// Columns that a matrix of so many classes takes.
pub(super) fn width_of(classes: usize) -> u16 {
    NAME.saturating_add((classes as u16).saturating_mul(CELL)).max(LEAST)
}

/// Classes of the configuration's task.
pub(super) fn classes(model: &Model, id: CohortId) -> usize {
    let facts = model.run.header().and_then(|header| header.data.task(id.task));
    facts.map_or(2, TaskFacts::class_count)
}

/// Draws the matrix over the seeds so far; its largest confusions where it is too large.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, id: CohortId) {
    let theme = scene.theme;
    let facts = scene.model.run.header().and_then(|header| header.data.task(id.task));
    let known = confusions(scene.model, id);
    let title = |what: String| {
        Line::from(vec![
            Span::styled("Confusion", theme.strong()),
            Span::styled(format!("  {what}"), theme.dim()),
        ])
    };
    let (Some(facts), Confusions::Known(confusion, seeds)) = (facts, &known) else {
        let room = panel(buffer, area, &title("test split".into()), theme);
        if known != Confusions::Undetermined {
            return nothing_yet(buffer, room, scene, "not tested yet");
        }
        for (line, row) in wrapped(UNDETERMINED, usize::from(room.width)).iter().zip(room.rows()) {
            buffer.set_stringn(row.x, row.y, line, usize::from(row.width), theme.dim());
        }
        return;
    };
    let matrix = Matrix { facts, confusion: confusion.clone() };
    let classes = facts.class_count();
    let fits = classes + 2 <= usize::from(area.height)
        && usize::from(NAME) + classes * usize::from(CELL) <= usize::from(area.width);
    let what = if fits {
        let whole = "true class down, predicted across, % of the row";
        [format!("{whole}, {}", counted(*seeds, "seed")), whole.into(), "true down, % of the row".into()]
    } else {
        let many = format!("{classes} classes are too many for a matrix here; the largest errors:");
        [many, format!("{classes} classes; the largest:"), "the largest:".into()]
    };
    let room =
        panel(buffer, area, &fitting(area.width.saturating_sub(ROOM_BESIDE_TITLE), what.map(title)), theme);
    if !fits {
        return matrix.draw_largest(buffer, room);
    }
    matrix.draw(buffer, room, theme);
    let below = room.y + 1 + classes as u16;
    if below < room.bottom() {
        let text = format!("{} tests of {}", count(confusion.rows() as usize), counted(*seeds, "seed"));
        buffer.set_stringn(room.x, below, text, usize::from(room.width), theme.dim());
    }
}

impl Matrix<'_> {
    fn draw(&self, buffer: &mut Buffer, area: Rect, theme: Theme) {
        let classes = self.facts.class_count();
        let cell = ((area.width - NAME) / classes as u16).clamp(CELL, WIDE_CELL);
        let room = usize::from(cell - 1);
        let column = |class: usize| area.x + NAME + class as u16 * cell;
        let of_classes = self.confusion.of_classes(classes);
        for (class, name) in
            headings((0..classes).map(|class| self.name(class)).collect(), room, theme).iter().enumerate()
        {
            buffer.set_stringn(column(class), area.y, format!("{name:>room$}"), room, theme.dim());
        }
        for (truth, of_class) in of_classes.into_iter().enumerate() {
            let y = area.y + 1 + truth as u16;
            buffer.set_stringn(area.x, y, self.name(truth), usize::from(NAME - 1), theme.strong());
            for predicted in 0..classes {
                let rows = self.confusion.cell(truth, predicted);
                if rows == 0 {
                    continue;
                }
                let share = f64::from(rows) / of_class.max(1) as f64;
                let text = format!("{}{:>3.0}", shade(theme, share), (share * 100.0).round());
                let style = if truth == predicted { theme.strong() } else { Style::new() };
                buffer.set_stringn(column(predicted), y, format!("{text:>room$}"), room, style);
            }
        }
    }

    fn draw_largest(&self, buffer: &mut Buffer, area: Rect) {
        let of_classes = self.confusion.of_classes(self.facts.class_count());
        let mistakes = self.confusion.mistakes();
        for (line, (truth, predicted, rows)) in
            mistakes.into_iter().take(usize::from(area.height)).enumerate()
        {
            let of_class = of_classes.get(usize::from(truth)).copied().unwrap_or_default().max(1);
            let share = 100.0 * f64::from(rows) / of_class as f64;
            let (truth, predicted) = (self.name(usize::from(truth)), self.name(usize::from(predicted)));
            let text = format!("{share:>3.0} % of {truth}: taken for {predicted}");
            buffer.set_stringn(area.x, area.y + line as u16, text, usize::from(area.width), Style::new());
        }
    }

    fn name(&self, class: usize) -> String {
        plain(&self.facts.class_name(class))
    }
}

/// Names in `room` columns, by their beginnings; where two begin alike, by their ends.
fn headings(names: Vec<String>, room: usize, theme: Theme) -> Vec<String> {
    let beginnings: Vec<String> = names.iter().map(|name| name.chars().take(room).collect()).collect();
    let differ: BTreeSet<&String> = beginnings.iter().collect();
    if differ.len() == names.len() {
        return beginnings;
    }
    let end = |name: String| match name.chars().count() {
        letters if letters <= room => name,
        letters => theme.pick("…", "~").chars().chain(name.chars().skip(letters + 1 - room)).collect(),
    };
    names.into_iter().map(end).collect()
}

/// Darker for a larger share of the row.
const fn shade(theme: Theme, share: f64) -> &'static str {
    if share < 0.05 {
        " "
    } else if share < 0.2 {
        theme.pick("░", ".")
    } else if share < 0.5 {
        theme.pick("▒", ":")
    } else if share < 0.8 {
        theme.pick("▓", "%")
    } else {
        theme.pick("█", "#")
    }
}
