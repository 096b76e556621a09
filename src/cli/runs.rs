//! `runs`: a folder of runs as a table or as JSON.

use std::fmt::Write;

use crate::host::clock::now_ms;
use crate::monitor::listing::{ListColumn, arranged};
use crate::monitor::shown::SortOrder;
use crate::study::filter::{Filter, Key, Typed};
use crate::study::listing::RunEntry;
use crate::study::text::one_line;
use crate::watch::Runs;
use color_eyre::eyre::{self, eyre};

use super::Status;
use super::args::{ListArgs, RunsArgs};
use super::output::{self, ListFormat, complain};

/// Prints the runs in a folder that were asked for, the newest first unless they are sorted.
pub fn print(asked: &RunsArgs) -> eyre::Result<Status> {
    let list = &asked.list;
    let filter = read_filter(list)?;
    let entries = Runs::of(asked.folder.clone()).look()?;
    let now_ms = now_ms();
    let mut shown = arranged(&entries, &filter, (list.sort, order(list)), now_ms);
    if list.sort.is_none() && list.reverse {
        shown.reverse();
    }
    // Also of runs that the filter hides: nobody knows whether it should.
    for fault in entries.iter().flat_map(|entry| [&entry.fault, &entry.labels_fault]).flatten() {
        complain("warning", fault);
    }
    match asked.format {
        Some(ListFormat::Json) => output::print_json(&shown),
        None => output::print(&table(&shown, now_ms)),
    }
}

/// The filter that was asked for; one that cannot be read whole is refused.
pub fn read_filter(list: &ListArgs) -> eyre::Result<Filter> {
    list.filter.as_deref().map_or_else(
        || Ok(Filter::default()),
        |text| Typed::read(text, Key::RUNS).whole().map_err(|fault| eyre!("--filter: {fault}")),
    )
}

/// The order that was asked for.
pub const fn order(list: &ListArgs) -> SortOrder {
    if list.reverse { SortOrder::Descending } else { SortOrder::Ascending }
}

fn table(entries: &[&RunEntry], now_ms: u64) -> String {
    let columns = ListColumn::ALL;
    let heading = columns.map(|column| column.title().to_owned());
    let cell = |column: ListColumn, entry: &RunEntry| match column {
        // Not its last part alone: other commands take it.
        ListColumn::Directory => one_line(entry.path.display()),
        ListColumn::Begun => entry.age(now_ms).map_or_else(String::new, |age| format!("{age} ago")),
        _ => one_line(column.text(entry, now_ms)),
    };
    let row = |entry: &&RunEntry| columns.map(|column| cell(column, entry));
    let rows: Vec<[String; 8]> = std::iter::once(heading).chain(entries.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 8] = std::array::from_fn(width);
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
