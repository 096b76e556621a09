//! What a wheel of the program is called, and what it says of itself.

use crate::flavour::Flavour;
use crate::variant::Variant;

/// The program's version, which is the workspace's.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// In the checkout and in the wheel.
pub(super) const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// In the wheel: the notices of what is linked into the program, and those of Rust's own library.
pub(super) const NOTICES: &str = "THIRD_PARTY_LICENSES";
pub(super) const OF_RUST: &str = "RUST_LIBRARY_LICENSES.html";

/// The command that pip puts on the PATH.
pub(super) const ENTRY_POINTS: &str = "[console_scripts]\nsuperfuse-tui = superfuse_tui.launcher:main\n";

/// A wheel is for one LibTorch, and for machines with a tag, such as `manylinux_2_34_x86_64`.
pub(super) struct About {
    pub(super) variant: Variant,
    pub(super) platform: String,
}

impl About {
    /// The local part tells wheels apart that are made of one source: pip has no other place for it.
    fn version(&self) -> String {
        format!("{PROGRAM}+torch{}.{}", self.variant.version, self.variant.flavour)
    }

    /// What the names of the wheel's own folders begin with.
    pub(super) fn stem(&self) -> String {
        format!("superfuse_tui-{}", self.version())
    }

    fn tag(&self) -> String {
        format!("py3-none-{}", self.platform)
    }

    pub(super) fn file_name(&self) -> String {
        format!("{}-{}.whl", self.stem(), self.tag())
    }

    pub(super) fn metadata(&self) -> String {
        format!(
            "Metadata-Version: 2.4\n\
             Name: superfuse-tui\n\
             Version: {}\n\
             Summary: Run and watch multimodal-fusion studies in a terminal\n\
             License-Expression: MIT OR Apache-2.0\n\
             License-File: LICENSE-APACHE\n\
             License-File: LICENSE-MIT\n\
             License-File: {NOTICES}\n\
             License-File: {OF_RUST}\n\
             Requires-Python: >=3.10\n\
             Requires-Dist: torch=={}\n",
            self.version(),
            self.variant.version
        )
    }

    pub(super) fn wheel(&self) -> String {
        format!(
            "Wheel-Version: 1.0\nGenerator: xtask {PROGRAM}\nRoot-Is-Purelib: false\nTag: {}\n",
            self.tag()
        )
    }

    /// What the launcher compares the installed torch with.
    pub(super) fn built(&self) -> String {
        let cuda = if self.variant.flavour == Flavour::Cuda { "True" } else { "False" };
        format!("TORCH = \"{}\"\nCUDA = {cuda}\n", self.variant.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::RELEASES;

    fn about(place: usize, flavour: Flavour) -> About {
        let variant = Variant { version: RELEASES[place].version, flavour };
        About { variant, platform: "manylinux_2_34_x86_64".into() }
    }

    #[test]
    fn there_is_a_name_for_each_torch_and_flavour() {
        assert_eq!(
            about(0, Flavour::Cpu).file_name(),
            format!("superfuse_tui-{PROGRAM}+torch2.11.0.cpu-py3-none-manylinux_2_34_x86_64.whl")
        );
        assert!(about(1, Flavour::Cuda).file_name().contains("+torch2.10.0.cuda-"));
    }

    #[test]
    fn the_metadata_asks_for_that_torch_and_gives_the_same_version() {
        let about = about(1, Flavour::Cuda);
        let metadata = about.metadata();
        assert!(metadata.contains("\nRequires-Dist: torch==2.10.0\n"), "{metadata}");
        assert!(about.file_name().contains(&format!("-{}-", field(&metadata, "Version"))), "{metadata}");
        assert!(about.file_name().ends_with(&format!("-{}.whl", field(&about.wheel(), "Tag"))));
        assert_eq!(about.built(), "TORCH = \"2.10.0\"\nCUDA = True\n");
    }

    fn field<'a>(text: &'a str, name: &str) -> &'a str {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap()
    }
}
