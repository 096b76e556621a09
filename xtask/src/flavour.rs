//! LibTorch for the CPU or for CUDA: a program is linked against one of the two when it is built.

use std::fmt;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    Cpu,
    Cuda,
}

impl Flavour {
    /// torch-sys and burn-tch link against CUDA exactly where this file is.
    pub(crate) fn of(libtorch: &Path) -> Self {
        if libtorch.join("lib/libtorch_cuda.so").exists() { Self::Cuda } else { Self::Cpu }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        })
    }
}
