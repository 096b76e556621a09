//! From a job to its result.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::sync::atomic::AtomicBool;

use tch::Device;

use crate::error::{EmbedError, listed};
use crate::job::{Embedded, Job, Report};
use crate::model::Model;
use crate::pairs::Pairs;
use crate::partial::{Partial, Settings};
use crate::pipeline;

/// Batches that are in memory beside those that threads make: waiting, and with the device.
const BESIDE: u64 = 3;
/// Rows that the provenance names at most.
const MOST_NAMED: usize = 1_000;

/// Embeds the pairs of `job` on `device`, and tells `report` how far it is. What an earlier try has done is used; once
/// the result is written, [`discard_partial`] removes it.
///
/// # Errors
/// The file, key or row that does not fit, and [`EmbedError::Stopped`] once `stop` is set.
pub fn run(
    job: &Job,
    device: Device,
    report: &mut dyn FnMut(Report),
    stop: &AtomicBool,
) -> Result<Embedded, EmbedError> {
    let mut pairs = Pairs::read(&job.source, &job.names)?;
    // Before hours of work, not behind them.
    for left_out in pairs.keep_writable() {
        report(Report::Notice(left_out));
    }
    let of = pairs.rows.len();
    let told = |faults: &[(usize, String)]| {
        let list: Vec<String> =
            faults.iter().map(|(row, fault)| format!("{} ({fault})", pairs.rows[*row].name)).collect();
        listed(&list, "; ")
    };
    let refused = |faults: &[(usize, String)]| match faults.len() {
        count if count == of => EmbedError::NothingLeft { of, list: told(faults) },
        count => EmbedError::Unreadable { count, of, list: told(faults) },
    };
    // Hours of work should not end with what is seen at once.
    let absent = pairs.absent();
    if absent.len() == of || !(absent.is_empty() || job.skip_unreadable) {
        return Err(refused(&absent));
    }
    let model = Model::open(&job.model, job.clean, device)?;
    check_memory(job, &model)?;
    let settings = Settings {
        rows: pairs.rows.len(),
        pairs: pairs.fingerprint(),
        model: format!("{} {}", model.weights, model.beside),
        options: format!("text cleaning {}, normalised {}", model.inputs.clean, yes(job.normalise)),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let mut partial = Partial::open(&job.partial(), settings, |row| pairs.stamp(row))?;
    let faults = pipeline::embed(job, &model, &pairs, &mut partial, report, stop)?;
    if faults.len() == of || !(faults.is_empty() || job.skip_unreadable) {
        return Err(refused(&faults));
    }
    if !faults.is_empty() {
        report(Report::Notice(format!("{} of {of} rows are left out: {}", faults.len(), told(&faults))));
    }
    let left_out: HashSet<usize> = faults.iter().map(|(row, _)| *row).collect();
    let kept: Vec<usize> = (0..of).filter(|row| !left_out.contains(row)).collect();
    let [text, image] = partial.matrices(&kept)?;
    let provenance = provenance(job, &model, &pairs, &faults);
    let mut columns = pairs.columns;
    for (_, values) in &mut columns {
        let mut row = 0..of;
        values.retain(|_| row.next().is_some_and(|row| !left_out.contains(&row)));
    }
    Ok(Embedded { text, image, columns, provenance })
}

/// Removes what is kept beside the output: for when the result is written.
///
/// # Errors
/// Where the system refuses.
pub fn discard_partial(job: &Job) -> Result<(), EmbedError> {
    let folder = job.partial();
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(EmbedError::io("remove", &folder, &error)),
        _ => Ok(()),
    }
}

fn provenance(
    job: &Job,
    model: &Model,
    pairs: &Pairs,
    faults: &[(usize, String)],
) -> BTreeMap<String, String> {
    let source = job.source.file_name().unwrap_or(job.source.as_os_str()).to_string_lossy().into_owned();
    let names: Vec<&str> =
        faults.iter().take(MOST_NAMED).map(|(row, _)| pairs.rows[*row].name.as_str()).collect();
    let mut all = BTreeMap::from([
        ("made_by", format!("superfuse-tui {}", env!("CARGO_PKG_VERSION"))),
        ("source", study::text::one_line(source)),
        ("model", model.name.clone()),
        ("model_blake3", model.weights.clone()),
        ("encoder", model.encoder.kind().to_owned()),
        ("text_cleaning", model.inputs.clean.to_string()),
        ("longest_text", format!("{} tokens", model.encoder.longest_text())),
        ("preprocessing", model.inputs.preprocessing.describe()),
        ("normalised", yes(job.normalise).to_owned()),
        ("rows", pairs.rows.len().to_string()),
        ("rows_skipped", faults.len().to_string()),
    ]);
    if !names.is_empty() {
        all.insert("skipped", names.join(", "));
    }
    all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn yes(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

/// Refuses batches of pictures that memory does not hold.
fn check_memory(job: &Job, model: &Model) -> Result<(), EmbedError> {
    let of = &model.inputs.preprocessing;
    let values = [job.batch, 3, of.height(), of.width(), size_of::<f32>()];
    let batch = values.into_iter().fold(1_u64, |bytes, factor| bytes.saturating_mul(factor as u64));
    let needed = batch.saturating_mul(job.threads as u64 + BESIDE);
    match host::memory::available() {
        Some(free) if needed > free => {
            let reason = format!(
                "batches of {} pictures of {} × {} need {} MB, and {} MB are free; choose a smaller --batch",
                job.batch,
                of.width(),
                of.height(),
                needed >> 20,
                free >> 20
            );
            Err(EmbedError::model(&job.model, reason))
        }
        _ => Ok(()),
    }
}
