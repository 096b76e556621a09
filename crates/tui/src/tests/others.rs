//! Pictures of the list of runs, and what pictures of screens beside a run's own are taken with.

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::styles::styles;
use crate::chrome::{Chrome, Layer};
use crate::label_form::LabelForm;
use crate::screens::runs::RunList;
use crate::screens::runs::draw::{Shown, draw_list};
use crate::theme::{Background, Depth, Glyphs, Theme};
use monitor::listing::ListColumn;
use monitor::shown::SortOrder;
use study::access::{Access, Reason};
use study::grid::{CohortId, Task};
use study::labels::Labels;
use study::listing::{BestScore, RunEntry, Shortfall, Standing};
use study::model::ModelId;

pub(super) const THEME: Theme =
    Theme { depth: Depth::True, glyphs: Glyphs::Unicode, background: Background::Dark };

pub(super) fn check(name: &str, (width, height): (u16, u16), draw: impl Fn(&mut Buffer, Rect)) {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw(&mut buffer, area);
    let picture = format!("{buffer:?}");
    let lines = picture.lines().map(|line| line.trim().trim_end_matches(','));
    let text: Vec<&str> = lines.filter(|line| line.starts_with('"')).collect();
    insta::with_settings!({
        prepend_module_to_snapshot => false,
        snapshot_path => "../snapshots",
        omit_expression => true,
    }, {
        let picture = format!("{}\n\n{}", text.join("\n"), styles(&buffer, THEME));
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture);
    });
}

pub(super) const NOW: u64 = 100_000_000_000;

/// Four runs: one trains, with labels; one has failed, and its name would move a terminal's cursor.
pub(super) fn runs() -> [RunEntry; 4] {
    let entry = |name: &str, state, done, hours: u64| RunEntry {
        name: name.into(),
        state,
        done,
        all: 48,
        started_ms: Some(NOW - hours * 3_600_000),
        data: "clip-like".into(),
        ..RunEntry::unread(PathBuf::from(format!("runs/{name}-20261124T120000Z")))
    };
    let best = |fusion, test_accuracy| {
        Some(BestScore { id: CohortId { fusion, task: Task::Real, train_size: 64 }, test_accuracy })
    };
    let labels = |name: &str, note: &str, tags: &[&str]| {
        Labels::new(name, note, tags.iter().map(|tag| tag.parse().unwrap()).collect()).unwrap()
    };
    [
        RunEntry {
            best: best(ModelId::PRODUCT, 0.8412),
            labels: labels("", "with more noise than before", &["ablation", "night", "noise-max"]),
            ..entry("quick", Standing::Running, 12, 0)
        },
        RunEntry { labels: labels("wider", "", &["ablation"]), ..entry("wide", Standing::Paused, 3, 2) },
        RunEntry { best: best(ModelId::CONCAT, 0.7), ..entry("tweets", Standing::Dead, 40, 30) },
        RunEntry {
            shortfall: Shortfall { failed: 48, ..Shortfall::default() },
            labels_fault: Some("runs/red/labels.toml cannot be used: line 2: expected a string".into()),
            ..entry("a\x1b[31mred", Standing::Finished, 48, 300)
        },
    ]
}

fn shown<'a>(entries: &'a [RunEntry], list: &'a RunList, chrome: &'a Chrome) -> Shown<'a> {
    Shown { now_ms: NOW, entries: Some(entries), list, chrome, form: None }
}

#[test]
fn the_list_of_runs() {
    let (entries, chrome) = (runs(), Chrome::default());
    let list = RunList::marking([entries[1].path.clone(), entries[2].path.clone()]);
    for size in [(80, 24), (120, 40), (200, 50), (1, 1)] {
        check("runs", size, |buffer, area| draw_list(buffer, area, THEME, &shown(&entries, &list, &chrome)));
    }
    let blank = Shown { now_ms: 0, entries: None, list: &list, chrome: &chrome, form: None };
    check("runs_before_a_look", (80, 24), |buffer, area| draw_list(buffer, area, THEME, &blank));
}

#[test]
fn the_list_of_runs_filtered_sorted_and_labelled() {
    let entries = runs();
    let draw = |name: &str, shown: &Shown<'_>| {
        for size in [(120, 40), (80, 24)] {
            check(name, size, |buffer, area| draw_list(buffer, area, THEME, shown));
        }
    };
    let filtered = |filter: &str| RunList::default().filtered(filter);
    let sorted = filtered("tag=ablation").sorted(ListColumn::Best, SortOrder::Descending);
    draw("runs_filtered", &shown(&entries, &sorted, &Chrome::default()));
    let mut typing = Chrome::default();
    typing.set_typing(Some(Layer::Filter));
    let wrong = filtered("clip stat=dead");
    draw("runs_filter_wrong", &shown(&entries, &wrong, &typing));
    let none = filtered("fusion=product acc>=.8");
    draw("runs_filter_none", &shown(&entries, &none, &Chrome::default()));
    let damaged = RunList::default().at(entries[3].path.clone());
    draw("runs_damaged", &shown(&entries, &damaged, &Chrome::with(Access::ReadOnly(Reason::Asked))));
    let mut labelling = Chrome::default();
    labelling.set_typing(Some(Layer::Labels));
    let form = LabelForm::of(&entries[0].labels);
    let list = RunList::default();
    let form = Shown { form: Some((&form, "quick")), ..shown(&entries, &list, &labelling) };
    draw("runs_labels", &form);
}

/// Help over it, from its table.
#[test]
fn the_help_of_the_list_of_runs() {
    let mut chrome = Chrome::default();
    chrome.toggle_help();
    let list = RunList::default();
    check("runs_help", (80, 24), |buffer, area| draw_list(buffer, area, THEME, &shown(&[], &list, &chrome)));
    let mut looking = Chrome::with(Access::ReadOnly(Reason::Asked));
    looking.toggle_help();
    check("runs_help_read_only", (80, 24), |buffer, area| {
        draw_list(buffer, area, THEME, &shown(&[], &list, &looking));
    });
}
