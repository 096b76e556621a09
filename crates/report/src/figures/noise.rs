//! Accuracy under noise: a row of panels for each task, a column for each condition, a curve for each
//! fusion at the largest size that was tested, a band of one standard deviation over seeds.

use super::legend::Legend;
use super::looks;
use super::medium::{Height, Medium, Panels};
use super::scale::Scale;
use super::sheet::{self, Area, Curve, Drawing, Sheet, Weight};
use crate::ReportError;
use crate::cell::count;
use crate::contents::Contents;
use study::event::NoiseMean;
use study::grid::{CohortId, Condition, Task};
use study::statistics::Spread;

/// The figure for noise with that mean; `None` where the run does not evaluate it.
pub(super) fn draw(
    contents: &Contents,
    name: &'static str,
    mean: NoiseMean,
    medium: Medium,
) -> Result<Option<Vec<Drawing>>, ReportError> {
    let evaluated = |id: CohortId| {
        contents.state.cohort(id).is_some_and(|cohort| {
            cohort.evaluations().any(|seed| seed.noise.iter().any(|curve| curve.mean == mean))
        })
    };
    if !contents.state.rows().any(|(id, _)| evaluated(id)) {
        return Ok(None);
    }
    let (tasks, conditions) = (contents.tasks(), &contents.header.config.noise.conditions);
    let what = match mean {
        NoiseMean::Empirical => "noise with the modality's own mean",
        NoiseMean::Zero => "noise of mean zero",
    };
    let title = format!("{}: test accuracy under {what}", contents.header.data.name);
    let layout = Panels::grid(tasks.len(), conditions.len(), (340, 320))
        .on_paper(190, Height::Fixed(200))
        .lay_out(medium);
    let legend =
        Legend::new(contents.fusions(), Weight::Plain, &contents.baselines(), "majority class", &layout);
    let sheet =
        Sheet { name, title: &title, note: "band: 1 sd over seeds", legend_rows: legend.rows(), layout };
    let of_panel = |area: &Area, index: usize| {
        let (task, condition) = (tasks[index / conditions.len()], conditions[index % conditions.len()]);
        panel(contents, (task, condition, mean), medium, area)
    };
    sheet.draw(of_panel, |foot| legend.draw(foot)).map(Some)
}

fn panel(
    contents: &Contents,
    (task, condition, mean): (Task, Condition, NoiseMean),
    medium: Medium,
    area: &Area,
) -> Result<(), String> {
    let Some(size) = largest_tested(contents, task, mean) else { return sheet::nothing(area) };
    let curve =
        |condition, fusion| curve(contents, CohortId { fusion, task, train_size: size }, condition, mean);
    let looks = looks(contents, Weight::Plain);
    // One vertical scale for a task, so that its panels can be compared.
    let conditions = &contents.header.config.noise.conditions;
    let all = conditions.iter().flat_map(|&on| looks.iter().map(move |&look| (on, look)));
    let heights = all.flat_map(|(on, (fusion, _, weight))| curve(on, fusion).heights(weight));
    let majority = contents.majority(task).map(|share| share * 100.0);
    let y = Scale::percent(heights.chain(majority), "test accuracy, %");
    let x = levels_scale(&contents.header.levels);
    let on = condition.words();
    let label =
        medium.label(format!("{task}, {on}, {} rows", count(size)), format!("{task}, {}", condition.name()));
    let mut chart = sheet::axes(area, medium, &label, x, y)?;
    if let Some(share) = majority {
        sheet::chance(&mut chart, (share, share))?;
    }
    looks.iter().try_for_each(|&(fusion, look, weight)| {
        sheet::curve(&mut chart, look, &curve(condition, fusion), weight)
    })
}

fn largest_tested(contents: &Contents, task: Task, mean: NoiseMean) -> Option<usize> {
    let tested = |&&size: &&usize| {
        contents.fusions().iter().any(|&fusion| {
            let cohort = contents.state.cohort(CohortId { fusion, task, train_size: size });
            cohort.is_some_and(|cohort| {
                cohort.evaluations().any(|seed| seed.noise.iter().any(|c| c.mean == mean))
            })
        })
    };
    contents.sizes().iter().rev().find(tested).copied()
}

fn curve(contents: &Contents, id: CohortId, condition: Condition, mean: NoiseMean) -> Curve {
    let mut curve = Curve { points: Vec::new(), band: Vec::new() };
    let Some(cohort) = contents.state.cohort(id) else { return curve };
    for (index, &level) in contents.header.levels.iter().enumerate() {
        let of_seed = cohort.evaluations().filter_map(|seed| {
            let noisy = seed.noise.iter().find(|noisy| noisy.condition == condition && noisy.mean == mean)?;
            noisy.accuracy.get(index).map(|accuracy| accuracy * 100.0)
        });
        let Some(spread) = Spread::of(&of_seed.collect::<Vec<_>>()) else { continue };
        let (low, high) = spread.std_band();
        curve.points.push((level, spread.mean));
        curve.band.push((low.max(0.0), high.min(100.0)));
    }
    curve
}

fn levels_scale(levels: &[f64]) -> Scale {
    let end = levels.last().copied().filter(|&last| last > 0.0).unwrap_or(1.0);
    let step = [0.1, 0.2, 0.5, 1.0].into_iter().find(|step| end / step <= 6.0).unwrap_or(end / 4.0);
    let ticks = (0..=(end / step + 1e-9) as usize).map(|k| k as f64 * step).collect();
    Scale { ends: (0.0, end), ticks, label: |level| format!("{level:.1}"), name: "level of noise α" }
}
