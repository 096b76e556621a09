//! Runs side by side: their charts, tables and configurations, and what is said where there is nothing to show.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::others::{THEME, check};
use crate::chrome::{Chrome, Layer};
use crate::keymap::{action, help};
use crate::screens::compare::MOST_COMPARED;
use crate::screens::compare::configurations::beyond;
use crate::screens::compare::draw::{draw, row_at};
use crate::screens::compare::keys::{Action, BINDINGS, View};
use crate::screens::compare::look::{Looked, Shown};
use crate::screens::compare::side::{Side, row_count};
use crate::theme::{Background, Depth, Glyphs, Theme};
use monitor::differences::{Differing, differing};
use monitor::fixture::{Extent, SMALL, Stage, model, model_of};
use monitor::fixture_others::elsewhere;
use monitor::model::Model;
use study::event::RunHeader;
use study::grid::{CohortId, Seed, Task};
use study::model::ModelId;
use study::text::is_unsafe;

const VIEWS: [(View, &str); 6] = [
    (View::Accuracy, "accuracy"),
    (View::Robustness, "robustness"),
    (View::Roc, "roc"),
    (View::Results, "trials"),
    (View::Paired, "paired"),
    (View::Configurations, "configurations"),
];
const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 50), (1, 1)];
const PRODUCT: CohortId = CohortId { fusion: ModelId::PRODUCT, task: Task::Real, train_size: 64 };

/// A planned run like the others in all but what `change` does to it.
fn planned(change: impl FnOnce(&mut RunHeader)) -> Model {
    let mut model = model(Stage::Planned);
    let mut header = model.run.header().unwrap().clone();
    change(&mut header);
    model.plan(Arc::new(header));
    model
}

fn differences(runs: &[(&str, &Model)]) -> Vec<Differing> {
    differing(&runs.iter().map(|(_, model)| model.run.header()).collect::<Vec<_>>())
}

fn shown(runs: &[(&str, &Model)], looked: Looked, theme: Theme, (width, height): (u16, u16)) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let differences = differences(runs);
    let side = Side { runs, differences: &differences, looked, chrome: &Chrome::default(), theme };
    draw(&mut buffer, area, &side);
    let rows = buffer.content().chunks(usize::from(width.max(1)));
    rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>() + "\n").collect()
}

fn press(looked: &mut Looked, runs: &[(&str, &Model)], keys: &[KeyCode]) {
    let models: Vec<&Model> = runs.iter().map(|(_, model)| *model).collect();
    for &key in keys {
        let action = action(BINDINGS, Layer::Screen, KeyEvent::new(key, KeyModifiers::NONE)).unwrap();
        let rows = row_count(*looked, &models, differences(runs).len());
        // As on 80 columns.
        let beyond = beyond(&differences(runs), runs.len(), 80);
        looked.update(action, &models, (rows, beyond));
    }
}

#[test]
fn runs_side_by_side() {
    let finished = model(Stage::Finished);
    let better = elsewhere(&finished, PRODUCT, &[0.01, 0.03, 0.02, 0.0, 0.04]);
    let (running, preparing) = (model(Stage::Running), model(Stage::Preparing));
    let other_data = planned(|header| {
        header.data.fingerprint = "1".into();
        header.config.train.epochs = 30;
        header.config.data.source =
            "a/long/path/to/some/pairs-of-another-data-set-with-a-long-name.npz".into();
    });
    let runs = [
        ("quick-1", &finished),
        ("quick-2", &better),
        ("quick-3", &running),
        ("other-4", &other_data),
        ("quick-5", &preparing),
    ];
    let differences = differences(&runs);
    let picture = |name: &str, looked: Looked, theme: Theme, size| {
        let side = Side { runs: &runs, differences: &differences, looked, chrome: &Chrome::default(), theme };
        check(name, size, |buffer, area| draw(buffer, area, &side));
    };
    for (view, name) in VIEWS {
        for size in SIZES {
            let looked = Looked { view, ..Looked::default() };
            picture(&format!("compare_{name}"), looked, THEME, size);
        }
    }
    for (view, name) in &VIEWS[..3] {
        let looked = Looked { view: *view, shown: Shown::All, ..Looked::default() };
        for size in [(80, 24), (120, 40)] {
            picture(&format!("compare_all_{name}"), looked, THEME, size);
        }
    }
}

