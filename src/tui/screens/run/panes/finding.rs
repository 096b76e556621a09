//! One claim in full: why the verdict is what it is, every effect with both intervals, and what more seeds
//! would bring.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::monitor::text::{counted, cut, duration, plain, signed_share, wrapped};
use crate::study::claims::{Bound, Effect, Finding, Findings, Interval, SeedsNeeded, Unit};
use crate::study::grid::CohortId;
use crate::tui::screens::run::scene::Scene;
use crate::tui::theme::{Background, Depth, Glyphs, Theme};
use crate::tui::widgets::panel::panel;

/// Widest columns of an effect's name; then its number, the two intervals, p and the seeds.
const NAME: usize = 34;
const NUMBER: usize = 7;
const SPAN: usize = 15;
const P: usize = 6;
/// Configurations that are named.
const MOST_NAMED: usize = 6;

/// Draws the claim from line `first` on.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    scene: &Scene<'_>,
    findings: &Findings,
    claim: &Finding,
    first: usize,
) {
    let theme = scene.theme;
    let lines = lines(theme, findings, claim, area.width);
    let first = first.min(lines.len().saturating_sub(1));
    let room_below = usize::from(area.height.saturating_sub(1));
    let below = lines.len().saturating_sub(first + room_below);
    let mut title = vec![
        Span::styled(claim.id.name(), theme.strong()),
        Span::raw(" "),
        Span::styled(claim.verdict.name(), theme.verdict(claim.verdict)),
    ];
    if below > 0 {
        title.push(Span::styled(
            format!("  {}: Enter opens, arrows scroll", counted(below, "more line")),
            theme.key(),
        ));
    }
    let room = panel(buffer, area, &Line::from(title), theme);
    for (place, line) in lines.iter().skip(first).take(usize::from(room.height)).enumerate() {
        buffer.set_line(room.x, room.y + place as u16, line, room.width);
    }
}

/// How many lines the claim has in a room of `width`.
pub(in crate::tui) fn length(findings: &Findings, claim: &Finding, width: u16) -> usize {
    let theme = Theme { depth: Depth::None, glyphs: Glyphs::Ascii, background: Background::Dark };
    lines(theme, findings, claim, width).len()
}

fn lines(theme: Theme, findings: &Findings, claim: &Finding, width: u16) -> Vec<Line<'static>> {
    let text = |text: &str, style: Style| {
        let lines = wrapped(&plain(text), usize::from(width));
        lines.into_iter().map(move |line| Line::styled(line, style)).collect::<Vec<_>>()
    };
    let mut lines = text(claim.statement, theme.strong());
    lines.extend(text(&format!("because {}", claim.why), Style::new()));
    if !claim.effects.is_empty() {
        let name = claim.effects.iter().map(|effect| effect.name.chars().count()).max().unwrap_or(0);
        let rest = NUMBER + 2 * (SPAN + 1) + P + 2;
        let name = name.min(NAME).min(usize::from(width).saturating_sub(rest)).max(12);
        lines.push(Line::styled(heading(name), theme.dim()));
        lines.extend(claim.effects.iter().map(|effect| effect_line(theme, effect, name)));
    }
    for needed in findings.seeds_enough.iter().filter(|needed| needed.claim == claim.id) {
        lines.extend(text(&more_seeds(needed), Style::new()));
    }
    lines.extend(text(&format!("judged by {}", claim.test), theme.dim()));
    lines.extend(text(&read_from(&claim.cells), theme.dim()));
    lines
}

fn heading(name: usize) -> String {
    let (seeds, rows) = ("seeds, 95 %", "seeds × rows");
    format!("{:name$} {:>NUMBER$} {seeds:>SPAN$} {rows:>SPAN$} {:>P$}", "effect", "", "p Holm")
}

fn effect_line(theme: Theme, effect: &Effect, name: usize) -> Line<'static> {
    let absent = || theme.absent().to_owned();
    let interval =
        |interval: Option<Interval>| interval.map_or_else(absent, |interval| span(interval, effect.unit));
    let named = cut(&plain(&effect.name), name);
    let p = effect.p_holm.or(effect.p).map_or_else(absent, |p| p_value(p, "<.001"));
    let text = format!(
        "{named:name$} {:>NUMBER$} {:>SPAN$} {:>SPAN$} {p:>P$}",
        number(effect.value, effect.unit),
        interval(effect.over_seeds),
        interval(effect.over_seeds_and_rows),
    );
    let bound = bound(effect);
    let style = if effect.bound == Bound::None { theme.dim() } else { Style::new() };
    Line::from(vec![Span::styled(text, style), Span::styled(bound, theme.dim())])
}

/// Where a deciding effect has to lie: ` > 2.0`.
fn bound(effect: &Effect) -> String {
    match effect.bound {
        Bound::Above(least) => format!("  > {}", number(least, effect.unit)),
        Bound::Below(most) => format!("  < {}", number(most, effect.unit)),
        Bound::Within(most) => format!("  within ±{}", number(most, effect.unit)),
        Bound::None => String::new(),
    }
}

fn p_value(p: f64, small: &str) -> String {
    if p < 0.001 { small.to_owned() } else { signed_share(p) }
}

/// A number in what it is measured in: accuracies and shares in percent.
pub(super) fn number(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Accuracy => format!("{:.1}", value * 100.0),
        Unit::Share => format!("{:.0}", value * 100.0),
        Unit::Auc => signed_share(value),
        Unit::Ratio => format!("{value:.2}"),
    }
}

/// An interval, likewise.
pub(super) fn span(interval: Interval, unit: Unit) -> String {
    format!("[{}, {}]", number(interval.low, unit), number(interval.high, unit))
}

fn more_seeds(needed: &SeedsNeeded) -> String {
    let width = |value: f64| format!("±{}", number(value, needed.unit));
    let cost = if needed.extra_seconds > 0.0 {
        format!(", {} of worker time", duration(needed.extra_seconds))
    } else {
        String::new()
    };
    let floor = if needed.half_width_floor > 0.0 {
        format!("; never under {} on these test rows", width(needed.half_width_floor))
    } else {
        String::new()
    };
    format!(
        "{}: {} with {}; {} to be expected with {}{cost}{floor}",
        needed.effect,
        width(needed.half_width),
        counted(needed.seeds, "seed"),
        width(needed.half_width_then),
        needed.seeds_then,
    )
}

fn read_from(cells: &[CohortId]) -> String {
    if cells.is_empty() {
        return "read from no configuration yet".into();
    }
    let named: Vec<String> = cells.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    let more = if cells.len() > MOST_NAMED { ", …" } else { "" };
    format!("read from {}: {}{more}", counted(cells.len(), "configuration"), named.join(", "))
}
