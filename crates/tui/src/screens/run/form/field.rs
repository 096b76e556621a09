//! A field of the form: one key of the configuration, as text.

use crate::widgets::line_editor::{Edit, LineEditor};

/// One key of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its path, as in the file.
    pub key: &'static str,
    /// What it holds.
    pub does: &'static str,
    /// What is typed, as TOML; of a key that names a part of the data set, its plain name.
    line: LineEditor,
    was: String,
    is_guided: bool,
    is_typed: bool,
}

/// A key that names a part of the data set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guided {
    pub(super) key: &'static str,
    does: &'static str,
    /// What it is where a data set suggests nothing.
    pub(super) default: &'static str,
}

/// In the order of the form.
pub(super) const GUIDED: [Guided; 5] = [
    Guided { key: "data.text", does: "the matrix of texts", default: "text" },
    Guided { key: "data.image", does: "the matrix of images", default: "image" },
    Guided { key: "data.label", does: "the column of labels, or none", default: "label" },
    Guided { key: "data.split", does: "the column of train, validation, test, or random", default: "random" },
    Guided { key: "data.group", does: "rows of one value stay in one split", default: "none" },
];

impl Field {
    /// What is typed.
    pub fn value(&self) -> &str {
        self.line.text()
    }

    /// The same, to be edited.
    pub const fn line(&self) -> &LineEditor {
        &self.line
    }

    /// Whether it differs from the study's.
    pub fn is_changed(&self) -> bool {
        self.value().trim() != self.was
    }

    /// Whether it names a part of the data set.
    pub const fn is_guided(&self) -> bool {
        self.is_guided
    }

    /// Whether its user has typed into it, or chosen.
    pub(super) const fn is_typed(&self) -> bool {
        self.is_typed
    }

    /// A key that names a part of the data set, which was `was`.
    pub(super) fn guided(of: &Guided, was: String) -> Self {
        Self {
            key: of.key,
            does: of.does,
            line: LineEditor::default(),
            was,
            is_guided: true,
            is_typed: false,
        }
    }

    /// Takes what its user chose.
    pub(super) fn enter(&mut self, value: String) {
        self.is_typed = true;
        self.line = LineEditor::new(value);
    }

    /// Does what its user's keys ask for; whether its text is another now.
    pub(super) fn edit(&mut self, edit: Edit) -> bool {
        let is_other = self.line.edit(edit);
        self.is_typed |= is_other;
        is_other
    }

    /// Takes a suggestion, or without one what the study has, unless its user has typed.
    pub(super) fn suggest(&mut self, value: Option<String>) {
        // What was suggested before, and came back as typed in a refused study, is a suggestion again.
        self.is_typed &= self.is_guided || value.as_deref() != Some(self.value());
        if !self.is_typed {
            let value = value.unwrap_or_else(|| self.was.clone());
            // A cursor stays where the text does.
            if value != self.value() {
                self.line = LineEditor::new(value);
            }
        }
    }
}

pub(super) fn field(key: &'static str, does: &'static str, value: &impl serde::Serialize) -> Field {
    let value = written(value);
    Field { key, does, was: value.clone(), line: LineEditor::new(value), is_guided: false, is_typed: false }
}

/// A value as the form shows it. Every value of a configuration is TOML.
pub(super) fn written(value: &impl serde::Serialize) -> String {
    let value = toml::Value::try_from(value);
    bare(&value.map_or_else(|_| String::new(), |value| value.to_string()))
}

/// Text without the quotes that it does not need: what is not TOML is read as a string.
pub(super) fn bare(toml: &str) -> String {
    let bare = toml.trim_matches('"');
    if bare.contains(['"', '\\']) { toml.to_owned() } else { bare.to_owned() }
}

/// The text that a TOML string stands for.
pub(super) fn unquoted(toml: &str) -> String {
    let table = format!("text = {toml}").parse::<toml::Table>();
    let text = table.ok().and_then(|table| table.get("text")?.as_str().map(str::to_owned));
    text.unwrap_or_else(|| toml.to_owned())
}
