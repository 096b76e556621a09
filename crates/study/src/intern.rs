//! Names that are made of other names, each kept once for as long as the program runs.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

/// The same text. None is ever given back, so only for names of which there are few: those that a configuration or a
/// header adds, whose number is checked first. Events and messages only look up what is there.
pub(crate) fn interned(name: String) -> &'static str {
    static NAMES: RwLock<BTreeSet<&'static str>> = RwLock::new(BTreeSet::new());
    if let Some(known) = NAMES.read().unwrap_or_else(PoisonError::into_inner).get(name.as_str()) {
        return known;
    }
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    // Another thread may have been faster.
    if let Some(known) = names.get(name.as_str()) {
        return known;
    }
    let name: &'static str = Box::leak(name.into_boxed_str());
    names.insert(name);
    name
}
