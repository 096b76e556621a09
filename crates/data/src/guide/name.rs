//! What names of arrays and columns suggest.

/// Parts of names of text embeddings.
const TEXT: [&str; 9] = ["text", "txt", "caption", "sentence", "title", "query", "lang", "token", "word"];
/// Parts of names of image embeddings, and of what takes their place.
const IMAGE: [&str; 9] = ["image", "img", "vision", "visual", "photo", "picture", "pixel", "video", "audio"];
/// Words in names of labels.
const LABEL: [&str; 10] =
    ["label", "labels", "class", "classes", "target", "y", "category", "categories", "tag", "gold"];
/// Words in names of splits.
const SPLIT: [&str; 7] = ["split", "fold", "set", "subset", "partition", "part", "phase"];
/// Words in names of what several rows belong to.
const GROUP: [&str; 10] = [
    "user",
    "author",
    "group",
    "subject",
    "source",
    "speaker",
    "patient",
    "participant",
    "session",
    "account",
];
/// Words in names of what tells rows apart.
const KEY: [&str; 11] =
    ["id", "ids", "idx", "index", "key", "uuid", "file", "filename", "path", "url", "name"];

/// Whether the name is one of text embeddings.
pub(super) fn is_text(name: &str) -> bool {
    holds(&TEXT, name)
}

/// Whether the name is one of image embeddings.
pub(super) fn is_image(name: &str) -> bool {
    holds(&IMAGE, name)
}

/// Whether the name is one of a label.
pub(super) fn is_label(name: &str) -> bool {
    has_word(&LABEL, name)
}

/// Whether the name is one of a split.
pub(super) fn is_split(name: &str) -> bool {
    has_word(&SPLIT, name)
}

/// Whether the name is one of groups of rows.
pub(super) fn is_group(name: &str) -> bool {
    has_word(&GROUP, name)
}

/// Whether the name is one of keys, or of pandas' index.
pub(super) fn is_key(name: &str) -> bool {
    name.trim().is_empty() || name.trim().to_lowercase().starts_with("unnamed:") || has_word(&KEY, name)
}

fn holds(parts: &[&str], name: &str) -> bool {
    let name = name.to_lowercase();
    parts.iter().any(|part| name.contains(part))
}

fn has_word(wanted: &[&str], name: &str) -> bool {
    words(name).iter().any(|word| wanted.contains(&word.as_str()))
}

/// `userId`, `user_id` and `user-id2` are `user` and `id`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        if !letter.is_alphabetic() || letter.is_uppercase() && was_lower {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphabetic()) {
            word.extend(letter.to_lowercase());
        }
        was_lower = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_into_words() {
        assert_eq!(words("userId2_URL"), ["user", "id", "url"]);
        assert!(is_label("label") && is_label("y") && is_label("gold_label") && is_label("classId"));
        assert!(!is_label("yaw") && !is_label("labelling") && !is_label("subclass"));
        assert!(is_text("text_lda10") && is_text("caption_embeddings") && is_image("img_emb"));
        assert!(is_key("") && is_key("Unnamed: 0") && is_key("tweet_id") && !is_key("idea"));
        assert!(is_group("user_id") && !is_group("subgroup") && is_split("split"));
    }
}
