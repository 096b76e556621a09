//! `evaluate`: a checkpoint tested on other data, as a table or as JSON.

use std::fmt::Write;
use std::path::Path;

use color_eyre::eyre::{self, eyre};
use engine::{Checkpoint, Tested};
use ndarray::Array2;
use superfuse::data::{Elsewhere, RowChoice};
use superfuse::host::files::check_output;
use superfuse::store::checkpoint::{Arrays, write};
use superfuse::study::config::{self, Config, Override};
use superfuse::study::event::NoiseCurve;
use superfuse::study::format;

use superfuse::cli::Status;
use superfuse::cli::args::train::{EvaluateArgs, RowsOf};
use superfuse::cli::output::{self, ListFormat, complain};
use superfuse::cli::study_args::{absolute, read_file};

/// Tests a checkpoint and prints what it does.
pub(crate) fn print(asked: &EvaluateArgs) -> eyre::Result<Status> {
    let checkpoint = Checkpoint::open(&asked.checkpoint)?;
    let (config, own_source) = configuration(&checkpoint, asked)?;
    if let Some(file) = &asked.save {
        check_save(file, asked, &config)?;
    }
    let choice = match asked.rows {
        RowsOf::All => RowChoice::All,
        RowsOf::Test => RowChoice::Test,
    };
    if choice == RowChoice::All && config.data.source == own_source {
        complain(
            "warning",
            "the checkpoint was trained on rows of this source; `--rows test` leaves them out",
        );
    }
    let rows = checkpoint.rows(&config, choice)?;
    if let Some(file) = &asked.save {
        save(file, &rows)?;
    }
    let tested = checkpoint.test(&config, &rows)?;
    match asked.format {
        Some(ListFormat::Json) => output::print_json(&tested),
        None => output::print(&table(&tested)),
    }
}

/// The checkpoint's configuration with what was asked for, and the source that it was trained on.
fn configuration(checkpoint: &Checkpoint, asked: &EvaluateArgs) -> eyre::Result<(Config, String)> {
    let read = |text: &str, name: &str, overrides: &[Override]| {
        config::read(Some(text), overrides).map_err(|faults| eyre!("{name}:\n{faults}"))
    };
    let own_source = read(checkpoint.config_text(), "checkpoint", &[])?.data.source;
    let mut config = read(checkpoint.config_text(), "command line", &asked.overrides)?;
    if let Some(file) = &asked.config {
        let named = read(&read_file(file)?, &file.display().to_string(), &asked.overrides)?.data;
        let (width, pad, scale) = (config.data.width, config.data.pad, config.data.scale);
        config.data = config::DataConfig { width, pad, scale, ..named };
    }
    // A table of the rows that were trained on says nothing of others.
    let source = if asked.data == "clip-like" { asked.data.clone() } else { absolute(&asked.data)? };
    let names_table = asked.config.is_some() || asked.overrides.iter().any(|set| set.key == "data.table");
    if !names_table && source != own_source {
        config.data.table.clear();
    }
    config.data.source = source;
    Ok((config, own_source))
}

/// Refuses to write the rows over anything that is read, and over what is no regular file.
fn check_save(file: &Path, asked: &EvaluateArgs, config: &Config) -> eyre::Result<()> {
    let checkpoint = asked.checkpoint.as_path();
    // The projections are read from the checkpoint's folder as well.
    let folder =
        checkpoint.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut inputs = vec![checkpoint, folder, Path::new(&config.data.source)];
    inputs.extend(Some(Path::new(&config.data.table)).filter(|table| !table.as_os_str().is_empty()));
    inputs.extend(asked.config.as_deref());
    check_output(file, &inputs).map_err(|error| eyre!("cannot write {}: {error}", file.display()))
}

/// Writes rows as the head receives them: `text` and `image` `[rows, width]`, `label` `[rows]`.
fn save(file: &Path, rows: &Elsewhere) -> eyre::Result<()> {
    let matrix = |rows: &Array2<f32>| (vec![rows.nrows(), rows.ncols()], rows.iter().copied().collect());
    let label = rows.labels.iter().map(|&label| f32::from(label)).collect();
    let arrays = [
        ("text".to_owned(), matrix(&rows.text)),
        ("image".to_owned(), matrix(&rows.image)),
        ("label".to_owned(), (vec![rows.labels.len()], label)),
    ];
    Ok(write(file, &Arrays { arrays: arrays.into(), ..Arrays::default() })?)
}

fn table(tested: &Tested) -> String {
    let mut text = String::new();
    let percent = |fraction: f64| format!("{} %", format::percent(fraction));
    let recorded = tested.recorded;
    let on_test =
        recorded.test_accuracy.map_or_else(String::new, |share| format!(", test {}", percent(share)));
    // A string takes everything that is written to it.
    let _ = writeln!(
        text,
        "{} fusion, {} task, {} training rows, seed {}, epoch {}\nwritten with: validation {}{on_test}\n",
        tested.fusion,
        tested.task,
        tested.train_size,
        tested.seed.0,
        tested.best_epoch.0,
        percent(recorded.val_accuracy),
    );
    let auc = tested.auc.map_or_else(|| "none: one class".into(), format::share);
    for (what, value) in [
        ("data", tested.data.clone()),
        ("rows", tested.rows.to_string()),
        (if tested.classes > 2 { "largest class" } else { "larger class" }, percent(tested.majority_share)),
        ("accuracy", percent(tested.accuracy)),
        ("balanced accuracy", percent(tested.balanced_accuracy)),
        ("area under ROC", auc),
    ] {
        let _ = writeln!(text, "{what:<18}{value}");
    }
    if tested.classes > 2 {
        let f1 = tested.macro_f1.map_or_else(|| "none".into(), format::share);
        let _ = writeln!(
            text,
            "{:<18}{f1}\n{:<18}{}, areas are means over one against the rest",
            "macro F1", "classes", tested.classes
        );
    }
    if tested.noise.is_empty() {
        return text;
    }
    let name = |curve: &NoiseCurve| format!("{} {}", curve.condition, curve.mean.name());
    let _ = write!(text, "\naccuracy % under noise\n{:>6}", "level");
    for curve in &tested.noise {
        let _ = write!(text, "  {:>15}", name(curve));
    }
    for (place, level) in tested.levels.iter().enumerate() {
        let _ = write!(text, "\n{level:>6.2}");
        for curve in &tested.noise {
            let accuracy =
                curve.accuracy.get(place).map_or_else(String::new, |share| format::percent(*share));
            let _ = write!(text, "  {accuracy:>15}");
        }
    }
    text.push('\n');
    text
}
