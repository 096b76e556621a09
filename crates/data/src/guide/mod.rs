//! A first configuration for a data set that its user has just named: what its arrays and columns are likely to be, what has
//! to be asked, and a commented `config.toml`.
//!
//! [`look`] opens files; [`Survey`] reads names, shapes and columns through one trait; everything after it is values alone.

mod columns;
mod error;
mod facts;
mod look;
mod modalities;
mod name;
mod pairing;
mod render;
mod shared;
mod size;
mod survey;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::error::printable;
pub use error::GuideError;
pub use look::look;
pub use survey::Survey;

/// Answers by key, such as `data.label`: the chosen array's or column's name, or [`NONE`].
pub type Answers = BTreeMap<String, String>;

/// The answer that a data set has no such column.
pub const NONE: &str = "none";

/// What a configuration for a data set is likely to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// What the data are, for the first line of the file.
    pub title: String,
    /// Keys that differ from their defaults, in the order in which they are written.
    pub keys: Vec<Key>,
    /// What its user can choose among. Until an open one is answered, `keys` has its first choice.
    pub questions: Vec<Question>,
    /// What its user should know besides.
    pub notes: Vec<String>,
    /// What is called a label and cannot be one, each with the reason, where there is no label and nobody has said that
    /// there is none.
    pub lost_labels: Vec<String>,
    /// Rows of both matrices.
    pub rows: usize,
    /// Columns of text and of image.
    pub widths: [usize; 2],
    /// Whether a label was found.
    pub has_label: bool,
    /// A value of the label, the rarest.
    example: Option<String>,
}

/// One key of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Such as `data.label`.
    pub key: String,
    /// As TOML.
    pub value: String,
    /// Why it is this.
    pub why: String,
    /// How sure that is.
    pub certainty: Certainty,
}

/// How sure a guess is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// One choice of several, until somebody has answered.
    Open,
    /// Nothing else looks like it.
    Likely,
    /// It is named so, follows from the data, or was answered.
    Certain,
}

/// What can be chosen for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The key that the answer is for.
    pub key: &'static str,
    /// The question.
    pub ask: String,
    /// What can be answered, the likeliest first.
    pub choices: Vec<Choice>,
    /// Whether the data do not tell, so that it has to be asked.
    pub is_open: bool,
}

/// A possible answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The answer.
    pub value: String,
    /// What it is.
    pub what: String,
}

/// Guesses a configuration; `answers` stand before every guess, and those to keys that nothing is guessed of are taken as
/// they are.
///
/// # Errors
/// Where there are no two matrices of as many rows, or an answer names nothing that is there.
pub fn guess(survey: &Survey, answers: &Answers) -> Result<Guess, GuideError> {
    let mut guess = Guess {
        title: String::new(),
        keys: Vec::new(),
        questions: Vec::new(),
        notes: survey.notes.clone(),
        lost_labels: Vec::new(),
        rows: 0,
        widths: [0; 2],
        has_label: false,
        example: None,
    };
    guess.put("run.name", &survey.run_name(), "the run's folder is runs/<name>-<UTC time>/");
    guess.put("data.source", &survey.source, "the data set");
    let pair = modalities::choose(survey, answers, &mut guess)?;
    (guess.rows, guess.widths) = (pair.rows, pair.widths);
    let paired = pairing::choose(survey, answers, pair.rows, &mut guess)?;
    let labelled = columns::choose(survey, answers, pair.rows, &mut guess)?;
    guess.has_label = labelled.label.is_some();
    match &survey.table {
        Some(table) if labelled.needs_table => {
            guess.put("data.table", table, &format!("the table; {paired}"));
        }
        Some(table) if answers.get("data.label").is_some_and(|answer| answer == NONE) => {
            guess.keys.retain(|key| !pairing::KEYS.contains(&key.key.as_str()));
            let table = printable(table);
            guess.notes.push(format!(
                "{table} is not used: no label is asked for, and it has no split and no group"
            ));
        }
        Some(table) => {
            let columns = columns::against_each(survey);
            return Err(GuideError::Unused { table: printable(table), columns });
        }
        None => {}
    }
    size::choose(&pair, &labelled, &mut guess);
    guess.title = format!(
        "{}: {} rows, `{}` {} wide, `{}` {} wide",
        survey.source, pair.rows, pair.text, pair.widths[0], pair.image, pair.widths[1]
    );
    guess.lay_over(answers);
    guess.keys.sort_by_key(|key| render::place(&key.key));
    Ok(guess)
}

impl Guess {
    /// The commented configuration, with the first choice where a question is open.
    pub fn render(&self) -> String {
        render::render(self)
    }

    /// What has to be asked, in this order.
    pub fn open_questions(&self) -> impl Iterator<Item = &Question> {
        self.questions.iter().filter(|question| question.is_open)
    }

    /// Adds a text that is certain.
    fn put(&mut self, key: &str, text: &str, why: &str) {
        self.add(key, render::quoted(text), why.to_owned(), Certainty::Certain);
    }

    /// Adds a value as TOML, but for the default of a key that names something.
    fn add(&mut self, key: &str, value: String, why: String, certainty: Certainty) {
        let default = match key {
            "data.text" => "\"text\"",
            "data.image" => "\"image\"",
            "data.label" => "\"label\"",
            _ => "",
        };
        if value != default {
            self.keys.push(Key { key: key.to_owned(), value, why, certainty });
        }
    }

    /// What somebody answered for keys that are not chosen from the data.
    fn lay_over(&mut self, answers: &Answers) {
        for (key, answer) in answers {
            if modalities::KEYS.contains(&key.as_str())
                || columns::KEYS.contains(&key.as_str())
                || pairing::KEYS.contains(&key.as_str())
            {
                continue;
            }
            let value = render::as_toml(answer);
            self.keys.retain(|other| other.key != *key);
            self.keys.push(Key {
                key: key.clone(),
                value,
                why: "as asked for".to_owned(),
                certainty: Certainty::Certain,
            });
        }
    }
}
