//! The form that changes a study before it starts: a few keys of the configuration, checked as the file's are. Another data
//! set is looked at first, and the keys that name its parts take what it suggests.

mod choices;
mod faults;
mod field;
mod meaning;
mod study;
#[cfg(test)]
mod tests;

use ::study::config::{Config, Faults};
use ::study::event::SplitOf;
use data::guide::{Answers, Guess, NONE, Question};

use self::study::own_answers;
use crate::widgets::line_editor::Edit;
pub use field::Field;
use field::{GUIDED, bare, field, unquoted, written};
pub use meaning::Meaning;

/// The source that is no file.
const GENERATOR: &str = "clip-like";
const NAME: &str = "run.name";
const SOURCE: &str = "data.source";
const LABEL: &str = "data.label";
const WIDTH: &str = "data.width";
const TASKS: &str = "sweep.tasks";

/// A study that is being edited.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    study: Box<Config>,
    fields: Vec<Field>,
    focus: usize,
    seen: Seen,
    /// What was chosen of this source in an earlier form.
    drafted: Option<(String, Answers)>,
    /// Rows of the study as it is, once its data are known.
    rows: Option<SplitOf<usize>>,
    /// Why what it made was refused, until something is changed.
    refused: Option<String>,
}

/// A study that could not be prepared.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// As the form made it.
    pub study: Box<Config>,
    /// Why.
    pub why: String,
}

/// A data set to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// What `data.source` is to be, then `data.table` where that is named.
    pub paths: Vec<String>,
    /// What is chosen already.
    pub answers: Answers,
}

/// What a data set suggests, or why nothing.
pub type Suggestion = Result<Box<Guess>, String>;

/// What is known of the data set.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    /// Nothing.
    Nothing,
    /// It is being looked at; what it suggested before another part of it was chosen.
    Asked(Look, Option<Box<Guess>>),
    /// It was looked at.
    Answered(Look, Suggestion),
}

/// Whether the form can be applied.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Another data set, or another part of it, was named since the last look.
    Unseen,
    /// It is being looked at.
    Looking,
    /// The configuration as typed, or every error in it, with its key.
    Checked(Box<Result<Config, Faults>>),
}

impl Form {
    /// With what the study has now.
    pub fn of(study: &Config) -> Self {
        let (run, sweep, train) = (&study.run, &study.sweep, &study.train);
        let fields = vec![
            field(NAME, "the run's folder is runs/<name>-<UTC time>", &run.name),
            field(SOURCE, "a file or folder of embeddings, or clip-like", &study.data.source),
            field(WIDTH, "both modalities to this width by PCA; 0: as they are", &study.data.width),
            field("run.device", "auto, cpu, cuda, cuda:1, cuda:0,2", &run.device),
            field("sweep.fusions", "a list of models", &sweep.fusions),
            field(TASKS, "a list of what is to be predicted", &sweep.tasks),
            field(
                "sweep.baselines",
                "a list of what fusions are compared with; [] for none",
                &sweep.baselines,
            ),
            field("sweep.sizes", "train rows: doubling, or a list, where \"all\" may stand", &sweep.sizes),
            field("sweep.seeds", "a count, or a list", &sweep.seeds),
            field(
                "train.learning_rate",
                "AdamW's step size; each one of a list is trained",
                &train.learning_rate,
            ),
            field("train.epochs", "at most; the best one counts", &train.epochs),
            field("train.batch_size", "rows in a step", &train.batch_size),
        ];
        Self {
            study: Box::new(study.clone()),
            fields,
            focus: 0,
            seen: Seen::Nothing,
            drafted: None,
            rows: None,
            refused: None,
        }
    }

    /// With the rows that the study has.
    #[must_use]
    pub fn with_rows(self, rows: &SplitOf<usize>) -> Self {
        Self { rows: Some(*rows), ..self }
    }

    /// The form as it was when it made of the study what was then refused.
    pub fn with_draft(study: &Config, refused: &Refused) -> Self {
        let draft = &*refused.study;
        let mut form = Self::of(study);
        for (field, typed) in form.fields.iter_mut().zip(Self::of(draft).fields) {
            if field.value() != typed.value() {
                field.enter(typed.value().to_owned());
            }
        }
        form.drafted = Some((draft.data.source.clone(), own_answers(draft)));
        form.refused = Some(refused.why.clone());
        form
    }

