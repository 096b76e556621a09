//! What kind of file something is, by its first bytes; of what is not read here, what it is and how Python turns it
//! into what is.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use super::super::error::{DataError, printable_path};
use host::files;

/// Bytes that tell a kind; a table's header line is looked at further by its own reader.
const FIRST: u64 = 512;
/// Bytes of an Arrow stream's first message at most, which is its schema.
const LONGEST_SCHEMA: i32 = 64 << 20;
/// A file of 128 bytes of text, of zeros mostly, and then its name: a `.mat` before 7.3.
const MATLAB: &[u8] = b"MATLAB 5.0 MAT-file";

/// A kind of file that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One `NumPy` array.
    Npy,
    /// A zip archive of `.npy`.
    Npz,
    /// `.safetensors`
    Safetensors,
    /// Apache Parquet.
    Parquet,
    /// An Arrow file, which Feather is too.
    Arrow,
    /// HDF5, which a `.mat` of MATLAB 7.3 is too.
    Hdf5,
    /// `torch.save`: a zip archive with a pickle.
    Torch,
    /// Text with a header line.
    Table,
}

/// The kind of the file at `path`.
///
/// # Errors
/// Where it is none that is read: what it is, and what to do.
pub(super) fn of(path: &Path) -> Result<Kind, DataError> {
    let io = |error: std::io::Error| DataError::io("read", path, &error);
    let mut first = Vec::new();
    files::open(path).map_err(io)?.take(FIRST).read_to_end(&mut first).map_err(io)?;
    let is_named = |wanted: &str| {
        path.extension()
            .and_then(|found| found.to_str())
            .is_some_and(|found| found.eq_ignore_ascii_case(wanted))
    };
    let magic: [(&[u8], Kind); 5] = [
        (b"\x93NUMPY", Kind::Npy),
        (b"PAR1", Kind::Parquet),
        (b"ARROW1", Kind::Arrow),
        (b"\x89HDF\r\n\x1a\n", Kind::Hdf5),
        (b"MATLAB 7.3 MAT-file", Kind::Hdf5),
    ];
    if let Some((_, kind)) = magic.into_iter().find(|(magic, _)| first.starts_with(magic)) {
        return Ok(kind);
    }
    if first.starts_with(b"PK\x03\x04") || first.starts_with(b"PK\x05\x06") {
        return archive(path);
    }
    if is_safetensors(&first) {
        return Ok(Kind::Safetensors);
    }
    if is_arrow_stream(&first) {
        return Ok(Kind::Arrow);
    }
    // What is cut short has no first bytes to be told by; its reader says what is missing.
    for (name, kind) in [
        ("npy", Kind::Npy),
        ("npz", Kind::Npz),
        ("safetensors", Kind::Safetensors),
        ("parquet", Kind::Parquet),
    ] {
        if is_named(name) {
            return Ok(kind);
        }
    }
    if let Some((what, fix)) = unread(&first, path) {
        return Err(DataError::Unread { path: printable_path(path), what, fix });
    }
    let is_named_table = ["csv", "tsv", "tab"].into_iter().any(is_named);
    if is_named_table || (is_text(&first) && !first.is_empty()) {
        return Ok(Kind::Table);
    }
    Err(DataError::Format { path: printable_path(path) })
}

/// What a zip archive holds.
fn archive(path: &Path) -> Result<Kind, DataError> {
    let file = files::open(path).map_err(|error| DataError::io("read", path, &error))?;
    // What is damaged is said by the reader of the likeliest kind.
    let Ok(archive) = ZipArchive::new(BufReader::<File>::new(file)) else { return Ok(Kind::Npz) };
    let holds = |wanted: &str| {
        archive.file_names().any(|name| name == wanted || name.ends_with(&format!("/{wanted}")))
    };
    if holds("data.pkl") {
        if archive.file_names().any(|name| name.contains("/code/")) {
            return Err(DataError::Unread {
                path: printable_path(path),
                what: "a TorchScript module",
                fix: "it holds a model and no embeddings; name it as a fusion, \"torchscript:FILE\"",
            });
        }
        return Ok(Kind::Torch);
    }
    if holds("[Content_Types].xml") {
        return Err(DataError::Unread {
            path: printable_path(path),
            what: "a spreadsheet",
            fix: "save it as CSV, or: import pandas as pd; pd.read_excel(\"FILE\").to_parquet(\"set.parquet\")",
        });
    }
    Ok(Kind::Npz)
}

/// Eight bytes of length, and JSON.
fn is_safetensors(first: &[u8]) -> bool {
    let length = first.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
    length.is_some_and(|length| length < 1 << 40) && first.get(8) == Some(&b'{')
}

/// A message's marker and its length: an Arrow stream, as Hugging Face's `datasets` saves it.
fn is_arrow_stream(first: &[u8]) -> bool {
    let length = first.get(4..8).and_then(|bytes| bytes.try_into().ok()).map(i32::from_le_bytes);
    first.starts_with(&[0xff; 4]) && length.is_some_and(|length| (1..=LONGEST_SCHEMA).contains(&length))
}

