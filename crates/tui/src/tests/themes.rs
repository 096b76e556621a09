//! Every screen in every theme: it can be read, and says without colours what it says with them.

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::others::{NOW, runs};
use super::palette::{Light, contrast, light};
use super::pictures::{THEME, named_snapshot, screen};
use super::styles::looks;
use crate::chrome::{Chrome, Layer};
use crate::screens::compare;
use crate::screens::compare::look::Looked;
use crate::screens::compare::side::Side;
use crate::screens::run::form::Form;
use crate::screens::run::ui_state::{Detail, Grain, Overlay, Question, UiState, View};
use crate::screens::run::update::update;
use crate::screens::run::{keymap::Action, ui_state::Opened};
use crate::screens::runs::RunList;
use crate::screens::runs::draw::{Shown, draw_list};
use crate::theme::{Background, Depth, Theme};
use crate::widgets::help::Search;
use monitor::differences::differing;
use monitor::fixture::{Extent, SMALL, Stage, model, model_of};
use monitor::fixture_gpus::read_gpus;
use monitor::model::Model;
use study::grid::{CohortId, Task};
use study::labels::Labels;
use study::model::ModelId;

const SIZE: (u16, u16) = (120, 40);
const DARK: Theme = THEME;
const LIGHT: Theme = Theme { background: Background::Light, ..THEME };
const SIXTEEN: Theme = Theme { depth: Depth::Sixteen, ..THEME };
const NONE: Theme = Theme { depth: Depth::None, ..THEME };

/// A screen of a run.
fn of_run(theme: Theme, model: &Model, ui: &UiState) -> Buffer {
    screen(model, ui, theme, SIZE).buffer().clone()
}

/// Every kind of screen, drawn in a theme.
fn screens(theme: Theme) -> Vec<(&'static str, Buffer)> {
    const PRODUCT: CohortId = CohortId { fusion: ModelId::PRODUCT, task: Task::Synthetic, train_size: 64 };
    let (planned, failed, finished) = (model(Stage::Planned), model(Stage::Failed), model(Stage::Finished));
    let mut running = model(Stage::Running);
    read_gpus(&mut running);
    let classes = model_of(Stage::Finished, Extent { classes: 4, ..SMALL });
    let view = |view| UiState { view, ..UiState::default() };
    let mut zoomed = view(View::Accuracy);
    update(Action::Zoom(2), &mut zoomed, &finished);
    let opened = |id: CohortId| UiState {
        selection: Some(id),
        task: id.task,
        detail: Detail::Seeds(1),
        opened_from: Opened { view: View::Overview, selection: None },
        ..view(View::Trials)
    };
    let single = UiState { grain: Grain::Trials, filter: "product synthetic".into(), ..view(View::Trials) };
    let wrong = UiState { overlay: Overlay::Filter, filter: "fuson=product".into(), ..view(View::Trials) };
    let over = |overlay| UiState { overlay, ..UiState::default() };
    let search = Search { text: "zoom".into(), is_typed: true };
    let form = Some(Form::of(&planned.run.header().unwrap().config));
    let mut faults = UiState { form, ..over(Overlay::Form) };
    update(Action::Type('"'), &mut faults, &planned);
    let labels = Labels::new("", "with more noise", vec!["night".parse().unwrap()]).unwrap();
    let mut labelled = UiState::default();
    labelled.labels.known = Some(Ok(labels));
    running.run_dir = Some("runs/quick-20261124T120000Z".into());
    update(Action::Label, &mut labelled, &running);
    assert_eq!(labelled.overlay, Overlay::Labels);
    let of = |model, ui: &UiState| of_run(theme, model, ui);
    vec![
        ("planned", of(&planned, &view(View::Overview))),
        ("overview", of(&failed, &view(View::Overview))),
        ("running", of(&running, &view(View::Overview))),
        ("accuracy", of(&finished, &zoomed)),
        ("robustness", of(&finished, &UiState { reading: Some(4), ..view(View::Robustness) })),
        ("roc", of(&finished, &view(View::Roc))),
        ("complexity", of(&finished, &view(View::Complexity))),
        ("trials", of(&failed, &view(View::Trials))),
        ("single trials", of(&finished, &single)),
        ("filter", of(&finished, &wrong)),
        ("opened", of(&finished, &opened(PRODUCT))),
        ("confusion", of(&classes, &opened(CohortId { task: Task::Real, ..PRODUCT }))),
        ("findings", of(&finished, &view(View::Findings))),
        ("log", of(&failed, &view(View::Log))),
        ("help", of(&running, &UiState { search, ..over(Overlay::Help(0)) })),
        ("form", of(&planned, &faults)),
        ("labels", of(&running, &labelled)),
        ("question", of(&running, &over(Overlay::Confirm(Question::Quit)))),
        ("runs", list_of_runs(theme)),
        ("compare", comparison(theme, compare::keys::View::Accuracy)),
        ("paired", comparison(theme, compare::keys::View::Paired)),
        ("configurations", comparison(theme, compare::keys::View::Configurations)),
    ]
}

