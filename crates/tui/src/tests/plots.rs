//! Charts as pictures: what a frame leaves for them, when they are sent, and when they go.

use std::time::{Duration, Instant};

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::pictures::{THEME, check_buffer};
use crate::Link;
use crate::pictures::{Asked, Pictures, Way};
use crate::screens::run::draw::draw_on;
use crate::screens::run::keymap::Action;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{Overlay, UiState, View};
use crate::screens::run::update::update;
use crate::terminal::{Colour, Protocol};
use crate::theme::Theme;
use crate::widgets::chart::{Chart, Marked, Trace};
use crate::widgets::dots::Stroke;
use crate::widgets::plot::take;
use monitor::fixture::{Stage, model};
use monitor::model::Model;

const SIZE: (u16, u16) = (120, 40);
const AREA: Rect = Rect { x: 0, y: 0, width: 40, height: 12 };
const WAY: Way = Way {
    protocol: Protocol::Kitty,
    cell: Some((10, 20)),
    behind: Colour([0; 3]),
    most: 1_000_000,
    interval: Duration::from_millis(100),
    budget: 1_000.0,
};

/// A frame of the run screen with pictures on.
fn frame(model: &Model, ui: &UiState, theme: Theme) -> Buffer {
    let area = Rect::new(0, 0, SIZE.0, SIZE.1);
    let ui = UiState { pixels: true, screen_columns: SIZE.0, screen_rows: SIZE.1, ..ui.clone() };
    let mut buffer = Buffer::empty(area);
    draw_on(&mut buffer, area, &Scene { model, ui: &ui, theme, title: "quick" });
    buffer
}

#[test]
fn the_axes_stay_characters_around_a_blank_plot() {
    let finished = model(Stage::Finished);
    let ui = UiState { view: View::Accuracy, ..UiState::default() };
    let mut buffer = frame(&finished, &ui, THEME);
    assert_eq!(take(&mut buffer).len(), 1);
    check_buffer("pixels_accuracy", &buffer, THEME);
}

#[test]
fn every_chart_of_a_view_leaves_its_plot_in_the_colours_of_its_models() {
    let finished = model(Stage::Finished);
    let hex = |style: Style| match style.fg {
        Some(Color::Rgb(r, g, b)) => format!("#{r:02x}{g:02x}{b:02x}"),
        other => panic!("{other:?}"),
    };
    for (view, charts) in [
        (View::Overview, 2),
        (View::Accuracy, 1),
        (View::Robustness, 3),
        (View::Roc, 2),
        (View::Complexity, 2),
    ] {
        let ui = UiState { view, ..UiState::default() };
        let plots = take(&mut frame(&finished, &ui, THEME));
        assert_eq!(plots.len(), charts, "{view:?}");
        for plot in plots {
            assert!(
                finished.fusions().iter().all(|&fusion| plot.svg.contains(&hex(THEME.fusion(fusion)))),
                "{view:?}"
            );
            assert!(plot.chart.union(plot.place) == plot.chart && plot.place.area() > 100, "{plot:?}");
        }
    }
    let mut ui = UiState { view: View::Trials, ..UiState::default() };
    update(Action::Open, &mut ui, &finished);
    assert!(take(&mut frame(&finished, &ui, THEME)).len() >= 3, "an opened configuration");
}

#[test]
fn below_a_box_charts_are_characters() {
    let finished = model(Stage::Finished);
    let ui = UiState { view: View::Accuracy, overlay: Overlay::Help(0), ..UiState::default() };
    let mut buffer = frame(&finished, &ui, THEME);
    let before = buffer.clone();
    // A frame with drawings cannot be printed, and `assert_eq` would.
    assert!(take(&mut buffer).is_empty() && buffer == before, "a plot below the help");
}

/// A frame with a chart of one line to `y`, and a word beside it.
fn charted(y: f64) -> Buffer {
    let line = Trace {
        points: vec![(0.0, 0.0), (1.0, y)],
        style: Style::new().fg(Color::Rgb(10, 20, 30)),
        stroke: Stroke::Solid,
        marker: "●",
        marker_style: Style::new(),
        marked: Marked::Nowhere,
    };
    let mut buffer = Buffer::empty(AREA);
    let area = Rect { width: 30, ..AREA };
    Chart { lines: vec![line], is_picture: true, ..Chart::default() }.draw(&mut buffer, area, THEME);
    buffer.set_string(2, 11, format!("{y}"), Style::new());
    buffer.set_string(32, 0, format!("{y}"), Style::new());
    buffer
}

/// The line of text at the chart's lower left, and the one beside it.
fn words(buffer: &Buffer) -> (String, String) {
    let text = |x: u16, y| (x..x + 3).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim().to_owned();
    (text(2, 11), text(32, 0))
}

/// How many pictures a sequence puts, and how many it takes away.
fn counted(bytes: &[u8]) -> (usize, usize) {
    let text = String::from_utf8_lossy(bytes);
    (text.matches("a=T").count(), text.matches("a=d").count())
}

