//! What values come to, once the data are known: rows, sizes, steps, trials.

use ::study::config::Config;
use ::study::cost::steps_per_epoch;
use ::study::estimate::trials;
use ::study::event::SplitOf;
use ::study::format::{count, counted};

use super::{Form, SOURCE, Standing, TASKS, WIDTH};

/// What a study without errors comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// A few words for each field that has some, by its key.
    fields: Vec<(&'static str, String)>,
    /// The trials, where the rows are known.
    pub trials: Option<String>,
}

impl Meaning {
    /// What the value of a field comes to; empty where there is nothing to say.
    pub fn of(&self, key: &str) -> &str {
        self.fields.iter().find(|(known, _)| *known == key).map_or("", |(_, words)| words)
    }
}

impl Form {
    /// What the study comes to; absent while it has errors or its data set is not known.
    pub fn meaning(&self) -> Option<Meaning> {
        let Standing::Checked(checked) = self.standing() else { return None };
        let config = checked.ok()?;
        let rows = self.known_rows();
        let sweep = rows.and_then(|rows| config.sweep(rows.train).ok());
        let mut fields = vec![
            ("run.name", format!("runs/{}-…", config.run.name)),
            ("sweep.fusions", counted(config.fusions().len(), "model")),
            ("sweep.baselines", counted(config.baselines().len(), "model")),
            (TASKS, counted(config.sweep.tasks.len(), "task")),
            ("sweep.seeds", counted(config.sweep.seeds.len(), "seed")),
            ("train.learning_rate", counted(config.train.learning_rate.values().len(), "rate")),
        ];
        fields.extend(self.rows_in_all().map(|rows| (SOURCE, counted(rows, "row"))));
        fields.extend(self.width_words(&config).map(|words| (WIDTH, words)));
        if let Some(sweep) = &sweep {
            let sizes = &sweep.sizes;
            let largest = sizes.last().copied().unwrap_or(0);
            let up_to = if sizes.len() > 1 { format!(" up to {}", count(largest)) } else { String::new() };
            fields.push(("sweep.sizes", format!("{}{up_to}", counted(sizes.len(), "size"))));
            let steps = counted(steps_per_epoch(&config, largest), "step");
            fields.push(("train.batch_size", format!("{steps} an epoch")));
        }
        Some(Meaning { fields, trials: sweep.as_ref().map(trials) })
    }

    /// Rows of the splits, while the data set is the study's own.
    pub(super) fn known_rows(&self) -> Option<&SplitOf<usize>> {
        self.rows.as_ref().filter(|_| !self.is_other_data())
    }

    fn rows_in_all(&self) -> Option<usize> {
        match self.known_rows() {
            Some(rows) => Some(rows.train + rows.validation + rows.test),
            None => self.guess().map(|guess| guess.rows),
        }
    }

    /// What the two widths become.
    fn width_words(&self, config: &Config) -> Option<String> {
        let [text, image] = self.widths(config)?;
        Some(match config.data.width {
            0 if text == image => format!("{text} wide"),
            0 => format!("{text} and {image} wide"),
            width => format!("{width} of {text} and {image}"),
        })
    }
}
