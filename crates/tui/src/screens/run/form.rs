//! The form that changes a study before it starts: a few keys of the configuration, checked as the file's are. Another data
//! set is looked at first, and the keys that name its parts take what it suggests.

mod field;
#[cfg(test)]
mod tests;

use data::guide::{Answers, Choice, Guess, NONE, Question};
use study::config::{self, Config, DataConfig, Fault, Faults, Origin, Override};
use study::grid::Task;

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
    /// It is being looked at.
    Asked(Look),
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
            field("run.device", "auto, cpu, cuda, cuda:1", &run.device),
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

    /// What was chosen of one data set says nothing of another.
    fn enter(&mut self, value: String) {
        if self.focus == 0 {
            self.fields.retain(|field| !field.is_guided());
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
        let is_known = match &self.seen {
            Seen::Nothing => false,
            Seen::Asked(look) | Seen::Answered(look, _) => *look == wanted,
        };
        if is_known {
            return None;
        }
        self.seen = Seen::Asked(wanted.clone());
        Some(wanted)
    }

    /// Takes what a look has found, unless something else is asked by now.
    pub fn take(&mut self, look: Look, suggestion: Suggestion) {
        if !matches!(&self.seen, Seen::Asked(asked) if *asked == look) {
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
            Seen::Answered(_, Ok(guess)) => Some(guess),
            Seen::Nothing | Seen::Asked(_) | Seen::Answered(_, Err(_)) => None,
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
            (Some(wanted), Seen::Asked(look)) if *look == wanted => return Standing::Looking,
            (Some(_), _) => return Standing::Unseen,
        };
        Standing::Checked(Box::new(checked))
    }

    /// The study with what was suggested, and over that what was typed.
    fn read(&self, guess: Option<&Guess>) -> Result<Config, Faults> {
        let is_held = |key: &str| self.fields.iter().any(|field| field.key == key && !field.is_guided());
        let suggested = guess.iter().flat_map(|guess| &guess.keys).filter(|key| match key.key.as_str() {
            SOURCE => true,
            "run.name" => self.is_other_source(),
            key => !is_held(key),
        });
        let suggested = suggested.map(|key| Override { key: key.key.clone(), value: key.value.clone() });
        let typed = self.fields.iter().filter(|field| field.is_changed() && !field.is_guided());
        // The suggested source is the typed one, as TOML.
        let typed = typed.filter(|field| field.key != SOURCE || guess.is_none());
        let typed =
            typed.map(|field| Override { key: field.key.to_owned(), value: field.value.trim().to_owned() });
        let overrides: Vec<Override> = suggested.chain(typed).collect();
        config::read(Some(&self.base().to_toml()), &overrides)
    }

    /// What other keys the data set sets, as lines of TOML.
    pub fn also(&self) -> Vec<String> {
        let Some(guess) = self.guess().filter(|_| self.is_other_data()) else { return Vec::new() };
        let is_shown = |key: &str| self.fields.iter().any(|field| field.key == key);
        let others = guess.keys.iter().filter(|key| !is_shown(&key.key) && key.key != "run.name");
        others.map(|key| format!("{} = {}", key.key, key.value)).collect()
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

    /// The study, without what names parts of a data set that is no longer the study's.
    fn base(&self) -> Config {
        let mut base = (*self.study).clone();
        if !self.is_other_data() {
            return base;
        }
        let none = DataConfig::default();
        base.data = DataConfig {
            table: none.table,
            key: none.key,
            text: none.text,
            image: none.image,
            label: none.label,
            split: none.split,
            group: none.group,
            ..base.data
        };
        let same_label = !self.is_other_source()
            && !self.fields.iter().any(|field| field.key == LABEL && field.is_changed());
        if !same_label {
            (base.data.positive, base.data.negative) = (Vec::new(), Vec::new());
            if !base.sweep.tasks.contains(&Task::Real) {
                base.sweep.tasks.insert(0, Task::Real);
            }
        }
        base
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
        for field in &mut fields {
            let is_width = field.key == WIDTH && self.study.data.width == 0;
            if field.key != SOURCE && (is_other || is_width) {
                // What an earlier look suggested is gone.
                field.suggest(suggested(field.key).map(|key| bare(&key.value)));
            }
        }
        let has_label = suggested("sweep.tasks").is_none();
        let own = own_answers(&self.study);
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

/// What the study has chosen of its own data set.
fn own_answers(study: &Config) -> Answers {
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
    ];
    chosen.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
