//! What the run is: its grid, data, device and place, and the configuration in full.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::screens::run::labelled::RunLabels;
use crate::screens::run::scene::Scene;
use crate::widgets::lines::{FRAME, LinesBox};
use monitor::model::Model;
use monitor::text::{count, counted, percent, plain, wrapped};
use study::cluster::mix;
use study::estimate::trials;
use study::event::{DataFacts, RunHeader, SplitOf, TaskFacts};
use study::format;
use study::grid::Task;
use study::run_state::Phase;

/// Most columns of the box.
const WIDTH: u16 = 110;
/// Columns of a fact's name.
const NAME: usize = 12;
/// Draws the facts from line `first` on, over `area`.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, first: usize) {
    let style = scene.theme.strong();
    let lines_box = LinesBox { title: "This run", width: WIDTH, names: NAME, style };
    lines_box.draw(buffer, area, scene.theme, &lines(scene.model, &scene.ui.labels, area.width), first);
}

/// Names and texts, as they stand below each other on a screen of `width`.
pub(crate) fn lines(model: &Model, labels: &RunLabels, width: u16) -> Vec<(&'static str, String)> {
    let Some(header) = model.run.header() else { return Vec::new() };
    let room = usize::from(width.min(WIDTH).saturating_sub(FRAME)).saturating_sub(NAME);
    let mut lines = Vec::new();
    for (name, text) in labels.facts().into_iter().chain(facts(model, header)) {
        let names = std::iter::once(name).chain(std::iter::repeat(""));
        lines.extend(names.zip(wrapped(&plain(&text), room)));
    }
    lines.push(("", String::new()));
    let names = std::iter::once("config.toml").chain(std::iter::repeat(""));
    // A list may be longer than the box: its lines wrap, and an empty one stays.
    let config = header.config.to_toml();
    let config = config.lines().flat_map(|line| {
        if line.trim().is_empty() { vec![String::new()] } else { wrapped(&plain(line), room) }
    });
    lines.extend(names.zip(config));
    lines
}

fn facts(model: &Model, header: &RunHeader) -> Vec<(&'static str, String)> {
    let provenance = &header.provenance;
    let mut facts =
        vec![("grid", grid(model, header)), ("training", training(header)), ("data", data(&header.data))];
    facts.extend(header.data.tasks.iter().flat_map(|task| {
        let what = if task.task == Task::Synthetic { "dot product" } else { "score" };
        let cut = task.threshold.map_or_else(String::new, |cut| format!(", {what} cut at {cut:.3}"));
        let share = percent(task.majority_share.test);
        let many = match task.class_count() {
            2 => String::new(),
            many => format!(" · {many} classes"),
        };
        let additive =
            task.additive.map_or_else(String::new, |value| format!(", {}", format::additive(value)));
        let of_task = ("task", format!("{}{many} · Majority baseline: {share} %{cut}{additive}", task.task));
        [of_task].into_iter().chain(classes(task, &header.data).map(|text| ("classes", text)))
    }));
    facts.extend(header.data.warnings.iter().map(|warning| ("warning", warning.clone())));
    facts.push(("device", provenance.device.clone()));
    let of_shards = mix::devices(&model.run).into_iter();
    facts.extend(of_shards.map(|(device, shards)| ("device", format!("{shards}: {device}"))));
    facts.extend(provenance.gpus.iter().map(|gpu| ("gpu", gpu.clone())));
    facts.push(("program", format!("{}, LibTorch {}", provenance.program, provenance.libtorch)));
    facts.extend(model.run_dir.as_ref().map(|place| ("kept in", place.display().to_string())));
    facts
}

/// Each class with its rows; nothing for two that are called 0 and 1.
fn classes(task: &TaskFacts, data: &DataFacts) -> Option<String> {
    let of_class = |(class, share): (usize, &SplitOf<f64>)| {
        let rows = |share: f64, rows: usize| count((share * rows as f64).round() as usize);
        format!(
            "{} {}, {}, {}",
            task.class_name(class),
            rows(share.train, data.rows.train),
            rows(share.validation, data.rows.validation),
            rows(share.test, data.rows.test),
        )
    };
    let named: Vec<String> = task.class_shares.iter().enumerate().map(of_class).collect();
    (!named.is_empty()).then(|| format!("{}: rows to train on, to validate, to test", named.join("; ")))
}

/// The trials; before the start also about how long they take.
fn grid(model: &Model, header: &RunHeader) -> String {
    match model.estimate.filter(|_| model.run.phase() == Phase::Planned) {
        Some(estimate) => estimate.sentence(header),
        None => trials(&header.sweep),
    }
}

/// How each is trained.
pub(super) fn training(header: &RunHeader) -> String {
    let train = &header.config.train;
    let rates: Vec<String> = train.learning_rate.values().iter().map(f64::to_string).collect();
    format!(
        "at most {}, batches of {}, AdamW at {}, {} hidden units",
        counted(train.epochs as usize, "epoch"),
        count(train.batch_size),
        rates.join(" / "),
        header.config.model.hidden,
    )
}

fn data(data: &DataFacts) -> String {
    let rows = &data.rows;
    format!(
        "{}: text {} wide, image {} wide; {} rows to train on, {} to validate, {} to test",
        data.name,
        data.text_width,
        data.image_width,
        count(rows.train),
        count(rows.validation),
        count(rows.test),
    )
}
