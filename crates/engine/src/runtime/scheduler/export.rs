//! The report, written into the run's directory.

use super::Scheduler;
use store::rows::{self, KeptRows};
use study::feed::Level;

impl Scheduler {
    pub(super) fn export(&mut self) {
        // Of a shard nobody has a use for it: the run's is made of all shards.
        if self.record.is_blocked() || self.shard.is_some() {
            return;
        }
        let Some(run_dir) = self.record.run_dir() else {
            self.record.notice(Level::Warning, "there is nothing to export before the start".into());
            return;
        };
        let KeptRows { rows, faults } = rows::read_all(&run_dir, self.record.state());
        // Intervals over rows are then missing; all else is in the journal.
        if let Some(fault) = faults.first() {
            let more = faults.len() - 1;
            let more = if more == 0 { String::new() } else { format!(" (and {more} more files)") };
            self.record.notice(Level::Warning, format!("{fault}{more}"));
        }
        let exported =
            report::Report::of(self.record.state(), &rows).and_then(|report| report.export(run_dir.root()));
        match exported {
            Ok(paths) => {
                let text = format!(
                    "wrote report and figures, {} files, to {}",
                    paths.len(),
                    run_dir.root().display()
                );
                (self.exports, self.export_fault) = (paths, None);
                self.record.notice(Level::Info, text);
            }
            // Numbers are safe in the journal: an export can be made again.
            Err(error) => {
                let text = format!("export failed: {error}");
                self.record.notice(Level::Error, text.clone());
                self.export_fault = Some(text);
            }
        }
    }
}
