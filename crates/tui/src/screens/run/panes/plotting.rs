//! From points over seeds to charts: which band is shaded, which are outlined, and the legend.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::View;
use crate::widgets::axis::Axis;
use crate::widgets::chart::{BandArea, BandLook, Chart, Guide, Marked, Trace};
use crate::widgets::dots::Stroke;
use monitor::derived::Point;
use monitor::shown::Band;
use study::event::{NoiseMean, SplitOf};
use study::grid::{CohortId, Task};
use study::look::{Dash, look};
use study::model::ModelId;
use study::quantity::Quantity;

/// Fewest columns of a readable chart.
pub(super) const NARROWEST: u16 = 24;

/// Columns of a panel's first row that its title leaves.
pub(super) const ROOM_BESIDE_TITLE: u16 = 6;

/// Columns that a learning rate takes behind a name: ` 2.5e-4`.
pub(super) const RATE: u16 = 7;

/// A fusion's mean and band.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    pub(super) fusion: ModelId,
    pub(super) emphasis: Emphasis,
    /// x and the number over seeds; x ascending.
    pub(super) points: Vec<(f64, Point)>,
    /// A line for each seed, for [`Band::EachSeed`].
    pub(super) seeds: Vec<Vec<(f64, f64)>>,
    pub(super) marked: Marked,
}

/// Whose band is shaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Emphasis {
    /// This one's.
    Focused,
    /// Outlined.
    Outlined,
    /// No band: a line beside others of the same fusion.
    Bare,
}

/// How the y axis is labelled and what it always shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct YAxis {
    pub(super) label: fn(f64, usize) -> String,
    pub(super) always: Option<f64>,
    /// What the number can be: a band that leaves it is cut.
    pub(super) within: (f64, f64),
}

/// What of a chart is not in its curves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    /// Rows of the chart.
    pub(super) height: u16,
    /// The values of all charts that have this one's y axis; without, its own.
    pub(super) shared: Option<(f64, f64)>,
    /// The x at which values are read.
    pub(super) cursor: Option<f64>,
    /// The value about which the axis is magnified; without, the focused curve's at the cursor, or the middle.
    pub(super) about: Option<f64>,
}

impl From<u16> for Frame {
    /// So many rows, with an axis of its own.
    fn from(height: u16) -> Self {
        Self { height, ..Self::default() }
    }
}

/// A chart of `curves`, the focused one on top. Its y axis fits them, unless it is zoomed.
pub(super) fn chart(
    scene: &Scene<'_>,
    x: Axis,
    y: YAxis,
    frame: impl Into<Frame>,
    mut curves: Vec<Curve>,
) -> Chart {
    let frame = frame.into();
    curves.sort_by_key(|curve| curve.emphasis == Emphasis::Focused);
    let within = y.within;
    let (low, high) = frame.shared.or_else(|| shown_values(scene, y, &curves)).unwrap_or((0.0, 1.0));
    // A little room, so that nothing lies on the frame; of equal values some.
    let room = if high - low > 1e-9 { (high - low) * 0.04 } else { 0.01 };
    let fit = ((low - room).max(within.0.min(low)), (high + room).min(within.1.max(high)));
    // Of a number without an upper end twice what was seen.
    let all = (within.0, if within.1 < f64::MAX { within.1 } else { fit.1 * 2.0 });
    let about = frame.about.or_else(|| frame.cursor.and_then(|x| focused_value(&curves, x)));
    let (low, high) = scene.zoom().ends(fit, all, about);
    let y = Axis::between(low, high, usize::from(frame.height / 4).clamp(3, 8), y.label);
    let expected = scene.seeds();
    let bands = curves.iter().filter_map(|curve| band_area(scene, curve, expected, within)).collect();
    let lines = curves.iter().flat_map(|curve| traces(scene, curve)).collect();
    Chart { x, y, bands, lines, cursor: frame.cursor, guide: None, is_picture: scene.has_pictures() }
}

