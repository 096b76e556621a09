//! The study that the form makes: what it had, what a data set suggests, and what was typed.

use ::study::config::{self, Config, DataConfig, Faults, Override};
use ::study::grid::Task;
use data::guide::{Answers, Guess, NONE};

use super::field::Field;
use super::{Form, LABEL, NAME, SOURCE, TASKS, WIDTH};

impl Form {
    /// The study with what was suggested, and over that what was typed.
    pub(super) fn read(&self, guess: Option<&Guess>) -> Result<Config, Faults> {
        let is_held = |key: &str| self.fields.iter().any(|field| field.key == key && !field.is_guided());
        let suggested = guess.iter().flat_map(|guess| &guess.keys);
        let suggested =
            suggested.filter(|key| key.key == SOURCE || self.is_taken(&key.key) && !is_held(&key.key));
        let suggested = suggested.map(|key| Override { key: key.key.clone(), value: key.value.clone() });
        // The base has neither width nor name where the source is another.
        let is_set = |field: &&Field| {
            field.is_changed()
                || field.is_typed()
                || self.is_other_source() && matches!(field.key, WIDTH | NAME)
        };
        let typed = self.fields.iter().filter(|field| !field.is_guided()).filter(is_set);
        // The suggested source is the typed one, as TOML.
        let typed = typed.filter(|field| field.key != SOURCE || guess.is_none());
        let typed =
            typed.map(|field| Override { key: field.key.to_owned(), value: field.value().trim().to_owned() });
        let overrides: Vec<Override> = suggested.chain(typed).collect();
        config::read(Some(&self.base().to_toml()), &overrides)
    }

    /// What other keys the data set sets, as lines of TOML.
    pub fn also(&self) -> Vec<String> {
        let Some(guess) = self.guess().filter(|_| self.is_other_data()) else { return Vec::new() };
        let is_shown = |key: &str| self.fields.iter().any(|field| field.key == key);
        let is_other = |key: &str| self.is_taken(key) && !is_shown(key);
        let others = guess.keys.iter().filter(|key| is_other(&key.key));
        others.map(|key| format!("{} = {}", key.key, key.value)).collect()
    }

    /// Whether a key is taken from what the data set suggests: of the study's own set those alone that name its parts.
    fn is_taken(&self, key: &str) -> bool {
        match key {
            TASKS => false, // see `tasks`
            key => self.is_other_source() || key.starts_with("data."),
        }
    }

    /// The study's tasks, without the real one where there is no label, and with it where there is one now. Of another data
    /// set whose widths are unlike, the real one alone.
    pub(super) fn tasks(&self, guess: &Guess) -> Vec<Task> {
        let mut tasks = self.study.sweep.tasks.clone();
        if guess.has_label && self.is_other_source() && guess.keys.iter().any(|key| key.key == TASKS) {
            tasks = vec![Task::Real];
        } else if !guess.has_label {
            tasks.retain(|task| *task != Task::Real);
            if tasks.is_empty() {
                tasks.push(Task::Synthetic);
            }
        } else if self.is_other_label() && !tasks.contains(&Task::Real)
            || self.is_other_source() && tasks == [Task::Synthetic]
        {
            tasks.insert(0, Task::Real);
        }
        tasks
    }

    /// Whether another label of the study's own data set was chosen.
    fn is_other_label(&self) -> bool {
        !self.is_other_source() && self.fields.iter().any(|field| field.key == LABEL && field.is_changed())
    }

    /// The study, without what names parts of a data set that is no longer the study's, and without what was said of it.
    fn base(&self) -> Config {
        let mut base = (*self.study).clone();
        if !self.is_other_data() {
            return base;
        }
        let none = DataConfig::default();
        base.data = DataConfig {
            table: none.table,
            key: none.key,
            table_key: none.table_key,
            text: none.text,
            image: none.image,
            label: none.label,
            split: none.split,
            group: none.group,
            ..base.data
        };
        if self.is_other_source() || self.is_other_label() {
            (base.data.positive, base.data.negative) = (Vec::new(), Vec::new());
        }
        if self.is_other_source() {
            let none = Config::default();
            base.data.order = none.data.order;
            base.data.missing = none.data.missing;
            base.data.width = none.data.width;
            base.data.split_seeds = none.data.split_seeds;
            base.sweep.smallest = none.sweep.smallest;
            base.synthetic.allow_imbalance = none.synthetic.allow_imbalance;
        }
        base
    }
}

/// What the study has chosen of its own data set.
pub(super) fn own_answers(study: &Config) -> Answers {
    let data = &study.data;
    let or_none = |name: &String| if name.is_empty() { NONE.to_owned() } else { name.clone() };
    let label = if study.sweep.tasks.contains(&Task::Real) { data.label.clone() } else { NONE.to_owned() };
    let chosen = [
        ("data.text", data.text.clone()),
        ("data.image", data.image.clone()),
        (LABEL, label),
        ("data.split", data.split.clone()),
        ("data.group", or_none(&data.group)),
        ("data.key", or_none(&data.key)),
        ("data.table_key", or_none(&data.table_key)),
    ];
    chosen.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
