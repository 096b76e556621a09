//! `runs`: a folder of runs as a table or as JSON.

use std::fmt::Write;
use std::path::Path;

use color_eyre::eyre;
use superfuse::host::clock::now_ms;
use superfuse::study::listing::RunEntry;
use superfuse::study::text::one_line;
use superfuse::watch::Runs;

use super::Status;
use super::output::{self, ListFormat, complain};

/// Prints the runs in `folder`, the newest first.
pub(crate) fn print(folder: &Path, format: Option<ListFormat>) -> eyre::Result<Status> {
    let entries = Runs::of(folder.into()).look()?;
    match format {
        Some(ListFormat::Json) => output::print_json(&entries),
        None => {
            for entry in &entries {
                if let Some(fault) = &entry.fault {
                    complain("warning", fault);
                }
            }
            output::print(&table(&entries, now_ms()))
        }
    }
}

fn table(entries: &[RunEntry], now_ms: u64) -> String {
    let heading = ["run", "state", "done", "begun", "data", "directory"].map(str::to_owned);
    let row = |entry: &RunEntry| {
        let age = entry.age(now_ms).map_or_else(String::new, |age| format!("{age} ago"));
        let done = format!("{}/{}", entry.done, entry.all);
        let path = one_line(entry.path.display());
        [entry.name.clone(), entry.state.text(entry.shortfall), done, age, entry.data.clone(), path]
    };
    let rows: Vec<[String; 6]> = std::iter::once(heading).chain(entries.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // A string takes everything that is written to it.
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
