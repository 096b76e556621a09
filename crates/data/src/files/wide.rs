//! A matrix that lies in a table as columns: `text_0`, `text_1`, …, or `text0`, `text.0`, `text[0]`.

use std::path::Path;

use super::super::error::{DataError, listed, printable, printable_path};
use super::numbered;

/// Places of the columns of the matrix `name`, in the order of their numbers, which begin at 0 or 1 and leave none out.
pub(super) fn columns(
    path: &Path,
    key: &'static str,
    name: &str,
    header: &[String],
) -> Result<Vec<usize>, DataError> {
    let number = |field: &str| numbered::after(name, field.strip_suffix(']').unwrap_or(field));
    let mut found: Vec<(u64, usize)> =
        header.iter().enumerate().filter_map(|(place, field)| Some((number(field)?, place))).collect();
    found.sort_unstable();
    let Some(&(first, _)) = found.first() else {
        return Err(absent(path, key, name, header));
    };
    let out_of_line = (first..).zip(&found).find(|(wanted, (number, _))| wanted != number);
    if first > 1 || out_of_line.is_some() {
        let numbers: Vec<u64> = found.iter().map(|(number, _)| *number).collect();
        return Err(DataError::Damaged {
            place: format!("the matrix `{}` of {}", printable(name), printable_path(path)),
            reason: format!(
                "its columns have the numbers {}; each from 0 (or 1) on is needed once",
                listed(&numbers)
            ),
        });
    }
    Ok(found.into_iter().map(|(_, place)| place).collect())
}

fn absent(path: &Path, key: &'static str, name: &str, header: &[String]) -> DataError {
    let mut blocks: Vec<String> =
        header.iter().filter_map(|field| numbered::stem(field.strip_suffix(']').unwrap_or(field))).collect();
    blocks.dedup();
    if header.iter().any(|field| field == name) {
        return DataError::Element {
            place: format!("column `{}` of {}", printable(name), printable_path(path)),
            element: "one value for each row".into(),
            wanted: "where an embedding is needed; name a block of columns such as text_0, text_1, …, or keep \
                     embeddings in a .npy, .safetensors or Parquet file and name this one in `data.table`",
        };
    }
    DataError::not_found(path, key, name, if blocks.is_empty() { header } else { &blocks })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns_of(header: &[&str]) -> Result<Vec<usize>, String> {
        let header: Vec<String> = header.iter().map(|&field| field.to_owned()).collect();
        columns(Path::new("t.csv"), "data.text", "text", &header).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_follow_their_numbers_and_not_their_places() {
        assert_eq!(columns_of(&["label", "text_1", "text_10", "text_0", "text_2"]).unwrap_err(), {
            "the matrix `text` of t.csv is cut short or damaged: its columns have the numbers 0, 1, 2, 10; each from 0 \
             (or 1) on is needed once; write or copy the file again"
        });
        assert_eq!(columns_of(&["label", "text_1", "text_0", "texture_0"]), Ok(vec![2, 1]));
        assert_eq!(columns_of(&["text[1]", "text[2]"]), Ok(vec![0, 1]));
        assert_eq!(columns_of(&["text2", "text1"]), Ok(vec![1, 0]));
        assert!(columns_of(&["text_5", "text_6"]).unwrap_err().contains("numbers 5, 6"));
    }

    #[test]
    fn one_column_is_no_matrix_and_blocks_are_named() {
        assert!(columns_of(&["text", "label"]).unwrap_err().contains("one value for each row"));
        let error = columns_of(&["label", "caption_0", "caption_1", "img0"]).unwrap_err();
        assert!(error.contains("it has caption, img"), "{error}");
    }
}