/// The least and the largest value that a chart of `curves` shows, bands included.
pub(super) fn shown_values(scene: &Scene<'_>, y: YAxis, curves: &[Curve]) -> Option<(f64, f64)> {
    let band = scene.ui.band;
    let values = curves.iter().flat_map(|curve| {
        let points = curve.points.iter().flat_map(move |(_, point)| {
            let band = point.band(band).filter(|_| curve.emphasis != Emphasis::Bare);
            let (low, high) = band.unwrap_or((point.spread.mean, point.spread.mean));
            [low, high].map(|value| value.clamp(y.within.0, y.within.1))
        });
        points.chain(curve.seeds.iter().flatten().map(|&(_, value)| value))
    });
    let values = values.chain(y.always).filter(|value| value.is_finite());
    values.fold(None, |range: Option<(f64, f64)>, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

/// The focused curve's value at its point nearest to `x`.
fn focused_value(curves: &[Curve], x: f64) -> Option<f64> {
    let focused = curves.iter().find(|curve| curve.emphasis == Emphasis::Focused)?;
    let near = |point: &&(f64, Point)| (point.0 - x).abs();
    let point = focused.points.iter().min_by(|one, other| near(one).total_cmp(&near(other)));
    point.map(|(_, point)| point.spread.mean)
}

/// What accuracies of a task on a part of its split are compared with: to always name its most frequent class.
pub(super) fn majority(scene: &Scene<'_>, task: Task, part: fn(&SplitOf<f64>) -> f64) -> Option<Guide> {
    let value = part(&scene.model.run.header()?.data.task(task)?.majority_share);
    let label = format!("{:.1}", value * 100.0);
    Some(Guide { value, label: label.trim_end_matches(".0").to_owned(), name: "majority" })
}

fn band_area(
    scene: &Scene<'_>,
    curve: &Curve,
    expected: usize,
    (least, most): (f64, f64),
) -> Option<BandArea> {
    let cut = |value: f64| value.clamp(least, most);
    let edge =
        |(x, point): &(f64, Point)| point.band(scene.ui.band).map(|(low, high)| (*x, cut(low), cut(high)));
    let edges: Vec<_> = curve.points.iter().filter_map(edge).collect();
    let missing = curve.points.iter().any(|(_, point)| point.spread.n < expected);
    let fill = scene.theme.band(curve.fusion);
    let look = match (curve.emphasis, missing) {
        (Emphasis::Focused, false) => BandLook::Shaded(fill),
        (Emphasis::Focused, true) => BandLook::Hatched(fill),
        (Emphasis::Outlined, _) => {
            BandLook::Outlined(scene.theme.fusion(curve.fusion).add_modifier(Modifier::DIM), '.')
        }
        (Emphasis::Bare, _) => return None,
    };
    (!edges.is_empty()).then_some(BandArea { edges, look })
}

fn traces(scene: &Scene<'_>, curve: &Curve) -> Vec<Trace> {
    let theme = scene.theme;
    let style = theme.fusion(curve.fusion);
    let is_focused = curve.emphasis == Emphasis::Focused;
    let faint = |points: &Vec<(f64, f64)>| Trace {
        points: points.clone(),
        style: style.add_modifier(Modifier::DIM),
        stroke: Stroke::Sparse,
        marker: ".",
        marker_style: style,
        marked: Marked::Nowhere,
    };
    let mean = Trace {
        points: curve.points.iter().map(|(x, point)| (*x, point.spread.mean)).collect(),
        style,
        stroke: if is_focused { Stroke::Thick } else { stroke(curve.fusion) },
        marker: theme.marker(curve.fusion),
        marker_style: theme.marker_style(curve.fusion),
        marked: curve.marked,
    };
    curve.seeds.iter().map(faint).chain([mean]).collect()
}

/// The line of a model that is not in focus: none is solid, so that the focused one stands out, and they differ without
/// colour too; how their models are trained, markers say.
fn stroke(fusion: ModelId) -> Stroke {
    match look(fusion).dash {
        _ if fusion.is_baseline() => Stroke::Sparse,
        Dash::Solid => Stroke::LongDashes,
        Dash::Long => Stroke::Dashed,
        Dash::Short => Stroke::ShortDashes,
        Dash::Dots => Stroke::Dotted,
    }
}

/// The glyph for where a configuration stands.
pub(super) fn standing_glyph(scene: &Scene<'_>, cohort: CohortId) -> &'static str {
    if scene.model.is_unfinished(cohort) {
        scene.theme.pick("◦", "o")
    } else {
        scene.theme.status_glyph(scene.model.status(cohort))
    }
}

/// `● concat` in the fusion's colour, the focused one underlined.
pub(super) fn fusion_name(
    scene: &Scene<'_>,
    fusion: ModelId,
    focused: Option<ModelId>,
) -> Vec<Span<'static>> {
    let style = scene.theme.fusion(fusion);
    let name = if focused == Some(fusion) {
        style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    } else {
        style
    };
    vec![
        Span::styled(scene.theme.marker(fusion), scene.theme.marker_style(fusion)),
        Span::raw(" "),
        Span::styled(fusion.to_string(), name),
    ]
}

/// `●` in the fusion's colour, where there is no room for names.
pub(super) fn fusion_marker(
    scene: &Scene<'_>,
    fusion: ModelId,
    _focused: Option<ModelId>,
) -> Vec<Span<'static>> {
    vec![Span::styled(scene.theme.marker(fusion), scene.theme.marker_style(fusion))]
}

/// The fusions of a chart that is about `focused`: the sweep's, and a baseline where it is one.
pub(super) fn fusions(scene: &Scene<'_>, focused: ModelId) -> Vec<ModelId> {
    let mut fusions = scene.model.fusions();
    if !fusions.contains(&focused) {
        fusions.push(focused);
    }
    fusions
}

/// What a table below a chart of `focused` lists: every baseline too where `rows` are enough.
pub(super) fn listed(scene: &Scene<'_>, focused: Option<ModelId>, rows: u16) -> Vec<ModelId> {
    let Some(header) = scene.model.run.header() else { return Vec::new() };
    let all = header.sweep.rows();
    if all.len() <= usize::from(rows) {
        return all;
    }
    focused.map_or_else(|| scene.model.fusions(), |focused| fusions(scene, focused))
}

/// A fusion's name in a table's first column.
pub(super) fn row_name(scene: &Scene<'_>, fusion: ModelId, focused: Option<ModelId>) -> Line<'static> {
    let mut spans = fusion_name(scene, fusion, focused);
    if let Some(name) = spans.last_mut() {
        name.content = look(fusion).short_name.into();
    }
    Line::from(spans)
}

/// The point at which `view`'s curves are read, while the view is shown.
pub(super) fn reading(scene: &Scene<'_>, view: View) -> Option<usize> {
    scene.ui.reading.filter(|_| scene.ui.view == view)
}

/// `● 71.2` for each curve at its point `place`.
pub(super) fn values_at(
    scene: &Scene<'_>,
    curves: &[Curve],
    place: usize,
    shown: fn(f64) -> String,
) -> Vec<Vec<Span<'static>>> {
    let value = |curve: &Curve| {
        let point = curve.points.get(place);
        let text =
            point.map_or_else(|| scene.theme.absent().to_owned(), |(_, point)| shown(point.spread.mean));
        let mut spans = fusion_marker(scene, curve.fusion, None);
        spans.push(Span::raw(format!(" {text}")));
        spans
    };
    curves.iter().map(value).collect()
}

/// The first line that fits, else the last.
pub(super) fn fitting<const N: usize>(width: u16, lines: [Line<'static>; N]) -> Line<'static> {
    let mut last = Line::default();
    for line in lines {
        last = line;
        if last.width() <= usize::from(width) {
            break;
        }
    }
    last
}

/// What the shaded area is, and of how many seeds: `shaded: ±1 std, n 10/10`.
pub(super) fn band_name(scene: &Scene<'_>, seeds: Option<(usize, usize)>) -> Span<'static> {
    let expected = scene.seeds();
    let n = match seeds {
        Some((least, most)) if least == most => format!(", n {most}/{expected}"),
        Some((least, most)) => format!(", n {least}-{most}/{expected}"),
        None => String::new(),
    };
    let label = match scene.ui.band {
        Band::EachSeed => "thin",
        Band::Std | Band::Interval | Band::Range => "band",
    };
    let name = scene.ui.band.name();
    Span::styled(format!("{label}: {name}{n}"), scene.theme.dim())
}

/// Fewest and most seeds of a curve's points.
pub(super) fn seeds_of(points: &[(f64, Point)]) -> Option<(usize, usize)> {
    let counts = || points.iter().map(|(_, point)| point.spread.n);
    Some((counts().min()?, counts().max()?))
}

/// A number that charts show of every model: its name in a title, and more about it.
pub(super) fn quantity_title(quantity: Quantity) -> (&'static str, &'static str) {
    let noise = |mean| match mean {
        NoiseMean::Empirical => "noise on both",
        NoiseMean::Zero => "zero-mean noise on both",
    };
    match quantity {
        Quantity::Accuracy => ("Test accuracy %", "best epoch"),
        Quantity::Retained(mean) => ("Retained skill %", noise(mean)),
        Quantity::Area(mean) => ("Accuracy under noise %", noise(mean)),
    }
}

/// One sentence in the middle of an area that has nothing to show.
pub fn nothing_yet(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, text: &str) {
    if area.height == 0 {
        return;
    }
    // Of a run that is over nothing more is to come.
    let text = if scene.model.is_over() { text.trim_end_matches(" yet") } else { text };
    let line = Line::styled(text.to_owned(), scene.theme.dim()).centered();
    let row = Rect { y: area.y + area.height / 2, height: 1, ..area };
    ratatui::widgets::Widget::render(line, row, buffer);
}

/// Spans side by side with room between.
pub(super) fn spaced(parts: impl IntoIterator<Item = Vec<Span<'static>>>) -> Line<'static> {
    let mut spans = Vec::new();
    for part in parts {
        if !spans.is_empty() {
            spans.push(Span::styled("   ", Style::new()));
        }
        spans.extend(part);
    }
    Line::from(spans)
}
