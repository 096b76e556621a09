//! LibTorch for the CPU or for CUDA: a program is linked against one of the two when it is built.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    Cpu,
    Cuda,
}

impl Flavour {
    /// What was asked for, else CUDA where there is an NVIDIA driver.
    pub(crate) fn choose(asked: Option<Self>, driver: impl FnOnce() -> bool) -> Self {
        asked.unwrap_or_else(|| if driver() { Self::Cuda } else { Self::Cpu })
    }

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

/// Whether this machine has an NVIDIA driver with a device behind it.
pub(crate) fn has_nvidia_driver() -> bool {
    driver_files_under(Path::new("/")) || nvidia_smi_lists_one()
}

fn driver_files_under(root: &Path) -> bool {
    [
        "dev/nvidiactl",                // Linux, and containers that were handed a GPU
        "usr/lib/wsl/lib/libcuda.so.1", // the Windows Subsystem for Linux
    ]
    .iter()
    .any(|file| root.join(file).exists())
}

fn nvidia_smi_lists_one() -> bool {
    Command::new("nvidia-smi")
        .arg("-L")
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|said| said.status.success() && said.stdout.starts_with(b"GPU "))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_was_asked_for_wins_over_the_driver() {
        assert_eq!(Flavour::choose(Some(Flavour::Cpu), || true), Flavour::Cpu);
        assert_eq!(Flavour::choose(Some(Flavour::Cuda), || false), Flavour::Cuda);
    }

    #[test]
    fn without_a_wish_the_driver_decides() {
        assert_eq!(Flavour::choose(None, || true), Flavour::Cuda);
        assert_eq!(Flavour::choose(None, || false), Flavour::Cpu);
    }

    #[test]
    fn a_device_file_is_a_driver_and_its_absence_is_none() {
        let root = std::env::temp_dir().join(format!("xtask-driver-{}", std::process::id()));
        fs::create_dir_all(root.join("dev")).unwrap();
        assert!(!driver_files_under(&root));
        fs::write(root.join("dev/nvidiactl"), "").unwrap();
        assert!(driver_files_under(&root));
        fs::remove_dir_all(root).unwrap();
    }
}
