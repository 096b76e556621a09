//! Small paired data sets, made from a fixed random stream and written in every format that is read.

use std::io::{Cursor, Write};
use std::path::Path;

use npyz::WriterBuilder;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use safetensors::tensor::{Dtype, TensorView};
use zip::write::{SimpleFileOptions, ZipWriter};

/// Two views of the same rows, and a label that each of them partly predicts.
#[derive(Clone)]
pub(crate) struct Pairs {
    /// `[rows, widths.0]`, row-major
    pub(crate) text: Vec<f32>,
    /// `[rows, widths.1]`, row-major
    pub(crate) image: Vec<f32>,
    /// One for each row, 0 or 1 unless a test says otherwise.
    pub(crate) label: Vec<i64>,
    widths: (usize, usize),
}

impl Pairs {
    /// Standard normal rows; the label says whether the first entries of both views sum to more than 0.
    pub(crate) fn new(rows: usize, text_width: usize, image_width: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(20_260);
        let mut normal =
            |count: usize| -> Vec<f32> { (0..count).map(|_| StandardNormal.sample(&mut random)).collect() };
        let (text, image) = (normal(rows * text_width), normal(rows * image_width));
        let label =
            (0..rows).map(|row| i64::from(text[row * text_width] + image[row * image_width] > 0.0)).collect();
        Self { text, image, label, widths: (text_width, image_width) }
    }

    /// A folder of `text.npy`, `image.npy` and `labels.csv`, whose columns are `label` and `split`.
    pub(crate) fn write_folder(&self, folder: &Path) {
        std::fs::create_dir(folder).unwrap();
        std::fs::write(folder.join("text.npy"), matrix(&self.text, self.widths.0)).unwrap();
        std::fs::write(folder.join("image.npy"), matrix(&self.image, self.widths.1)).unwrap();
        let mut table = csv::Writer::from_path(folder.join("labels.csv")).unwrap();
        table.write_record(["label", "split"]).unwrap();
        for (row, label) in self.label.iter().enumerate() {
            let split =
                ["train", "train", "train", "train", "train", "train", "train", "val", "test", "test"];
            table.write_record([label.to_string().as_str(), split[row % split.len()]]).unwrap();
        }
        table.flush().unwrap();
    }

    /// The bytes of a `.npz` of `text`, `image` and `label`, compressed.
    pub(crate) fn npz(&self) -> Vec<u8> {
        self.npz_with(npy(&self.label, &[self.label.len() as u64]))
    }

    /// The same with the bytes of another `label.npy`.
    pub(crate) fn npz_with(&self, label: Vec<u8>) -> Vec<u8> {
        let arrays = [
            ("text.npy", matrix(&self.text, self.widths.0)),
            ("image.npy", matrix(&self.image, self.widths.1)),
            ("label.npy", label),
        ];
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in arrays {
            archive.start_file(name, SimpleFileOptions::default()).unwrap();
            archive.write_all(&bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    /// The bytes of a `.safetensors` of the same.
    pub(crate) fn safetensors(&self) -> Vec<u8> {
        let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let (text, image) = (bytes(&self.text), bytes(&self.image));
        let label: Vec<u8> = self.label.iter().flat_map(|value| value.to_le_bytes()).collect();
        let wide = |values: &[f32], width: usize| vec![values.len() / width, width];
        let views = [
            ("text", Dtype::F32, wide(&self.text, self.widths.0), &text),
            ("image", Dtype::F32, wide(&self.image, self.widths.1), &image),
            ("label", Dtype::I64, vec![self.label.len()], &label),
        ]
        .map(|(name, kind, shape, bytes)| (name, TensorView::new(kind, shape, bytes).unwrap()));
        safetensors::serialize(views, None).unwrap()
    }
}

/// The bytes of a `.npy` of `width` columns.
pub(crate) fn matrix(values: &[f32], width: usize) -> Vec<u8> {
    npy(values, &[(values.len() / width) as u64, width as u64])
}

fn npy<T: npyz::AutoSerialize + Copy>(values: &[T], shape: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut array =
        npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd().unwrap();
    array.extend(values.iter().copied()).unwrap();
    array.finish().unwrap();
    bytes
}
