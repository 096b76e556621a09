//! The names that the arrays and columns of a pickled value have: its keys, joined by dots.

use super::error::Refusal;
use super::value::{Heap, Node, Value};

/// Arrays and columns at most.
const MOST_NAMES: usize = 1 << 14;
/// Containers whose names are known and whose contents are not, at most.
const MOST_OPEN: usize = 1 << 17;
/// Values that are looked at, at most: a dict may hold another twice, and that another twice, …
const MOST_LOOKS: usize = 1 << 25;
/// Containers in one another.
const DEEPEST: usize = 16;
/// Bytes of a name.
const LONGEST_NAME: usize = 1 << 10;

/// The arrays and columns of `value` with their names; `alone` is the name of one that is in no container.
pub(super) fn named(heap: &Heap, value: Value, alone: &str) -> Result<Vec<(String, Value)>, Refusal> {
    let mut found = Vec::new();
    let mut looks = 0;
    // What is still to be looked at, with its name and depth, the next one last.
    let mut open = vec![(String::new(), 0, value)];
    while let Some((name, depth, value)) = open.pop() {
        looks += length(heap, value);
        if looks > MOST_LOOKS || open.len() > MOST_OPEN || depth > DEEPEST {
            return Err(Refusal::Unsuitable("lists and dicts too many or too deep in one another".into()));
        }
        if matches!(heap.node(value), Some(Node::Tensor(_) | Node::Array(_))) || is_column(heap, value) {
            found.push((if name.is_empty() { alone.to_owned() } else { name }, value));
        } else {
            let before = open.len();
            let joined = |key: String| if name.is_empty() { key } else { format!("{name}.{key}") };
            let parts = parts(heap, value).map(|(key, value)| (joined(key), depth + 1, value));
            open.extend(parts.filter(|(name, ..)| name.len() <= LONGEST_NAME).take(MOST_OPEN + 1));
            open[before..].reverse();
        }
        if found.len() > MOST_NAMES {
            return Err(Refusal::Unsuitable(format!(
                "more than {MOST_NAMES} arrays (of a list of vectors make one matrix: torch.stack(d[\"text\"]))"
            )));
        }
    }
    // Of equal keys the last one counts, as in Python.
    found.reverse();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.dedup_by(|later, first| later.0 == first.0);
    Ok(found)
}

/// Values in a container.
fn length(heap: &Heap, value: Value) -> usize {
    match heap.node(value) {
        Some(Node::Dict(items)) => items.len(),
        Some(Node::List(items) | Node::Tuple(items)) => items.len(),
        _ => 1,
    }
}

/// What a container holds that may have names, by key or place.
fn parts(heap: &Heap, value: Value) -> Box<dyn Iterator<Item = (String, Value)> + '_> {
    let key_of = |key: Value| match key {
        Value::Int(number) => Some(number.to_string()),
        // Not copied: many entries may share one key.
        Value::Text(span) if span.to - span.from > LONGEST_NAME => None,
        key => heap.text(key).map(str::to_owned),
    };
    let is_of_interest = |value: Value| heap.node(value).is_some_and(|node| !matches!(node, Node::Global(_)));
    match heap.node(value) {
        Some(Node::Dict(items)) => Box::new(
            items
                .iter()
                .filter(move |&&(_, value)| is_of_interest(value))
                .filter_map(move |&(key, value)| Some((key_of(key)?, value))),
        ),
        Some(Node::List(items) | Node::Tuple(items)) => Box::new(
            (0_usize..)
                .zip(items)
                .filter(move |&(_, &value)| is_of_interest(value))
                .map(|(place, &value)| (place.to_string(), value)),
        ),
        _ => Box::new(std::iter::empty()),
    }
}

/// Whether `value` is a list of numbers and texts: a column.
fn is_column(heap: &Heap, value: Value) -> bool {
    let is_scalar = |value: &Value| match heap.node(*value) {
        Some(Node::Array(array)) => array.shape.is_empty() && array.dtype.is_some(),
        Some(_) => false,
        None => true,
    };
    heap.sequence(value).is_some_and(|values| !values.is_empty() && values.iter().all(is_scalar))
}
