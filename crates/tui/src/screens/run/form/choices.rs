//! What a field can be, where that is a short list: of the data set's parts, or of common answers.

use ::study::config::{Size, SizeRule, Sizes, Whole};
use ::study::grid::Task;
use ::study::model::{Baseline, ModelId};
use data::guide::Choice;

use super::field::written;
use super::{Form, TASKS};

impl Form {
    /// The choices of the field that is typed into; others can be typed.
    pub fn choices(&self) -> Vec<Choice> {
        match self.question() {
            Some(question) => question.choices.clone(),
            None => common(self.fields[self.focus].key),
        }
    }

    /// Takes the choice so many places on, around the end.
    pub fn choose(&mut self, by: isize) {
        self.refused = None;
        let choices = self.choices();
        let typed = self.fields[self.focus].value();
        let place = choices.iter().position(|choice| choice.value == typed);
        let next = match (place, by < 0) {
            (Some(place), _) => (place as isize + by).rem_euclid(choices.len() as isize) as usize,
            (None, true) => choices.len().saturating_sub(1),
            (None, false) => 0,
        };
        if let Some(choice) = choices.get(next) {
            self.fields[self.focus].enter(choice.value.clone());
        }
    }
}

/// Common answers to a key.
fn common(key: &str) -> Vec<Choice> {
    let choice = |value: String, what: &str| Choice { value, what: what.to_owned() };
    match key {
        "run.device" => vec![
            choice("auto".into(), "a GPU where one is usable, else the CPU"),
            choice("cpu".into(), "the CPU"),
            choice("cuda".into(), "a GPU"),
        ],
        "sweep.fusions" => vec![
            choice(written(&ModelId::PAPER_FUSIONS), "the paper's three"),
            choice(written(&ModelId::FUSIONS), "all that are built in"),
        ],
        TASKS => vec![
            choice(written(&Task::PAPER), "the labels, and the sign of the dot product"),
            choice(written(&[Task::Real]), "the labels alone"),
            choice(written(&[Task::Synthetic]), "the sign of the dot product alone"),
        ],
        "sweep.baselines" => vec![
            choice(written(&Baseline::DEFAULT), "one modality alone, and logistic regression"),
            choice(written(&Baseline::ALL), "all"),
            choice("[]".into(), "none"),
        ],
        "sweep.sizes" => vec![
            choice(written(&Sizes::Rule(SizeRule::Doubling)), "twice as many each time, and last all"),
            choice(written(&Sizes::List(vec![Size::Whole(Whole::All)])), "the whole training split alone"),
        ],
        _ => Vec::new(),
    }
}
