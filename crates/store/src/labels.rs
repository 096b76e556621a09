//! A run's labels: `labels.toml` in its directory, beside the journal and no part of it.

use std::io::ErrorKind;
use std::path::Path;

use super::format::v1;
use super::{RunDir, StoreError, atomic};
use host::files;
use study::labels::{LabelChange, Labels};

/// Most bytes of the file; the longest labels take a tenth of it.
const LONGEST: u64 = 64 << 10;
/// Its first line.
const ABOUT: &str =
    "# What you say of this run; `superfuse-tui label` changes it. No result depends on it.\n";

/// The labels of the run in `root`; none where there is no file.
///
/// # Errors
/// Where the file cannot be read, or holds something else than labels.
pub fn read(root: &Path) -> Result<Labels, StoreError> {
    let path = RunDir::labels_in(root);
    let unusable = |why: String| StoreError::Malformed {
        path: path.clone(),
        why: format!("{why}; fix it or remove it: until then the run has no labels and gets none"),
    };
    let text = match files::read_text(&path, LONGEST) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Labels::default()),
        Err(error) => return Err(unusable(error.to_string())),
    };
    let written: v1::labels::Labels = toml::from_str(&text).map_err(|error| {
        let line =
            error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        unusable(format!("line {line}: {}", error.message()))
    })?;
    written.try_into().map_err(|error: study::labels::LabelError| unusable(error.to_string()))
}

/// Changes the labels of the run in `root`, whole or not at all; what they are then. Labels that cannot be read are left
/// as they are.
///
/// # Errors
/// As for [`read`]; where the change is refused; where the file cannot be written.
pub fn change(root: &Path, change: &LabelChange) -> Result<Labels, StoreError> {
    let before = read(root)?;
    let mut labels = before.clone();
    let path = RunDir::labels_in(root);
    change.apply(&mut labels).map_err(|why| StoreError::Labels { path: path.clone(), why })?;
    if labels != before {
        let text = toml::to_string(&v1::labels::Labels::from(&labels))
            .map_err(|error| StoreError::Encode { what: "labels", why: error.to_string() })?;
        atomic::write(&path, format!("{ABOUT}{text}").as_bytes())?;
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn noted(note: &str, tags: &[&str]) -> LabelChange {
        let add = tags.iter().map(|tag| tag.parse().unwrap()).collect();
        LabelChange { note: Some(note.into()), add, ..LabelChange::default() }
    }

    #[test]
    fn labels_are_written_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(read(root).unwrap(), Labels::default());
        change(root, &LabelChange::default()).unwrap();
        assert_eq!(fs::read_dir(root).unwrap().count(), 0, "without a change there is no file");
        let odd = "\"quotes\" 'and' \\ = [tags] é 漢字";
        let written = change(root, &noted(odd, &["ablation", "a=b"])).unwrap();
        assert_eq!((written.note(), written.tag_list().as_str()), (odd, "ablation, a=b"));
        assert_eq!(read(root).unwrap(), written);
        let text = fs::read_to_string(root.join("labels.toml")).unwrap();
        assert!(text.starts_with(ABOUT), "{text}");
        assert_eq!(fs::read_dir(root).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_damaged_file_is_named_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let (root, path) = (folder.path(), folder.path().join("labels.toml"));
        for (text, why) in [
            ("note = \"a\"\ntags = [\"a\"", "line 2: "),
            ("note = 3\n", "line 1: invalid type: integer `3`, expected a string"),
            ("colour = \"red\"\n", "line 1: unknown field `colour`, expected one of `name`, `note`, `tags`"),
            ("tags = [\"two words\"]\n", "`two words` is no tag"),
            (&format!("note = \"{}\"\n", "x".repeat(1_001)), "the note has 1001 characters; at most 1000"),
            (&"#".repeat(70_000), "70000"),
        ] {
            fs::write(&path, text).unwrap();
            for error in [read(root).unwrap_err(), change(root, &noted("new", &[])).unwrap_err()] {
                let error = error.to_string();
                let named = format!("{} cannot be used: ", path.display());
                assert!(error.starts_with(&named) && error.contains(why), "{error}");
                assert!(error.ends_with("until then the run has no labels and gets none"), "{error}");
            }
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn only_a_regular_file_is_read_or_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("labels.toml")).unwrap();
        assert!(read(folder.path()).is_err());
        assert!(change(folder.path(), &noted("new", &[])).is_err());
    }

    #[test]
    fn a_change_that_is_refused_leaves_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let before = change(folder.path(), &noted("first", &["a"])).unwrap();
        let error = change(folder.path(), &noted(&"x".repeat(2_000), &[])).unwrap_err().to_string();
        assert!(error.contains("labels.toml is unchanged: the note has 2000 characters"), "{error}");
        assert_eq!(read(folder.path()).unwrap(), before);
    }
}
