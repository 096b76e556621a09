//! The top lines: what runs and where, how far it is, its GPUs, the views.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::{gpus, queue};
use crate::screens::run::layout::{gpu_rows, queue_rows};
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::View;
use crate::theme::Glyphs;
use monitor::text::{count, counted, duration, plain, rate};
use study::feed::{Level, Progress};
use study::run_state::{CohortStatus, Phase};

/// Draws the lines that fit: of the queue and of GPUs those between the second and the last.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let line = |row: u16| Rect { y: area.y + row, height: 1, ..area };
    if area.height > 0 {
        draw_run(buffer, line(0), scene);
    }
    if area.height > 1 {
        draw_progress(buffer, line(1), scene);
    }
    if area.height > 2 {
        let last = area.height - 1;
        let queued = queue_rows(scene.model, scene.ui.screen_rows).min(last - 2);
        queue::draw(buffer, Rect { y: area.y + 2, height: queued, ..area }, scene);
        let (y, height) = (area.y + 2 + queued, last - 2 - queued);
        gpus::draw(buffer, Rect { y, height, ..area }, scene);
        draw_views(buffer, line(last), scene);
    }
}

/// Where the run stands; before the data are loaded too.
pub fn phase(scene: &Scene<'_>) -> Span<'static> {
    if !scene.model.is_prepared() {
        return Span::styled("preparing data", scene.theme.key());
    }
    let (text, level) = scene.model.run_standing();
    let style = if level == Level::Info { scene.theme.key() } else { scene.theme.level(level) };
    Span::styled(text, style)
}

fn draw_run(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let theme = scene.theme;
    let dot = || Span::styled(theme.pick(" · ", " - "), theme.dim());
    let mut parts = vec![
        vec![Span::styled("superfuse  ", theme.strong()), Span::raw(plain(scene.title))],
        vec![dot(), phase(scene)],
    ];
    if scene.model.is_watched() {
        let does = if scene.ui.access.is_read_only() { "read-only" } else { "watching" };
        parts.insert(1, vec![dot(), Span::styled(does, theme.strong())]);
    }
    if let Some(header) = scene.model.run.header() {
        let (data, rows) = (&header.data, &header.data.rows);
        let splits = if data.has_several_splits() {
            format!("{} splits of ", data.splits.len())
        } else {
            String::new()
        };
        let split = format!(
            "{}+{} wide, {splits}{}/{}/{} rows",
            data.text_width, data.image_width, rows.train, rows.validation, rows.test
        );
        parts.push(vec![dot(), Span::raw(plain(&data.name))]);
        // `i` shows why it was chosen.
        let made = scene.model.run.provenances().next().unwrap_or(&header.provenance);
        let device = plain(&made.device);
        let device = device.split_once(" (").map_or(device.as_str(), |(device, _)| device).to_owned();
        parts.push(vec![dot(), Span::styled(device, theme.dim())]);
        parts.push(vec![dot(), Span::styled(split, theme.dim())]);
    }
    buffer.set_line(area.x, area.y, &fitting(parts, area.width), area.width);
}

/// Parts from the left, those that fit whole; the first one always.
fn fitting(parts: Vec<Vec<Span<'static>>>, width: u16) -> Line<'static> {
    let mut line = Line::default();
    for part in parts {
        let more: usize = part.iter().map(Span::width).sum();
        if line.width() == 0 || line.width() + more <= usize::from(width) {
            line.spans.extend(part);
        }
    }
    line
}

fn draw_progress(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    if let Some(why) = &scene.model.blocked {
        let text = format!("waiting, retries every second: {}", plain(why));
        buffer.set_stringn(area.x, area.y, text, area.width.into(), scene.theme.level(Level::Error));
        return;
    }
    let (done, all) = scene.model.done();
    let share = scene.model.share_done();
    let bar = (area.width / 5).clamp(6, 40);
    draw_bar(buffer, Rect { width: bar, ..area }, share, scene);
    let dim = scene.theme.dim();
    let mut parts = vec![
        vec![Span::raw(format!(" {:>3.0} %", (share * 100.0).floor()))],
        vec![Span::raw(format!("  {done} of {all} configurations"))],
    ];
    if let Some(progress) = scene.model.progress.filter(|_| scene.model.is_active()) {
        if let Some(left) = progress.remaining_seconds {
            parts.push(vec![Span::styled(format!("  {} left", duration(left)), scene.theme.strong())]);
        }
        let epoch = format!("  epoch {}/{}", progress.epoch.0.min(progress.epochs), progress.epochs);
        let cohort = format!("  {}", progress.cohort);
        // Where that configuration is over, the next one is in its first epoch.
        if scene.model.status(progress.cohort) == CohortStatus::Running {
            let others = if progress.others == 0 { String::new() } else { format!(" +{}", progress.others) };
            parts.push(vec![Span::raw(cohort), Span::styled(epoch + &others, dim)]);
        } else if let Some(next) = scene.model.current() {
            parts.push(vec![Span::raw(format!("  {next}"))]);
        }
        parts.extend(
            device(scene, progress).into_iter().map(|part| vec![Span::styled(format!("  {part}"), dim)]),
        );
        parts.push(vec![Span::styled(format!("  {}", counted(progress.seeds, "seed")), dim)]);
    } else if let (Some(start), true) =
        (scene.model.run.started_ms(), done > 0 && !scene.model.is_on_cluster())
    {
        let seconds = scene.model.run.last_ms().saturating_sub(start) as f64 / 1_000.0;
        parts.push(vec![Span::styled(format!("  took {}", duration(seconds)), dim)]);
    }
    let room = area.width.saturating_sub(bar);
    buffer.set_line(area.x + bar, area.y, &fitting(parts, room), room);
}

/// How busy the device is, what matters most first.
fn device(scene: &Scene<'_>, progress: Progress) -> Vec<String> {
    let speed = format!("{} samples/s", rate(progress.samples_per_second));
    let trains = scene.model.run.phase() == Phase::Running;
    let taken = scene.model.resources.filter(|_| trains).map(|taken| {
        let memory = count((taken.resident / 1e6) as usize);
        format!("{:.1} cores, {memory} MB", taken.cores)
    });
    let load = progress.load.map(|load| load.text());
    // Where they have no lines of their own.
    let ui = scene.ui;
    let has_lines = gpu_rows(scene.model, ui.screen_columns, ui.screen_rows) > 0;
    let gpus = if has_lines { &[] } else { scene.model.gpus.now() };
    gpus::short(gpus, scene.theme).into_iter().chain([speed]).chain(load).chain(taken).collect()
}

/// A bar of eighths.
fn draw_bar(buffer: &mut Buffer, area: Rect, share: f64, scene: &Scene<'_>) {
    const PARTS: [&str; 8] = ["░", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * f64::from(area.width) * 8.0).floor() as usize;
    for column in 0..area.width {
        let filled = eighths.saturating_sub(usize::from(column) * 8).min(8);
        let (symbol, style) = match (scene.theme.glyphs, filled) {
            (Glyphs::Unicode, 8) => ("█", scene.theme.bar()),
            (Glyphs::Unicode, 0) => ("░", scene.theme.dim()),
            (Glyphs::Unicode, part) => (PARTS[part], scene.theme.bar()),
            (Glyphs::Ascii, 4..) => ("#", scene.theme.bar()),
            (Glyphs::Ascii, _) => (".", scene.theme.dim()),
        };
        buffer.set_string(area.x + column, area.y, symbol, style);
    }
}

fn draw_views(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let mut spans = Vec::new();
    for view in View::of(scene.model) {
        let style = if view == scene.ui.view { scene.theme.cursor() } else { scene.theme.dim() };
        spans.push(Span::styled(label(scene, view, area.width), style));
        spans.push(Span::raw(gap(scene, area.width)));
    }
    buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
}

/// How the views are named at the top.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// ` 1 Overview `, one apart.
    Apart,
    /// The same side by side.
    Beside,
    /// `1 Overview`, one apart.
    Tight,
    /// ` 1 `; the current view's name alone.
    Current,
}

/// The first naming that fits.
fn naming(scene: &Scene<'_>, width: u16) -> Naming {
    let views = View::of(scene.model);
    let count = views.len();
    let names: usize = views.iter().map(|view| view.name().width()).sum();
    match usize::from(width) {
        room if room >= names + 5 * count => Naming::Apart,
        room if room >= names + 4 * count => Naming::Beside,
        // The last one needs no room behind it.
        room if room + 1 >= names + 3 * count => Naming::Tight,
        _ => Naming::Current,
    }
}

fn label(scene: &Scene<'_>, view: View, width: u16) -> String {
    match naming(scene, width) {
        Naming::Current if view != scene.ui.view => format!(" {} ", view.key()),
        Naming::Tight => format!("{} {}", view.key(), view.name()),
        Naming::Apart | Naming::Beside | Naming::Current => format!(" {} {} ", view.key(), view.name()),
    }
}

/// Between two views.
fn gap(scene: &Scene<'_>, width: u16) -> &'static str {
    match naming(scene, width) {
        Naming::Apart | Naming::Tight => " ",
        Naming::Beside | Naming::Current => "",
    }
}

/// The views from the left, each with the columns that it takes.
pub fn views(scene: &Scene<'_>, width: u16) -> Vec<(usize, View)> {
    let columns = |view| (label(scene, view, width).width() + gap(scene, width).len(), view);
    View::of(scene.model).into_iter().map(columns).collect()
}