#[test]
fn without_utf8_every_cell_is_ascii() {
    let theme = Theme { glyphs: Glyphs::Ascii, depth: Depth::None, background: Background::Dark };
    let finished = model(Stage::Finished);
    let other = planned(|header| header.config.train.epochs = 30);
    let runs = [("one", &finished), ("two", &other)];
    for (view, _) in VIEWS {
        for shown_fusions in [Shown::One, Shown::All] {
            let looked = Looked { view, shown: shown_fusions, ..Looked::default() };
            let text = shown(&runs, looked, theme, (120, 40));
            assert!(text.is_ascii(), "{view:?}\n{text}");
        }
    }
    let differences = differences(&runs);
    let looked = Looked { shown: Shown::All, ..Looked::default() };
    let side = Side { runs: &runs, differences: &differences, looked, chrome: &Chrome::default(), theme };
    check("compare_ascii", (120, 40), |buffer, area| draw(buffer, area, &side));
}

/// Its help is its own, and names every key of its table.
#[test]
fn the_help_of_runs_side_by_side() {
    let mut chrome = Chrome::default();
    chrome.toggle_help();
    let preparing = model(Stage::Preparing);
    let runs = [("one", &preparing)];
    let side =
        Side { runs: &runs, differences: &[], looked: Looked::default(), chrome: &chrome, theme: THEME };
    check("compare_help", (80, 24), |buffer, area| draw(buffer, area, &side));
    check("compare_help", (120, 40), |buffer, area| draw(buffer, area, &side));
    let lines = help(BINDINGS, Glyphs::Unicode);
    for key in ["2", "7", "a", "b", "r", "Tab", "t", "v", "n", "Esc"] {
        assert!(lines.iter().any(|(keys, _)| keys.split(' ').any(|name| name == key)), "{key}");
    }
}

#[test]
fn what_is_being_read_is_said_to_be_loading() {
    let (finished, preparing) = (model(Stage::Finished), model(Stage::Preparing));
    let loading = [("one", &preparing), ("two", &preparing)];
    for (view, _) in VIEWS {
        let text = shown(&loading, Looked { view, ..Looked::default() }, THEME, (120, 40));
        assert!(text.contains("A one  loading…"), "{text}");
        assert!(text.contains("loading 2 of 2 runs…"), "{view:?}\n{text}");
        assert!(!text.contains("no run has tested"), "{text}");
    }
    // A header is there before the results are.
    let mut half = model(Stage::Running);
    half.is_reading = true;
    let runs = [("one", &finished), ("two", &half)];
    let text = shown(&runs, Looked::default(), THEME, (120, 40));
    assert!(text.contains("loading 1 of 2 runs…") && text.contains("B two  loading…, 18 of 36"), "{text}");
    half.is_reading = false;
    let text = shown(&[("one", &finished), ("two", &half)], Looked::default(), THEME, (120, 40));
    assert!(!text.contains("loading"), "{text}");
    // What nobody has tested is another matter.
    let planned = model(Stage::Planned);
    let text = shown(&[("one", &planned), ("two", &planned)], Looked::default(), THEME, (120, 40));
    assert!(text.contains("no run has tested this configuration"), "{text}");
}

