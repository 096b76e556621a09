//! What a key may hold: how messages describe it, and which values are accepted.
//!
//! Knows kinds of values (whole numbers, choices, lists), and none of the keys.

use toml::de::{DeInteger, DeValue};

use super::OneOrMore;
use super::fault::shown;
use super::nearest;

/// Items of one list that a message complains of.
const MOST_COMPLAINTS: usize = 4;

/// What a key may hold.
pub(super) trait Rule<T> {
    /// What may be written, to follow "allowed: ".
    fn allowed(&self) -> String;

    /// The value, or what is wrong with it, to come before "; allowed: ".
    fn admit(&self, value: &DeValue<'_>) -> Result<T, String>;
}

/// A closed set of choices.
pub(super) trait Choice: Copy + PartialEq + 'static {
    /// Every one, in the order in which they are listed.
    const ALL: &'static [Self];

    /// The name in `config.toml`.
    fn name(self) -> &'static str;

    /// What to write in place of a text that is none of these, where that is known.
    fn hint(_text: &str) -> Option<String> {
        None
    }
}

/// A whole number, both bounds included.
pub(super) struct Whole(pub(super) u64, pub(super) u64);

/// A finite number.
pub(super) enum Number {
    /// Above 0.
    Positive,
    /// 0 or more.
    NotNegative,
    /// Above 0 and below 1.
    Share,
    /// From 0 to 1.
    Unit,
    /// Between these, which 32-bit floats can work with.
    Between(f64, f64),
}

/// `true` or `false`.
pub(super) struct Flag;

