//! The one language of filters, behind `/` in tables and lists and behind `--filter`.
//!
//! Terms stand apart by spaces, and all of them must match. A word by itself matches what its table says. Otherwise a
//! term is `key op value` without spaces, such as `fusion=product`, `size>512` or `acc>=80%`; `op` is one of
//! `= != < <= > >=`. Quotes hold spaces together: `note="second try"`. Letters match in either case.

mod day;
mod key;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use super::config::nearest;
use day::day_of;
use key::{Kind, Value, quoted};

pub use day::Day;
pub use key::Key;

/// How far a fraction may be from a number that is typed as equal: it is shown with three digits.
const EQUAL: f64 = 5e-4;

/// Terms, all of which must match.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
}

/// What was typed, read: the terms that apply, and those that do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed {
    /// The terms without an error.
    pub filter: Filter,
    /// The errors of the others, which do not apply.
    pub faults: Vec<Fault>,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    /// In lower case.
    Word(String),
    Compared {
        key: Key,
        op: Op,
        value: Value,
    },
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// Why a term does not apply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No key of this name.
    #[error("unknown key \"{key}\"; {}", did_you_mean(*.nearest, .known))]
    UnknownKey {
        /// The name.
        key: String,
        /// The key that is spelt nearly like it.
        nearest: Option<&'static str>,
        /// The keys of this table.
        known: &'static [Key],
    },
    /// An operator without a key before it.
    #[error("`{term}` has no key; {}", did_you_mean(None, .known))]
    NoKey {
        /// The term.
        term: String,
        /// The keys of this table.
        known: &'static [Key],
    },
    /// A value of another kind, or none.
    #[error("`{term}`: {wanted}")]
    BadValue {
        /// The term.
        term: String,
        /// What is wanted.
        wanted: &'static str,
    },
    /// Words have no order.
    #[error("`{term}`: {key} is compared with = and != alone")]
    NoOrder {
        /// The term.
        term: String,
        /// The key.
        key: &'static str,
    },
}

/// A row that a filter can be asked of.
pub trait Row {
    /// Whether a word by itself matches it. The word is in lower case.
    fn has_word(&self, word: &str) -> bool;

    /// What it has of `key`.
    fn get(&self, key: Key) -> Got<'_>;
}

/// What a row has of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Got<'a> {
    /// Nothing, or nothing yet.
    Nothing,
    /// A number; a fraction where the key's values are fractions.
    Number(f64),
    /// Milliseconds since 1970-01-01 UTC.
    Time(u64),
    /// Words or texts, one of which has to match.
    Texts(Vec<Cow<'a, str>>),
}

impl Got<'_> {
    /// A number that may be absent.
    pub fn number(number: Option<f64>) -> Self {
        number.map_or(Self::Nothing, Self::Number)
    }
}

impl Typed {
    /// Reads what was typed for a table that has these keys.
    pub fn read(text: &str, keys: &'static [Key]) -> Self {
        let mut typed = Self::default();
        for letters in split(text) {
            match term(&letters, keys) {
                Ok(term) => typed.filter.terms.push(term),
                Err(fault) => typed.faults.push(fault),
            }
        }
        typed
    }

    /// The first error, and what applies all the same; none where there is no error.
    pub fn complaint(&self) -> Option<String> {
        let fault = self.faults.first()?;
        let more = match self.faults.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let rest = if self.filter.is_empty() { "nothing is filtered" } else { "the rest applies" };
        Some(format!("{fault}{more}; {rest}"))
    }

    /// The filter, where every term applies.
    pub fn whole(self) -> Result<Filter, Fault> {
        self.faults.into_iter().next().map_or(Ok(self.filter), Err)
    }
}

impl Filter {
    /// Whether everything passes.
    pub const fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether every term matches `row`, at a time for `today`.
    pub fn passes(&self, row: &impl Row, now_ms: u64) -> bool {
        self.terms.iter().all(|term| term.matches(row, now_ms))
    }

    /// Whether the terms about configurations all match one of `configurations`, and the other ones `run`.
    pub fn passes_of<R: Row>(
        &self,
        run: &impl Row,
        mut configurations: impl Iterator<Item = R>,
        now_ms: u64,
    ) -> bool {
        let (inner, outer): (Vec<&Term>, Vec<&Term>) =
            self.terms.iter().partition(|term| term.is_of_configurations());
        outer.iter().all(|term| term.matches(run, now_ms))
            && (inner.is_empty()
                || configurations.any(|row| inner.iter().all(|term| term.matches(&row, now_ms))))
    }
}