fn is_text(first: &[u8]) -> bool {
    // The last character may be cut.
    let end = first.len().saturating_sub(3);
    !first.contains(&0)
        && (std::str::from_utf8(first).is_ok()
            || std::str::from_utf8(&first[..end]).is_ok()
            || first[..end]
                .utf8_chunks()
                .next()
                .is_some_and(|chunk| chunk.valid().len() >= end.saturating_sub(3)))
}

/// Kinds that are known and not read, with what turns them into what is.
fn unread(first: &[u8], path: &Path) -> Option<(&'static str, &'static str)> {
    let begins = |bytes: &[u8]| first.starts_with(bytes);
    let named = |wanted: &[&str]| {
        let extension =
            path.extension().and_then(|found| found.to_str()).unwrap_or_default().to_ascii_lowercase();
        wanted.contains(&extension.as_str())
    };
    if begins(MATLAB) {
        return Some((
            "a MATLAB file before version 7.3",
            "import scipy.io, numpy as np; m = scipy.io.loadmat(\"FILE\"); np.savez(\"set.npz\", text=m[\"text\"], \
             image=m[\"image\"], label=m[\"label\"].ravel())",
        ));
    }
    if begins(b"\x80\x02") && named(&["pt", "pth", "bin"]) {
        return Some((
            "a file of torch before 1.6, a bare pickle",
            "import torch; torch.save(torch.load(\"FILE\", weights_only=True), \"set.pt\")",
        ));
    }
    if begins(b"\x80\x02") || begins(b"\x80\x03") || begins(b"\x80\x04") || begins(b"\x80\x05") {
        return Some((
            "a Python pickle, which could run any code",
            "where you trust it: import pickle, numpy as np; d = pickle.load(open(\"FILE\", \"rb\")); \
             np.savez(\"set.npz\", text=d[\"text\"], image=d[\"image\"], label=d[\"label\"])",
        ));
    }
    if begins(b"FEA1") {
        return Some((
            "Feather, version 1",
            "import pandas as pd; pd.read_feather(\"FILE\").to_parquet(\"set.parquet\")",
        ));
    }
    if begins(b"\x1f\x8b") {
        return Some(("compressed with gzip", "unpack it first: gunzip FILE, or tar xzf FILE"));
    }
    if begins(b"\x28\xb5\x2f\xfd") {
        return Some(("compressed with Zstandard", "unpack it first: unzstd FILE"));
    }
    if begins(b"SQLite format 3") {
        return Some((
            "an SQLite data base",
            "import sqlite3, pandas as pd; pd.read_sql(\"select * from t\", sqlite3.connect(\"FILE\")).to_parquet(\"set.parquet\")",
        ));
    }
    if first.get(257..262) == Some(b"ustar") {
        return Some((
            "a tar archive",
            "of pictures and texts: `superfuse-tui data embed` makes embeddings of them; of arrays: unpack it first",
        ));
    }
    if begins(b"{") || begins(b"[") || named(&["json", "jsonl", "ndjson"]) {
        return Some((
            "JSON",
            "import pandas as pd; pd.read_json(\"FILE\", lines=True).to_parquet(\"set.parquet\")",
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_bytes(name: &str, bytes: &[u8]) -> Result<Kind, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        of(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn a_kind_is_told_by_the_first_bytes_whatever_the_name() {
        assert_eq!(of_bytes("a.dat", b"\x93NUMPY\x01\x00"), Ok(Kind::Npy));
        assert_eq!(of_bytes("a.npz", b"PAR1 and more"), Ok(Kind::Parquet));
        assert_eq!(of_bytes("a", b"\x20\0\0\0\0\0\0\0{\"text\":"), Ok(Kind::Safetensors));
        assert_eq!(of_bytes("a.txt", "id,naïve\n1,2\n".as_bytes()), Ok(Kind::Table));
        assert_eq!(of_bytes("a.feather", b"ARROW1\0\0"), Ok(Kind::Arrow));
        assert_eq!(of_bytes("data.arrow", b"\xff\xff\xff\xff\x10\x01\0\0"), Ok(Kind::Arrow));
        assert_eq!(of_bytes("cut.npy", b""), Ok(Kind::Npy));
    }

    #[test]
    fn what_is_not_read_is_named_with_the_line_that_converts_it() {
        for (bytes, parts) in [
            (
                &b"MATLAB 5.0 MAT-file, Platform: GLNXA64"[..],
                ["MATLAB file before version 7.3", "scipy.io.loadmat"],
            ),
            (b"\x80\x04\x95", ["Python pickle", "pickle.load"]),
            (b"FEA1", ["Feather, version 1", "read_feather"]),
            (b"\x1f\x8b\x08", ["gzip", "gunzip"]),
            (b"{\"text\": 1}", ["JSON", "read_json"]),
            (b"SQLite format 3\0", ["SQLite", "read_sql"]),
        ] {
            let error = of_bytes("file.bin", bytes).unwrap_err();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
        assert!(of_bytes("x.bin", b"\0\x01\x02").unwrap_err().contains("unsupported format"));
    }
}