fn blank() -> (Rect, Buffer) {
    let area = Rect::new(0, 0, SIZE.0, SIZE.1);
    (area, Buffer::empty(area))
}

fn list_of_runs(theme: Theme) -> Buffer {
    let entries = runs();
    let list = RunList::marking([entries[1].path.clone()]).filtered("clip stat=dead");
    let mut chrome = Chrome::default();
    chrome.set_typing(Some(Layer::Filter));
    let (area, mut buffer) = blank();
    let shown = Shown { now_ms: NOW, entries: Some(&entries), list: &list, chrome: &chrome, form: None };
    draw_list(&mut buffer, area, theme, &shown);
    buffer
}

fn comparison(theme: Theme, view: compare::keys::View) -> Buffer {
    let (finished, failed, planned) = (model(Stage::Finished), model(Stage::Failed), model(Stage::Planned));
    let mut other = Model::default();
    let mut header = planned.run.header().unwrap().clone();
    header.config.train.epochs = 30;
    other.plan(std::sync::Arc::new(header));
    let runs = [("one", &finished), ("two", &failed), ("three", &finished), ("four", &other)];
    let differences = differing(&runs.map(|(_, model)| model.run.header()));
    let looked = Looked { view, ..Looked::default() };
    let side = Side { runs: &runs, differences: &differences, looked, chrome: &Chrome::default(), theme };
    let (area, mut buffer) = blank();
    compare::draw::draw(&mut buffer, area, &side);
    buffer
}

fn rows(buffer: &Buffer) -> impl Iterator<Item = &[Cell]> {
    buffer.content().chunks(SIZE.0.into())
}

fn is_dots(symbol: &str) -> bool {
    symbol.chars().all(|c| ('\u{2800}'..='\u{28ff}').contains(&c))
}

/// Parts of a chart's lines, bands and bars.
fn is_drawn(symbol: &str) -> bool {
    is_dots(symbol) || symbol.chars().all(|c| ".░▁▂▃▄▅▆▇█▀ ".contains(c))
}

/// Two screens say the same.
fn assert_same_text(one: &Buffer, other: &Buffer, why: &str) {
    // Where lines cross, colours decide whose dots a cell shows.
    let symbol =
        |cell: &Cell| if is_dots(cell.symbol()) { "⠿".to_owned() } else { cell.symbol().to_owned() };
    let text = |row: &[Cell]| row.iter().map(symbol).collect::<String>();
    for (one, other) in rows(one).zip(rows(other)) {
        assert_eq!(text(one), text(other), "{why}");
    }
}

/// The looks of each screen, as names of colours: dark and light have the same, sixteen colours have no shades, and
/// without colours only modifiers are left.
#[test]
fn each_screen_has_these_looks() {
    let mut lines = String::new();
    for ((((name, dark), (_, bright)), (_, sixteen)), (_, none)) in
        screens(DARK).iter().zip(&screens(LIGHT)).zip(&screens(SIXTEEN)).zip(&screens(NONE))
    {
        assert_same_text(dark, bright, &format!("{name} on either background"));
        assert_same_text(sixteen, none, &format!("{name} without colours"));
        let of_dark = looks(dark, DARK);
        assert_eq!(of_dark, looks(bright, LIGHT), "{name} has a look on one background alone");
        let joined = |looks: BTreeSet<String>| looks.into_iter().collect::<Vec<_>>().join(" | ");
        lines.extend([
            format!("{name}\n  dark, light  {}\n", joined(of_dark)),
            format!("  16           {}\n", joined(looks(sixteen, SIXTEEN))),
            format!("  none         {}\n", joined(looks(none, NONE))),
        ]);
    }
    named_snapshot("themes_looks", &lines);
}

/// A cell's foreground and background as they are seen, on a terminal whose own are black and white.
fn seen(cell: &Cell, background: Background) -> (Light, Light) {
    let (own, behind) = match background {
        Background::Dark => ([1.0; 3], [0.0; 3]),
        Background::Light => ([0.0; 3], [1.0; 3]),
    };
    let of = |color, own| if color == Color::Reset { own } else { light(Some(color)) };
    let (fore, back) = (of(cell.fg, own), of(cell.bg, behind));
    if cell.modifier.contains(Modifier::REVERSED) { (back, fore) } else { (fore, back) }
}

