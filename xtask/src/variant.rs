//! A version of LibTorch in one flavour: what folders, links and builds are told apart by.

use std::fmt;

use crate::flavour::Flavour;
use crate::releases::NEWEST;
use crate::version::Version;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) version: Version,
    pub(crate) flavour: Flavour,
}

impl Variant {
    /// What plain cargo builds with, everywhere.
    pub(crate) fn plain() -> Self {
        Self { version: NEWEST.version, flavour: Flavour::Cpu }
    }
}

/// As folders are named: `libtorch-2.11.0-cpu`.
impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "libtorch-{}-{}", self.version, self.flavour)
    }
}
