//! Single values that are NaN or infinite: what is said of text and image together, and how their rows are taken out.

use super::{DataError, has_extension, is_plain};

/// Both, or what is wrong with both in one error.
pub(crate) fn both_finite<T, U>(
    text: Result<T, DataError>,
    image: Result<U, DataError>,
) -> Result<(T, U), DataError> {
    match (text, image) {
        (
            Err(DataError::NotFinite { mut arrays, fix }),
            Err(DataError::NotFinite { arrays: of_image, .. }),
        ) => {
            arrays.extend(of_image);
            Err(DataError::NotFinite { arrays, fix })
        }
        (text, image) => Ok((text?, image?)),
    }
}

/// How rows with such values are taken out of the source at `place`, whose text and image have these names.
pub(crate) fn without_rows(place: &str, [text, image]: &[String; 2]) -> String {
    let fix = "take these rows out of every array and table, or compute them anew; `data.missing` is for rows of which all \
               is missing";
    if !has_extension(place, "npz") || ![place, text, image].into_iter().all(is_plain) {
        return fix.to_owned();
    }
    let clean = place.trim_end_matches(".npz");
    format!(
        "{fix}. In Python, into {clean}-clean.npz: import numpy as np; z = np.load(\"{place}\"); keep = \
         np.isfinite(z[\"{text}\"]).all(1) & np.isfinite(z[\"{image}\"]).all(1); np.savez(\"{clean}-clean.npz\", \
         **{{name: z[name][keep] for name in z.files}})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(array: &str) -> Result<(), DataError> {
        Err(DataError::NotFinite { arrays: vec![array.to_owned()], fix: "fix it".to_owned() })
    }

    #[test]
    fn both_arrays_are_named_in_one_error() {
        let said =
            |text, image| both_finite(text, image).map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(said(bad("text"), bad("image")), "text; image; fix it");
        assert_eq!(said(Ok(()), bad("image")), "image; fix it");
        assert_eq!(said(Ok(()), Ok(())), "");
    }

    #[test]
    fn python_is_offered_where_names_need_no_quotes() {
        let names = ["text_emb", "img_emb"].map(str::to_owned);
        let fix = without_rows("sets/mine.npz", &names);
        assert!(
            fix.contains("np.load(\"sets/mine.npz\")") && fix.contains("\"sets/mine-clean.npz\""),
            "{fix}"
        );
        assert!(!without_rows("my \"set.npz", &names).contains("Python"));
        assert!(!without_rows("set.parquet", &names).contains("Python"));
    }
}
