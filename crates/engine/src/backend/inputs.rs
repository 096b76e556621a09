//! A cohort's inputs on the device: what each fusion reads of text and image.

use ndarray::Array2;
use tch::{Device, Kind, Tensor};

use crate::backend::device::Compute;
use crate::backend::shim;
use data::TaskData;
use study::event::{DataFacts, SplitOf};
use study::grid::Fusion;

/// Rows as a fusion reads them. Tensor fusion's outer product is never made: it stays a pair.
#[derive(Debug)]
pub(crate) enum FusedRows {
    /// `[…, F]`: a modality, concat or product, computed once.
    Vector(Tensor),
    /// `[…, n]` and `[…, m]`: tensor.
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
    /// `[rows]` of 0 and 1, 64-bit integers.
    pub(crate) labels: SplitOf<Tensor>,
}

impl CohortInputs {
    /// With the labels of `data`.
    pub(crate) fn new(rows: SplitOf<FusedRows>, data: &TaskData, device: Device) -> Self {
        let labels =
            data.labels.map(|labels| Tensor::from_slice(labels).to_kind(Kind::Int64).to_device(device));
        Self { rows, labels }
    }

    /// The same inputs for another thread: LibTorch's tensors are shared by handles, not by references.
    pub(crate) fn share(&self) -> Self {
        Self { rows: self.rows.map(FusedRows::share), labels: self.labels.map(Tensor::shallow_clone) }
    }
}

impl FusedRows {
    /// Every split of `data` as a fusion reads it; text alone and image alone are read off their pair.
    ///
    /// Training and validation rows are kept as `kind`; test rows, which noise is put on, in `f32`.
    pub(crate) fn of_splits(fusion: Fusion, data: &TaskData, device: Device, kind: Kind) -> SplitOf<Self> {
        let fused = |text: &Array2<f32>, image: &Array2<f32>| {
            let (text, image) = (upload(text, device), upload(image, device));
            match fusion {
                Fusion::Text | Fusion::Image => Self::Pair { text, image },
                _ => Self::fuse(fusion, &text, &image).in_place(),
            }
        };
        let (text, image) = (&data.inputs.text, &data.inputs.image);
        SplitOf {
            train: fused(&text.train, &image.train).each(|rows| rows.to_kind(kind)),
            validation: fused(&text.validation, &image.validation).each(|rows| rows.to_kind(kind)),
            test: fused(&text.test, &image.test),
        }
    }

    /// Text or image of a pair for a fusion that reads one of them.
    pub(crate) fn as_read_by(&self, fusion: Fusion) -> Self {
        match (self, fusion) {
            (Self::Pair { text, .. }, Fusion::Text) => Self::Vector(text.shallow_clone()),
            (Self::Pair { image, .. }, Fusion::Image) => Self::Vector(image.shallow_clone()),
            _ => self.share(),
        }
    }

    /// On the CPU in rows as [`upload`] lays them.
    fn in_place(self) -> Self {
        self.each(|rows| if rows.device() == Device::Cpu { apart(rows) } else { rows.shallow_clone() })
    }

    /// What it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        let of =
            |rows: &Tensor| (rows.size()[0] * rows.stride()[0]) as usize * rows.kind().elt_size_in_bytes();
        match self {
            Self::Vector(rows) => of(rows),
            Self::Pair { text, image } => of(text) + of(image),
        }
    }

    /// What [`Self::of_splits`] makes of one split of such a data set, in bytes.
    pub(crate) fn expected_bytes(fusion: Fusion, data: &DataFacts, compute: Compute) -> u64 {
        let (text, image) = (data.text_width, data.image_width);
        let widths = match fusion {
            Fusion::Concat | Fusion::Product | Fusion::LogisticConcat | Fusion::LogisticProduct => {
                vec![fusion.width(text, image)]
            }
            Fusion::Text | Fusion::Image | Fusion::Tensor | Fusion::LogisticTensor => vec![text, image],
        };
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

    /// Fuses `text` `[…, n]` and `image` `[…, m]`.
    pub(crate) fn fuse(fusion: Fusion, text: &Tensor, image: &Tensor) -> Self {
        match fusion {
            Fusion::Text => Self::Vector(text.shallow_clone()),
            Fusion::Image => Self::Vector(image.shallow_clone()),
            Fusion::Concat | Fusion::LogisticConcat => Self::Vector(Tensor::cat(&[text, image], -1)),
            // x_j·y_j, then x_j·y_{N−1−j}.
            Fusion::Product | Fusion::LogisticProduct => {
                Self::Vector(Tensor::cat(&[text * image, text * image.flip([-1_i64])], -1))
            }
            Fusion::Tensor | Fusion::LogisticTensor => {
                Self::Pair { text: text.shallow_clone(), image: image.shallow_clone() }
            }
        }
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

    fn each(&self, apply: impl Fn(&Tensor) -> Tensor) -> Self {
        match self {
            Self::Vector(rows) => Self::Vector(apply(rows)),
            Self::Pair { text, image } => Self::Pair { text: apply(text), image: apply(image) },
        }
    }
}

/// `[rows, width]` on the device; on the CPU in rows as [`apart`] lays them.
pub(crate) fn upload(rows: &Array2<f32>, device: Device) -> Tensor {
    let (height, width) = rows.dim();
    let standard = rows.as_standard_layout();
    let values = standard.as_slice().unwrap_or_default();
    let values = Tensor::from_slice(values).view([height as i64, width as i64]);
    if device == Device::Cpu { apart(&values) } else { values.to_device(device) }
}

/// The same `[rows, width]` with each row at the beginning of a cache line and an odd number of lines from the
/// next, so that rows of a batch do not fall on each other in the cache.
fn apart(rows: &Tensor) -> Tensor {
    let (height, width) = (rows.size()[0], rows.size()[1]);
    let apart = shim::zeros(&[height, stride(width as usize) as i64], Device::Cpu).narrow(1, 0, width);
    apart.shallow_clone().copy_(rows);
    apart
}

/// Floats from one row to the next on the CPU; 16 are a line of the cache.
const fn stride(width: usize) -> usize {
    16 * (width.div_ceil(16) | 1)
}
