//! A label as a user names it.

use serde::{Deserialize, Serialize};

/// A label as a file holds it: a whole number or text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LabelValue {
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
}
