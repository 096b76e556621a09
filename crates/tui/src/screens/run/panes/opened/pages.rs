//! Which parts of an opened configuration are on which page, and where: all on one where there is room.

use ratatui::layout::{Constraint, Layout, Rect};

use super::super::plotting::NARROWEST;
use super::confusion::width_of;

/// One part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The table of seeds.
    Seeds,
    /// Validation accuracy epoch by epoch.
    Accuracy,
    /// Validation loss, likewise.
    Loss,
    /// Accuracy under noise.
    Noise,
    /// The ROC curve.
    Roc,
    /// The confusion matrix.
    Confusion,
}

/// What is on the screen at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Its name among the others'.
    pub(super) name: &'static str,
    /// Whether it is the only one, with every part.
    pub(super) is_everything: bool,
    pub(super) parts: Vec<(Part, Rect)>,
}

/// What parts need room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needs {
    /// Lines of the table of seeds, its notes included.
    pub(super) seeds: usize,
    pub(super) classes: usize,
}

/// Columns and rows of the body from which everything is on one page.
const EVERYTHING: (u16, u16) = (110, 30);
/// Rows of a row of charts there.
const CHARTS: u16 = 10;
/// Rows of the body under which there is nothing but the table.
const TABLE_ALONE: u16 = 10;
/// Columns of a ROC curve beside which the matrix may stand.
const ROC: u16 = 36;
/// Columns between parts.
const BETWEEN: u16 = 2;

/// Rows of the head, and the pages below it. `checkpoint`: lines that say where the checkpoint is.
pub(super) fn pages(needs: Needs, area: Rect, checkpoint: u16) -> (u16, Vec<Page>) {
    let below = |rows: u16| Rect {
        y: area.y + rows.min(area.height),
        height: area.height.saturating_sub(rows),
        ..area
    };
    let alone = |name, part, room| Page { name, is_everything: false, parts: vec![(part, room)] };
    if area.width >= EVERYTHING.0 && area.height >= EVERYTHING.1 {
        let rows = 1 + checkpoint;
        return (rows, vec![everything(needs, below(rows))]);
    }
    if area.height < TABLE_ALONE || area.width < NARROWEST {
        return (1, vec![alone("Seeds", Part::Seeds, below(1))]);
    }
    let room = below(2);
    let mut pages = vec![alone("Seeds", Part::Seeds, room), curves(room), alone("Noise", Part::Noise, room)];
    let matrix = width_of(needs.classes);
    if room.width >= ROC + BETWEEN + matrix {
        let [left, right] = beside(room, matrix);
        pages.push(Page {
            name: "ROC, confusion",
            is_everything: false,
            parts: vec![(Part::Roc, left), (Part::Confusion, right)],
        });
    } else {
        pages.push(alone("ROC", Part::Roc, room));
        pages.push(alone("Confusion", Part::Confusion, room));
    }
    (2, pages)
}

/// `area` with `width` columns apart on the right.
fn beside(area: Rect, width: u16) -> [Rect; 2] {
    Layout::horizontal([Constraint::Fill(1), Constraint::Length(width)]).spacing(BETWEEN).areas(area)
}

/// Two charts side by side, below each other where it is narrow.
fn curves(room: Rect) -> Page {
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    let [first, second] = if room.width > 2 * NARROWEST {
        Layout::horizontal(halves).spacing(BETWEEN).areas(room)
    } else {
        Layout::vertical(halves).areas(room)
    };
    Page { name: "Curves", is_everything: false, parts: vec![(Part::Accuracy, first), (Part::Loss, second)] }
}

/// Seeds beside the matrix, the curves below them, noise beside ROC at the bottom.
fn everything(needs: Needs, area: Rect) -> Page {
    // A rule and a heading each.
    let tallest = (needs.seeds + 2).max(needs.classes + 3) as u16;
    let most = area.height.saturating_sub(2 * CHARTS).min(area.height * 9 / 20);
    let top = tallest.clamp(6, most.max(6));
    let rows = [Constraint::Length(top), Constraint::Fill(1), Constraint::Fill(1)];
    let [top, middle, bottom] = Layout::vertical(rows).areas(area);
    let [seeds, confusion] = beside(top, width_of(needs.classes).min(area.width / 2));
    let mut parts = vec![(Part::Seeds, seeds), (Part::Confusion, confusion)];
    parts.extend(curves(middle).parts);
    let [noise, roc] = beside(bottom, (area.width / 4).max(NARROWEST));
    parts.extend([(Part::Noise, noise), (Part::Roc, roc)]);
    Page { name: "", is_everything: true, parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Needs = Needs { seeds: 8, classes: 2 };
    const PARTS: [Part; 6] =
        [Part::Seeds, Part::Accuracy, Part::Loss, Part::Noise, Part::Roc, Part::Confusion];

    fn of(width: u16, height: u16, classes: usize) -> Vec<Page> {
        pages(Needs { classes, ..NEEDS }, Rect::new(0, 3, width, height), 1).1
    }

    #[test]
    fn every_part_is_on_some_page_and_no_two_overlap() {
        for (width, height) in [(200, 45), (120, 35), (110, 30), (100, 35), (80, 19), (40, 19), (60, 10)] {
            for classes in [2, 5, 10, 43] {
                let area = Rect::new(0, 3, width, height);
                let all = of(width, height, classes);
                let parts = || all.iter().flat_map(|page| &page.parts);
                for part in PARTS {
                    let named = parts().filter(|(one, _)| *one == part).count();
                    assert_eq!(named, 1, "{part:?} at {width}×{height}");
                }
                assert!(parts().all(|(_, room)| area.union(*room) == area && !room.is_empty()));
                for page in &all {
                    for (place, (part, room)) in page.parts.iter().enumerate() {
                        let later = page.parts.iter().skip(place + 1);
                        assert!(later.clone().all(|(_, other)| !room.intersects(*other)), "{part:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_large_screen_has_one_page_and_a_tiny_one_the_table_alone() {
        assert_eq!(of(120, 35, 2).len(), 1);
        let names = |pages: Vec<Page>| pages.into_iter().map(|page| page.name).collect::<Vec<_>>();
        assert_eq!(names(of(80, 19, 2)), ["Seeds", "Curves", "Noise", "ROC, confusion"]);
        assert_eq!(names(of(80, 19, 10)), ["Seeds", "Curves", "Noise", "ROC", "Confusion"]);
        assert_eq!(names(of(40, 5, 2)), ["Seeds"]);
    }
}
