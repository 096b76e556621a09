//! The form that changes a study before it starts: a few keys of the configuration, checked as the file's are.

use study::config::{self, Config, Faults, Override};

/// A study that is being edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The unchanged configuration.
    base: String,
    fields: [Field; 5],
    focus: usize,
}

/// One key of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its path, as in the file.
    pub key: &'static str,
    /// What it holds.
    pub does: &'static str,
    /// What is typed, as TOML.
    pub value: String,
    was: String,
}

impl Form {
    /// With what the study has now.
    pub fn of(config: &Config) -> Self {
        let (run, sweep, train) = (&config.run, &config.sweep, &config.train);
        let fields = [
            field("run.device", "auto, cpu, cuda, cuda:1", &run.device),
            field("sweep.fusions", "a list", &sweep.fusions),
            field("sweep.sizes", "doubling, or a list, where \"all\" may stand", &sweep.sizes),
            field("sweep.seeds", "a count, or a list", &sweep.seeds),
            field("train.epochs", "at most", &train.epochs),
        ];
        Self { base: config.to_toml(), fields, focus: 0 }
    }

    /// The fields, from the top.
    pub const fn fields(&self) -> &[Field; 5] {
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
        self.fields[self.focus].value.push(letter);
    }

    /// Takes the last character away.
    pub fn erase(&mut self) {
        self.fields[self.focus].value.pop();
    }

    /// Empties the field.
    pub fn clear(&mut self) {
        self.fields[self.focus].value.clear();
    }

    /// Whether anything was changed.
    pub fn is_changed(&self) -> bool {
        self.fields.iter().any(Field::is_changed)
    }

    /// The configuration as typed.
    ///
    /// # Errors
    /// Every error in it, with its key.
    pub fn checked(&self) -> Result<Config, Faults> {
        let changed = self.fields.iter().filter(|field| field.is_changed());
        let overrides: Vec<Override> = changed
            .map(|field| Override { key: field.key.to_owned(), value: field.value.trim().to_owned() })
            .collect();
        config::read(Some(&self.base), &overrides)
    }
}

impl Field {
    /// Whether it was changed.
    pub fn is_changed(&self) -> bool {
        self.value.trim() != self.was
    }
}

fn field(key: &'static str, does: &'static str, value: &impl serde::Serialize) -> Field {
    // Every value of a configuration is TOML.
    let value = toml::Value::try_from(value);
    let text = value.map_or_else(|_| String::new(), |value| value.to_string());
    // Text needs no quotes: what is not TOML is read as a string.
    let bare = text.trim_matches('"');
    let value = if bare.contains('"') { text } else { bare.to_owned() };
    Field { key, does, was: value.clone(), value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use study::config::Seeds;

    fn typed(key: &str, text: &str) -> Form {
        let mut form = Form::of(&Config::default());
        while form.fields()[form.focus()].key != key {
            form.step(1);
        }
        form.clear();
        text.chars().for_each(|letter| form.insert(letter));
        form
    }

    #[test]
    fn what_nobody_touched_stays_as_it_was() {
        let form = Form::of(&Config::default());
        let shown: Vec<&str> = form.fields().iter().map(|field| field.value.as_str()).collect();
        assert_eq!(shown, ["auto", r#"["concat", "product", "tensor"]"#, "doubling", "10", "30"]);
        assert!(!form.is_changed());
        assert_eq!(form.checked(), Ok(Config::default()));
    }

    #[test]
    fn a_field_is_checked_as_the_file_is_and_names_its_key() {
        assert_eq!(typed("sweep.seeds", "20").checked().unwrap().sweep.seeds, Seeds::Count(20));
        let faults = typed("sweep.fusions", r#"["tensr"]"#).checked().unwrap_err();
        assert_eq!(faults.0.len(), 1);
        assert_eq!(faults.0[0].key, "sweep.fusions");
        assert!(faults.to_string().contains("tensor"), "{faults}");
        assert!(typed("train.epochs", "").checked().is_err(), "an empty field is not a number");
        assert!(typed("run.device", "gpu").checked().is_err());
    }
}
