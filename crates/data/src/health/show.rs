//! The health report as text for a terminal of 80 columns.

use std::fmt::{self, Display, Formatter};

use super::{
    Baselines, Between, CopyHealth, Health, LabelHealth, ModalityHealth, Parts, TaskBalance, Verdict,
};

/// Columns of the terminal.
const WIDTH: usize = 80;
/// Columns of the names on the left.
const NAME: usize = 31;
/// Classes that are listed.
const MOST_CLASSES: usize = 12;
/// Columns of a class's name.
const CLASS: usize = 28;

impl Display for Health {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "MODALITIES {:>34} {:>16}", "text", "image")?;
        modalities(f, &self.text, &self.image)?;
        writeln!(f, "\nBETWEEN THEM")?;
        match &self.between {
            Some(between) => between_them(f, between)?,
            None if self.text.width == self.image.width => writeln!(f, "  no two usable rows")?,
            None => unequal(f, [self.text.width, self.image.width])?,
        }
        writeln!(f, "\nLABELS {:>38} {:>10} {:>10}", "train", "validation", "test")?;
        labels(f, &self.labels)?;
        for (name, best) in [("text", self.best_text_column), ("image", self.best_image_column)] {
            if let Some(best) = best {
                let name = format!("best single column of {name}");
                line(f, &name, format!("{} %, column {}", percent(best.accuracy), best.column))?;
            }
        }
        writeln!(f, "\nIN TWO PARTS OF THE SPLIT")?;
        copies(f, &self.copies)?;
        writeln!(f, "\nLARGEST CLASS, % {:>28} {:>10} {:>10}", "train", "validation", "test")?;
        balance(f, &self.labels, &self.synthetic)?;
        writeln!(f, "\nLOGISTIC REGRESSION, %{:>24} {:>10}", "accuracy", "balanced")?;
        baselines(f, &self.baselines)?;
        let count = self.findings.len();
        writeln!(f, "\nFINDINGS{}", if count == 0 { ": none".to_owned() } else { format!(" ({count})") })?;
        for finding in &self.findings {
            wrapped(f, &format!("  {:<9}", finding.level.name()), &finding.what)?;
            wrapped(f, "         > ", &finding.fix)?;
        }
        Ok(())
    }
}

fn modalities(f: &mut Formatter<'_>, text: &ModalityHealth, image: &ModalityHealth) -> fmt::Result {
    let mut both = |name: &str, of: &dyn Fn(&ModalityHealth) -> String| {
        writeln!(f, "  {name:<NAME$}{:>12} {:>16}", of(text), of(image))
    };
    both("rows × width", &|found| format!("{} × {}", found.rows, found.width))?;
    both("element type", &|found| found.element_type.clone())?;
    both("smallest value", &|found| number(found.min.map(f64::from)))?;
    both("largest value", &|found| number(found.max.map(f64::from)))?;
    both("mean norm", &|found| number(found.mean_norm))?;
    both("smallest norm", &|found| number(found.min_norm))?;
    both("largest norm", &|found| number(found.max_norm))?;
    both("rows of norm 1, %", &|found| found.unit_norm_share.map_or_else(none, percent))?;
    both("rows missing: zeros · NaN", &|found| format!("{} · {}", found.zero_rows, found.all_nan_rows))?;
    both("rows with NaN or infinities", &|found| found.broken_rows.to_string())?;
    both("copies of earlier rows", &|found| found.duplicate_rows.to_string())?;
    both("constant columns", &|found| found.constant_columns.to_string())?;
    both("norm of mean / mean norm", &|found| number(found.mean_offset))?;
    both("mean cosine of random pairs", &|found| number(found.random_cosine))?;
    both("effective rank", &|found| found.effective_rank.map_or_else(none, |rank| format!("{rank:.1}")))?;
    both("directions with 90 % variance", &|found| found.directions_90.map_or_else(none, |n| n.to_string()))?;
    both("rows for the last three", &|found| found.sampled_rows.to_string())
}

fn between_them(f: &mut Formatter<'_>, between: &Between) -> fmt::Result {
    line(f, "gap of the unit means", number(Some(between.gap)))?;
    line(f, "mean cosine, matched pairs", number(Some(between.matched_cosine)))?;
    line(f, "mean cosine, shuffled pairs", number(Some(between.shuffled_cosine)))?;
    line(f, "AUC, matched against shuffled", number(between.auc))?;
    line(f, "rows", between.sampled_rows)
}

fn unequal(f: &mut Formatter<'_>, [text, image]: [usize; 2]) -> fmt::Result {
    let smaller = text.min(image);
    let what = format!(
        "widths {text} and {image} cannot be compared. data.width = {smaller} would project each to its own leading directions: \
         products are then defined, but cosines between text and image mean nothing."
    );
    wrapped(f, "  ", &what)
}

