//! A folder of `.safetensors` with an index that says which file holds which tensor, as Hugging Face writes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::column::{Rows, TakeCell};
use super::super::error::{DataError, printable, printable_path};
use super::safetensors::Safetensors;
use super::{ArrayFile, TakeRows};
use host::files;

/// What an index's name ends with.
pub(super) const EXTENSION: &str = ".safetensors.index.json";
/// Bytes of an index: as many as of a `.safetensors` header.
const LONGEST: u64 = 16 << 20;

/// The index.
pub(super) struct Indexed {
    path: PathBuf,
    files: BTreeMap<String, String>,
}

/// What of its JSON is read.
#[derive(Deserialize)]
struct Index {
    /// Names of tensors, and the files in which each lies whole.
    weight_map: BTreeMap<String, String>,
}

impl Indexed {
    /// Reads the index at `path`.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let damaged = |reason: String| DataError::Damaged { place: printable_path(path), reason };
        let bytes = files::read(path, LONGEST).map_err(|error| DataError::io("read", path, &error))?;
        let index: Index =
            serde_json::from_slice(&bytes).map_err(|error| damaged(printable(&error.to_string())))?;
        // Only files beside the index: a name such as `../other` is none.
        let elsewhere =
            index.weight_map.values().find(|name| Path::new(name).file_name() != Some(name.as_ref()));
        if let Some(name) = elsewhere {
            return Err(damaged(format!("it names `{}`, which is no file beside it", printable(name))));
        }
        Ok(Self { path: path.to_owned(), files: index.weight_map })
    }

    /// The file that holds the tensor `name`.
    fn file(&self, key: &'static str, name: &str) -> Result<Safetensors, DataError> {
        match self.files.get(name) {
            Some(file) => Safetensors::open(&self.path.with_file_name(file)),
            None => Err(DataError::not_found(&self.path, key, name, &self.names())),
        }
    }
}

impl ArrayFile for Indexed {
    fn names(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        self.file(key, name)?.shape(key, name)
    }

    fn rows(&mut self, key: &'static str, name: &str, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        self.file(key, name)?.rows(key, name, take)
    }

    fn cells(
        &mut self,
        key: &'static str,
        name: &str,
        most: usize,
        take: &mut TakeCell<'_>,
    ) -> Result<Rows, DataError> {
        self.file(key, name)?.cells(key, name, most, take)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::open;
    use super::super::testing::{matrix, texts};

    /// A file of a matrix of floats and a column of texts, as this program writes them.
    fn set(name: &str, values: &[f32], labels: [&[u8; 6]; 2]) -> Vec<u8> {
        let header = format!(
            "{{\"__metadata__\":{{\"text_columns\":\"other,label\",\"superfuse\":\"x\"}},\
             \"{name}\":{{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}},\
             \"label\":{{\"dtype\":\"U8\",\"shape\":[2,6],\"data_offsets\":[16,28]}}}}"
        );
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(labels.into_iter().flatten());
        bytes
    }

    #[test]
    fn a_tensor_is_read_from_the_file_that_the_index_names() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
        let labels = [b"war\0\0\0", "na\u{ef}ve".as_bytes().try_into().unwrap()];
        write("model-00001-of-00002.safetensors", &set("text", &[0.0, 1.0, 2.0, 3.0], labels));
        write("model-00002-of-00002.safetensors", &set("image", &[4.0, 5.0, 6.0, 7.0], labels));
        let index = |file: &str| {
            let index = format!(
                "{{\"metadata\":{{\"total_size\":44}},\"weight_map\":{{\"text\":\"model-00001-of-00002.safetensors\",\
                 \"image\":\"{file}\",\"label\":\"{file}\"}}}}"
            );
            write("model.safetensors.index.json", index.as_bytes());
        };
        index("model-00002-of-00002.safetensors");
        let mut file = open(folder.path()).unwrap();
        assert_eq!(file.names(), ["image", "label", "text"]);
        assert_eq!(matrix(file.as_mut(), "text"), Ok(([2, 2], vec![0.0, 1.0, 2.0, 3.0])));
        assert_eq!(matrix(file.as_mut(), "image"), Ok(([2, 2], vec![4.0, 5.0, 6.0, 7.0])));
        assert_eq!(texts(file.as_mut(), "label").unwrap(), ["Text(\"war\")", "Text(\"na\u{ef}ve\")"]);
        assert!(matrix(file.as_mut(), "label").unwrap_err().contains("holds text, where numbers are needed"));
        assert!(matrix(file.as_mut(), "txt").unwrap_err().contains("did you mean `text`?"));
        index("../secret.safetensors");
        let error = open(folder.path()).err().unwrap().to_string();
        assert!(error.contains("`../secret.safetensors`, which is no file beside it"), "{error}");
    }
}