#[test]
fn every_fusion_is_shown_at_once_or_one() {
    const BASELINES: [ModelId; 2] = [ModelId::TEXT, ModelId::IMAGE];
    let finished = model_of(Stage::Finished, Extent { baselines: &BASELINES, ..SMALL });
    let runs = [("one", &finished), ("two", &finished)];
    let mut looked = Looked::default();
    press(&mut looked, &runs, &[KeyCode::Char('a')]);
    for view in ['2', '3', '4'] {
        press(&mut looked, &runs, &[KeyCode::Char(view)]);
        let text = shown(&runs, looked, THEME, (120, 40));
        for name in ["every fusion", "concat", "product", "tensor", "text", "image"] {
            assert!(text.contains(name), "{name} in {view}\n{text}");
        }
    }
    // Where they do not fit, the one under the cursor is among those that are there.
    for size in [(80, 24), (40, 12)] {
        for _ in 0..5 {
            press(&mut looked, &runs, &[KeyCode::Tab]);
            let text = shown(&runs, looked, THEME, size);
            let name = looked.fusion.to_string();
            assert!(text.lines().any(|line| line.split(' ').any(|word| word == name)), "{name}\n{text}");
        }
    }
    press(&mut looked, &runs, &[KeyCode::Char('a')]);
    assert!(shown(&runs, looked, THEME, (120, 40)).contains(&format!("{} fusion", looked.fusion)));
}

#[test]
fn bands_go_from_deviation_to_interval_to_range_to_none() {
    let finished = model(Stage::Finished);
    let runs = [("one", &finished), ("two", &finished)];
    let mut looked = Looked::default();
    for band in
        ["band: ±1 std, A's shaded", "band: 95 % interval", "band: min–max", "task, means", "band: ±1 std"]
    {
        let text = shown(&runs, looked, THEME, (120, 40));
        assert!(text.contains(band), "{band}\n{text}");
        press(&mut looked, &runs, &[KeyCode::Char('b')]);
    }
}

#[test]
fn differences_are_paired_by_seed_and_their_reference_can_be_chosen() {
    let finished = model(Stage::Finished);
    let better = elsewhere(&finished, PRODUCT, &[0.01, 0.03, 0.02, 0.0, 0.04]);
    let runs = [("one", &finished), ("two", &better)];
    let mut looked = Looked { size: Some(64), ..Looked::default() };
    let text = shown(&runs, looked, THEME, (120, 40));
    assert!(text.contains("Less A, in points") && text.contains("+2.0 [+0.0 +4.0] 5"), "{text}");
    assert!(text.contains("+0.0 [+0.0 +0.0] 5"), "at the other sizes both are the same\n{text}");
    press(&mut looked, &runs, &[KeyCode::Char('r')]);
    let text = shown(&runs, looked, THEME, (120, 40));
    assert!(text.contains("Less B, in points") && text.contains("−2.0 [−4.0 +0.0] 5"), "{text}");
    assert!(text.contains("B two  finished, 36 of 36  clip-like  reference"), "{text}");
    // In the table of every configuration as well.
    press(&mut looked, &runs, &[KeyCode::Char('r'), KeyCode::Char('6')]);
    let text = shown(&runs, looked, THEME, (80, 50));
    let line = text.lines().find(|line| line.contains("product") && line.contains(" 64 ")).unwrap();
    assert!(line.contains("+2.0") && line.contains("[+0.0 +4.0]"), "{text}");
}

#[test]
fn what_cannot_be_paired_says_why_and_has_no_number() {
    let finished = model(Stage::Finished);
    let cases = [
        (planned(|header| header.data.fingerprint = "1".into()), "not paired on equal data", "other data"),
        (planned(|header| header.sweep.seeds = vec![Seed(77)]), "no shared seeds", "no shared seeds"),
    ];
    for (other, long, short) in cases {
        let runs = [("one", &finished), ("two", &other)];
        let text = shown(&runs, Looked::default(), THEME, (80, 40));
        assert!(text.contains(long) && !text.contains("+0.0"), "{text}");
        let text = shown(&runs, Looked { view: View::Paired, ..Looked::default() }, THEME, (80, 24));
        assert!(text.contains(short) && !text.contains("+0.0"), "{text}");
    }
}

