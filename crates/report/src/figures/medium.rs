//! What a figure is drawn for: a screen, which its panels make as wide as they like, or paper, whose width decides how
//! many panels stand side by side. Sizes are in pixels; on paper one is 0.6 points, so that the smallest text, of 12, has
//! 7.2 points.

use std::ops::Range;

/// Points in a pixel on paper.
const POINTS: f64 = 0.6;
/// Highest figure on paper, in pixels: a page without its caption.
const HIGHEST: u32 = 900;
/// How many times smaller than asked for plotters writes text.
const SMALLER: f64 = 1.24;
/// How many times larger it then becomes on paper.
pub(super) const ENLARGED: f64 = 1.25;

/// What a figure is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    /// A screen: with titles.
    Screen,
    /// A column of a paper, 3.25 inches wide. Captions stand in for titles, here and on the page.
    Column,
    /// A page of a paper, 6.75 inches wide.
    Page,
}

/// What is around the axes of a panel, in pixels.
pub(super) struct Margins {
    pub(super) left: u32,
    /// Left of the axes, for the name and the labels of the vertical one.
    pub(super) labels: u32,
    pub(super) right: u32,
    /// Above, for the panel's own label.
    pub(super) top: u32,
    /// Below, for the name and the labels of the horizontal one.
    pub(super) names: u32,
    pub(super) bottom: u32,
}

/// The panels of a figure, row by row.
pub(super) struct Panels {
    /// Rows and columns on a screen.
    grid: (usize, usize),
    /// Rows and columns of what belongs together, which paper keeps where it can.
    kept: (usize, usize),
    /// Width and height of each on a screen.
    pub(super) size: (u32, u32),
    /// Least width on paper that its names fit into.
    pub(super) least: u32,
    /// Height on paper.
    pub(super) height: Height,
}

/// How high a panel is on paper.
#[derive(Clone, Copy)]
pub(super) enum Height {
    /// So many pixels.
    Fixed(u32),
    /// As high as it is wide, between its axes.
    Square,
}

/// Where the panels of a figure stand.
pub(super) struct Layout {
    pub(super) medium: Medium,
    pub(super) columns: usize,
    pub(super) panel: (u32, u32),
    /// The panel in each place, row by row; absent: none.
    places: Vec<Option<usize>>,
}

impl Medium {
    /// The widths of a paper.
    pub(crate) const PAPER: [Self; 2] = [Self::Column, Self::Page];

    /// Inches in a file's name; absent for a screen.
    pub(crate) const fn inches(self) -> Option<&'static str> {
        match self {
            Self::Screen => None,
            Self::Column => Some("3.25in"),
            Self::Page => Some("6.75in"),
        }
    }

    /// Pixels; absent for a screen, where the panels decide.
    const fn width(self) -> Option<u32> {
        match self {
            Self::Screen => None,
            Self::Column => Some(390),
            Self::Page => Some(810),
        }
    }

    /// So many pixels in the unit of an SVG's size.
    pub(super) fn length(self, pixels: u32) -> f64 {
        match self {
            Self::Screen => f64::from(pixels),
            // Pixels are whole, so tenths of a point are exact but for the last bit.
            Self::Column | Self::Page => (f64::from(pixels) * POINTS * 10.0).round() / 10.0,
        }
    }

    /// That unit; a screen's is understood.
    pub(super) const fn unit(self) -> &'static str {
        if self.is_paper() { "pt" } else { "" }
    }

    /// How large text is that plotters is asked to write in `size` pixels.
    pub(super) fn letters(self, size: u32) -> f64 {
        f64::from(size) / SMALLER * if self.is_paper() { ENLARGED } else { 1.0 }
    }

    pub(super) const fn margins(self) -> Margins {
        match self {
            Self::Screen => Margins { left: 6, labels: 52, right: 22, top: 28, names: 42, bottom: 4 },
            Self::Column | Self::Page => {
                Margins { left: 4, labels: 46, right: 12, top: 24, names: 40, bottom: 6 }
            }
        }
    }

    pub(super) const fn is_paper(self) -> bool {
        self.width().is_some()
    }

    /// What a panel is called: in full on a screen, by a word or two on paper, where the caption says the rest.
    pub(super) fn label(self, full: String, short: String) -> String {
        if self.is_paper() { short } else { full }
    }
}

