//! Which classes the opened configuration takes for which, where its task has more than two.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::screens::run::scene::Scene;
use crate::theme::Theme;
use crate::widgets::panel::panel;
use monitor::text::{counted, plain};
use study::confusion::Confusion;
use study::event::TaskFacts;
use study::grid::CohortId;
use study::summary::confusion_of;

/// Columns from which the matrix is beside the seeds.
const BESIDE: u16 = 150;
/// Rows of the seeds' table that stay above the matrix.
const SEEDS: u16 = 5;
/// Columns of a class's name in front of its row.
const NAME: u16 = 11;
/// Columns of a cell, the gap included.
const CELL: u16 = 5;
const WIDE_CELL: u16 = 9;

/// The matrix of one configuration.
pub struct Matrix<'a> {
    facts: &'a TaskFacts,
    confusion: Confusion,
    seeds: usize,
}

impl<'a> Matrix<'a> {
    /// Of the configuration's seeds so far; absent for two classes and before a seed was tested.
    pub fn of(scene: &Scene<'a>, id: CohortId) -> Option<Self> {
        let facts = scene.model.run.header()?.data.task(id.task).filter(|facts| facts.class_count() > 2)?;
        let cohort = scene.model.run.cohort(id)?;
        let confusion = confusion_of(cohort);
        (!confusion.is_empty()).then(|| Self { facts, confusion, seeds: cohort.evaluations().count() })
    }

    /// Divides `area` between the seeds and the matrix; without room for both, the seeds have all of it.
    pub fn room(&self, area: Rect) -> (Rect, Option<Rect>) {
        let classes = self.facts.class_count() as u16;
        if area.width >= BESIDE {
            let width = (NAME + classes.saturating_mul(CELL)).clamp(60, area.width / 2);
            let [left, right] =
                Layout::horizontal([Constraint::Fill(1), Constraint::Length(width)]).spacing(2).areas(area);
            return (left, Some(right));
        }
        let height = classes.saturating_add(2).min(area.height.saturating_sub(SEEDS));
        if height < 4 {
            return (area, None);
        }
        let [top, bottom] = Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(area);
        (top, Some(bottom))
    }

    /// Draws the matrix, or its largest confusions where it is too large.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, theme: Theme) {
        let classes = self.facts.class_count();
        let fits = classes + 2 <= usize::from(area.height)
            && usize::from(NAME) + classes * usize::from(CELL) <= usize::from(area.width);
        let what = if fits {
            format!("true class down, predicted across, % of the row, {}", counted(self.seeds, "seed"))
        } else {
            format!("{classes} classes are too many for a matrix here; the largest confusions:")
        };
        let title = Line::from(vec![
            Span::styled("Confusion", theme.strong()),
            Span::styled(format!("  {what}"), theme.dim()),
        ]);
        let room = panel(buffer, area, &title, theme);
        if fits { self.draw_matrix(buffer, room, theme) } else { self.draw_largest(buffer, room) }
    }

    fn draw_matrix(&self, buffer: &mut Buffer, area: Rect, theme: Theme) {
        let classes = self.facts.class_count();
        let cell = ((area.width - NAME) / classes as u16).clamp(CELL, WIDE_CELL);
        let room = usize::from(cell - 1);
        let column = |class: usize| area.x + NAME + class as u16 * cell;
        let of_classes = self.confusion.of_classes(classes);
        for class in 0..classes {
            let name: String = self.name(class).chars().take(room).collect();
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
