//! The form that changes a study before it starts: a few keys of the configuration, checked as the file's are. Another data
//! set is looked at first, and the keys that name its parts take what it suggests.

mod field;
mod study;
#[cfg(test)]
mod tests;

use ::study::config::{Config, Fault, Faults, Origin};
use data::guide::{Answers, Choice, Guess, NONE, Question};

use self::study::own_answers;
pub use field::Field;
use field::{GUIDED, bare, field, unquoted};

/// The source that is no file.
const GENERATOR: &str = "clip-like";
const SOURCE: &str = "data.source";
const LABEL: &str = "data.label";
const WIDTH: &str = "data.width";

/// A study that is being edited.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    study: Box<Config>,
    fields: Vec<Field>,
    focus: usize,
    seen: Seen,
    /// What was chosen of this source in an earlier form.
    drafted: Option<(String, Answers)>,
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
            field(SOURCE, "a file or folder of embeddings, or clip-like", &study.data.source),
            field(WIDTH, "both modalities to this width by PCA; 0: as they are", &study.data.width),
            field("run.device", "auto, cpu, cuda, cuda:1, cuda:0,2", &run.device),
            field("sweep.fusions", "a list", &sweep.fusions),
            field("sweep.sizes", "doubling, or a list, where \"all\" may stand", &sweep.sizes),
            field("sweep.seeds", "a count, or a list", &sweep.seeds),
            field("train.epochs", "at most", &train.epochs),
        ];
        Self { study: Box::new(study.clone()), fields, focus: 0, seen: Seen::Nothing, drafted: None }
    }

    /// The form as it was when it made `draft` of the study, which was then refused.
    pub fn with_draft(study: &Config, draft: &Config) -> Self {
        let mut form = Self::of(study);
        for (field, typed) in form.fields.iter_mut().zip(Self::of(draft).fields) {
            if field.value != typed.value {
                field.enter(typed.value);
            }
        }
        form.drafted = Some((draft.data.source.clone(), own_answers(draft)));
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

    /// Appends a character.
    pub fn insert(&mut self, letter: char) {
        let mut value = self.fields[self.focus].value.clone();
        value.push(letter);
        self.enter(value);
    }

    /// Takes the last character away.
    pub fn erase(&mut self) {
        let mut value = self.fields[self.focus].value.clone();
        value.pop();
        self.enter(value);
    }

    /// Empties the field.
    pub fn clear(&mut self) {
        self.enter(String::new());
    }

    /// What was chosen and suggested of one data set says nothing of another.
    fn enter(&mut self, value: String) {
        if self.focus == 0 {
            self.seen = Seen::Nothing;
            self.fields.retain(|field| !field.is_guided());
            self.fields.iter_mut().skip(1).for_each(|field| field.suggest(None));
        }
        self.fields[self.focus].enter(value);
    }

    /// What the field that is typed into can be, where the data set says so.
    pub fn question(&self) -> Option<&Question> {
        let key = self.fields[self.focus].key;
        self.guess()?.questions.iter().find(|question| question.key == key)
    }

    fn choices(&self) -> &[Choice] {
        self.question().map_or(&[], |question| &question.choices)
    }

    /// Takes the choice so many places on, around the end.
    pub fn choose(&mut self, by: isize) {
        let choices = self.choices();
        let place = choices.iter().position(|choice| choice.value == self.fields[self.focus].value);
        let next = match (place, by < 0) {
            (Some(place), _) => (place as isize + by).rem_euclid(choices.len() as isize) as usize,
            (None, true) => choices.len().saturating_sub(1),
            (None, false) => 0,
        };
        if let Some(choice) = choices.get(next) {
            let value = choice.value.clone();
            self.fields[self.focus].enter(value);
        }
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

    /// Whether it can be applied, and to what.
    pub fn standing(&self) -> Standing {
        let wanted = self.wanted().filter(|_| self.is_other_data());
        let checked = match (wanted, &self.seen) {
            (None, _) => self.read(None),
            (Some(wanted), Seen::Answered(look, answer)) if *look == wanted => match answer {
                Ok(guess) => self.read(Some(guess)),
                Err(why) => {
                    let (key, message) = (SOURCE.to_owned(), why.clone());
                    Err(Faults(vec![Fault { key, origin: Origin::Default, message }]))
                }
            },
            (Some(wanted), Seen::Asked(look, _)) if *look == wanted => return Standing::Looking,
            (Some(_), _) => return Standing::Unseen,
        };
        Standing::Checked(Box::new(checked))
    }

    /// What its user should know of the data set.
    pub fn notes(&self) -> &[String] {
        self.guess().filter(|_| self.is_other_data()).map_or(&[], |guess| &guess.notes)
    }

    fn source(&self) -> &str {
        self.fields[0].value.trim()
    }

    fn is_other_source(&self) -> bool {
        self.fields[0].is_changed()
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
        answers.extend(typed.map(|field| (field.key.to_owned(), field.value.trim().to_owned())));
        Some(Look { paths, answers })
    }

    /// Shows what is suggested in every field that nobody has typed into, and a field for each part that can be chosen.
    fn fill(&mut self, guess: &Guess) {
        let suggested = |key: &str| guess.keys.iter().find(|found| found.key == key);
        let is_other = self.is_other_source();
        let focused = (self.focus > 1).then(|| self.fields[self.focus].key);
        let (before, mut fields): (Vec<Field>, Vec<Field>) =
            std::mem::take(&mut self.fields).into_iter().partition(Field::is_guided);
        let own = own_answers(&self.study);
        let is_other_pair = GUIDED.iter().take(2).any(|of| {
            let part = suggested(of.key).map_or_else(|| of.default.to_owned(), |key| unquoted(&key.value));
            own.get(of.key) != Some(&part)
        });
        for field in fields.iter_mut().filter(|field| field.key != SOURCE) {
            let is_width = field.key == WIDTH;
            let is_due = is_other || is_other_pair && is_width && self.study.data.width == 0;
            let value = suggested(field.key).filter(|_| is_due).map(|key| bare(&key.value));
            // What an earlier look suggested is gone; the width was the other data set's.
            field.suggest(value.or_else(|| (is_other && is_width).then(|| "0".to_owned())));
        }
        let has_label = suggested("sweep.tasks").is_none();
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
        fields.splice(1..1, guided);
        self.fields = fields;
        // From the data set's name to what has to be chosen of it.
        let open = guess.open_questions().next().map(|question| question.key).filter(|_| is_other);
        let key = focused.or(open);
        let place = key.and_then(|key| self.fields.iter().position(|field| field.key == key));
        self.focus = place.unwrap_or(self.focus).min(self.fields.len() - 1);
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
