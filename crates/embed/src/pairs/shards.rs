//! webdataset's shards: `.tar` files whose members of one key, the name before its first dot, are one sample.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tar::{Archive, Entry};

use super::columns::Columns;
use super::{LONGEST_TEXT, MOST_COLUMNS, Names, Pairs, Picture, Row, stamp};
use crate::error::{EmbedError, printable};
use host::files;

/// Digits that a number in a shard's name is made to have.
const LONGEST_NUMBER: usize = 24;

/// A shard while it is read.
type Source<'a> = BufReader<&'a File>;

/// One sample as its members come.
#[derive(Default)]
struct Sample {
    key: String,
    text: Option<String>,
    picture: Option<(u64, u64)>,
    class: Option<String>,
    about: Option<Vec<(String, String)>>,
}

/// The shards in a folder, `_10` after `_9`.
pub(super) fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, EmbedError> {
    let entries = fs::read_dir(folder).map_err(|error| EmbedError::io("read", folder, &error))?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut shards: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "tar")).collect();
    if shards.is_empty() {
        let reason = "a folder must hold webdataset's shards (*.tar); name the table itself otherwise";
        return Err(EmbedError::pairs(folder, reason));
    }
    shards.sort_by_cached_key(|path| numbered(&path.to_string_lossy()));
    Ok(shards)
}

/// A name with its numbers made as long as any, so that they sort by value.
fn numbered(name: &str) -> String {
    let mut padded = String::new();
    let mut digits = String::new();
    for letter in name.chars().chain(['\0']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        if !digits.is_empty() {
            let value = digits.trim_start_matches('0');
            padded.extend(std::iter::repeat_n('0', LONGEST_NUMBER.saturating_sub(value.len())));
            padded += value;
            digits.clear();
        }
        padded.push(letter);
    }
    padded
}

/// Reads what the shards hold, but for the pictures: where they lie is kept.
pub(super) fn read(source: &Path, shards: &[PathBuf], names: &Names) -> Result<Pairs, EmbedError> {
    let (mut rows, mut opened) = (Vec::new(), Vec::new());
    let mut columns = Columns::new(vec!["key".to_owned()]);
    for (place, path) in shards.iter().enumerate() {
        let file = files::open(path).map_err(|error| EmbedError::io("read", path, &error))?;
        let about = file.metadata().map_err(|error| EmbedError::io("read", path, &error))?;
        for sample in samples(&file, about.len()).map_err(|reason| EmbedError::pairs(path, reason))? {
            let name = format!("`{}` of {}", printable(&sample.key), printable_name(path));
            if !columns.push_named(cells(&sample, names)) {
                let reason = format!("the .json of its samples have more than {MOST_COLUMNS} keys");
                return Err(EmbedError::pairs(path, reason));
            }
            let picture = sample.picture.map_or(Picture::Missing, |(from, length)| Picture::Member {
                shard: place,
                from,
                length,
            });
            rows.push(Row { text: sample.text.unwrap_or_default(), picture, name });
        }
        opened.push((path.clone(), file, stamp(&about)));
    }
    let columns = if rows.is_empty() {
        Vec::new()
    } else {
        columns.finish(source, names, |row: usize| rows[row].name.clone())?
    };
    Ok(Pairs { rows, columns, shards: opened })
}

fn printable_name(path: &Path) -> String {
    printable(path.file_name().unwrap_or_default().to_string_lossy())
}

/// The columns of a sample: its key, what its `.json` says, and its class under the label's name.
fn cells(sample: &Sample, names: &Names) -> Vec<(String, String)> {
    let mut cells = vec![("key".to_owned(), sample.key.clone())];
    let is_class = |name: &String| sample.class.is_some() && names.label.as_ref() == Some(name);
    // The text and the picture have members of their own: a caption that is repeated is not carried twice.
    let own = |name: &String| ["key", "text", "image"].contains(&name.as_str()) || is_class(name);
    let about = sample.about.iter().flatten().filter(|(name, _)| !own(name));
    cells.extend(about.cloned());
    if let (Some(class), Some(label)) = (&sample.class, &names.label) {
        cells.push((label.clone(), class.clone()));
    }
    cells
}

/// The samples of a shard, in the order of their first members.
fn samples(file: &File, length: u64) -> Result<Vec<Sample>, String> {
    let again = |error: std::io::Error| format!("{}; is it cut short?", printable(error));
    let mut archive = Archive::new(BufReader::new(file));
    let (mut samples, mut places) = (Vec::<Sample>::new(), HashMap::<String, usize>::new());
    // By reading past what is not wanted, and by no seek: a member that claims more bytes than there are ends it.
    for entry in archive.entries().map_err(again)? {
        let entry = entry.map_err(again)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some((key, extension)) = parts(&name) else { continue };
        let place = *places.entry(key.clone()).or_insert_with(|| {
            samples.push(Sample { key, ..Sample::default() });
            samples.len() - 1
        });
        add(&mut samples[place], entry, &extension, length)
            .map_err(|reason| format!("{}: {reason}", printable(&name)))?;
    }
    Ok(samples)
}

/// A member's key and its extension: what stands before and behind the first dot of its file's name.
fn parts(name: &str) -> Option<(String, String)> {
    let start = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = start + name[start..].find('.').filter(|&dot| dot > 0)?;
    let key = name[..dot].trim_start_matches("./");
    Some((key.to_owned(), name[dot + 1..].to_ascii_lowercase()))
}

/// Adds a member that has a part in a sample.
fn add(sample: &mut Sample, entry: Entry<Source<'_>>, extension: &str, length: u64) -> Result<(), String> {
    let twice = || format!("its key has another .{extension} in this shard");
    match extension {
        "txt" => set(&mut sample.text, text(entry)?).ok_or_else(twice),
        "cls" => set(&mut sample.class, text(entry)?.trim().to_owned()).ok_or_else(twice),
        "json" => set(&mut sample.about, about(&text(entry)?)?).ok_or_else(twice),
        "jpg" | "jpeg" | "png" | "webp" => {
            let (from, size) = (entry.raw_file_position(), entry.size());
            if from.checked_add(size).is_none_or(|end| end > length) {
                return Err(format!("it claims {size} bytes, more than the shard has"));
            }
            set(&mut sample.picture, (from, size))
                .ok_or_else(|| "its key has another picture in this shard".into())
        }
        _ => Ok(()),
    }
}

fn set<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.is_none().then(|| *place = Some(value))
}

fn text(entry: Entry<Source<'_>>) -> Result<String, String> {
    let size = entry.size();
    if size > LONGEST_TEXT as u64 {
        return Err(format!("it has {size} bytes, and at most {LONGEST_TEXT} are read"));
    }
    let mut bytes = Vec::new();
    entry.take(LONGEST_TEXT as u64).read_to_end(&mut bytes).map_err(printable)?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".into())
}

/// The keys of an object whose values are text, numbers or booleans; what is nested is left out.
fn about(text: &str) -> Result<Vec<(String, String)>, String> {
    let Value::Object(all) = serde_json::from_str(text).map_err(printable)? else {
        return Err("it holds no object".into());
    };
    let cell = |value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(u8::from(flag).to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    };
    let named = all.into_iter().filter(|(name, _)| !name.is_empty());
    Ok(named.filter_map(|(name, value)| Some((name, cell(value)?))).collect())
}
