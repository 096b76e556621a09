//! What cannot run, as it is typed: the configuration's own errors, and what the data do not allow.

use ::study::config::{Config, Fault, Faults, Origin};
use data::DataError;
use data::guide::Guess;

use super::{Field, Form, GENERATOR, SOURCE, Seen, Standing, TASKS, WIDTH};

impl Form {
    /// Whether it can be applied, and to what.
    pub fn standing(&self) -> Standing {
        let wanted = self.wanted().filter(|_| self.is_other_data());
        let checked = match (wanted, &self.seen) {
            (None, _) => self.checked(None),
            (Some(wanted), Seen::Answered(look, answer)) if *look == wanted => match answer {
                Ok(guess) => self.checked(Some(guess)),
                Err(why) => {
                    let mut faults = vec![fault(SOURCE, why.clone())];
                    faults.extend(self.typed_faults());
                    Err(Faults(faults))
                }
            },
            (Some(wanted), Seen::Asked(look, _)) if *look == wanted => return Standing::Looking,
            (Some(_), _) => return Standing::Unseen,
        };
        Standing::Checked(Box::new(checked))
    }

    /// Every error as it stands, in the order of the fields; those of keys that have no field come last.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = match self.standing() {
            Standing::Checked(checked) => checked.err().map_or_else(Vec::new, |faults| faults.0),
            // Until the data set is known, what is typed can be checked by itself.
            Standing::Unseen | Standing::Looking => self.typed_faults(),
        };
        let place = |fault: &Fault| self.fields.iter().position(|field| field.key == fault.key);
        faults.sort_by_key(|fault| place(fault).unwrap_or(usize::MAX));
        faults
    }

    /// Types into the first field that has one of `faults`.
    pub fn show_first(&mut self, faults: &Faults) {
        let is_faulty = |field: &Field| faults.0.iter().any(|fault| fault.key == field.key);
        self.focus = self.fields.iter().position(is_faulty).unwrap_or(self.focus);
    }

    /// The errors of what is typed into fields that are no part of the data set.
    fn typed_faults(&self) -> Vec<Fault> {
        let is_own = |fault: &Fault| {
            let field = self.field(&fault.key);
            fault.key != SOURCE && field.is_some_and(|field| field.is_changed() && !field.is_guided())
        };
        self.read(None).err().map_or_else(Vec::new, |faults| faults.0.into_iter().filter(is_own).collect())
    }

    /// The study as typed, or every error in it.
    fn checked(&self, guess: Option<&Guess>) -> Result<Config, Faults> {
        let config = self.read(guess)?;
        let faults = self.unlike_the_data(&config);
        if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
    }

    /// What the data do not allow, as far as they are known.
    fn unlike_the_data(&self, config: &Config) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some([text, image]) = self.widths(config)
            && let Err(error) = data::check_widths(config, text, image)
        {
            let key =
                if matches!(error, DataError::UnequalWidths { .. }) { needs_width(config) } else { WIDTH };
            faults.push(fault(key, error.to_string()));
        }
        if let Some(rows) = self.known_rows() {
            faults.extend(config.sweep(rows.train).err());
        }
        faults
    }

    /// Columns of text and image as they come.
    pub(super) fn widths(&self, config: &Config) -> Option<[usize; 2]> {
        match self.guess() {
            Some(guess) => Some(guess.widths),
            None if config.data.source == GENERATOR => Some([config.data.clip_like.width; 2]),
            None => None,
        }
    }
}

fn fault(key: &str, message: String) -> Fault {
    Fault { key: key.to_owned(), origin: Origin::Default, message }
}

/// The key that names what needs text and image of one width.
fn needs_width(config: &Config) -> &'static str {
    if config.fusions().iter().any(|model| model.needs_equal_widths()) {
        "sweep.fusions"
    } else if config.baselines().iter().any(|model| model.needs_equal_widths()) {
        "sweep.baselines"
    } else if config.sweep.tasks.iter().any(|task| task.needs_equal_widths()) {
        TASKS
    } else {
        WIDTH
    }
}
