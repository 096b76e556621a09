//! A value, or a list of values: one alone is written without a list.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One value or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMore<T>(Vec<T>);

impl<T> OneOrMore<T> {
    /// One.
    pub fn one(value: T) -> Self {
        Self(vec![value])
    }

    /// Those of a list.
    pub(crate) const fn list(values: Vec<T>) -> Self {
        Self(values)
    }

    /// The only one, or the first.
    pub fn first(&self) -> Option<&T> {
        self.0.first()
    }

    /// All, in order.
    pub fn values(&self) -> &[T] {
        &self.0
    }
}

impl<T> From<T> for OneOrMore<T> {
    fn from(value: T) -> Self {
        Self::one(value)
    }
}

impl<T: Serialize> Serialize for OneOrMore<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            values => values.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMore<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written<T> {
            One(T),
            List(Vec<T>),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::One(value) => Self::one(value),
            Written::List(values) => Self(values),
        })
    }
}
