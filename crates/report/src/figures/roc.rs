//! ROC curves: a row of panels for each task, a column for each fusion, a curve for each size, darker
//! for the larger ones. A curve is the mean over seeds of the true-positive rate.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::legend;
use super::scale::Scale;
use super::sheet::{self, Area, Sheet, said};
use super::style::{FINE, at, color, px, shade, text};
use crate::ReportError;
use crate::cell::{count, share};
use crate::contents::Contents;
use study::grid::{CohortId, Task};
use study::look::look;
use study::model::ModelId;
use study::run_state::CohortState;

pub(super) fn draw(contents: &Contents) -> Result<String, ReportError> {
    let (tasks, fusions) = (contents.tasks(), contents.fusions());
    let title = format!("{}: ROC on the test split", contents.header.data.name);
    let sheet = Sheet {
        name: "roc",
        title: &title,
        note: "mean over seeds; darker: more training rows",
        panels: (tasks.len(), fusions.len()),
        panel: (330, 330),
        legend_rows: 1,
    };
    sheet.draw(
        |area, row, column| panel(contents, tasks[row], fusions[column], area),
        |foot| shades(foot, contents.sizes()),
    )
}

fn panel(contents: &Contents, task: Task, fusion: ModelId, area: &Area) -> Result<(), String> {
    let sizes = contents.sizes();
    let curves: Vec<(usize, Vec<(f64, f64)>)> = sizes
        .iter()
        .enumerate()
        .filter_map(|(rank, &train_size)| {
            let cohort = contents.state.cohort(CohortId { fusion, task, train_size })?;
            Some((rank, mean_curve(cohort)?))
        })
        .collect();
    let Some(&(last, _)) = curves.last() else { return sheet::nothing(area) };
    let auc = contents.row(task, fusion, sizes[last]).and_then(|row| row.auc_mean);
    let mean = if contents.many_classes(task).is_some() { "macro AUC" } else { "AUC" };
    let title = format!("{task}, {fusion}: {mean} {} at {}", share(auc, "–"), count(sizes[last]));
    let rate = |name| Scale {
        ends: (0.0, 1.0),
        ticks: vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
        label: |rate| format!("{rate:.1}"),
        name,
    };
    let mut chart = sheet::axes(area, &title, rate("false-positive rate"), rate("true-positive rate"))?;
    sheet::chance(&mut chart, (0.0, 1.0))?;
    for (rank, points) in curves {
        let style = shade(color(look(fusion).hue.figure), rank, sizes.len()).stroke_width(px(2));
        chart.draw_series(LineSeries::new(points, style)).map_err(said)?;
    }
    Ok(())
}

/// Mean true-positive rate at each false-positive rate of the grid, over the seeds that have a curve.
fn mean_curve(cohort: &CohortState) -> Option<Vec<(f64, f64)>> {
    let curves: Vec<&[f64]> = cohort
        .evaluations()
        .map(|seed| &seed.true_positive_rate[..])
        .filter(|rates| rates.len() > 1)
        .collect();
    let points = curves.iter().map(|rates| rates.len()).min()?;
    let height = |k: usize| curves.iter().map(|rates| rates[k]).sum::<f64>() / curves.len() as f64;
    // From the corner: at a false-positive rate of 0 the curve may already stand high.
    let curve = (0..points).map(|k| (k as f64 / (points - 1) as f64, height(k)));
    Some([(0.0, 0.0)].into_iter().chain(curve).collect())
}

/// A ramp of grey from the smallest size to the largest, and the dotted line of chance.
fn shades(foot: &Area, sizes: &[usize]) -> Result<(), String> {
    let (Some(&smallest), Some(&largest)) = (sizes.first(), sizes.last()) else { return Ok(()) };
    let width = (foot.dim_in_pixel().0 / FINE) as i32;
    let ramp = sizes.len() as i32 * 14;
    let mut x = (width - ramp - 320) / 2 + 120;
    let write =
        |text_at: String, x, hold| foot.draw(&Text::new(text_at, at(x, 12), text(13, hold))).map_err(said);
    write(format!("train size {}", count(smallest)), x - 8, HPos::Right)?;
    for rank in 0..sizes.len() {
        let color = shade(RGBColor(60, 60, 60), rank, sizes.len()).filled();
        foot.draw(&Rectangle::new([at(x, 6), at(x + 13, 18)], color)).map_err(said)?;
        x += 14;
    }
    write(count(largest), x + 7, HPos::Left)?;
    legend::dotted(foot, (x + 90, 12))?;
    write("chance".into(), x + 128, HPos::Left)
}
