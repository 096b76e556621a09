//! The generator's data set written to a file or a folder, whole or not at all.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use ndarray::Array2;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use host::atomic::{NewFolder, Replacement};
use host::files;
use study::config::{ClipLikeConfig, Config, LabelValue};

use super::archive::{self, Archive};
use super::bytes::little_endian;
use super::clip_like::{self, Geometry, Pairs};
use super::error::{DataError, printable, printable_path};
use super::files::npy_header;
use super::limit;

/// Values turned into bytes at a time.
const CHUNK: usize = 1 << 14;

/// What a data set is written as.
#[derive(Clone, Copy)]
enum Output {
    Npz,
    Safetensors,
    /// Of `.npy`.
    Folder,
}

/// Writes the data set of `[data.clip_like]` as arrays `text`, `image` (float32) and `label` (int64): in the format of
/// `path`'s extension, or as a new folder of `.npy` where `path` ends with `/`. Says what the pairs look like.
///
/// # Errors
/// Where the data cannot be made or written.
pub fn generate(config: &Config, path: &Path) -> Result<Geometry, DataError> {
    let output = Output::of(path)?;
    let io = |error: io::Error| DataError::io("write", path, &error);
    let of = &config.data.clip_like;
    if !matches!(output, Output::Folder) {
        files::check_output(path, &[Path::new(&config.data.source)]).map_err(io)?;
    }
    limit::check(config, "the generator", &[[of.samples, of.width]; 2], limit::Held::Splits)?;
    let refused = |reason: String| DataError::Io { verb: "write", path: printable_path(path), reason };
    let make = || clip_like::generate(of);
    // A place that cannot be written is found before time is spent on making the pairs.
    let pairs = match output {
        Output::Npz => {
            let mut new = Replacement::begin(path).map_err(io)?;
            let pairs = make()?;
            write_npz(&pairs, &mut new).map_err(refused)?;
            new.finish().map_err(io)?;
            pairs
        }
        Output::Safetensors => {
            let pairs = make()?;
            write_safetensors(&pairs, of, path)?;
            pairs
        }
        Output::Folder => {
            let new = NewFolder::begin(path).map_err(|error| folder_error(path, &error))?;
            let pairs = make()?;
            write_folder(&pairs, &new).map_err(io)?;
            new.finish().map_err(io)?;
            pairs
        }
    };
    Ok(Geometry::of(&pairs))
}

impl Output {
    fn of(path: &Path) -> Result<Self, DataError> {
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Ok(Self::Folder);
        }
        let extension =
            path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
        match extension.as_deref() {
            Some("npz") => Ok(Self::Npz),
            Some("safetensors") => Ok(Self::Safetensors),
            _ => Err(DataError::OutputFormat { path: printable_path(path) }),
        }
    }
}

fn folder_error(path: &Path, error: &io::Error) -> DataError {
    let reason = match error.kind() {
        io::ErrorKind::DirectoryNotEmpty => "it is there and not empty; name a new folder".to_owned(),
        io::ErrorKind::NotADirectory => "it is no folder; name a new one".to_owned(),
        _ => error.to_string(),
    };
    DataError::Io { verb: "write", path: printable_path(path), reason }
}

fn write_npz(pairs: &Pairs, new: &mut Replacement) -> Result<(), String> {
    let said = |error: zip::result::ZipError| printable(&error.to_string());
    let mut archive = ZipWriter::new(BufWriter::new(new.file()));
    // Stored: random mantissas do not compress.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
    for (name, rows) in [("text.npy", &pairs.text), ("image.npy", &pairs.image)] {
        archive.start_file(name, options).map_err(said)?;
        write_array(&mut archive, rows).map_err(|error| error.to_string())?;
    }
    archive.start_file("label.npy", options).map_err(said)?;
    write_labels(&mut archive, &pairs.label).map_err(|error| error.to_string())?;
    let mut writer: BufWriter<&mut File> = archive.finish().map_err(said)?;
    writer.flush().map_err(|error| error.to_string())
}

fn write_folder(pairs: &Pairs, new: &NewFolder) -> io::Result<()> {
    for (name, rows) in [("text.npy", &pairs.text), ("image.npy", &pairs.image)] {
        write_array(&mut new.file(name)?, rows)?;
    }
    write_labels(&mut new.file("label.npy")?, &pairs.label)
}

fn write_array(to: &mut impl Write, rows: &Array2<f32>) -> io::Result<()> {
    to.write_all(&npy_header("<f4", &[rows.nrows(), rows.ncols()]))?;
    let mut bytes = Vec::with_capacity(CHUNK * 4);
    for chunk in rows.as_slice().unwrap_or_default().chunks(CHUNK) {
        to.write_all(little_endian(chunk, &mut bytes))?;
    }
    Ok(())
}

fn write_labels(to: &mut impl Write, labels: &[u8]) -> io::Result<()> {
    to.write_all(&npy_header("<i8", &[labels.len()]))?;
    to.write_all(&labels.iter().flat_map(|&label| i64::from(label).to_le_bytes()).collect::<Vec<u8>>())
}

fn write_safetensors(pairs: &Pairs, config: &ClipLikeConfig, path: &Path) -> Result<(), DataError> {
    let ClipLikeConfig { samples, width, matched, seed } = config;
    let labels = pairs.label.iter().map(|&label| LabelValue::Number(label.into())).collect();
    let provenance = [
        ("program", format!("superfuse-tui {}", env!("CARGO_PKG_VERSION"))),
        ("data.source", "clip-like".to_owned()),
        ("data.clip_like.samples", samples.to_string()),
        ("data.clip_like.width", width.to_string()),
        ("data.clip_like.matched", matched.to_string()),
        ("data.clip_like.seed", seed.to_string()),
    ];
    let archive = Archive {
        arrays: vec![("text".into(), pairs.text.view()), ("image".into(), pairs.image.view())],
        columns: vec![("label".into(), labels)],
        provenance: provenance
            .map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
    };
    archive::write(path, &archive)
}
