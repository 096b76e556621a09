//! What a user says of a run: a name, a note, tags. Labels are no part of the study and change none of its numbers.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::text::one_line;

/// Most characters of a name, of a note and of a tag.
const LONGEST_NAME: usize = 80;
const LONGEST_NOTE: usize = 1_000;
const LONGEST_TAG: usize = 40;
/// Most tags of a run.
const MOST_TAGS: usize = 32;

/// The labels of a run. Every text is one line that is safe to show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Labels {
    name: String,
    note: String,
    tags: Vec<Tag>,
}

/// A word that runs are grouped by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Tag(String);

/// What is to become of a run's labels. What it does not name stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelChange {
    /// The new name; an empty one takes it away.
    pub name: Option<String>,
    /// The new note; an empty one takes it away.
    pub note: Option<String>,
    /// All tags, in the place of those that are there.
    pub tags: Option<Vec<Tag>>,
    /// Tags to be added.
    pub add: Vec<Tag>,
    /// Tags to be taken away.
    pub remove: Vec<Tag>,
}

/// Why labels are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// A text with too many characters.
    #[error("the {what} has {length} characters; at most {most} are kept")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// Its characters.
        length: usize,
        /// How many there may be.
        most: usize,
    },
    /// Too many tags.
    #[error("there would be {0} tags; a run has at most {MOST_TAGS}")]
    TooManyTags(usize),
    /// A tag that is no word.
    #[error("`{0}` is no tag: a tag is one word without spaces, commas and quotes, such as ablation")]
    NoTag(String),
}

impl Labels {
    /// Labels of these texts, made safe to show.
    pub fn new(name: &str, note: &str, tags: Vec<Tag>) -> Result<Self, LabelError> {
        let mut labels = Self::default();
        LabelChange {
            name: Some(name.into()),
            note: Some(note.into()),
            tags: Some(tags),
            ..LabelChange::default()
        }
        .apply(&mut labels)?;
        Ok(labels)
    }

    /// What the run is called in place of its configuration's name; empty where it is not.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A sentence about it, or an empty one.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// In the order in which they were added.
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// The tags as one text: `ablation, wide`.
    pub fn tag_list(&self) -> String {
        self.tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.name.is_empty() && self.note.is_empty() && self.tags.is_empty()
    }
}

impl LabelChange {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Changes `labels`, or leaves them as they are where it is refused.
    pub fn apply(&self, labels: &mut Labels) -> Result<(), LabelError> {
        let mut new = labels.clone();
        if let Some(name) = &self.name {
            new.name = text("name", name, LONGEST_NAME)?;
        }
        if let Some(note) = &self.note {
            new.note = text("note", note, LONGEST_NOTE)?;
        }
        if let Some(tags) = &self.tags {
            new.tags.clear();
            new.add(tags);
        }
        new.add(&self.add);
        new.tags.retain(|tag| !self.remove.iter().any(|other| other.is_like(tag)));
        if new.tags.len() > MOST_TAGS {
            return Err(LabelError::TooManyTags(new.tags.len()));
        }
        *labels = new;
        Ok(())
    }
}

impl Labels {
    fn add(&mut self, tags: &[Tag]) {
        for tag in tags {
            if !self.tags.iter().any(|other| other.is_like(tag)) {
                self.tags.push(tag.clone());
            }
        }
    }
}

impl Tag {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Those in `text`, apart by spaces or commas.
    pub fn list(text: &str) -> Result<Vec<Self>, LabelError> {
        let words = text.split(|letter: char| letter.is_whitespace() || letter == ',');
        words.filter(|word| !word.is_empty()).map(str::parse).collect()
    }

    /// Whether both are one tag, since case does not count.
    fn is_like(&self, other: &Self) -> bool {
        self.0.to_lowercase() == other.0.to_lowercase()
    }
}

impl FromStr for Tag {
    type Err = LabelError;

    fn from_str(word: &str) -> Result<Self, LabelError> {
        let is_word = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || ",\"'".contains(c));
        let shown = one_line(word);
        if !is_word || shown != word {
            return Err(LabelError::NoTag(shown));
        }
        text("tag", word, LONGEST_TAG).map(Self)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// `given` as one line of `most` characters at most.
fn text(what: &'static str, given: &str, most: usize) -> Result<String, LabelError> {
    let line = one_line(given).trim().to_owned();
    match line.chars().count() {
        length if length > most => Err(LabelError::TooLong { what, length, most }),
        _ => Ok(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(word: &str) -> Tag {
        word.parse().unwrap()
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let mut labels = Labels::new("quick", "first try", vec![tag("a"), tag("b")]).unwrap();
        let change = LabelChange {
            note: Some(" second\ntry ".into()),
            add: vec![tag("B"), tag("c")],
            ..Default::default()
        };
        change.apply(&mut labels).unwrap();
        assert_eq!(
            (labels.name(), labels.note(), labels.tag_list().as_str()),
            ("quick", "second try", "a, b, c")
        );
        LabelChange { remove: vec![tag("A")], ..Default::default() }.apply(&mut labels).unwrap();
        assert_eq!(labels.tag_list(), "b, c");
        let replaced =
            LabelChange { tags: Some(vec![tag("z")]), name: Some(String::new()), ..Default::default() };
        replaced.apply(&mut labels).unwrap();
        assert_eq!((labels.name(), labels.note(), labels.tag_list().as_str()), ("", "second try", "z"));
    }

    #[test]
    fn what_is_too_long_changes_nothing() {
        let mut labels = Labels::new("quick", "", Vec::new()).unwrap();
        let before = labels.clone();
        let long =
            LabelChange { name: Some("new".into()), note: Some("é".repeat(1_001)), ..Default::default() };
        let why = long.apply(&mut labels).unwrap_err().to_string();
        assert_eq!(why, "the note has 1001 characters; at most 1000 are kept");
        let many = (0..33).map(|n| tag(&format!("t{n}"))).collect();
        let why = LabelChange { add: many, ..Default::default() }.apply(&mut labels).unwrap_err();
        assert_eq!(why, LabelError::TooManyTags(33));
        assert_eq!(labels, before);
    }

    #[test]
    fn a_tag_is_one_safe_word() {
        assert_eq!(Tag::list(" a, b,,c d ").unwrap().len(), 4);
        for bad in ["", "two words", "a,b", "a\"b", "a\u{202e}b", "a\u{1b}[31m"] {
            assert!(bad.parse::<Tag>().is_err(), "{bad:?}");
        }
        assert!("x".repeat(41).parse::<Tag>().is_err());
    }
}