    /// The fields, from the top.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The place of the one that is typed into.
    pub const fn focus(&self) -> usize {
        self.focus
    }

    /// Types into the field so many places on, around the end.
    pub fn step(&mut self, by: isize) {
        self.focus = (self.focus as isize + by).rem_euclid(self.fields.len() as isize) as usize;
    }

    /// Does what keys ask for in the field.
    pub fn edit(&mut self, edit: Edit) {
        self.refused = None;
        if self.fields[self.focus].edit(edit) && self.fields[self.focus].key == SOURCE {
            self.forget_data();
        }
    }

    /// What was chosen and suggested of one data set says nothing of another.
    fn forget_data(&mut self) {
        self.seen = Seen::Nothing;
        let focused = self.fields[self.focus].key;
        self.fields.retain(|field| !field.is_guided());
        self.focus_on(focused);
        // The generator has the default name.
        let generator = self.is_other_source() && self.source() == GENERATOR;
        let name = generator.then(|| Config::default().run.name);
        for field in self.fields.iter_mut().filter(|field| field.key != SOURCE) {
            field.suggest(name.clone().filter(|_| field.key == NAME));
        }
    }

    /// Types into the field of that key, if there is one.
    fn focus_on(&mut self, key: &str) {
        self.focus = self.fields.iter().position(|field| field.key == key).unwrap_or(self.focus);
    }

    /// What the field that is typed into can be, where the data set says so.
    pub fn question(&self) -> Option<&Question> {
        let key = self.fields[self.focus].key;
        self.guess()?.questions.iter().find(|question| question.key == key)
    }

    /// What has to be looked at for the form to go on; the form waits for it from then on.
    pub fn look(&mut self) -> Option<Look> {
        let wanted = self.wanted()?;
        let (known, guess) = match std::mem::replace(&mut self.seen, Seen::Nothing) {
            Seen::Nothing => (None, None),
            seen @ (Seen::Asked(..) | Seen::Answered(..)) if seen.look() == Some(&wanted) => {
                self.seen = seen;
                return None;
            }
            Seen::Asked(look, guess) => (Some(look), guess),
            Seen::Answered(look, answer) => (Some(look), answer.ok()),
        };
        let guess = guess.filter(|_| known.is_some_and(|look| look.paths == wanted.paths));
        self.seen = Seen::Asked(wanted.clone(), guess);
        Some(wanted)
    }

    /// The same, also where it failed: what was wrong may be right by now.
    pub fn look_again(&mut self) -> Option<Look> {
        if matches!(self.seen, Seen::Answered(_, Err(_))) {
            self.seen = Seen::Nothing;
        }
        self.look()
    }

    /// Why the data set cannot be looked at.
    pub fn complaint(&self) -> Option<&str> {
        match &self.seen {
            Seen::Answered(_, Err(why)) => Some(why),
            Seen::Nothing | Seen::Asked(..) | Seen::Answered(_, Ok(_)) => None,
        }
    }

    /// Why what it made was refused.
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// Takes what a look has found, unless something else is asked by now.
    pub fn take(&mut self, look: Look, suggestion: Suggestion) {
        if !matches!(&self.seen, Seen::Asked(asked, _) if *asked == look) {
            return;
        }
        if let Ok(guess) = &suggestion {
            self.fill(guess);
        }
        self.seen = Seen::Answered(look, suggestion);
    }

    /// What the data set suggests, as last looked at.
    pub fn guess(&self) -> Option<&Guess> {
        match &self.seen {
            Seen::Asked(_, Some(guess)) | Seen::Answered(_, Ok(guess)) => Some(guess),
            Seen::Nothing | Seen::Asked(_, None) | Seen::Answered(_, Err(_)) => None,
        }
    }

    /// Whether anything was changed.
    pub fn is_changed(&self) -> bool {
        self.fields.iter().any(Field::is_changed)
    }

    /// What its user should know of the data set.
    pub fn notes(&self) -> &[String] {
        self.guess().filter(|_| self.is_other_data()).map_or(&[], |guess| &guess.notes)
    }

