//! Everything that a frame of runs side by side shows, and what all of its parts ask of it.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::keys::View;
use super::look::{LETTERS, Looked};
use crate::chrome::Chrome;
use crate::theme::Theme;
use crate::widgets::dots::Stroke;
use monitor::differences::Differing;
use monitor::model::Model;
use monitor::text::{cut_inside, plain};
use study::grid::CohortId;
use study::model::ModelId;
use study::summary::SummaryRow;

/// Everything that a frame shows.
pub(crate) struct Side<'a> {
    pub(crate) runs: &'a [(&'a str, &'a Model)],
    /// In what the runs' configurations differ.
    pub(crate) differences: &'a [Differing],
    pub(crate) looked: Looked,
    pub(crate) chrome: &'a Chrome,
    pub(crate) theme: Theme,
}

/// Legend, body, last line.
pub(super) fn parts(area: Rect, runs: usize) -> [Rect; 3] {
    let legend = (runs as u16).min(area.height / 4) + 1;
    Layout::vertical([Constraint::Length(legend), Constraint::Fill(1), Constraint::Length(1)]).areas(area)
}

/// What a run is called on its line.
pub(super) const fn letter(place: usize) -> &'static str {
    LETTERS[place % LETTERS.len()]
}

/// Lines differ without colour too, and with it after every third run.
pub(super) const fn stroke(place: usize) -> Stroke {
    match (place + place / 3) % 3 {
        0 => Stroke::Solid,
        1 => Stroke::Dashed,
        _ => Stroke::Dotted,
    }
}

/// Whose colour a run's line has.
pub(super) const fn hue(place: usize) -> ModelId {
    ModelId::PAPER_FUSIONS[place % ModelId::PAPER_FUSIONS.len()]
}

/// Rows of the view's table; so many keys differ.
pub(crate) fn row_count(looked: Looked, models: &[&Model], differences: usize) -> usize {
    let reference = looked.reference.min(models.len().saturating_sub(1));
    let of = |is_counted: fn(usize, usize) -> bool| {
        let counted = models.iter().enumerate().filter(|(place, _)| is_counted(*place, reference));
        counted.map(|(_, model)| model.derived.rows().len()).sum()
    };
    match looked.view {
        View::Results => of(|_, _| true),
        View::Paired => of(|place, reference| place != reference),
        View::Configurations => differences,
        View::Accuracy | View::Robustness | View::Roc => 0,
    }
}

impl Side<'_> {
    pub(super) fn models(&self) -> Vec<&Model> {
        self.runs.iter().map(|&(_, model)| model).collect()
    }

    /// The colour of the run's line.
    pub(super) fn style(&self, place: usize) -> Style {
        self.theme.fusion(hue(place))
    }

    /// `A` in the run's colour.
    /// The letter and the name of a run, the name in at most `width` columns.
    pub(super) fn name(&self, place: usize, width: u16) -> String {
        let name = self.runs.get(place).map_or("", |(name, _)| name);
        format!("{} {}", letter(place), cut_inside(&plain(name), usize::from(width)))
    }

    pub(super) fn cohort(&self, fusion: ModelId, train_size: usize) -> CohortId {
        CohortId { fusion, task: self.looked.task, train_size }
    }

    /// The run that the others are compared with.
    pub(super) fn reference(&self) -> usize {
        self.looked.reference.min(self.runs.len().saturating_sub(1))
    }

    /// The others.
    pub(super) fn others(&self) -> impl Iterator<Item = usize> {
        let reference = self.reference();
        (0..self.runs.len()).filter(move |&place| place != reference)
    }

    /// The summaries' rows by configuration, and of one by run.
    pub(super) fn rows(&self) -> Vec<(usize, &SummaryRow)> {
        let mut rows: Vec<(usize, &SummaryRow)> = Vec::new();
        for (place, &(_, model)) in self.runs.iter().enumerate() {
            rows.extend(model.derived.rows().iter().map(|row| (place, row)));
        }
        rows.sort_by_key(|&(place, row)| (row.task, row.fusion, row.train_size, place));
        rows
    }

    /// Rows of the view's table.
    pub(super) fn row_count(&self) -> usize {
        row_count(self.looked, &self.models(), self.differences.len())
    }

    /// `loading 2 of 3 runs…`, while some are.
    pub(super) fn loading(&self) -> Option<String> {
        let loading = self.runs.iter().filter(|(_, model)| model.is_loading()).count();
        (loading > 0).then(|| format!("loading {loading} of {} runs…", self.runs.len()))
    }
}
