//! The versions of LibTorch that are downloaded, and what each needs. Caches, links, target folders, headers, the
//! `PyTorch` of benchmarks and wheels follow this table; `build.rs` shares it.

use std::fmt;

use crate::version::Version;

/// A version of LibTorch, as `PyPI`'s wheels of torch have it.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) version: Version,
    /// The CUDA that it is built with.
    pub(crate) cuda: &'static str,
    /// The first series of NVIDIA's driver that runs it.
    pub(crate) driver: u32,
    /// The oldest GPUs that it has code for.
    pub(crate) capability: Capability,
    /// The processors, on Linux, whose wheel has CUDA in it.
    pub(crate) cuda_on: &'static [&'static str],
    /// What `libtorch_cpu.so` is linked against there, beside what is in torch's own wheel.
    pub(crate) companions: &'static [&'static str],
    /// CUDA's headers that no package of torch's brings, and that those of its runtime include.
    pub(crate) headers: &'static str,
    pub(crate) cpu: Size,
    pub(crate) gpu: Size,
}

/// Of a flavour, measured on Linux on `x86_64`, the largest.
#[derive(Debug)]
pub(crate) struct Size {
    pub(crate) download: &'static str,
    /// In bytes, while wheels and what was unpacked of them are on the disk together.
    pub(crate) room: u64,
}

/// What a GPU can do, in NVIDIA's counting: 7.0 is Volta, 7.5 Turing, 9.0 Hopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Capability(pub(crate) u32, pub(crate) u32);

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// Newest first. What torch-sys 0.22 was seen to work with.
pub(crate) static RELEASES: [Release; 2] = [
    Release {
        version: Version { major: 2, minor: 11, patch: 0 },
        cuda: "13.0",
        driver: 580,
        capability: Capability(7, 5),
        cuda_on: &["x86_64", "aarch64"],
        companions: &["nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85"],
        headers: "cuda-toolkit[crt]==13.0.2",
        cpu: Size { download: "0.55 GB", room: 1_200_000_000 },
        gpu: Size { download: "2.5 GB", room: 6_000_000_000 },
    },
    Release {
        version: Version { major: 2, minor: 10, patch: 0 },
        cuda: "12.8",
        driver: 525,
        capability: Capability(7, 0),
        cuda_on: &["x86_64"],
        companions: &["nvidia-cuda-runtime-cu12==12.8.90", "nvidia-cuda-cupti-cu12==12.8.90"],
        headers: "nvidia-cuda-nvcc-cu12==12.8.93",
        cpu: Size { download: "0.93 GB", room: 2_000_000_000 },
        gpu: Size { download: "4.0 GB", room: 7_500_000_000 },
    },
];

/// What plain cargo builds with, and what is taken where nothing speaks for another.
pub(crate) static NEWEST: &Release = &RELEASES[0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readmes_table_is_this_one() {
        let readme = include_str!("../../README.md");
        for Release { version, cuda, driver, capability, .. } in &RELEASES {
            let row = readme
                .lines()
                .find(|line| line.starts_with(&format!("| {driver} and newer | {capability} (")));
            let row = row.unwrap_or_else(|| panic!("no row for driver {driver}"));
            assert!(row.ends_with(&format!("| {version} for CUDA {cuda} |")), "{row}");
        }
        assert!(readme.contains(&format!("| {} for the CPU |", NEWEST.version)));
    }

    #[test]
    fn a_newer_release_needs_newer_drivers_and_gpus() {
        assert!(RELEASES.windows(2).all(|pair| pair[0].version > pair[1].version));
        assert!(RELEASES.windows(2).all(|pair| pair[0].driver > pair[1].driver));
        assert!(RELEASES.windows(2).all(|pair| pair[0].capability >= pair[1].capability));
        assert!(RELEASES.iter().all(|release| release.version.is_supported()));
    }
}