/// Any text but an empty one.
pub(super) struct Text(pub(super) &'static str);

/// Likewise, or none: an empty one.
pub(super) struct TextOrNone(pub(super) &'static str);

/// One choice of a closed set.
pub(super) struct OneOf;

/// A list of such choices, at least one and none twice.
pub(super) struct SomeOf;

/// Likewise, or an empty list.
pub(super) struct AnyOf;

/// One word, or a list of them, none twice.
pub(super) struct OneOrSome;

/// A key without a default.
pub(super) struct Optional<R>(pub(super) R);

impl<T: TryFrom<u64>> Rule<T> for Whole {
    fn allowed(&self) -> String {
        format!("a whole number from {} to {}", self.0, self.1)
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<T, String> {
        let DeValue::Integer(digits) = value else {
            return Err(format!("{} is not a whole number", shown(value)));
        };
        match whole(digits) {
            Some(number) if number < i128::from(self.0) => Err(format!("{} is too small", shown(value))),
            Some(number) if number <= i128::from(self.1) => u64::try_from(number)
                .ok()
                .and_then(|number| T::try_from(number).ok())
                .ok_or_else(|| too_large(value)),
            _ => Err(too_large(value)),
        }
    }
}

fn too_large(value: &DeValue<'_>) -> String {
    format!("{} is too large", shown(value))
}

/// The number that TOML's digits stand for; `None` beyond 128 bits.
pub(super) fn whole(digits: &DeInteger<'_>) -> Option<i128> {
    i128::from_str_radix(digits.as_str(), digits.radix()).ok()
}

impl Number {
    fn admits(&self, number: f64) -> bool {
        number.is_finite()
            && match self {
                Self::Positive => number > 0.0,
                Self::NotNegative => number >= 0.0,
                Self::Share => number > 0.0 && number < 1.0,
                Self::Unit => (0.0..=1.0).contains(&number),
                Self::Between(low, high) => (*low..=*high).contains(&number),
            }
    }
}

impl Rule<f64> for Number {
    fn allowed(&self) -> String {
        match self {
            Self::Positive => "a finite number above 0".into(),
            Self::NotNegative => "a finite number, 0 or more".into(),
            Self::Share => "a number above 0 and below 1".into(),
            Self::Unit => "a number from 0 to 1".into(),
            Self::Between(low, high) => format!("a number from {low} to {high}"),
        }
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<f64, String> {
        match number(value) {
            None => Err(format!("{} is not a number", shown(value))),
            Some(number) if self.admits(number) => Ok(number),
            Some(_) => Err(format!("{} is out of range", shown(value))),
        }
    }
}

/// A TOML float, or an integer as one.
pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(digits) => digits.as_str().parse().ok(),
        DeValue::Integer(digits) => whole(digits).map(|number| number as f64),
        _ => None,
    }
}

impl Rule<bool> for Flag {
    fn allowed(&self) -> String {
        "true, false".to_owned()
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<bool, String> {
        value.as_bool().ok_or_else(|| format!("{} is not valid", shown(value)))
    }
}

impl Rule<String> for Text {
    fn allowed(&self) -> String {
        self.0.to_owned()
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<String, String> {
        match value.as_str() {
            None => Err(format!("{} is not a string", shown(value))),
            Some(text) if text.trim().is_empty() => Err("empty".to_owned()),
            Some(text) => Ok(text.to_owned()),
        }
    }
}

impl Rule<String> for TextOrNone {
    fn allowed(&self) -> String {
        format!("{}, or \"\" for none", self.0)
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<String, String> {
        if value.as_str() == Some("") { Ok(String::new()) } else { Text(self.0).admit(value) }
    }
}

impl<T: Choice> Rule<T> for OneOf {
    fn allowed(&self) -> String {
        choices::<T>()
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<T, String> {
        let Some(text) = value.as_str() else {
            return Err(format!("{} is not a string", shown(value)));
        };
        T::ALL.iter().copied().find(|choice| choice.name() == text).ok_or_else(|| {
            if let Some(hint) = T::hint(text) {
                return format!("{} {hint}", shown(value));
            }
            match nearest::word(text, T::ALL.iter().map(|choice| choice.name())) {
                Some(word) => format!("{} is unknown, did you mean \"{word}\"?", shown(value)),
                None => format!("{} is unknown", shown(value)),
            }
        })
    }
}

impl<T: Choice> Rule<Vec<T>> for SomeOf {
    fn allowed(&self) -> String {
        format!("a list of at least one of {}, none twice", choices::<T>())
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Vec<T>, String> {
        let chosen = AnyOf.admit(value)?;
        if chosen.is_empty() {
            return Err(shown(value));
        }
        Ok(chosen)
    }
}

impl<T: Choice> Rule<Vec<T>> for AnyOf {
    fn allowed(&self) -> String {
        format!("a list of {}, none twice, or [] for none", choices::<T>())
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Vec<T>, String> {
        let items = list(value)?;
        let chosen = each(items, |item| OneOf.admit(item))?;
        without_repetition(items, &chosen, PartialEq::eq)?;
        Ok(chosen)
    }
}

impl<T: Choice> Rule<OneOrMore<T>> for OneOrSome {
    fn allowed(&self) -> String {
        format!("one of {}, or a list of them, none twice", choices::<T>())
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<OneOrMore<T>, String> {
        if value.as_array().is_some() {
            SomeOf.admit(value).map(OneOrMore::list)
        } else {
            OneOf.admit(value).map(OneOrMore::one)
        }
    }
}

impl<T, R: Rule<T>> Rule<Option<T>> for Optional<R> {
    fn allowed(&self) -> String {
        self.0.allowed()
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Option<T>, String> {
        self.0.admit(value).map(Some)
    }
}

fn choices<T: Choice>() -> String {
    T::ALL.iter().map(|choice| choice.name()).collect::<Vec<_>>().join(", ")
}

/// An item of a TOML list.
pub(super) type Item<'t> = toml::Spanned<DeValue<'t>>;

/// The items of a list.
pub(super) fn list<'v, 't>(value: &'v DeValue<'t>) -> Result<&'v [Item<'t>], String> {
    value.as_array().map(|items| &**items).ok_or_else(|| format!("{} is not a list", shown(value)))
}

/// Every item admitted, or all that is wrong with the items, each thing once.
pub(super) fn each<T>(
    items: &[Item<'_>],
    admit: impl Fn(&DeValue<'_>) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let (mut values, mut complaints) = (Vec::with_capacity(items.len()), Vec::new());
    for item in items {
        match admit(item.get_ref()) {
            Ok(value) => values.push(value),
            Err(complaint) if complaints.contains(&complaint) => {}
            Err(complaint) => complaints.push(complaint),
        }
    }
    if complaints.is_empty() {
        return Ok(values);
    }
    let more = complaints.len().saturating_sub(MOST_COMPLAINTS);
    complaints.truncate(MOST_COMPLAINTS);
    if more > 0 {
        complaints.push(format!("and {more} more"));
    }
    Err(complaints.join("; "))
}

/// Names the first value that is in a list twice.
pub(super) fn without_repetition<T>(
    items: &[Item<'_>],
    values: &[T],
    same: impl Fn(&T, &T) -> bool,
) -> Result<(), String> {
    for (index, value) in values.iter().enumerate() {
        if values[..index].iter().any(|earlier| same(earlier, value)) {
            return Err(format!("{} is listed twice", shown(items[index].get_ref())));
        }
    }
    Ok(())
}