#[test]
fn a_picture_is_sent_when_its_drawing_is_new_and_else_not() {
    let (mut pictures, begin) = (Pictures::default(), Instant::now());
    let mut first = charted(0.5);
    let sent = pictures.place(&mut first, WAY, Asked::ByData, begin);
    assert_eq!(counted(&sent).0, 1);
    let skipped = first.content.iter().filter(|cell| cell.diff_option == CellDiffOption::Skip).count();
    assert_eq!(skipped, 28 * 10, "the cells below it are not written");
    let again = pictures.place(&mut charted(0.5), WAY, Asked::ByUser, begin + Duration::from_mins(1));
    assert!(again.is_empty());
    assert_eq!(counted(&pictures.farewell()), (0, 1));
    // No chart any more.
    let gone = pictures.place(&mut Buffer::empty(AREA), WAY, Asked::ByData, begin);
    assert_eq!((counted(&gone), pictures.is_any()), ((0, 1), false));
}

#[test]
fn what_data_change_waits_for_its_bytes_and_the_chart_stays_as_it_was() {
    let (mut pictures, begin) = (Pictures::default(), Instant::now());
    let sent = pictures.place(&mut charted(0.5), WAY, Asked::ByData, begin);
    let rest = Duration::from_secs_f64(sent.len() as f64 / WAY.budget);
    assert!(rest > WAY.interval, "{rest:?}");
    let mut soon = charted(0.7);
    let early = pictures.place(&mut soon, WAY, Asked::ByData, begin + rest / 2);
    assert!(early.is_empty());
    assert_eq!(words(&soon), ("0.5".into(), "0.7".into()), "the chart with its axes, and what is beside it");
    assert_eq!(pictures.next(WAY), Some(begin + rest));
    let mut late = charted(0.7);
    let sent = pictures.place(&mut late, WAY, Asked::ByData, begin + rest);
    assert_eq!((counted(&sent).0, words(&late).0.as_str(), pictures.next(WAY)), (1, "0.7", None));
}

#[test]
fn what_a_key_changes_is_sent_at_once_and_a_held_key_does_not_flood() {
    let (mut pictures, begin) = (Pictures::default(), Instant::now());
    pictures.place(&mut charted(0.5), WAY, Asked::ByData, begin);
    let mut place = |y, asked, at| counted(&pictures.place(&mut charted(y), WAY, asked, begin + at)).0;
    let held = WAY.interval / 2;
    assert_eq!(place(0.6, Asked::ByUser, held), 0);
    // Data that come meanwhile do not make it wait longer.
    assert_eq!(place(0.6, Asked::ByData, WAY.interval), 1);
    assert_eq!(place(0.7, Asked::ByUser, WAY.interval * 2), 1);
}

#[test]
fn a_screen_of_another_size_gets_its_pictures_again() {
    for protocol in [Protocol::Kitty, Protocol::Iterm, Protocol::Sixel] {
        let (mut pictures, begin) = (Pictures::default(), Instant::now());
        let way = Way { protocol, ..WAY };
        let sent = |pictures: &mut Pictures, mut frame: Buffer, at| {
            pictures.place(&mut frame, way, Asked::ByUser, begin + at).len()
        };
        assert!(sent(&mut pictures, charted(0.5), Duration::ZERO) > 200);
        assert_eq!(sent(&mut pictures, charted(0.5), WAY.interval), 0);
        let mut larger = Buffer::empty(Rect { width: 50, ..AREA });
        larger.merge(&charted(0.5));
        assert!(sent(&mut pictures, larger, WAY.interval * 2) > 200, "{protocol:?}");
        // A larger font.
        let mut zoomed = Buffer::empty(Rect { width: 50, ..AREA });
        zoomed.merge(&charted(0.5));
        let way = Way { cell: Some((12, 24)), ..way };
        assert!(pictures.place(&mut zoomed, way, Asked::ByUser, begin + WAY.interval * 3).len() > 200);
        pictures.forget();
        assert_eq!(counted(&pictures.clear()).1, usize::from(protocol == Protocol::Kitty));
    }
}

#[test]
fn a_large_picture_is_stretched_by_the_terminal_but_sixels_are_its_own_pixels() {
    let sent = |protocol, most| {
        let way = Way { protocol, most, ..WAY };
        let bytes = Pictures::default().place(&mut charted(0.5), way, Asked::ByUser, Instant::now());
        String::from_utf8_lossy(&bytes).into_owned()
    };
    // 28 × 10 cells of 10 × 20 pixels.
    assert!(sent(Protocol::Sixel, 20_000).contains("\"1;1;280;200"));
    let (whole, small) = (sent(Protocol::Kitty, 56_000), sent(Protocol::Kitty, 20_000));
    assert!(small.len() < whole.len() && small.contains("c=28,r=10"), "{} {}", small.len(), whole.len());
}

#[test]
fn a_whole_screens_chart_takes_few_bytes_and_over_a_network_fewer() {
    let finished = model(Stage::Finished);
    let ui = UiState { view: View::Accuracy, ..UiState::default() };
    for (link, most) in [(Link::Local, 25_000), (Link::Ssh, 12_000)] {
        let way = Way { most: link.pixels(), ..WAY };
        let mut frame = frame(&finished, &ui, THEME);
        let sent = Pictures::default().place(&mut frame, way, Asked::ByUser, Instant::now());
        assert!(sent.len() < most && sent.len() > 2_000, "{link:?}: {} bytes", sent.len());
    }
}
