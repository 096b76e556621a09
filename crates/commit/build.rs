//! Asks git for the commit. Without git, and outside a checkout, the answer is that it is unknown, and nothing fails.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the program is made of, from the root of the package.
const SOURCES: [&str; 8] = [
    "src",
    "crates",
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    "config.toml",
    "xtask/src/version.rs",
    ".cargo",
];
/// Digits of the hash.
const DIGITS: &str = "--short=12";

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../..");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let commit = commit(&root).unwrap_or_else(|| "unknown commit".into());
    println!("cargo::rustc-env=SUPERFUSE_COMMIT={commit}");
}

fn commit(root: &Path) -> Option<String> {
    // Sources that were unpacked within another project's checkout are none of its commit.
    git(root, &["ls-files", "--error-unmatch", "crates/commit/build.rs"])?;
    let hash = git(root, &["rev-parse", DIGITS, "HEAD"])?;
    // What changes when a commit is made or another one is checked out.
    let branch = git(root, &["symbolic-ref", "--quiet", "HEAD"]);
    for name in ["HEAD", "logs/HEAD"].into_iter().chain(branch.as_deref()) {
        let file = git(root, &["rev-parse", "--git-path", name]).map(|file| root.join(file));
        // Cargo would run this every time for a file that is not there.
        if let Some(file) = file.filter(|file| file.exists()) {
            println!("cargo::rerun-if-changed={}", file.display());
        }
    }
    let changes =
        git(root, &[&["--no-optional-locks", "status", "--porcelain", "--"][..], &SOURCES].concat())?;
    Some(if changes.is_empty() { hash } else { format!("{hash}, modified") })
}

/// What git prints; nothing where it fails.
fn git(root: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
