//! What the run screen knows of the run's labels, and the box in which they are edited.

use crate::label_form::LabelForm;
use study::labels::{LabelChange, Labels};

/// The run's labels, as far as the screen knows them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunLabels {
    /// The labels, or why they cannot be read; absent before they were.
    pub known: Option<Result<Labels, String>>,
    /// What is to be written, while it is.
    pub saving: bool,
    /// The box, where it is open.
    pub form: Option<LabelForm>,
}

impl RunLabels {
    /// What the run screen's `i` says of them: a name and a text each.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match &self.known {
            None => Vec::new(),
            Some(Err(why)) => vec![("warning", why.clone())],
            Some(Ok(labels)) => {
                let tags = labels.tag_list();
                let all = [("name", labels.name()), ("note", labels.note()), ("tags", &tags)];
                let present = all.into_iter().filter(|(_, text)| !text.is_empty());
                present.map(|(name, text)| (name, text.to_owned())).collect()
            }
        }
    }

    /// Whether the box can be opened; if not, why.
    pub fn editable(&self) -> Result<(), String> {
        match &self.known {
            _ if self.saving => Err("the labels are being saved".into()),
            None => Err("the labels are being read".into()),
            Some(Err(why)) => Err(why.clone()),
            Some(Ok(_)) => Ok(()),
        }
    }

    /// Takes what is known now; an error where labels were to be changed. A box that nothing was typed into shows it too.
    pub fn take(&mut self, labels: Result<Labels, String>, is_change: bool) -> Result<(), String> {
        self.saving &= !is_change;
        match labels {
            // What was refused changed nothing.
            Err(why) if is_change => return Err(why),
            labels => self.known = Some(labels),
        }
        if self.form.as_ref().is_some_and(LabelForm::is_untouched) {
            self.open();
        }
        Ok(())
    }

    /// Opens the box.
    pub fn open(&mut self) {
        self.form = self.known.as_ref().and_then(|known| known.as_ref().ok()).map(LabelForm::of);
    }

    /// What was changed; closes the box unless that is refused.
    pub fn close(&mut self) -> Option<LabelChange> {
        let change = self.form.as_mut()?.change()?;
        self.form = None;
        self.saving = !change.is_empty();
        Some(change)
    }
}
