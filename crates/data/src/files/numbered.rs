//! Names with a number at the end: columns of a matrix, and shards.

/// What may stand between a name and its number.
const BETWEEN: [char; 4] = ['_', '-', '.', '['];

/// The name without its number, where it has one: `img_emb` of `img_emb_10`.
pub(super) fn stem(name: &str) -> Option<String> {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if stem.len() == name.len() || stem.is_empty() {
        return None;
    }
    let stem = stem.strip_suffix(BETWEEN).unwrap_or(stem);
    (!stem.is_empty()).then(|| stem.to_owned())
}

/// The number of `name`, where it is `stem` with one at the end.
pub(super) fn after(stem: &str, name: &str) -> Option<u64> {
    let rest = name.strip_prefix(stem)?;
    let digits = rest.strip_prefix(BETWEEN).unwrap_or(rest);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_stands_at_the_end() {
        assert_eq!(stem("img_emb_10").as_deref(), Some("img_emb"));
        assert_eq!(stem("text0").as_deref(), Some("text"));
        assert_eq!((stem("text"), stem("12"), stem("_3")), (None, None, None));
        assert_eq!((after("text", "text_7"), after("text", "text7")), (Some(7), Some(7)));
        assert_eq!(
            (after("text", "texture_7"), after("text", "text_"), after("text", "text_7b")),
            (None, None, None)
        );
    }
}
