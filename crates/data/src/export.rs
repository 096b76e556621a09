//! The generator's data set written to a file, whole or not at all.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use ndarray::Array2;
use safetensors::{Dtype, View};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use host::atomic::Replacement;
use host::files;
use study::config::Config;

use super::bytes::little_endian;
use super::clip_like::{self, Pairs};
use super::error::{DataError, printable, printable_path};
use super::files::npy_header;
use super::limit;

/// Values turned into bytes at a time.
const CHUNK: usize = 1 << 14;

/// Writes the data set of `[data.clip_like]` as arrays `text`, `image` (float32) and `label` (int64), in
/// the format of `path`'s extension.
pub fn generate(config: &Config, path: &Path) -> Result<(), DataError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let write = match extension.as_deref() {
        Some("npz") => write_npz,
        Some("safetensors") => write_safetensors,
        _ => return Err(DataError::OutputFormat { path: printable_path(path) }),
    };
    let io = |error: std::io::Error| DataError::io("write", path, &error);
    files::check_output(path, &[Path::new(&config.data.source)]).map_err(io)?;
    let of = &config.data.clip_like;
    limit::check(config, "the generator", &[[of.samples, of.width]; 2], limit::Held::Splits)?;
    let mut new = Replacement::begin(path).map_err(io)?;
    let pairs = clip_like::generate(&config.data.clip_like)?;
    write(&pairs, &mut new).map_err(|reason| DataError::Io {
        verb: "write",
        path: printable_path(path),
        reason,
    })?;
    new.finish().map_err(io)
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
    archive.write_all(&npy_header("<i8", &[pairs.label.len()])).map_err(|error| error.to_string())?;
    archive.write_all(&label_bytes(&pairs.label)).map_err(|error| error.to_string())?;
    let mut writer: BufWriter<&mut File> = archive.finish().map_err(said)?;
    writer.flush().map_err(|error| error.to_string())
}

fn write_array(to: &mut impl Write, rows: &Array2<f32>) -> std::io::Result<()> {
    to.write_all(&npy_header("<f4", &[rows.nrows(), rows.ncols()]))?;
    let mut bytes = Vec::with_capacity(CHUNK * 4);
    for chunk in rows.as_slice().unwrap_or_default().chunks(CHUNK) {
        to.write_all(little_endian(chunk, &mut bytes))?;
    }
    Ok(())
}

fn label_bytes(labels: &[u8]) -> Vec<u8> {
    labels.iter().flat_map(|&label| i64::from(label).to_le_bytes()).collect()
}

fn write_safetensors(pairs: &Pairs, new: &mut Replacement) -> Result<(), String> {
    let shape = |rows: &Array2<f32>| vec![rows.nrows(), rows.ncols()];
    let tensors = [
        ("text", Tensor { shape: shape(&pairs.text), values: Values::Rows(&pairs.text) }),
        ("image", Tensor { shape: shape(&pairs.image), values: Values::Rows(&pairs.image) }),
        ("label", Tensor { shape: vec![pairs.label.len()], values: Values::Labels(&pairs.label) }),
    ];
    safetensors::serialize_to_file(tensors, None, new.place()).map_err(|error| printable(&error.to_string()))
}

/// An array as the `safetensors` crate asks for it: bytes are made when their turn comes.
struct Tensor<'a> {
    shape: Vec<usize>,
    values: Values<'a>,
}

enum Values<'a> {
    Rows(&'a Array2<f32>),
    Labels(&'a [u8]),
}

impl View for Tensor<'_> {
    fn dtype(&self) -> Dtype {
        match self.values {
            Values::Rows(_) => Dtype::F32,
            Values::Labels(_) => Dtype::I64,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        match self.values {
            Values::Rows(rows) => {
                rows.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>().into()
            }
            Values::Labels(labels) => label_bytes(labels).into(),
        }
    }

    fn data_len(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype().bitsize() / 8
    }
}
