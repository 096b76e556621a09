//! The closed sets that keys choose from, each choice with its name in `config.toml`.

use serde::{Deserialize, Serialize};

use super::rule::Choice;
use crate::grid::Condition;
use crate::model::{Baseline, DynmmGate, Fusion, GmuGate, ModelId, ModuleOutput, Robust};

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant),* }

        impl Choice for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    )*};
}

choices! {
    /// What computes.
    Kernels {
        /// A step as a whole: on the CPU the program's own kernel, on LibTorch's tensors; on a GPU LibTorch's
        /// operations, recorded once and sent together.
        #[default] Fused = "fused",
        /// The same, with block shapes of the CPU's kernel that no measurement chooses.
        Fixed = "fixed",
        /// LibTorch's operations, one by one.
        LibTorch = "libtorch",
    }
    /// Arithmetic of matrix products.
    Precision {
        /// 24 bits of mantissa.
        #[default] F32 = "f32",
        /// Factors of 11 bits of mantissa, sums in `f32`; a GPU's.
        Tf32 = "tf32",
        /// Rows and factors of 8 bits of mantissa in training and validation, sums in `f32`; what trains stays `f32`.
        Bf16 = "bf16",
    }
    /// What takes a study's jobs.
    ClusterEngine {
        /// There is no cluster.
        #[default] None = "none",
        /// Slurm, by its own commands.
        Slurm = "slurm",
    }
    /// What fills a modality narrower than `data.width`.
    Pad {
        /// A fixed random orthonormal map into the common width.
        #[default] Rotate = "rotate",
        /// Zeros appended.
        Zero = "zero",
    }
    /// Scale of the embeddings, fitted on the training rows.
    Scale {
        /// One factor for each modality, to a mean square of 1.
        #[default] Rms = "rms",
        /// As they come.
        None = "none",
        /// Each dimension to mean 0 and deviation 1.
        Standard = "standard",
    }
    /// How a table's rows are paired with the arrays beside it, where no key joins them.
    Order {
        /// Line by line, and refused where a column of row numbers says otherwise.
        #[default] Checked = "checked",
        /// Line by line.
        Trusted = "trusted",
    }
    /// What becomes of rows whose text or image is missing: all zeros, or all NaN or null.
    Missing {
        /// They are an error.
        #[default] Refuse = "refuse",
        /// They are left out.
        Drop = "drop",
        /// The modality's mean over the training rows stands in their place.
        Mean = "mean",
        /// Zeros stand in their place.
        Zero = "zero",
    }
    /// What follows the hidden layer.
    Activation {
        /// `max(0, x)`
        #[default] Relu = "relu",
        /// Nothing: two linear layers in a row.
        Identity = "identity",
        /// `x·Φ(x)`
        Gelu = "gelu",
        /// Hyperbolic tangent.
        Tanh = "tanh",
    }
    /// What the dot product is compared with.
    SyntheticLabel {
        /// Its median on the training split.
        #[default] Median = "median",
        /// Zero.
        Raw = "raw",
        /// Zero, after each modality has lost its training mean; the model receives these too.
        Centred = "centred",
    }
    /// Which image goes with which text in the synthetic task.
    Pairs {
        /// As they come.
        #[default] Matched = "matched",
        /// Image rows reordered by a fixed permutation within each split.
        Shuffled = "shuffled",
    }
    /// How noise enters.
    Mixing {
        /// `x + α·e`
        #[default] Add = "add",
        /// `(1 − α)·x + α·e`
        Blend = "blend",
    }
    /// What the noise's mean and deviation are taken over.
    NoiseStatistics {
        /// Each dimension has its own.
        #[default] PerDimension = "per-dimension",
        /// One for the modality.
        Scalar = "scalar",
    }
    /// The split that the noise's mean and deviation are taken from.
    NoiseSource {
        /// Training split.
        #[default] Train = "train",
        /// Test split.
        Test = "test",
    }
    /// Which noise is evaluated.
    NoiseMeans {
        /// With the modality's mean, and again with mean zero.
        #[default] Both = "both",
        /// With the modality's mean.
        Empirical = "empirical",
        /// With mean zero.
        Zero = "zero",
    }
    /// What stands in place of a missing modality.
    Fill {
        /// Its mean over the training split.
        #[default] Mean = "mean",
        /// Zeros.
        Zero = "zero",
    }
    /// Which checkpoints are kept.
    Keep {
        /// The best seed of each configuration.
        #[default] Best = "best",
        /// Every seed's best.
        All = "all",
        /// None.
        None = "none",
    }
}

macro_rules! choices_of_the_grid {
    ($($name:ident),*) => {$(
        impl Choice for $name {
            const ALL: &'static [Self] = &$name::ALL;

            fn name(self) -> &'static str {
                $name::name(self)
            }
        }
    )*};
}

choices_of_the_grid!(Baseline, Condition, GmuGate, DynmmGate, ModuleOutput, Robust);

impl Choice for ModelId {
    /// A sweep names fusions; what they are measured against follows from its baselines.
    const ALL: &'static [Self] = &Self::FUSIONS;

    fn name(self) -> &'static str {
        Self::name(self)
    }

    fn hint(text: &str) -> Option<String> {
        if text == Self::name(Self::SEARCHED) {
            return Some("is derived from the fusions: set sweep.searched = true".to_owned());
        }
        if text == "torchscript" {
            return Some("names no file: write torchscript:my_fusion.pt".to_owned());
        }
        let model = Self::named(text).filter(|model| !model.is_module())?;
        if model.robust != Robust::None {
            let (plain, robust) = (Self::name(model.plain()), model.robust.name());
            return Some(format!("is a way to train: name {plain} and set train.robust = \"{robust}\""));
        }
        if model.is_baseline() {
            return Some("is a baseline: name it in sweep.baselines".to_owned());
        }
        let family = Self::hidden(model.fusion);
        let key = match model.fusion {
            Fusion::Lmf => format!("fusion.lmf.rank = {}", model.variant()),
            Fusion::Dynmm => "fusion.dynmm.gate = \"hard\"".to_owned(),
            _ => return None,
        };
        Some(format!("is a variant: name {} and set {key}", Self::name(family)))
    }
}
