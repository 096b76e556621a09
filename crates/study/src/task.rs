//! What is predicted: the data set's own label, or one that is made of the two embeddings.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What is predicted.
///
/// In files it is its name, such as `real` or `aligned:0.5`. x̃ and ỹ are the embeddings as the model receives them, less
/// their training means μ; a label is 1 where the score is above its median on the training split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Task {
    /// The data set's own label.
    Real,
    /// The sign of the two embeddings' dot product.
    Synthetic,
    /// x·Qy with a random orthonormal Q.
    Rotated,
    /// (u·x̃)(v·ỹ) with random unit vectors u and v.
    Rank1,
    /// u·x + v·y, each term scaled to unit variance.
    Additive,
    /// Between a rotated and a plain dot product.
    Aligned(Alignment),
}

/// How much of a score's interaction is that of the plain dot product: a in [0, 1], in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alignment(u16);

/// What the name of an aligned task begins with.
const ALIGNED: &str = "aligned:";
/// Thousandths of the largest alignment.
const MOST: u16 = 1_000;

impl Alignment {
    /// The plain dot product alone.
    pub const WHOLE: Self = Self(MOST);

    /// Nothing of the plain dot product.
    pub const NONE: Self = Self(0);

    /// That of so many thousandths, 1,000 at most.
    pub const fn thousandths(thousandths: u16) -> Option<Self> {
        if thousandths <= MOST { Some(Self(thousandths)) } else { None }
    }

    /// a.
    pub fn value(self) -> f64 {
        f64::from(self.0) / f64::from(MOST)
    }
}

impl Task {
    /// The paper's tasks, in the order of tables and charts: those of a sweep that names none, and those that the
    /// paper's claims are judged on. Other tasks change no verdict.
    pub const PAPER: [Self; 2] = [Self::Real, Self::Synthetic];

    /// Those whose names are whole, in the order of tables and charts.
    const PLAIN: [Self; 5] = [Self::Real, Self::Synthetic, Self::Rotated, Self::Rank1, Self::Additive];

    /// The name in files, tables and `config.toml`.
    pub fn name(self) -> &'static str {
        static ALIGNED_NAMES: LazyLock<Vec<String>> =
            LazyLock::new(|| (0..=MOST).map(|a| format!("{ALIGNED}{}", Alignment(a).value())).collect());
        match self {
            Self::Real => "real",
            Self::Synthetic => "synthetic",
            Self::Rotated => "rotated",
            Self::Rank1 => "rank1",
            Self::Additive => "additive",
            Self::Aligned(Alignment(a)) => {
                ALIGNED_NAMES.get(usize::from(a)).map_or("aligned", String::as_str)
            }
        }
    }

    /// The name where there is little room: `a=0.25` for an aligned task.
    pub fn short_name(self) -> String {
        self.alignment().map_or_else(|| self.name().to_owned(), |a| format!("a={a}"))
    }

    /// The task of that name, spelt as [`Self::name`] does.
    pub fn named(name: &str) -> Option<Self> {
        Self::near(name).filter(|task| task.name() == name)
    }

    /// The same whatever way its number is written, such as `aligned:.50`.
    pub(crate) fn near(name: &str) -> Option<Self> {
        let Some(number) = name.strip_prefix(ALIGNED) else {
            return Self::PLAIN.into_iter().find(|task| task.name() == name);
        };
        let thousandths = number.parse::<f64>().ok()? * f64::from(MOST);
        let is_one = (0.0..=f64::from(MOST)).contains(&thousandths)
            && (thousandths - thousandths.round()).abs() < 1e-9;
        is_one.then(|| Self::Aligned(Alignment(thousandths.round() as u16)))
    }

    /// The names that may be written, to follow "one of".
    pub(crate) fn names() -> String {
        let plain = Self::PLAIN.map(Self::name).join(", ");
        format!("{plain}, {ALIGNED}a with a number a from 0 to 1 of three decimals at most")
    }

    /// Names to be compared with one that is unknown.
    pub(crate) fn plain_names() -> impl Iterator<Item = &'static str> {
        Self::PLAIN.into_iter().map(Self::name)
    }

    /// a of an aligned task.
    pub fn alignment(self) -> Option<f64> {
        match self {
            Self::Aligned(alignment) => Some(alignment.value()),
            Self::Real | Self::Synthetic | Self::Rotated | Self::Rank1 | Self::Additive => None,
        }
    }

    /// Whether its labels follow from a frozen random choice, of which there are `synthetic.draws`.
    pub fn has_draws(self) -> bool {
        match self {
            Self::Real | Self::Synthetic => false,
            Self::Rotated | Self::Rank1 | Self::Additive => true,
            Self::Aligned(alignment) => alignment != Alignment::WHOLE,
        }
    }

    /// Whether its labels are made of dot products of text and image, which have to be of one width.
    pub const fn needs_equal_widths(self) -> bool {
        match self {
            Self::Real | Self::Rank1 | Self::Additive => false,
            Self::Synthetic | Self::Rotated | Self::Aligned(_) => true,
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Task {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Task {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl de::Visitor<'_> for Name {
            type Value = Task;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "one of {}", Task::names())
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Task, E> {
                Task::named(name).ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
            }
        }

        deserializer.deserialize_str(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_has_one_name_and_is_found_by_it() {
        let aligned = (0..=MOST).map(|a| Task::Aligned(Alignment::thousandths(a).unwrap()));
        for task in Task::PLAIN.into_iter().chain(aligned) {
            assert_eq!(Task::named(task.name()), Some(task));
            let written = serde_json::to_string(&task).unwrap();
            assert_eq!(written, format!("\"{task}\""));
            assert_eq!(serde_json::from_str::<Task>(&written).unwrap(), task);
        }
        let of = |thousandths| Task::Aligned(Alignment(thousandths)).name();
        assert_eq!(
            [of(0), of(500), of(125), of(1_000)],
            ["aligned:0", "aligned:0.5", "aligned:0.125", "aligned:1"]
        );
        assert_eq!(Alignment::thousandths(1_001), None);
    }

    #[test]
    fn a_name_that_is_spelt_in_another_way_is_no_name_but_its_task_is_found() {
        for (written, name) in
            [("aligned:0.50", "aligned:0.5"), ("aligned:.25", "aligned:0.25"), ("aligned:1.0", "aligned:1")]
        {
            assert_eq!(Task::named(written), None, "{written}");
            assert_eq!(Task::near(written).unwrap().name(), name);
        }
        for bad in [
            "aligned:1.5",
            "aligned:",
            "aligned:x",
            "aligned",
            "aligned:-0.1",
            "aligned:NaN",
            "aligned:0.0005",
        ] {
            assert_eq!(Task::near(bad), None, "{bad}");
            assert!(serde_json::from_str::<Task>(&format!("\"{bad}\"")).is_err());
        }
    }
}