    /// The field of that key.
    fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    fn source(&self) -> &str {
        self.field(SOURCE).map_or("", |field| field.value().trim())
    }

    fn is_other_source(&self) -> bool {
        self.field(SOURCE).is_some_and(Field::is_changed)
    }

    /// Whether another data set is named, or another part of this one.
    fn is_other_data(&self) -> bool {
        self.is_other_source() || self.fields.iter().any(|field| field.is_guided() && field.is_changed())
    }

    /// What is to be known of the data set that the form names; nothing of the generator, or without a name.
    fn wanted(&self) -> Option<Look> {
        let source = self.source();
        if source.is_empty() || source == GENERATOR {
            return None;
        }
        let data = &self.study.data;
        let mut paths = vec![source.to_owned()];
        let mut answers = Answers::new();
        if !self.is_other_source() {
            paths.extend((!data.table.is_empty()).then(|| data.table.clone()));
            answers.extend(own_answers(&self.study));
        }
        let drafted = self.drafted.iter().filter(|(of, _)| of == source);
        answers.extend(drafted.flat_map(|(_, answers)| answers.clone()));
        let typed = self.fields.iter().filter(|field| field.is_typed() && field.is_guided());
        answers.extend(typed.map(|field| (field.key.to_owned(), field.value().trim().to_owned())));
        Some(Look { paths, answers })
    }

    /// Shows what is suggested in every field that nobody has typed into, and a field for each part that can be chosen.
    fn fill(&mut self, guess: &Guess) {
        let suggested = |key: &str| guess.keys.iter().find(|found| found.key == key);
        let is_other = self.is_other_source();
        let focused = Some(self.fields[self.focus].key).filter(|&key| key != SOURCE);
        let (before, mut fields): (Vec<Field>, Vec<Field>) =
            std::mem::take(&mut self.fields).into_iter().partition(Field::is_guided);
        let own = own_answers(&self.study);
        let is_other_pair = GUIDED.iter().take(2).any(|of| {
            let part = suggested(of.key).map_or_else(|| of.default.to_owned(), |key| unquoted(&key.value));
            own.get(of.key) != Some(&part)
        });
        for field in fields.iter_mut().filter(|field| !matches!(field.key, SOURCE | TASKS)) {
            let is_width = field.key == WIDTH;
            let is_due = is_other || is_other_pair && is_width && self.study.data.width == 0;
            let value = suggested(field.key).filter(|_| is_due).map(|key| bare(&key.value));
            // What an earlier look suggested is gone; the width was the other data set's.
            field.suggest(value.or_else(|| (is_other && is_width).then(|| "0".to_owned())));
        }
        let has_label = guess.has_label;
        let guided = GUIDED.iter().filter(|of| guess.questions.iter().any(|question| question.key == of.key));
        let guided = guided.map(|of| {
            let value = match suggested(of.key) {
                Some(key) => unquoted(&key.value),
                None if of.key == LABEL && !has_label => NONE.to_owned(),
                None => of.default.to_owned(),
            };
            let known = before.iter().find(|field| field.key == of.key).cloned();
            let was = if is_other { None } else { own.get(of.key).cloned() };
            let mut field = known.unwrap_or_else(|| Field::guided(of, was.unwrap_or_else(|| value.clone())));
            field.suggest(Some(value));
            field
        });
        let guided: Vec<Field> = guided.collect();
        let behind = fields.iter().position(|field| field.key == SOURCE).map_or(0, |place| place + 1);
        fields.splice(behind..behind, guided);
        self.fields = fields;
        let tasks = self.tasks(guess);
        let is_due = self.is_other_data() && tasks != self.study.sweep.tasks;
        for field in self.fields.iter_mut().filter(|field| field.key == TASKS) {
            field.suggest(is_due.then(|| written(&tasks)));
        }
        // From the data set's name to what has to be chosen of it.
        let open = guess.open_questions().next().map(|question| question.key).filter(|_| is_other);
        self.focus_on(focused.or(open).unwrap_or(SOURCE));
    }
}

impl Seen {
    fn look(&self) -> Option<&Look> {
        match self {
            Self::Nothing => None,
            Self::Asked(look, _) | Self::Answered(look, _) => Some(look),
        }
    }
}
