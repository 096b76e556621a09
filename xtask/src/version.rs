//! LibTorch's version, read from its headers, and the versions that work. `build.rs` shares this file.

use std::fmt;
use std::fs;
use std::path::Path;

/// What `Version::is_supported` accepts, as text.
pub(crate) const SUPPORTED: &str = "2.9, 2.10 or 2.11";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) patch: u32,
}

impl Version {
    /// The version of the LibTorch in this folder, or nothing where its headers are not there.
    pub(crate) fn of(libtorch: &Path) -> Option<Self> {
        [
            "include/torch/headeronly/version.h",             // 2.10 and later
            "include/torch/csrc/api/include/torch/version.h", // before
        ]
        .iter()
        .find_map(|header| Self::in_header(&fs::read_to_string(libtorch.join(header)).ok()?))
    }

    /// torch-sys 0.22 names 2.9; 2.11 was built against and run.
    pub(crate) fn is_supported(self) -> bool {
        self.major == 2 && (9..=11).contains(&self.minor)
    }

    fn in_header(text: &str) -> Option<Self> {
        let defined = |name: &str| {
            text.lines().find_map(|line| {
                let mut parts = line.split_whitespace();
                (parts.next() == Some("#define") && parts.next() == Some(name))
                    .then(|| parts.next()?.parse().ok())?
            })
        };
        Some(Self {
            major: defined("TORCH_VERSION_MAJOR")?,
            minor: defined("TORCH_VERSION_MINOR")?,
            patch: defined("TORCH_VERSION_PATCH")?,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "#pragma once\n\n/// Indicates the major version of LibTorch.\n\
        #define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 11\n#define TORCH_VERSION_PATCH 4\n\
        #define TORCH_VERSION \\\n  \"2.11.4\"\n";

    #[test]
    fn a_header_gives_its_three_numbers() {
        assert_eq!(Version::in_header(HEADER).unwrap().to_string(), "2.11.4");
    }

    #[test]
    fn a_header_that_only_includes_another_gives_none() {
        assert_eq!(Version::in_header("#include <torch/headeronly/version.h>\n"), None);
    }

    #[test]
    fn the_range_is_closed_at_both_ends() {
        let works = |major, minor| Version { major, minor, patch: 0 }.is_supported();
        assert_eq!([works(2, 8), works(2, 9), works(2, 11), works(2, 12)], [false, true, true, false]);
        assert!(!works(1, 10) && !works(3, 10));
    }
}