/// By WCAG's contrast: 4.5 for text, 3 for a chart's lines on a band's shade.
#[test]
fn every_cell_can_be_read_on_its_background() {
    for depth in [Depth::True, Depth::Indexed] {
        for background in [Background::Dark, Background::Light] {
            let theme = Theme { depth, background, ..THEME };
            for (name, buffer) in screens(theme) {
                for (place, cell) in buffer.content().iter().enumerate() {
                    // Half a cell of a band is no text.
                    if [" ", "▀", "▄", "█"].contains(&cell.symbol()) {
                        continue;
                    }
                    let (fore, back) = seen(cell, background);
                    let least = if cell.bg == Color::Reset { 4.5 } else { 3.0 };
                    let (x, y) = buffer.pos_of(place);
                    let found = contrast(fore, back);
                    assert!(found >= least, "{name} {x},{y} {:?}: {found:.2}, {theme:?}", cell.symbol());
                }
            }
        }
    }
}

/// The bright ones on a dark background and the dark ones on a light one, of the names that every terminal has: yellow is
/// dark only in name.
#[test]
fn sixteen_colours_are_those_that_are_seen_on_the_background() {
    use Color::{Blue, DarkGray, Green, LightBlue, LightGreen, LightRed, Magenta, Red, Yellow};
    use Color::{Cyan, LightCyan, LightMagenta, White};
    let dark = [DarkGray, LightRed, LightGreen, LightBlue, LightMagenta, LightCyan, Yellow, White, Cyan];
    let bright = [DarkGray, Red, Green, Blue, Magenta, Color::Black];
    for (background, known) in [(Background::Dark, dark.as_slice()), (Background::Light, bright.as_slice())] {
        for (name, buffer) in screens(Theme { background, ..SIXTEEN }) {
            for cell in buffer.content() {
                assert_eq!(cell.bg, Color::Reset, "{name}: backgrounds are the terminal's own");
                assert!(cell.fg == Color::Reset || known.contains(&cell.fg), "{name} {cell:?}");
            }
        }
    }
}

/// Words of different colours differ in what they say, in their marker or modifier too: without colours no two of them
/// are the same. Lines of charts are told apart by their dashes, which `charts` tests.
#[test]
fn without_colours_nothing_is_lost() {
    for ((name, sixteen), (_, none)) in screens(SIXTEEN).iter().zip(&screens(NONE)) {
        assert!(
            none.content().iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)),
            "{name}"
        );
        let mut hues: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (coloured, plain) in rows(sixteen).zip(rows(none)) {
            let cells: Vec<_> = coloured.iter().zip(plain).collect();
            for span in cells.chunk_by(|one, other| one.0.fg == other.0.fg) {
                let (first, shown) = span[0];
                let is_hue = first.fg != Color::Reset && first.fg != Color::DarkGray;
                if !is_hue || span.iter().all(|(_, cell)| is_drawn(cell.symbol())) {
                    continue;
                }
                let said: String = span.iter().map(|(_, cell)| cell.symbol()).collect();
                let said = said.trim();
                hues.entry(format!("{said:?} {:?}", shown.modifier))
                    .or_default()
                    .insert(format!("{:?}", first.fg));
            }
        }
        for (said, hues) in hues {
            assert!(hues.len() == 1, "{name}: {said} is told apart by {hues:?} alone");
        }
    }
}

/// One colour from end to end, so that no cell of it is a block of its own.
#[test]
fn the_row_under_the_cursor_is_one_bar_in_every_theme() {
    for theme in [DARK, LIGHT, SIXTEEN, NONE] {
        let mut bars = 0;
        for (name, buffer) in screens(theme) {
            for row in rows(&buffer) {
                let reversed: Vec<&Cell> =
                    row.iter().filter(|cell| cell.modifier.contains(Modifier::REVERSED)).collect();
                if reversed.len() < 50 {
                    continue;
                }
                bars += 1;
                let colours: BTreeSet<String> =
                    reversed.iter().map(|cell| format!("{:?}", cell.fg)).collect();
                assert_eq!(colours.len(), 1, "{name}, {theme:?}: {colours:?}");
            }
        }
        assert!(bars >= 7, "only {bars} rows with a cursor were found, {theme:?}");
    }
}
