//! The nearest known word or key to a misspelt one.

use strsim::damerau_levenshtein as distance;

/// The word within a third of its letters from `given`, if there is one.
pub(crate) fn word<'w>(given: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let given = given.to_lowercase();
    words
        .into_iter()
        .map(|word| (distance(&given, word), word))
        .filter(|&(steps, word)| steps <= tolerance(word))
        .min_by_key(|&(steps, _)| steps)
        .map(|(_, word)| word)
}

/// The keys nearest to a path, of nearly the same name in any section; up to three where several are
/// equally near.
pub(super) fn keys(given: &str, known: &[&'static str]) -> Vec<&'static str> {
    let given = given.to_lowercase();
    let scored: Vec<(usize, &'static str)> =
        known.iter().filter_map(|&key| Some((steps_to(&given, key)?, key))).collect();
    let fewest = scored.iter().map(|&(steps, _)| steps).min();
    scored.into_iter().filter(|&(steps, _)| Some(steps) == fewest).map(|(_, key)| key).take(3).collect()
}

/// How far a path is from a key; nothing where their last parts are too far apart.
fn steps_to(given: &str, key: &str) -> Option<usize> {
    let (given_name, key_name) = (name(given), name(key));
    let names = distance(given_name, key_name);
    if names > tolerance(key_name) {
        return None;
    }
    // A slip in the name costs more than another section; of two sections the nearer one wins.
    Some(8 * names + section_steps(section(given), section(key)))
}

fn section_steps(given: &str, section: &str) -> usize {
    if given == section {
        0
    } else if !given.is_empty() && distance(given, section) <= tolerance(section).max(4) {
        distance(given, section).min(6)
    } else {
        7
    }
}

fn tolerance(word: &str) -> usize {
    (word.len() / 3).max(1)
}

fn name(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, name)| name)
}

fn section(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(section, _)| section)
}
