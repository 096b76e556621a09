//! One claim in full: why the verdict is what it is, every effect with both intervals, and what more seeds
//! would bring.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::screens::run::scene::Scene;
use crate::theme::{Background, Depth, Glyphs, Theme};
use crate::widgets::panel::panel;
use monitor::text::{counted, duration, plain, short_probability, wrapped};
use study::claims::{Bound, Effect, Finding, Findings, SeedsNeeded};
use study::grid::CohortId;

/// Columns of an effect's number with its unit, of an interval, and of p.
const NUMBER: usize = 12;
const SPAN: usize = 15;
const P: usize = 6;
/// Columns of its bound, with the room before it: `  within ±2.0 points`.
const BOUND: usize = 20;
/// Fewest columns of its name; a longer name wraps.
const NAME: usize = 16;
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
pub(crate) fn length(findings: &Findings, claim: &Finding, width: u16) -> usize {
    let theme = Theme { depth: Depth::None, glyphs: Glyphs::Ascii, background: Background::Dark };
    lines(theme, findings, claim, width).len()
}

fn lines(theme: Theme, findings: &Findings, claim: &Finding, width: u16) -> Vec<Line<'static>> {
    let text = |text: &str, style: Style| {
        let lines = wrapped(&plain(text), usize::from(width));
        lines.into_iter().map(move |line| Line::styled(line, style)).collect::<Vec<_>>()
    };
    let mut lines = text(claim.statement, theme.strong());
    lines.extend(text(&claim.sentence(), Style::new()));
    if !claim.effects.is_empty() {
        let longest = claim.effects.iter().map(|effect| effect.name.chars().count()).max().unwrap_or(0);
        let numbers = NUMBER + 2 * (SPAN + 1) + P + 2;
        let room = usize::from(width).saturating_sub(numbers + BOUND);
        let name = longest.min(room.max(NAME));
        lines.push(Line::styled(heading(name), theme.dim()));
        let width = usize::from(width);
        lines.extend(claim.effects.iter().flat_map(|effect| effect_lines(theme, effect, (name, width))));
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

/// The effect's numbers beside its name, which is never cut: two names may differ only at the end.
/// `name` columns of `width` are the name's; the bound goes below where it does not fit.
fn effect_lines(theme: Theme, effect: &Effect, (name, width): (usize, usize)) -> Vec<Line<'static>> {
    let absent = || theme.absent().to_owned();
    let interval =
        |interval: Option<_>| interval.map_or_else(absent, |interval| effect.unit.interval(interval));
    let mut named = wrapped(&plain(&effect.name), name).into_iter();
    let text = format!(
        "{:name$} {:>NUMBER$} {:>SPAN$} {:>SPAN$} {:>P$}",
        named.next().unwrap_or_default(),
        effect.unit.quantity(effect.value),
        interval(effect.over_seeds),
        interval(effect.over_seeds_and_rows),
        effect.p_holm.or(effect.p).map_or_else(absent, short_probability),
    );
    let style = if effect.bound == Bound::None { theme.dim() } else { Style::new() };
    let mut lines = vec![Line::styled(text, style)];
    lines.extend(named.map(|rest| Line::styled(rest, style)));
    if let Some(bound) = effect.bound.condition(effect.unit) {
        let bound = Span::styled(format!("  {bound}"), theme.dim());
        if lines[0].width() + bound.width() <= width {
            lines[0].push_span(bound);
        } else {
            lines.push(Line::from(bound));
        }
    }
    lines
}

/// What more seeds would bring; of a run that has as many as are looked ahead to, what it has.
fn more_seeds(needed: &SeedsNeeded) -> String {
    let width = |value: f64| format!("±{}", needed.unit.quantity(value));
    let now =
        format!("{}: {} with {}", needed.effect, width(needed.half_width), counted(needed.seeds, "seed"));
    let then = if needed.seeds_then > needed.seeds {
        let cost = if needed.extra_seconds > 0.0 {
            format!(" (worker time {})", duration(needed.extra_seconds))
        } else {
            String::new()
        };
        format!("; about {} with {}{cost}", width(needed.half_width_then), needed.seeds_then)
    } else {
        String::new()
    };
    let floor = if needed.half_width_floor > 0.0 {
        format!("; never under {} on these test rows", width(needed.half_width_floor))
    } else {
        String::new()
    };
    format!("{now}{then}{floor}")
}

fn read_from(cells: &[CohortId]) -> String {
    if cells.is_empty() {
        return "read from no configuration".into();
    }
    let named: Vec<String> = cells.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    let more = if cells.len() > MOST_NAMED { ", …" } else { "" };
    format!("read from {}: {}{more}", counted(cells.len(), "configuration"), named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use study::claims::Unit;

    #[test]
    fn effects_whose_names_differ_at_the_end_alone_look_different() {
        let theme = Theme { depth: Depth::None, glyphs: Glyphs::Unicode, background: Background::Dark };
        let shown = |last: &str, room: usize| {
            let name = format!("accuracy left under image noise − under text noise: {last}");
            let effect = Effect {
                name: name.clone(),
                value: 0.012,
                unit: Unit::Accuracy,
                bound: Bound::None,
                over_seeds: None,
                over_seeds_bca: None,
                over_seeds_and_rows: None,
                p: None,
                p_holm: None,
                pairs: 8,
            };
            let lines = effect_lines(theme, &effect, (room, 120));
            let names = lines.iter().map(|line| line.to_string().chars().take(room).collect::<String>());
            assert_eq!(names.map(|part| part.trim().to_owned()).collect::<Vec<_>>().join(" "), name);
            assert!(lines[0].to_string().contains(" 1.2 points "), "{}", lines[0]);
        };
        for room in [NAME, 40, 100] {
            for last in ["concat, noise with its mean", "concat, noise of mean zero", "tensor"] {
                shown(last, room);
            }
        }
    }
}
