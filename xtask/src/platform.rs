//! Which packages fit this machine: wheel tags by operating system and processor.

use std::env::consts::{ARCH, OS};

use crate::error::Error;
use crate::flavour::Flavour;
use crate::releases::Release;

/// Which `CPython`'s wheel of torch is taken. Only its C++ part is used, so the interpreter that runs
/// pip may be another one, also one that torch has no wheel for.
pub(crate) const PYTHON_TAG: &str = "3.12";

/// In the names of the libraries that need NVIDIA's.
const GPU_LIBRARIES: [&str; 3] = ["cuda", "nvrtc", "nvshmem"];

/// Whether a library of torch's is left out of the CPU flavour, by its file name.
pub(crate) fn needs_gpu(library: &str) -> bool {
    GPU_LIBRARIES.iter().any(|part| library.contains(part))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    Linux { arch: &'static str },
    MacArm,
}

impl Platform {
    pub(crate) fn current() -> Result<Self, Error> {
        let found = if cfg!(target_env = "musl") { None } else { Self::of(OS, ARCH) };
        let libc = if cfg!(target_env = "musl") { " with musl" } else { "" };
        found.ok_or_else(|| Error::Unsupported(format!("{OS}{libc} on {ARCH}")))
    }

    fn of(os: &str, arch: &str) -> Option<Self> {
        match (os, arch) {
            ("linux", "x86_64") => Some(Self::Linux { arch: "x86_64" }),
            ("linux", "aarch64") => Some(Self::Linux { arch: "aarch64" }),
            ("macos", "aarch64") => Some(Self::MacArm),
            _ => None,
        }
    }

    /// For pip's `--platform`, newest first; pip does not add the older ones by itself.
    pub(crate) fn tags(self) -> Vec<String> {
        match self {
            Self::Linux { arch } => (17..=28)
                .rev()
                .map(|minor| format!("manylinux_2_{minor}_{arch}"))
                .chain([format!("manylinux2014_{arch}")])
                .collect(),
            Self::MacArm => (11..=14).rev().map(|major| format!("macosx_{major}_0_arm64")).collect(),
        }
    }

    /// Whether `PyPI`'s wheel of the release has CUDA in it here.
    pub(crate) fn has_cuda(self, release: &Release) -> bool {
        matches!(self, Self::Linux { arch } if release.cuda_on.contains(&arch))
    }

    /// What `libtorch_cpu.so` is linked against beside what is in torch's own wheel.
    pub(crate) fn companions(self, release: &Release) -> &'static [&'static str] {
        if self.has_cuda(release) { release.companions } else { &[] }
    }

    /// Which files of torch's wheel are kept, for `unpack`. The CPU flavour is LibTorch without the
    /// libraries that need a GPU's.
    pub(crate) fn kept(flavour: Flavour) -> Vec<String> {
        let mut kept = [
            "torch/include/*",
            "torch/lib/*.so*",
            "torch/lib/*.dylib",
            "torch-*.dist-info/METADATA",
            "!torch/lib/*python*",
        ]
        .map(str::to_owned)
        .to_vec();
        if flavour == Flavour::Cpu {
            kept.extend(GPU_LIBRARIES.map(|part| format!("!torch/lib/*{part}*")));
        }
        kept
    }

    pub(crate) fn library(self) -> &'static str {
        match self {
            Self::Linux { .. } => "libtorch_cpu.so",
            Self::MacArm => "libtorch_cpu.dylib",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_three_that_torch_is_published_for_are_known() {
        assert_eq!(Platform::of("linux", "x86_64"), Some(Platform::Linux { arch: "x86_64" }));
        assert_eq!(Platform::of("macos", "aarch64"), Some(Platform::MacArm));
        assert_eq!(Platform::of("macos", "x86_64"), None);
        assert_eq!(Platform::of("linux", "riscv64"), None);
    }

    #[test]
    fn tags_cover_torch_and_its_older_companions() {
        let tags = Platform::Linux { arch: "x86_64" }.tags();
        for needed in ["manylinux_2_28_x86_64", "manylinux_2_25_x86_64", "manylinux2014_x86_64"] {
            assert!(tags.iter().any(|tag| tag == needed), "{needed}");
        }
    }
}
