//! A cohort's inputs on the device: rows as a fusion reads them, and labels.

use ndarray::Array2;
use tch::{Device, Tensor};

use crate::backend::device::Compute;
use crate::backend::shim;
use data::TaskData;
use study::event::{DataFacts, SplitOf};

/// Rows as a fusion reads them. Tensor fusion's outer product is never made: it stays a pair.
#[derive(Debug)]
pub(crate) enum FusedRows {
    /// `[…, F]`: features, computed once, or one modality.
    Vector(Tensor),
    /// `[…, n]` and `[…, m]`: what has no features that are kept, such as tensor fusion.
    Pair {
        /// Text, `[…, n]`.
        text: Tensor,
        /// Image, `[…, m]`.
        image: Tensor,
    },
}

/// The splits of one task, fused, with their labels.
#[derive(Debug)]
pub(crate) struct CohortInputs {
    pub(crate) rows: SplitOf<FusedRows>,
    /// `[rows]`, numbers of classes, 64-bit integers.
    pub(crate) labels: SplitOf<Tensor>,
    /// Number of the frozen random choice that the rows were made with.
    pub(crate) choice: usize,
    /// What training rows are made of in every step; absent where they are trained on as they are.
    pub(crate) unfused: Option<Unfused>,
}

/// Text and image of a training split before a fusion reads them, and noise for both.
#[derive(Debug)]
pub(crate) struct Unfused {
    /// `[rows, n]`
    pub(crate) text: Tensor,
    /// `[rows, m]`
    pub(crate) image: Tensor,
    /// For text and for image, some rows of each.
    pub(crate) noise: [Tensor; 2],
}

impl Unfused {
    /// The same for another thread.
    pub(crate) fn share(&self) -> Self {
        let Self { text, image, noise } = self;
        let noise = noise.each_ref().map(Tensor::shallow_clone);
        Self { text: text.shallow_clone(), image: image.shallow_clone(), noise }
    }
}

impl CohortInputs {
    /// With the labels of `data`.
    pub(crate) fn new(rows: SplitOf<FusedRows>, choice: usize, data: &TaskData, device: Device) -> Self {
        let labels = data.labels.map(|labels| upload_labels(labels, device));
        Self { rows, labels, choice, unfused: None }
    }

    /// The same inputs for another thread: LibTorch's tensors are shared by handles, not by references.
    pub(crate) fn share(&self) -> Self {
        let labels = self.labels.map(Tensor::shallow_clone);
        let (rows, unfused) = (self.rows.map(FusedRows::share), self.unfused.as_ref().map(Unfused::share));
        Self { rows, labels, choice: self.choice, unfused }
    }
}

impl FusedRows {
    /// On the CPU in rows as [`upload`] lays them out.
    pub(crate) fn in_place(self) -> Self {
        self.each(
            |rows| if rows.device() == Device::Cpu { pad_row_stride(rows) } else { rows.shallow_clone() },
        )
    }

    /// Its size in memory.
    pub(crate) fn bytes(&self) -> usize {
        let of =
            |rows: &Tensor| (rows.size()[0] * rows.stride()[0]) as usize * rows.kind().elt_size_in_bytes();
        match self {
            Self::Vector(rows) => of(rows),
            Self::Pair { text, image } => of(text) + of(image),
        }
    }

    /// Bytes of all parts of a split whose rows are kept as arrays of these widths.
    pub(crate) fn expected_bytes(widths: &[usize], data: &DataFacts, compute: Compute) -> u64 {
        let floats = |width: &usize| if compute.device == Device::Cpu { stride(*width) } else { *width };
        let of_row = widths.iter().map(floats).sum::<usize>();
        let SplitOf { train, validation, test } = data.rows;
        let trained = (train + validation) * compute.rows.elt_size_in_bytes();
        ((trained + test * size_of::<f32>()) * of_row) as u64
    }

    /// The same rows for another thread.
    pub(crate) fn share(&self) -> Self {
        self.each(Tensor::shallow_clone)
    }

    /// Rows `index` (`[k]`, 64-bit integers), in that order.
    pub(crate) fn select(&self, index: &Tensor) -> Self {
        self.each(|rows| rows.index_select(0, index))
    }

    /// Rows `first .. first + count` of dimension 0, sharing memory.
    pub(crate) fn narrow(&self, first: i64, count: i64) -> Self {
        self.each(|rows| rows.narrow(0, first, count))
    }

    /// The rows `[seeds·batch, …]` as `[seeds, batch, …]`.
    pub(crate) fn split_seeds(&self, seeds: i64) -> Self {
        self.each(|rows| rows.view([seeds, -1, *rows.size().last().unwrap_or(&0)]))
    }

    /// How many rows, or seeds where rows are split by seed.
    pub(crate) fn len(&self) -> i64 {
        match self {
            Self::Vector(rows) | Self::Pair { text: rows, .. } => rows.size()[0],
        }
    }

    /// The features; of a pair, its text.
    pub(crate) const fn vector(&self) -> &Tensor {
        match self {
            Self::Vector(rows) | Self::Pair { text: rows, .. } => rows,
        }
    }

    pub(crate) fn each(&self, apply: impl Fn(&Tensor) -> Tensor) -> Self {
        match self {
            Self::Vector(rows) => Self::Vector(apply(rows)),
            Self::Pair { text, image } => Self::Pair { text: apply(text), image: apply(image) },
        }
    }
}

/// Numbers of classes, `[rows]`, on the device.
pub(crate) fn upload_labels(labels: &[u16], device: Device) -> Tensor {
    let labels: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
    Tensor::from_slice(&labels).to_device(device)
}

/// `[rows, width]` on the device; on the CPU in rows as [`pad_row_stride`] lays them out.
pub(crate) fn upload(rows: &Array2<f32>, device: Device) -> Tensor {
    let (height, width) = rows.dim();
    let standard = rows.as_standard_layout();
    let values = standard.as_slice().unwrap_or_default();
    let values = Tensor::from_slice(values).view([height as i64, width as i64]);
    if device == Device::Cpu { pad_row_stride(&values) } else { values.to_device(device) }
}

/// The same `[rows, width]` with each row at the beginning of a cache line and an odd number of lines from the
/// next, so that rows of a batch do not displace each other in the cache.
fn pad_row_stride(rows: &Tensor) -> Tensor {
    let (height, width) = (rows.size()[0], rows.size()[1]);
    let padded = shim::zeros(&[height, stride(width as usize) as i64], Device::Cpu).narrow(1, 0, width);
    padded.shallow_clone().copy_(rows);
    padded
}

/// Floats from one row to the next on the CPU; 16 are a line of the cache.
const fn stride(width: usize) -> usize {
    16 * (width.div_ceil(16) | 1)
}
