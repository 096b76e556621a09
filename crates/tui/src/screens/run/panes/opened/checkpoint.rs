//! Where an opened configuration's checkpoint lies, or why there is none.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::theme::Theme;
use crate::widgets::broken::broken;
use monitor::model::Model;
use monitor::text::plain;
use store::run_dir::checkpoint_name;
use study::config::Keep;
use study::grid::{CohortId, Seed};
use study::run_state::CohortState;

/// In front of the first line, and as many columns in front of the others.
const NAME: &str = "checkpoint  ";
/// Most lines that a path takes.
const MOST: usize = 3;

/// The lines that say it, each without the name in front of the first: as many as a path needs on a screen of `width`.
pub(super) fn lines(model: &Model, id: CohortId, seed: Option<Seed>, width: usize) -> Vec<String> {
    let width = width.saturating_sub(NAME.len()).max(1);
    let (path, note) = place(model, id, seed);
    let (mut lines, note) = (broken(&plain(&path), width), plain(&note));
    match lines.last_mut() {
        // The note is never broken off a path that has room for it beside itself.
        Some(last) if last.is_empty() || last.width() + 2 + note.width() <= width => {
            let gap = if last.is_empty() || note.is_empty() { "" } else { "  " };
            last.push_str(gap);
            last.push_str(&note);
        }
        _ => lines.push(note),
    }
    lines.truncate(MOST);
    lines
}

/// Draws them from the top.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, theme: Theme, lines: &[String]) {
    for ((line, row), name) in lines.iter().zip(area.rows()).zip([NAME, "", ""]) {
        let name = format!("{name:<width$}", width = NAME.len());
        let spans = vec![Span::styled(name, theme.dim()), Span::raw(line.as_str())];
        buffer.set_line(row.x, row.y, &Line::from(spans), row.width);
    }
}

/// A path and whose weights it holds; without a path, why there is none.
fn place(model: &Model, id: CohortId, seed: Option<Seed>) -> (String, String) {
    let none = |why: &str| (String::new(), why.to_owned());
    let (Some(header), Some(state)) = (model.run.header(), model.run.cohort(id)) else {
        return none("");
    };
    let keep = header.config.checkpoints.keep;
    if keep == Keep::None {
        return none("none is kept: `checkpoints.keep` is \"none\"");
    }
    if !state.has_result() {
        let is_over = model.status(id).is_over();
        return none(if is_over {
            "none: no seed completed"
        } else {
            "after the configuration has finished"
        });
    }
    let is_derived = model.run.derived(id).is_some();
    // A derived row's trials are those of several configurations, each with files of its own.
    let wanted = if keep == Keep::All || is_derived { seed } else { best(state) };
    let Some(wanted) = wanted else { return none("") };
    let Seed(number) = wanted;
    if !state.trials.get(&wanted).is_some_and(|trial| trial.has_result()) {
        return none(&format!("none of seed {number}: it did not complete"));
    }
    let Some(trained) = model.run.trained_for(id, wanted) else { return none("") };
    let name = checkpoint_name(trained, (keep == Keep::All).then_some(wanted));
    let path = match &model.checkpoints {
        Some(folder) => folder.join(name).display().to_string(),
        None => name,
    };
    let whose = match keep {
        // Which of its seeds is the best one, that configuration says.
        Keep::Best if is_derived => format!("seed {number} is a trial of {trained}"),
        Keep::Best => format!("seed {number}, the best in validation"),
        Keep::All | Keep::None => format!("seed {number}"),
    };
    (path, whose)
}

/// The seed whose weights are kept where one's are: the highest validation accuracy, of equals the first.
fn best(state: &CohortState) -> Option<Seed> {
    let mut best: Option<(Seed, f64)> = None;
    for (&seed, trial) in state.trials.iter().filter(|(_, trial)| trial.has_result()) {
        let accuracy = trial.evaluation.as_ref().map_or(0.0, |evaluation| evaluation.val_accuracy);
        if best.is_none_or(|(_, other)| accuracy > other) {
            best = Some((seed, accuracy));
        }
    }
    best.map(|(seed, _)| seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use monitor::fixture::{Stage, model};
    use std::path::PathBuf;
    use std::sync::Arc;
    use study::event::{Event, EventKind};
    use study::grid::Task;
    use study::model::ModelId;

    const ID: CohortId = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 64 };

    /// The same run, kept in another way from here on.
    fn keeping(keep: Keep, stage: Stage) -> Model {
        let mut model = model(stage);
        model.checkpoints = Some(PathBuf::from("/kept/quick-1"));
        let mut header = model.run.header().unwrap().clone();
        header.config.checkpoints.keep = keep;
        let kind =
            EventKind::RunResumed { provenance: header.provenance.clone(), header: Some(Box::new(header)) };
        let seq = model.run.next_seq();
        model.apply(&[Arc::new(Event { seq, at_ms: 0, kind })], &[]);
        model
    }

    #[test]
    fn the_kept_seed_is_that_of_the_best_validation_accuracy() {
        let finished = keeping(Keep::Best, Stage::Finished);
        let accuracy = |seed: &Seed| {
            let trial = &finished.run.cohort(ID).unwrap().trials[seed];
            trial.evaluation.as_ref().unwrap().val_accuracy
        };
        let seeds: Vec<Seed> = (0..5).map(Seed).collect();
        let best = seeds.iter().max_by(|a, b| accuracy(a).total_cmp(&accuracy(b))).unwrap();
        let said = place(&finished, ID, Some(Seed(3)));
        let path = "/kept/quick-1/concat-real-64.safetensors";
        assert_eq!(said, (path.into(), format!("seed {}, the best in validation", best.0)));
    }

    #[test]
    fn where_every_seed_is_kept_it_is_the_cursors_and_where_none_is_that_is_said() {
        let said = place(&keeping(Keep::All, Stage::Finished), ID, Some(Seed(3)));
        assert_eq!(said, ("/kept/quick-1/concat-real-64-seed3.safetensors".into(), "seed 3".into()));
        let said = place(&keeping(Keep::None, Stage::Finished), ID, Some(Seed(3)));
        assert_eq!(said.1, "none is kept: `checkpoints.keep` is \"none\"");
    }

    #[test]
    fn before_the_end_none_is_there_and_after_a_failure_neither() {
        let running = model(Stage::Running);
        let said = place(&running, running.current().unwrap(), None);
        assert_eq!(said.1, "after the configuration has finished");
        let failed = model(Stage::Failed);
        let of = |status| failed.run.cohorts().find(|(_, state)| state.status == status).unwrap().0;
        let said = place(&failed, of(study::run_state::CohortStatus::Failed), None);
        assert_eq!(said.1, "none: no seed completed");
    }

    #[test]
    fn whose_weights_they_are_stands_beside_the_path_or_below_it() {
        let finished = keeping(Keep::All, Stage::Finished);
        let said = |width| lines(&finished, ID, Some(Seed(3)), width);
        assert_eq!(said(80), ["/kept/quick-1/concat-real-64-seed3.safetensors  seed 3"]);
        assert_eq!(said(60), ["/kept/quick-1/concat-real-64-seed3.safetensors", "seed 3"]);
        assert_eq!(lines(&model(Stage::Planned), ID, None, 80), ["after the configuration has finished"]);
    }
}