impl Margins {
    /// Length of the horizontal axis in a panel so wide.
    pub(super) const fn across(&self, width: u32) -> u32 {
        let around = self.left + self.labels + self.right;
        if width > around { width - around } else { 1 }
    }

    /// Height of a panel so wide that has square axes.
    const fn square(&self, width: u32) -> u32 {
        self.across(width) + self.top + self.names + self.bottom
    }
}

impl Panels {
    /// A row for each of something and a column for each of something else.
    pub(super) const fn grid(rows: usize, columns: usize, size: (u32, u32)) -> Self {
        Self {
            grid: (rows, columns),
            kept: (rows, columns),
            size,
            least: size.0,
            height: Height::Fixed(size.1),
        }
    }

    /// One behind the other, at most `most` side by side on a screen.
    pub(super) fn flow(count: usize, most: usize, size: (u32, u32)) -> Self {
        let columns = count.clamp(1, most);
        Self { grid: (count.div_ceil(columns), columns), kept: (1, count), ..Self::grid(1, count, size) }
    }

    pub(super) const fn on_paper(self, least: u32, height: Height) -> Self {
        Self { least, height, ..self }
    }

    pub(super) fn lay_out(&self, medium: Medium) -> Layout {
        let Some(width) = medium.width() else {
            let (rows, columns) = self.grid;
            let count = self.kept.0 * self.kept.1;
            let places =
                (0..rows * columns).map(|place| Some(place).filter(|&place| place < count)).collect();
            return Layout { medium, columns, panel: self.size, places };
        };
        let most = (width / self.least).max(1) as usize;
        let (rows, columns, places) = self.on_paper_of(most);
        debug_assert_eq!(rows * columns, places.len());
        let across = width / columns.max(1) as u32;
        let height = match self.height {
            Height::Fixed(height) => height,
            Height::Square => medium.margins().square(across),
        };
        Layout { medium, columns, panel: (across, height), places }
    }

    /// At most `most` panels side by side: as they are, or columns as rows where these fill the width, or each row in
    /// several.
    fn on_paper_of(&self, most: usize) -> (usize, usize, Vec<Option<usize>>) {
        let (rows, columns) = (self.kept.0, self.kept.1.max(1));
        if columns > most && rows <= most && 2 * rows > most && most > 1 {
            let place = |place: usize| Some(place % rows * columns + place / rows);
            return (columns, rows, (0..rows * columns).map(place).collect());
        }
        let pieces = columns.div_ceil(most);
        let across = columns.div_ceil(pieces);
        let place = |place: usize| {
            let (row, column) = (place / across, place % across);
            let in_row = row % pieces * across + column;
            Some(row / pieces * columns + in_row).filter(|_| in_row < columns)
        };
        (rows * pieces, across, (0..rows * pieces * across).map(place).collect())
    }
}

impl Layout {
    /// Width of all, in pixels.
    pub(super) fn width(&self) -> u32 {
        self.medium.width().unwrap_or(self.panel.0 * self.columns.max(1) as u32)
    }

    pub(super) fn rows(&self) -> usize {
        self.places.len() / self.columns.max(1)
    }

    /// The panel in a row and column.
    pub(super) fn panel_in(&self, row: usize, column: usize) -> Option<usize> {
        self.places.get(row * self.columns + column).copied().flatten()
    }

    /// The rows of each sheet, `around` pixels high without panels: several sheets where one would be higher than a page.
    pub(super) fn sheets(&self, around: u32) -> Vec<Range<usize>> {
        let rows = self.rows();
        let fit = if self.medium.is_paper() {
            (HIGHEST.saturating_sub(around) / self.panel.1).max(1) as usize
        } else {
            rows
        };
        let sheets = rows.div_ceil(fit.max(1)).max(1);
        let each = rows.div_ceil(sheets);
        (0..sheets).map(|sheet| sheet * each..((sheet + 1) * each).min(rows)).collect()
    }
}
