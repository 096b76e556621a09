//! The run's GPUs, a line each: how busy they are and were, their memory, power and temperature, and what they train.

use std::collections::VecDeque;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::screens::run::scene::Scene;
use crate::theme::Theme;
use crate::widgets::sparkline::sparkline;
use monitor::text::{cut, plain};
use study::gpus::Gpu;

/// Most columns of a name.
const NAME: usize = 20;
/// Columns of both histories: fewest, and most.
const HISTORY: (usize, usize) = (8, 30);
/// Columns of everything but name and histories, 26 of them for what trains.
const REST: usize = 74;
/// Of a share, such as `100 %`.
const UTILISATION: usize = 5;
/// … of memory, such as `102.4/150.8 GB`.
const MEMORY: usize = 14;
/// … of `1234 W` and of `100 °C`.
const SMALL: usize = 6;

/// Draws a line for each GPU. Where there are fewer lines than GPUs, the last one names the rest in short.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let gpus = scene.model.gpus.now();
    let lines = usize::from(area.height);
    let whole = if gpus.len() > lines { lines.saturating_sub(1) } else { gpus.len() };
    let (shown, rest) = gpus.split_at(whole);
    let columns = Columns::of(shown, area.width);
    let short = |gpu: &Gpu| format!("{}  ", named(gpu, scene.theme));
    let rest = (!rest.is_empty())
        .then(|| Line::styled(rest.iter().map(short).collect::<String>(), scene.theme.dim()));
    let shown = shown.iter().map(|gpu| line(scene, gpu, columns, area.width));
    for (row, line) in (area.y..area.bottom()).zip(shown.chain(rest)) {
        buffer.set_line(area.x, row, &line, area.width);
    }
}

/// How busy all GPUs are, in a few columns: `GPU 87 %`; nothing where there is none.
pub fn short(gpus: &[Gpu], theme: Theme) -> Option<String> {
    let busy = |gpu: &Gpu| gpu.utilisation.map_or_else(|| theme.absent().to_owned(), |busy| busy.to_string());
    let word = match gpus {
        [] => return None,
        [_] => "GPU",
        _ => "GPUs",
    };
    Some(format!("{word} {} %", gpus.iter().map(busy).collect::<Vec<_>>().join(", ")))
}

/// One of them: `cuda:0 87 %`.
fn named(gpu: &Gpu, theme: Theme) -> String {
    let busy = gpu.utilisation.map_or_else(|| theme.absent().to_owned(), percent);
    format!("{} {busy}", label(gpu))
}

/// Columns that differ from screen to screen.
#[derive(Clone, Copy)]
struct Columns {
    label: usize,
    name: usize,
    history: usize,
}

impl Columns {
    fn of(gpus: &[Gpu], width: u16) -> Self {
        let widest = |text: fn(&Gpu) -> String| gpus.iter().map(|gpu| text(gpu).width()).max().unwrap_or(0);
        let name = widest(name).min(NAME);
        let history = usize::from(width).saturating_sub(REST + name) / 2;
        Self { label: widest(label), name, history: history.clamp(HISTORY.0, HISTORY.1) }
    }
}

fn line(scene: &Scene<'_>, gpu: &Gpu, columns: Columns, width: u16) -> Line<'static> {
    let theme = scene.theme;
    let (past, absent) = (scene.model.gpus.past(gpu.number), || theme.absent().to_owned());
    let history = |readings: &VecDeque<f64>, high| {
        let last = readings.len().saturating_sub(columns.history);
        let shown: Vec<f64> = readings.range(last..).copied().collect();
        let drawn = sparkline(&shown, 0.0, high, columns.history, theme.glyphs);
        Span::styled(format!("  {drawn:>width$}", width = columns.history), theme.bar())
    };
    let figure =
        |text: Option<String>, width: usize| Span::raw(format!(" {:>width$}", text.unwrap_or_else(absent)));
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    let memory =
        gpu.memory.map(|memory| format!("{:.1}/{:.1} GB", gigabytes(memory.used), gigabytes(memory.total)));
    let degree = theme.pick("°C", "C");
    let mut line = Line::from(vec![
        Span::styled(format!("{:<width$}", label(gpu), width = columns.label), theme.strong()),
        Span::styled(format!(" {}", padded(&cut(&name(gpu), columns.name), columns.name)), theme.dim()),
        history(&past.utilisation, 100.0),
        figure(gpu.utilisation.map(percent), UTILISATION),
        history(&past.memory, 1.0),
        figure(memory, MEMORY),
        figure(gpu.power.map(|power| format!("{:.0} W", f64::from(power) / 1e3)), SMALL),
        figure(gpu.temperature.map(|celsius| format!("{celsius} {degree}")), SMALL),
        Span::raw("  "),
    ]);
    let room = usize::from(width).saturating_sub(line.width());
    line.push_span(trains(gpu, room));
    line
}

/// The configurations that train there; where there is no room for all, the first, and how many train beside it.
fn trains(gpu: &Gpu, room: usize) -> String {
    let names: Vec<String> = gpu.trains.iter().map(ToString::to_string).collect();
    let all = names.join(", ");
    match names.as_slice() {
        [first, others @ ..] if !others.is_empty() && all.width() > room => {
            format!("{first} +{}", others.len())
        }
        _ => all,
    }
}

fn label(gpu: &Gpu) -> String {
    format!("cuda:{}", gpu.number)
}

/// Without the maker, which is the same of all.
fn name(gpu: &Gpu) -> String {
    let name = plain(gpu.name.as_deref().unwrap_or_default());
    name.strip_prefix("NVIDIA ").map_or_else(|| name.clone(), str::to_owned)
}

fn percent(share: u32) -> String {
    format!("{share} %")
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}