impl Term {
    const fn is_of_configurations(&self) -> bool {
        match self {
            Self::Word(_) => false,
            Self::Compared { key, .. } => key.is_of_configurations(),
        }
    }

    fn matches(&self, row: &impl Row, now_ms: u64) -> bool {
        match self {
            Self::Word(word) => row.has_word(word),
            Self::Compared { key, op, value } => compare(*key, *op, value, &row.get(*key), now_ms),
        }
    }
}

fn compare(key: Key, op: Op, value: &Value, got: &Got<'_>, now_ms: u64) -> bool {
    match (value, got) {
        (Value::Text(wanted), Got::Texts(texts)) => {
            let is_one = |text: &Cow<'_, str>| match key.kind() {
                Kind::Text => text.to_lowercase().contains(wanted.as_str()),
                _ => text.to_lowercase() == *wanted,
            };
            texts.iter().any(is_one) == (op == Op::Equal)
        }
        (Value::Number(wanted), Got::Number(number)) => {
            // What is equal to a fraction is what shows as the same.
            let is_equal = key.kind() == Kind::Share && (number - wanted).abs() < EQUAL;
            match op {
                Op::Equal | Op::Unequal if is_equal => op == Op::Equal,
                _ => number.partial_cmp(wanted).is_some_and(|order| op.holds(order)),
            }
        }
        (Value::Day(day), Got::Time(at_ms)) => op.holds(day_of(*at_ms).cmp(&day.number(now_ms))),
        _ => false,
    }
}

impl Op {
    /// The longer ones first.
    const ALL: [(&'static str, Self); 6] = [
        ("!=", Self::Unequal),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
    ];

    const fn is_order(self) -> bool {
        !matches!(self, Self::Equal | Self::Unequal)
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// A term's letters, and whether each stands in quotes.
type Letters = Vec<(char, bool)>;

/// The terms of `text`: at spaces outside of quotes. A quote that is not closed lasts to the end.
fn split(text: &str) -> Vec<Letters> {
    let (mut terms, mut is_quoted, mut current) = (Vec::new(), false, None::<Letters>);
    for letter in text.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            space if space.is_whitespace() && !is_quoted => terms.extend(current.take()),
            letter => current.get_or_insert_default().push((letter, is_quoted)),
        }
    }
    terms.extend(current);
    terms
}

fn term(letters: &[(char, bool)], keys: &'static [Key]) -> Result<Term, Fault> {
    let text = |letters: &[(char, bool)]| letters.iter().map(|(letter, _)| letter).collect::<String>();
    let begins = |at: usize, op: &str| {
        let rest = &letters[at..];
        op.chars().enumerate().all(|(place, letter)| rest.get(place) == Some(&(letter, false)))
    };
    let op_at = |at: usize| Op::ALL.into_iter().find(|(op, _)| begins(at, op)).map(|(op, of)| (at, op, of));
    let Some((at, sign, op)) = (0..letters.len()).find_map(op_at) else {
        return Ok(Term::Word(text(letters).to_lowercase()));
    };
    let (whole, name) = (text(letters), text(&letters[..at]).to_lowercase());
    if name.is_empty() {
        return Err(Fault::NoKey { term: whole, known: keys });
    }
    let Some(&key) = keys.iter().find(|key| key.name() == name) else {
        let nearest = nearest::word(&name, keys.iter().map(|key| key.name()));
        return Err(Fault::UnknownKey { key: name, nearest, known: keys });
    };
    let kind = key.kind();
    if op.is_order() && !kind.is_ordered() {
        return Err(Fault::NoOrder { term: whole, key: key.name() });
    }
    let value = &letters[at + sign.len()..];
    if value.is_empty() && !kind.is_ordered() {
        return Err(Fault::BadValue { term: whole, wanted: "a word is wanted behind it" });
    }
    let value = kind.read(&text(value)).map_err(|wanted| Fault::BadValue { term: whole, wanted })?;
    Ok(Term::Compared { key, op, value })
}

fn did_you_mean(nearest: Option<&str>, known: &[Key]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => format!("known: {}", known.iter().map(|key| key.name()).collect::<Vec<_>>().join(", ")),
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = Self::ALL.into_iter().find(|(_, op)| op == self).map_or("=", |(sign, _)| sign);
        f.write_str(sign)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) if word.contains(['=', '<', '>']) => write!(f, "\"{word}\""),
            Self::Word(word) => f.write_str(&quoted(word)),
            Self::Compared { key, op, value } => write!(f, "{}{op}{value}", key.name()),
        }
    }
}

/// As it can be typed.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<String> = self.terms.iter().map(ToString::to_string).collect();
        f.write_str(&terms.join(" "))
    }
}

#[cfg(test)]
mod tests;
