//! Takes values by key out of the tree, remembers which keys there are, and collects every error.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::{Fault, Faults, Origin, PRINTED, shown};
use super::nearest;
use super::rule::Rule;
use super::tree::{Leaf, Leaves};

/// What is left of a tree while its keys are taken out.
pub(super) struct Reader<'t> {
    leaves: Leaves<'t>,
    /// Every key asked for: the schema.
    known: Vec<&'static str>,
    /// Where the keys that were written stand.
    written: BTreeMap<&'static str, Origin>,
    /// Keys whose value was refused.
    refused: BTreeSet<&'static str>,
    faults: Vec<Fault>,
}

impl<'t> Reader<'t> {
    /// A reader of these values.
    pub(super) fn new(leaves: Leaves<'t>) -> Self {
        Self {
            leaves,
            known: Vec::new(),
            written: BTreeMap::new(),
            refused: BTreeSet::new(),
            faults: Vec::new(),
        }
    }

    /// Takes a key's value out: as written where the rule admits it, else the default. A value that is
    /// refused is a fault.
    pub(super) fn take<T>(&mut self, key: &'static str, default: T, rule: &impl Rule<T>) -> T {
        self.known.push(key);
        let Some(leaf) = self.leaves.remove(key) else {
            return default;
        };
        self.written.insert(key, leaf.origin);
        admit(&leaf, rule).unwrap_or_else(|complaint| {
            let message = format!("{complaint}; allowed: {}", rule.allowed());
            self.faults.push(Fault { key: key.to_owned(), origin: leaf.origin, message });
            self.refused.insert(key);
            default
        })
    }

    /// Records a fault of several keys together, at the first of them that was written. Nothing where
    /// one of them was refused: its default is not what the user meant.
    pub(super) fn fault_of(&mut self, keys: &[&'static str], message: String) {
        if keys.iter().any(|key| self.refused.contains(key)) {
            return;
        }
        let written = keys.iter().find_map(|&key| Some((key, *self.written.get(key)?)));
        if let Some((key, origin)) = written.or(keys.first().map(|&key| (key, Origin::Default))) {
            self.faults.push(Fault { key: key.to_owned(), origin, message });
        }
    }

    /// Every key that was asked for, in the order of the list.
    #[cfg(test)]
    pub(super) fn known(&self) -> &[&'static str] {
        &self.known
    }

    /// Makes a fault of every value that no key has taken, and hands out all faults.
    pub(super) fn finish(mut self, before: Option<Fault>) -> Result<(), Faults> {
        let mut left: Vec<(String, Leaf<'_>)> = std::mem::take(&mut self.leaves).into_iter().collect();
        left.sort_by_key(|(_, leaf)| leaf.origin);
        for (place, (path, leaf)) in left.into_iter().enumerate() {
            // What is not printed is not looked for.
            let message =
                if place < PRINTED { self.left_over(&path, &leaf) } else { Some("unknown key".into()) };
            if let Some(message) = message {
                self.faults.push(Fault { key: path, origin: leaf.origin, message });
            }
        }
        self.faults.extend(before);
        // A stable sort: several faults of one line stay in the order of the list of keys.
        self.faults.sort_by_key(|fault| fault.origin);
        if self.faults.is_empty() { Ok(()) } else { Err(Faults(self.faults)) }
    }

    /// What is wrong with a value that no key has taken; nothing with an empty section.
    fn left_over(&self, path: &str, leaf: &Leaf<'_>) -> Option<String> {
        let keys = self.keys_of(path);
        if let Some(example) = keys.first() {
            return match leaf.origin {
                Origin::Set => Some(format!("a section; set its keys one by one, such as {example}=…")),
                _ if leaf.value.is_table() => None,
                _ => Some(format!(
                    "{} is not a section; write [{path}], and its keys below it: {}",
                    shown(&leaf.value),
                    names(&keys)
                )),
            };
        }
        if let Some(key) = self.known.iter().find(|&&key| is_below(path, key)) {
            return Some(format!("unknown key; {key} holds a value and is not a section"));
        }
        let near = nearest::keys(path, &self.known);
        if leaf.value.is_table()
            && let Some(section) = nearest::word(path, self.sections())
        {
            return Some(format!("unknown section; did you mean [{section}]?"));
        }
        if !near.is_empty() {
            return Some(format!("unknown key; did you mean {}?", near.join(" or ")));
        }
        let section = path.rsplit_once('.').map_or("", |(section, _)| section);
        let keys = self.keys_of(section);
        Some(if section.is_empty() || keys.is_empty() {
            format!("unknown key; the sections are {}", self.sections().join(", "))
        } else {
            format!("unknown key; [{section}] has {}", names(&keys))
        })
    }

    /// The keys straight below a section.
    fn keys_of(&self, section: &str) -> Vec<&'static str> {
        let straight_below = |key: &&&str| key.rsplit_once('.').is_some_and(|(above, _)| above == section);
        self.known.iter().filter(straight_below).copied().collect()
    }

    fn sections(&self) -> Vec<&'static str> {
        let mut sections: Vec<&str> =
            self.known.iter().filter_map(|key| Some(key.rsplit_once('.')?.0)).collect();
        sections.dedup();
        sections
    }
}

fn admit<T>(leaf: &Leaf<'_>, rule: &impl Rule<T>) -> Result<T, String> {
    rule.admit(&leaf.value).or_else(|complaint| {
        let as_text = leaf.typed.map(|text| toml::de::DeValue::String(text.into()));
        as_text.and_then(|text| rule.admit(&text).ok()).ok_or(complaint)
    })
}

fn is_below(path: &str, key: &str) -> bool {
    path.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'))
}

fn names(keys: &[&str]) -> String {
    keys.iter().map(|key| key.rsplit('.').next().unwrap_or(key)).collect::<Vec<_>>().join(", ")
}