fn in_parts<T: Display>(f: &mut Formatter<'_>, name: &str, parts: &Parts<T>) -> fmt::Result {
    writeln!(f, "  {name:<NAME$}{:>12} {:>10} {:>10}", parts.train, parts.validation, parts.test)
}

fn labels(f: &mut Formatter<'_>, labels: &LabelHealth) -> fmt::Result {
    let rows = match labels.splits {
        0 | 1 => "rows".to_owned(),
        splits => format!("rows (first of {splits} splits)"),
    };
    in_parts(f, &rows, &labels.rows)?;
    for class in labels.classes.iter().take(MOST_CLASSES) {
        let mut name: String = class.name.chars().take(CLASS).collect();
        if name.len() < class.name.len() {
            name.pop();
            name.push('.');
        }
        in_parts(f, &name, &class.rows)?;
    }
    match labels.classes.len() {
        0 => writeln!(f, "  no usable label"),
        count if count > MOST_CLASSES => writeln!(f, "  and {} more classes", count - MOST_CLASSES),
        _ => Ok(()),
    }
}

fn copies(f: &mut Formatter<'_>, copies: &CopyHealth) -> fmt::Result {
    line(f, "validation and test rows", copies.held_out_rows)?;
    line(f, "the same text elsewhere", copies.text_across_parts)?;
    line(f, "the same image elsewhere", copies.image_across_parts)?;
    line(f, "both in one row elsewhere", copies.both_across_parts)?;
    if let Some(groups) = copies.groups_across_parts {
        line(f, "groups in several parts", groups)?;
    }
    if let Some(near) = copies.near {
        let of = format!("of {} test rows", near.test_rows);
        line(f, "near copies: text · image", format!("{} · {} {of}", near.text, near.image))?;
    }
    line(f, "copies with another label", copies.other_label)
}

fn balance(f: &mut Formatter<'_>, labels: &LabelHealth, synthetic: &[TaskBalance]) -> fmt::Result {
    let mut row = |name: &str, share: &Parts<f64>, verdict: Verdict| {
        let Parts { train, validation, test } = share;
        let verdict = match verdict {
            Verdict::Fine => "",
            Verdict::Warned => "  warned of",
            Verdict::Refused => "  refused",
        };
        let [train, validation, test] = [train, validation, test].map(|share| percent(*share));
        writeln!(f, "  {name:<NAME$}{train:>12} {validation:>10} {test:>10}{verdict}")
    };
    if !labels.classes.is_empty() {
        row("real", &labels.majority_share, Verdict::of(labels.majority_share.train))?;
    }
    for found in synthetic {
        let mark = if found.is_configured { " (set)" } else { "" };
        let name = format!("synthetic, {}{mark}", found.label.unwrap_or_default());
        row(&name, &found.majority_share, found.verdict)?;
    }
    if synthetic.is_empty() {
        writeln!(f, "  synthetic: needs text and image of one width (data.width)")?;
    }
    Ok(())
}

fn baselines(f: &mut Formatter<'_>, baselines: &Baselines) -> fmt::Result {
    if let Some(why) = &baselines.not_fitted {
        return writeln!(f, "  not fitted: {why}");
    }
    for found in &baselines.fitted {
        let note = if found.has_converged { "" } else { "  (stopped early)" };
        let (accuracy, balanced) = (percent(found.accuracy), percent(found.balanced_accuracy));
        writeln!(f, "  {:<NAME$}{accuracy:>12} {balanced:>10}{note}", found.input)?;
    }
    line(f, "largest class", percent(baselines.majority_accuracy))?;
    line(f, "rows: train · test", format!("{} · {}", baselines.train_rows, baselines.test_rows))
}

/// A name, and a value that ends where those of other lines end, or goes on where it is long.
fn line(f: &mut Formatter<'_>, name: &str, value: impl Display) -> fmt::Result {
    writeln!(f, "  {name:<NAME$}{:>12}", value.to_string())
}

fn none() -> String {
    "-".to_owned()
}

fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

fn number(value: Option<f64>) -> String {
    match value {
        None => none(),
        Some(value) if value != 0.0 && (value.abs() < 1e-3 || value.abs() >= 1e5) => format!("{value:.2e}"),
        Some(value) => format!("{value:.4}"),
    }
}

/// Words on lines of the terminal's width, behind `head` and below its end.
fn wrapped(f: &mut Formatter<'_>, head: &str, text: &str) -> fmt::Result {
    let indent = head.chars().count();
    write!(f, "{head}")?;
    let mut at = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if at > indent && at + 1 + length > WIDTH {
            write!(f, "\n{:indent$}", "")?;
            at = indent;
        }
        if at > indent {
            write!(f, " ")?;
            at += 1;
        }
        write!(f, "{word}")?;
        at += length;
    }
    writeln!(f)
}