#[test]
fn configurations_are_a_table_that_scrolls_down_and_sideways() {
    let finished = model(Stage::Finished);
    let other = planned(|header| {
        header.config.train.epochs = 30;
        header.config.train.batch_size = 512;
        header.config.data.source = "a/very/long/path/".repeat(8);
        header.provenance.device = "cuda:0".into();
    });
    let mut runs = vec![("one", &finished), ("two", &other)];
    let mut looked = Looked { view: View::Configurations, ..Looked::default() };
    let text = shown(&runs, looked, THEME, (80, 24));
    for part in ["data.source", "train.epochs", "train.batch_size", "device used", "A one", "B two", "cuda:0"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("model.hidden"), "what is equal is left out\n{text}");
    // The value under the cursor is there in full.
    let whole: String = text.split_whitespace().collect();
    assert!(whole.contains(&"a/very/long/path/".repeat(4)), "{text}");
    press(&mut looked, &runs, &[KeyCode::End]);
    assert_eq!(looked.row + 1, differences(&runs).len());
    press(&mut looked, &runs, &[KeyCode::Down]);
    assert_eq!(looked.row + 1, differences(&runs).len(), "there is nothing below the last");
    // Runs that do not fit beside each other.
    runs.extend(["c", "d", "e", "f", "g"].map(|name| (name, &other)));
    assert!(!shown(&runs, looked, THEME, (80, 24)).contains("  G g"));
    press(&mut looked, &runs, &[KeyCode::Right; 6]);
    let text = shown(&runs, looked, THEME, (80, 24));
    assert!(text.contains("G g") && text.contains("more"), "{text}");
    // Of the most runs that are compared, the cursor ends at the last one that is out of sight: the first step back shows.
    runs.extend(["h", "i", "j", "k", "l"].map(|name| (name, &other)));
    assert_eq!(runs.len(), MOST_COMPARED);
    press(&mut looked, &runs, &[KeyCode::Right; 20]);
    let last = shown(&runs, looked, THEME, (80, 24));
    assert!(last.contains("L l"), "{last}");
    press(&mut looked, &runs, &[KeyCode::Left]);
    let text = shown(&runs, looked, THEME, (80, 24));
    assert!(text.contains("K k") && !text.contains("L l"), "{text}");
}

#[test]
fn no_cell_holds_what_hostile_values_hold() {
    const HOSTILE: &str = "a\u{1b}[31m\u{9b}2J\u{202e}b\u{200b}\u{2028}d";
    let hostile = planned(|header| {
        header.config.data.source = HOSTILE.into();
        header.provenance.device = HOSTILE.into();
        header.provenance.program = HOSTILE.into();
        header.data.name = HOSTILE.into();
        header.data.fingerprint = HOSTILE.into();
    });
    let finished = model(Stage::Finished);
    let runs = [(HOSTILE, &hostile), ("two", &finished)];
    for (view, _) in VIEWS {
        for row in 0..6 {
            let text = shown(&runs, Looked { view, row, ..Looked::default() }, THEME, (120, 40));
            let found: String = text.chars().filter(|&c| c != '\n' && is_unsafe(c)).collect();
            assert_eq!(found, "", "{view:?}");
        }
    }
}

#[test]
fn a_press_puts_the_cursor_on_the_row_that_is_drawn_there() {
    let finished = model(Stage::Finished);
    let other = planned(|header| header.config.train.epochs = 30);
    let runs = [("one", &finished), ("two", &other)];
    let differences = differences(&runs);
    let area = Rect::new(0, 0, 80, 24);
    for view in [View::Results, View::Paired, View::Configurations] {
        let looked = Looked { view, ..Looked::default() };
        let side =
            Side { runs: &runs, differences: &differences, looked, chrome: &Chrome::default(), theme: THEME };
        let text = shown(&runs, looked, THEME, (80, 24));
        let heading =
            text.lines().position(|line| line.starts_with("run ") || line.starts_with("key ")).unwrap()
                as u16;
        assert_eq!(row_at(area, &side, heading + 1), Some(0), "{view:?}\n{text}");
        assert_eq!(row_at(area, &side, heading), None);
    }
    assert_eq!(BINDINGS.iter().filter(|binding| binding.action == Action::Show(View::Paired)).count(), 1);
}
