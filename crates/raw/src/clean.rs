//! Texts as OpenAI's and open_clip's tokenizers clean them before they tokenise.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::error::{RawError, brief};

/// How texts are cleaned before they are tokenised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clean {
    /// As CLIP's own training code: broken encodings repaired, HTML entities decoded twice, white space made single
    /// spaces, lower case.
    OpenAi,
    /// Not at all, as `transformers` does.
    None,
}

impl Clean {
    /// `text` cleaned.
    pub(crate) fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::OpenAi => Cow::Owned(openai(text)),
            Self::None => Cow::Borrowed(text),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Clean {
    type Err = RawError;

    fn from_str(name: &str) -> Result<Self, RawError> {
        [Self::OpenAi, Self::None]
            .into_iter()
            .find(|clean| clean.name() == name)
            .ok_or_else(|| RawError::Clean { name: brief(name) })
    }
}

fn openai(text: &str) -> String {
    let fixed = plsfix::fix_text(text, None);
    let once = htmlize::unescape(&fixed);
    let twice = htmlize::unescape(&*once);
    let words: Vec<&str> = twice.split(is_space).filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

/// White space as Python's `str.split` knows it: four control characters as well.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}
