//! On which machines programs start: the platform tag, from the versions of the symbols that they need.

use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;

/// torch's own wheels need this minor version of glibc 2, and `glibc.c` keeps the program to it.
const TORCH: u32 = 28;

/// Which minor version of glibc 2 the distributions have that have a library this new: the last number of the symbols'
/// version, as in manylinux's policies.
const GLIBCXX: [(u32, u32); 5] = [(24, 28), (28, 31), (29, 34), (30, 35), (33, 39)];
const CXXABI: [(u32, u32); 4] = [(11, 28), (12, 31), (13, 34), (15, 39)];
const GCC: [(u32, u32); 3] = [(7, 28), (12, 35), (14, 39)];

/// Such as `manylinux_2_34_x86_64`.
pub(super) fn of(programs: &[PathBuf], arch: &str) -> Result<String, Error> {
    let mut newest = TORCH;
    for program in programs {
        let said = Command::new("objdump").arg("-p").arg(program).env("LC_ALL", "C").output();
        let said = said.map_err(Error::start("objdump"))?;
        let minor = glibc(&String::from_utf8_lossy(&said.stdout)).map_err(Error::UnknownSymbolVersion)?;
        newest = newest.max(minor);
    }
    Ok(format!("manylinux_2_{newest}_{arch}"))
}

/// The oldest minor version of glibc 2 that goes with all that `objdump -p` lists; fails with what it does not know.
fn glibc(references: &str) -> Result<u32, String> {
    let (_, references) = references.split_once("Version References:").ok_or("Version References")?;
    let mut needs = references.lines().filter_map(|line| line.split_whitespace().nth(3)).map(need);
    needs.try_fold(TORCH, |most, need| Ok(most.max(need?)))
}

fn need(version: &str) -> Result<u32, String> {
    let unknown = || version.to_owned();
    let (library, numbers) = version.split_once('_').ok_or_else(unknown)?;
    let numbers: Option<Vec<u32>> = numbers.split('.').map(|number| number.parse().ok()).collect();
    let from = |table: &[(u32, u32)], last: u32| {
        table.iter().find(|(newest, _)| last <= *newest).map(|&(_, glibc)| glibc).ok_or_else(unknown)
    };
    match (library, numbers.as_deref()) {
        ("GLIBC", Some([2, minor, ..])) => Ok(*minor),
        ("GLIBC", None) if version == "GLIBC_ABI_DT_RELR" => Ok(36),
        ("GLIBCXX", Some([3, 4, last])) => from(&GLIBCXX, *last),
        ("CXXABI", Some([1, 3, last])) => from(&CXXABI, *last),
        ("GCC", Some([major, ..])) => from(&GCC, *major),
        // Older than all that counts, and OpenMP's, whose library lies beside LibTorch.
        ("GLIBCXX", Some([3, 4])) | ("CXXABI", Some([1, 3])) | ("GOMP" | "OMP", Some(_)) => Ok(0),
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(versions: &[&str]) -> String {
        let head =
            "  NEEDED               libm.so.6\n\nVersion References:\n  required from libm.so.6:".to_owned();
        versions.iter().fold(head, |said, version| said + "\n    0x069691b5 0x00 19 " + version)
    }

    #[test]
    fn the_newest_symbol_of_glibc_decides_by_number() {
        assert_eq!(glibc(&said(&["GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.4"])), Ok(34));
        assert_eq!(glibc(&said(&["GLIBC_2.35", "GLIBC_2.9"])), Ok(35));
        assert_eq!(glibc(&said(&["GLIBC_ABI_DT_RELR"])), Ok(36));
    }

    #[test]
    fn nothing_is_older_than_torch_itself() {
        assert_eq!(glibc(&said(&["GLIBC_2.17"])), Ok(28));
    }

    #[test]
    fn the_library_of_the_compiler_counts_too() {
        assert_eq!(glibc(&said(&["GLIBC_2.17", "GLIBCXX_3.4", "GLIBCXX_3.4.29"])), Ok(34));
        assert_eq!(glibc(&said(&["CXXABI_1.3.9", "GCC_3.0", "CXXABI_1.3"])), Ok(28));
        assert_eq!(glibc(&said(&["CXXABI_1.3.14"])), Ok(39));
        assert_eq!(glibc(&said(&["GCC_12.0.0"])), Ok(35));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_is_read_by_objdump() {
        // This test: built here, so for the glibc of here or an older one.
        let tag = of(&[std::env::current_exe().unwrap()], "x86_64").unwrap();
        let minor = tag.strip_prefix("manylinux_2_").and_then(|rest| rest.strip_suffix("_x86_64"));
        assert!((28..100).contains(&minor.unwrap().parse::<u32>().unwrap()), "{tag}");
        assert!(of(&["/dev/null".into()], "x86_64").is_err());
    }

    #[test]
    fn on_aarch64_the_c_library_of_the_build_decides() {
        // Of a program built on Debian 12: glibc.c replaces nothing there.
        let versions = [
            "GLIBC_2.17",
            "GLIBC_2.34",
            "GLIBC_2.18",
            "GCC_4.2.0",
            "GCC_3.0",
            "GLIBCXX_3.4.29",
            "CXXABI_1.3.5",
        ];
        assert_eq!(glibc(&said(&versions)), Ok(34));
    }

    #[test]
    fn what_is_not_known_is_named() {
        assert_eq!(glibc(&said(&["GLIBCXX_3.4.99"])), Err("GLIBCXX_3.4.99".into()));
        assert_eq!(glibc(&said(&["GLIBC_PRIVATE"])), Err("GLIBC_PRIVATE".into()));
        assert!(glibc("no ELF file").is_err());
    }
}
