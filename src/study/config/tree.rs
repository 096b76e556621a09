//! A TOML text and its overrides as one flat list of values, each with its path and where it stands.
//!
//! Knows TOML, and none of the keys.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Origin, key_part, line_of, quoted};
use crate::study::text::one_line;

/// `KEY=VALUE` from `--set`: the value is TOML, else a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The key's path, such as `train.epochs`.
    pub key: String,
    /// As written.
    pub value: String,
}

/// `--set` with something else than `KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not KEY=VALUE; write it as train.epochs=5", quoted(.0))]
pub struct OverrideError(String);

impl FromStr for Override {
    type Err = OverrideError;

    fn from_str(text: &str) -> Result<Self, OverrideError> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok(Self { key: key.trim().to_owned(), value: value.trim().to_owned() })
            }
            _ => Err(OverrideError(text.to_owned())),
        }
    }
}

/// Values by path. A table is no value but for an empty one, so that no section goes unseen.
pub(super) type Leaves<'t> = BTreeMap<String, Leaf<'t>>;

/// One value.
pub(super) struct Leaf<'t> {
    pub(super) origin: Origin,
    pub(super) value: DeValue<'t>,
    /// An override as typed, which may be meant as a string although it is also TOML: `run.name=2024`.
    pub(super) typed: Option<&'t str>,
}

/// The values of a text, or where it stops being TOML.
pub(super) fn parse(text: &str) -> Result<Leaves<'_>, Fault> {
    let mut leaves = Leaves::new();
    match DeTable::parse(text) {
        Ok(table) => flatten(text, "", table.into_inner(), &mut leaves),
        Err(error) => return Err(syntax_fault(text, &error)),
    }
    Ok(leaves)
}

/// Lays the overrides over the values; of two for one key the later stands.
pub(super) fn lay_over<'t>(leaves: &mut Leaves<'t>, overrides: &'t [Override]) {
    for Override { key, value } in overrides {
        let path = key.split('.').map(key_part).collect::<Vec<_>>().join(".");
        let (value, typed) = match DeValue::parse(value) {
            Ok(parsed) => (parsed.into_inner(), Some(value.as_str())),
            Err(_) => (DeValue::String(Cow::Borrowed(value)), None),
        };
        leaves.insert(path, Leaf { origin: Origin::Set, value, typed });
    }
}

fn flatten<'t>(text: &str, above: &str, table: DeTable<'t>, leaves: &mut Leaves<'t>) {
    for (key, value) in table {
        let part = key_part(key.get_ref());
        let path = if above.is_empty() { part } else { format!("{above}.{part}") };
        match value.into_inner() {
            DeValue::Table(below) if !below.is_empty() => flatten(text, &path, below, leaves),
            value => {
                let origin = Origin::Line(line_of(text, key.span().start));
                leaves.insert(path, Leaf { origin, value, typed: None });
            }
        }
    }
}

fn syntax_fault(text: &str, error: &toml::de::Error) -> Fault {
    let span = error.span().unwrap_or(text.len()..text.len());
    let found = text.get(span.clone()).unwrap_or_default();
    let at = if found.trim().is_empty() { String::new() } else { format!(" at {}", quoted(found)) };
    let message = one_line(error.message());
    Fault {
        key: String::new(),
        origin: Origin::Line(line_of(text, span.start)),
        message: format!("not TOML: {message}{at}"),
    }
}
