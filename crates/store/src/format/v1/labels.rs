//! `labels.toml`: what users say of a run.

use serde::{Deserialize, Serialize};

use study::labels::{LabelError, Tag};

/// The file. A key that is not known makes it unusable, since writing it again would lose what the key holds.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    note: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

impl From<&study::labels::Labels> for Labels {
    fn from(labels: &study::labels::Labels) -> Self {
        Self {
            name: labels.name().to_owned(),
            note: labels.note().to_owned(),
            tags: labels.tags().iter().map(ToString::to_string).collect(),
        }
    }
}

impl TryFrom<Labels> for study::labels::Labels {
    type Error = LabelError;

    fn try_from(labels: Labels) -> Result<Self, LabelError> {
        let tags: Result<Vec<Tag>, LabelError> = labels.tags.iter().map(|tag| tag.parse()).collect();
        Self::new(&labels.name, &labels.note, tags?)
    }
}
