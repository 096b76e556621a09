//! Files that other programs wrote. The fixtures are of pyarrow 26.0 and pandas 3.1:
//!
//! ```python
//! import numpy as np, pandas as pd, pyarrow as pa, pyarrow.parquet as pq, pyarrow.feather as feather
//! rows, width = 40, 6
//! text = (np.arange(rows * width).reshape(rows, width) % 17 - 8) / 4
//! labels = ["cat" if row % 3 else "dog" for row in range(rows)]
//! # pandas: Python lists become double, categories, an index that is no range; Snappy and dictionary pages.
//! frame = pd.DataFrame({"text": list(text), "label": pd.Categorical(labels)}, index=np.arange(rows) + 100)
//! frame.to_parquet("pandas.parquet")
//! # float16 with Zstandard, several row groups and pages; of one length, and the same as other kinds.
//! half = pa.FixedSizeListArray.from_arrays(pa.array(text.ravel().astype(np.float16)), width)
//! table = pa.table({"text": half, "image": pa.array(list(text.astype(np.float32))), "label": pa.array(labels), "id": np.arange(rows)})
//! pq.write_table(table, "half.parquet", compression="zstd", row_group_size=16, data_page_size=64)
//! pq.write_table(table, "lz4.parquet", compression="lz4", data_page_version="2.0")
//! pq.write_table(table.select(["image"]), "gzip.parquet", compression="gzip")
//! pq.write_table(table.select(["label"]), "delta.parquet", use_dictionary=False, column_encoding={"label": "DELTA_BYTE_ARRAY"})
//! # Feather: LZ4, categories.
//! feather.write_feather(frame.reset_index(drop=True), "pandas.feather")
//! feather.write_feather(table, "zstd.feather", compression="zstd", chunksize=16)
//! # A stream, as the package datasets saves it.
//! with pa.ipc.new_stream("stream.arrow", table.schema) as out:
//!     out.write_table(table, max_chunksize=10)
//! # Bytes of NumPy.
//! pd.DataFrame({"text": [row.astype(np.float32).tobytes() for row in text]}).to_parquet("bytes.parquet")
//! ```

use std::path::Path;

use super::super::{ipc, parquet};
use super::{Format, cells_of, open, opened, rows_of};

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/files/arrow/fixtures").join(name)
}

fn text() -> Vec<f32> {
    (0..240).map(|number: u8| (f32::from(number % 17) - 8.0) / 4.0).collect()
}

fn labels() -> Vec<String> {
    (0..40).map(|row| if row % 3 == 0 { "\"dog\"".to_owned() } else { "\"cat\"".to_owned() }).collect()
}

#[test]
fn what_pandas_writes_is_read() {
    for name in ["pandas.parquet", "pandas.feather"] {
        let mut file = open(&fixture(name)).unwrap();
        assert_eq!(rows_of(file.as_mut(), "text").unwrap(), (text(), [40, 6]), "{name}");
        assert_eq!(cells_of(file.as_mut(), "label").unwrap(), labels(), "{name}");
    }
    let mut file = open(&fixture("pandas.parquet")).unwrap();
    assert_eq!(file.names(), ["__index_level_0__", "label", "text"]);
    let wanted: Vec<String> = (100..140).map(|number| number.to_string()).collect();
    assert_eq!(cells_of(file.as_mut(), "__index_level_0__").unwrap(), wanted);
}

#[test]
fn half_precision_and_every_codec_are_read() {
    for (name, format) in [
        ("half.parquet", Format::Parquet),
        ("lz4.parquet", Format::Parquet),
        ("zstd.feather", Format::File),
        ("stream.arrow", Format::Stream),
    ] {
        let mut file = opened(&fixture(name), format).unwrap();
        assert_eq!(file.names(), ["id", "image", "label", "text"], "{name}");
        assert_eq!(rows_of(file.as_mut(), "text").unwrap(), (text(), [40, 6]), "{name}");
        assert_eq!(rows_of(file.as_mut(), "image").unwrap(), (text(), [40, 6]), "{name}");
        assert_eq!(cells_of(file.as_mut(), "label").unwrap(), labels(), "{name}");
        assert_eq!(cells_of(file.as_mut(), "id").unwrap()[39], "39", "{name}");
    }
}

#[test]
fn what_is_not_read_is_named_with_the_line_that_rewrites_it() {
    let rows =
        |name: &str, column: &str| rows_of(open(&fixture(name)).unwrap().as_mut(), column).unwrap_err();
    let error = rows("gzip.parquet", "image");
    assert!(error.contains("gzip") && error.contains("read_parquet(\"FILE\").to_parquet"), "{error}");
    let error = rows("bytes.parquet", "text");
    assert!(error.contains("holds bytes") && error.contains("np.frombuffer(b, np.float32)"), "{error}");
    let error = cells_of(open(&fixture("delta.parquet")).unwrap().as_mut(), "label").unwrap_err();
    assert!(error.contains("DELTA_BYTE_ARRAY") && error.contains("to_parquet"), "{error}");
}

#[test]
fn an_encrypted_file_is_named_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.parquet");
    std::fs::write(&path, b"PARE and some more\x04\0\0\0PARE").unwrap();
    let error = open(&path).err().unwrap().to_string();
    assert!(
        error.contains("an encrypted Parquet file") && error.contains("decryption_properties"),
        "{error}"
    );
}

#[test]
fn a_file_cut_short_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    for (name, wanted) in [
        ("half.parquet", "no metadata at its end"),
        ("zstd.feather", "no list of its rows at its end"),
        ("stream.arrow", "its last rows are missing"),
    ] {
        let bytes = std::fs::read(fixture(name)).unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes[..bytes.len() - 200]).unwrap();
        let opened = if name.ends_with("parquet") { parquet(&path) } else { ipc(&path) };
        let error = opened.err().unwrap().to_string();
        assert!(error.contains(wanted) && error.contains("cut short"), "{error}");
    }
}
