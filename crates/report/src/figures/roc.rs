//! ROC curves: a row of panels for each task, a column for each fusion, a curve for each size, darker
//! for the larger ones. A curve is the mean over seeds of the true-positive rate.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::font;
use super::legend;
use super::medium::{Height, Layout, Medium, Panels};
use super::scale::Scale;
use super::sheet::{self, Area, Drawing, LEGEND_ROW, Sheet, said};
use super::style::{at, color, px, shade, text};
use crate::ReportError;
use crate::cell::{count, share};
use crate::contents::Contents;
use study::grid::{CohortId, Task};
use study::look::look;
use study::model::ModelId;
use study::run_state::CohortState;

pub(super) fn draw(contents: &Contents, medium: Medium) -> Result<Vec<Drawing>, ReportError> {
    let (tasks, fusions) = (contents.tasks(), contents.fusions());
    let title = format!("{}: ROC on the test split", contents.header.data.name);
    let layout =
        Panels::grid(tasks.len(), fusions.len(), (330, 330)).on_paper(190, Height::Square).lay_out(medium);
    let legend = Ramp::of(contents.sizes(), &layout);
    let sheet = Sheet {
        name: "roc",
        title: &title,
        note: "mean over seeds; darker: more training rows",
        legend_rows: legend.rows(),
        layout,
    };
    let of_panel = |area: &Area, index: usize| {
        let (task, fusion) = (tasks[index / fusions.len()], fusions[index % fusions.len()]);
        panel(contents, task, fusion, medium, area)
    };
    sheet.draw(of_panel, |foot| legend.draw(foot))
}

fn panel(
    contents: &Contents,
    task: Task,
    fusion: ModelId,
    medium: Medium,
    area: &Area,
) -> Result<(), String> {
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
    let label = medium.label(title, format!("{task}, {fusion}"));
    let mut chart =
        sheet::axes(area, medium, &label, rate("false-positive rate"), rate("true-positive rate"))?;
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

/// A ramp of grey from the smallest size to the largest, and the dotted line of chance, below each other where they are
/// too wide for one row.
struct Ramp {
    shades: usize,
    ends: Option<[String; 2]>,
    medium: Medium,
    width: i32,
}

impl Ramp {
    /// Size of its text, a shade with what is between two, what is between text and a sample, and between the two parts.
    const TEXT: u32 = 13;
    const SHADE: i32 = 14;
    const GAP: i32 = 8;
    const BETWEEN: i32 = 28;
    const CHANCE: &str = "chance";

    fn of(sizes: &[usize], layout: &Layout) -> Self {
        let ends = sizes.first().zip(sizes.last());
        let ends = ends.map(|(&least, &most)| [format!("train size {}", count(least)), count(most)]);
        Self { shades: sizes.len(), ends, medium: layout.medium, width: layout.width() as i32 }
    }

    /// Widths of the ramp and of the line of chance, with their names.
    fn lengths(&self) -> [i32; 2] {
        let of = |text: &str| self.length(text) + Self::GAP;
        let ends: i32 = self.ends.iter().flatten().map(|end| of(end)).sum();
        [ends + self.shades as i32 * Self::SHADE, legend::SAMPLE + of(Self::CHANCE)]
    }

    fn length(&self, text: &str) -> i32 {
        font::width(text, self.medium.letters(Self::TEXT)) as i32
    }

    fn rows(&self) -> u32 {
        let [ramp, chance] = self.lengths();
        if ramp + Self::BETWEEN + chance > self.width { 2 } else { 1 }
    }

    fn draw(&self, foot: &Area) -> Result<(), String> {
        let Some([least, most]) = &self.ends else { return Ok(()) };
        let [ramp, chance] = self.lengths();
        let row = LEGEND_ROW as i32;
        let [first, second] = if self.rows() == 1 {
            let left = (self.width - ramp - Self::BETWEEN - chance) / 2;
            [(left, 12), (left + ramp + Self::BETWEEN, 12)]
        } else {
            [((self.width - ramp) / 2, 12), ((self.width - chance) / 2, 12 + row)]
        };
        let write = |what: &str, (x, y)| {
            foot.draw(&Text::new(what.to_owned(), at(x, y), text(Self::TEXT, HPos::Left))).map_err(said)
        };
        write(least, first)?;
        let mut x = first.0 + self.length(least) + Self::GAP;
        for rank in 0..self.shades {
            let color = shade(RGBColor(60, 60, 60), rank, self.shades).filled();
            foot.draw(&Rectangle::new([at(x, 6), at(x + Self::SHADE - 1, 18)], color)).map_err(said)?;
            x += Self::SHADE;
        }
        write(most, (x + Self::GAP, first.1))?;
        legend::dotted(foot, second)?;
        write(Self::CHANCE, (second.0 + legend::SAMPLE + Self::GAP, second.1))
    }
}
