//! The findings as sentences and tables of plain text: claims, effects, whether the seeds are enough.

use super::cell::{count, duration, percent};
use super::contents::Contents;
use super::grid::Grid;
use super::sentences;
use super::tables::ABSENT;
use study::claims::{Effect, Finding, SeedsNeeded};
use study::format::probability;
use study::grid::CohortId;

/// What the columns of [`effects`] mean.
pub(super) fn legend(contents: &Contents) -> String {
    format!(
        "{}, by which verdicts are given. p is of a sign-flip test by seed within the claim, Holm's over all claims. \
         Points are percentage points. An effect without a bound decides nothing and is shown for comparison.",
        intervals(contents)
    )
}

/// The same of the effects that decide alone.
pub(super) fn legend_of_deciding(contents: &Contents) -> String {
    format!(
        "{}, by which verdicts are given; p by sign flips, Holm's over all claims; points: percentage points.",
        intervals(contents)
    )
}

fn intervals(contents: &Contents) -> String {
    let sampling = contents.sampling();
    let (over_seeds, over_rows, method) = (sampling.over_seeds(), sampling.over_rows(), sampling.method());
    let groups = contents.findings().test_groups.as_ref();
    let groups = groups
        .map(|groups| format!("; resampled are the {} that the rows are in", groups.counted()))
        .unwrap_or_default();
    format!("Intervals are 95 %: {over_seeds} (paired t), and {over_rows} ({method}{groups})")
}

/// One row for each claim.
pub(super) fn claims(contents: &Contents) -> Grid {
    let row = |finding: &Finding| {
        let (id, statement) = (finding.id.name().to_owned(), finding.statement.to_owned());
        [id, statement, finding.sentence()]
    };
    Grid::new(["claim", "the paper says", "this run"], contents.findings().claims.iter().map(row))
}

/// One row for each effect of each claim.
pub(super) fn effects(contents: &Contents) -> Grid {
    let names =
        ["claim", "effect", "claimed", "value", "over seeds", "over seeds and rows", "p", "p (Holm)", "n"];
    let of_claim = |finding: &'_ Finding| {
        let id = finding.id.name();
        finding.effects.iter().map(move |effect| effect_row(id, effect)).collect::<Vec<_>>()
    };
    Grid::new(names, contents.findings().claims.iter().flat_map(of_claim))
}

/// For each claim: how it is judged, and what from.
pub(super) fn tests(contents: &Contents) -> Vec<String> {
    let line = |finding: &Finding| {
        let cells = cells(&finding.cells);
        let from = if cells.is_empty() { String::new() } else { format!(" Read from {cells}.") };
        format!("{}: {}{from}", finding.id.name(), sentence(&finding.test))
    };
    contents.findings().claims.iter().map(line).collect()
}

/// What more seeds would change.
pub(super) fn seeds(contents: &Contents) -> Grid {
    let names =
        ["claim", "effect", "seeds now", "interval", "seeds then", "interval", "never below", "worker time"];
    let row = |needed: &SeedsNeeded| {
        let half = |value| format!("±{}", needed.unit.quantity(value));
        // A run with as many seeds as are looked ahead to has nothing to gain.
        let then = |text: String| if needed.seeds_then > needed.seeds { text } else { ABSENT.into() };
        [
            needed.claim.name().to_owned(),
            needed.effect.clone(),
            needed.seeds.to_string(),
            half(needed.half_width),
            then(needed.seeds_then.to_string()),
            then(half(needed.half_width_then)),
            half(needed.half_width_floor),
            then(duration(needed.extra_seconds)),
        ]
    };
    Grid::new(names, contents.findings().seeds_enough.iter().map(row))
}

/// The mean of the middle half of each fusion's accuracies.
pub(super) fn interquartile_means(contents: &Contents) -> Grid {
    let names = ["task", "fusion", "interquartile mean", "95 %", "sizes", "trials"];
    let row = |mean: &study::claims::InterquartileMean| {
        let ends = mean.interval.map(|ends| format!("[{}, {}]", percent(ends.low), percent(ends.high)));
        [
            mean.task.to_string(),
            mean.fusion.to_string(),
            percent(mean.value),
            ends.unwrap_or_else(|| ABSENT.into()),
            mean.sizes.to_string(),
            mean.trials.to_string(),
        ]
    };
    Grid::new(names, contents.findings().interquartile_means.iter().map(row))
}

fn effect_row(id: &str, effect: &Effect) -> [String; 9] {
    let unit = effect.unit;
    let ends = |ends: Option<_>| ends.map_or_else(|| ABSENT.into(), |ends| unit.interval(ends));
    let chance = |p: Option<f64>| p.map_or_else(|| ABSENT.into(), probability);
    [
        id.to_owned(),
        effect.name.clone(),
        effect.bound.condition(unit).unwrap_or_else(|| ABSENT.into()),
        unit.quantity(effect.value),
        ends(effect.over_seeds),
        ends(effect.over_seeds_and_rows),
        chance(effect.p),
        chance(effect.p_holm),
        if effect.pairs == 0 { ABSENT.into() } else { effect.pairs.to_string() },
    ]
}

/// `concat, product × real × 32 … 4,200 (8 sizes)` where the cells are such a grid, else how many there are.
fn cells(cells: &[CohortId]) -> String {
    let (mut fusions, mut tasks, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for cell in cells {
        fusions.push(cell.fusion);
        tasks.push(cell.task);
        sizes.push(cell.train_size);
    }
    fusions.sort_unstable();
    fusions.dedup();
    tasks.sort_unstable();
    tasks.dedup();
    sizes.sort_unstable();
    sizes.dedup();
    let (Some(first), Some(last)) = (sizes.first(), sizes.last()) else { return String::new() };
    let fusions = fusions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let tasks = tasks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let rows = match sizes.len() {
        1 => count(*first),
        many => format!("{} … {} ({many} sizes)", count(*first), count(*last)),
    };
    let many = if cells.len() == 1 { "configuration" } else { "configurations" };
    format!("{} {many}: {fusions}; {tasks} task; train size {rows}", cells.len())
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut sentence = sentences::capitalised(text);
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}
