//! Pictures of the list of runs, and what pictures of screens beside a run's own are taken with.

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::styles::styles;
use crate::chrome::Chrome;
use crate::screens::runs::RunList;
use crate::screens::runs::draw::{Shown, draw_list};
use crate::theme::{Background, Depth, Glyphs, Theme};
use study::listing::{RunEntry, Shortfall, Standing};

pub(super) const THEME: Theme =
    Theme { depth: Depth::True, glyphs: Glyphs::Unicode, background: Background::Dark };
const SIZES: [(u16, u16); 3] = [(80, 24), (200, 50), (1, 1)];

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

#[test]
fn the_list_of_runs() {
    let entry = |name: &str, state, done, hours: u64| RunEntry {
        name: name.into(),
        state,
        shortfall: Shortfall::default(),
        done,
        all: 48,
        started_ms: Some(100_000_000_000 - hours * 3_600_000),
        last_ms: None,
        data: "clip-like".into(),
        path: PathBuf::from(format!("runs/{name}-20261124T120000Z")),
        fault: None,
    };
    let entries = [
        entry("quick", Standing::Running, 12, 0),
        entry("wide", Standing::Paused, 3, 2),
        entry("tweets", Standing::Dead, 40, 30),
        RunEntry {
            shortfall: Shortfall { failed: 48, ..Shortfall::default() },
            ..entry("a\x1b[31mred", Standing::Finished, 48, 300)
        },
    ];
    let list = RunList::marking([entries[1].path.clone(), entries[2].path.clone()]);
    let shown =
        Shown { now_ms: 100_000_000_000, entries: Some(&entries), list: &list, chrome: &Chrome::default() };
    for size in SIZES {
        check("runs", size, |buffer, area| draw_list(buffer, area, THEME, &shown));
    }
    let blank = Shown { now_ms: 0, entries: None, list: &list, chrome: &Chrome::default() };
    check("runs_before_a_look", (80, 24), |buffer, area| draw_list(buffer, area, THEME, &blank));
}

/// Help over it, from its table.
#[test]
fn the_help_of_the_list_of_runs() {
    let mut chrome = Chrome::default();
    chrome.toggle_help();
    let list = RunList::default();
    let shown = Shown { now_ms: 0, entries: Some(&[]), list: &list, chrome: &chrome };
    check("runs_help", (80, 24), |buffer, area| draw_list(buffer, area, THEME, &shown));
}
