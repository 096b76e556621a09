//! What the licences of the packages ask for that are linked into the program: their notices, in one text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::{self, Profile};
use crate::error::Error;
use crate::libtorch::Libtorch;
use crate::workspace::Workspace;

/// What names of files begin with that hold a licence or a notice.
const NAMES: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];
/// What is not part of a program.
const LEFT_OUT: [&str; 5] = ["tests", "benches", "examples", "target", ".git"];

const HEAD: &str = "The program is linked with the packages below. Each is followed by its licence and its address. Behind the list\n\
    come the texts, each once, headed by the packages that hold it. A package that holds no text is under the licence\n\
    that it names. Rust's own library has a file of its own beside this one, and LibTorch comes with torch.\n";

/// A package that is linked in.
struct Package {
    /// With its version.
    name: String,
    licence: String,
    address: String,
    folder: PathBuf,
}

/// The notices of all that is linked into a program that is built.
pub(super) fn of(workspace: &Workspace, libtorch: &Libtorch) -> Result<String, Error> {
    let tree = cargo::linked(workspace, libtorch)?;
    let artifacts = cargo::artifacts(workspace, libtorch, Profile::Wheel)?;
    text(&packages(&tree, &artifacts, &workspace.root)?)
}

/// Those of `cargo tree` that are not of the workspace, with their folders as cargo names them in its messages.
fn packages(tree: &str, artifacts: &str, workspace: &Path) -> Result<Vec<Package>, Error> {
    let folders: BTreeMap<String, PathBuf> = artifacts.lines().filter_map(folder).collect();
    let mut found = Vec::new();
    for line in tree.lines().collect::<BTreeSet<_>>() {
        let mut parts = line.split('|');
        let (package, licence, address) = (parts.next(), parts.next(), parts.next());
        let (Some(package), Some(licence), Some(address)) = (package, licence, address) else { continue };
        let name = package.split_whitespace().take(2).collect::<Vec<_>>().join(" ").replace(" v", " ");
        let folder = folders.get(&name).cloned().ok_or_else(|| Error::NoPackageFolder(name.clone()))?;
        if !folder.starts_with(workspace) {
            found.push(Package { name, licence: licence.to_owned(), address: address.to_owned(), folder });
        }
    }
    found.dedup_by(|one, other| one.name == other.name);
    Ok(found)
}

/// A package's name and version, and its folder, from one of cargo's messages.
fn folder(message: &str) -> Option<(String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let manifest = Path::new(message["manifest_path"].as_str()?);
    // Such as registry+https://…#name@1.0.0, and path+file:///…/name#1.0.0 where the folder has that name.
    let (address, name) = message["package_id"].as_str()?.rsplit_once('#')?;
    let name = match name.split_once('@') {
        Some((name, version)) => format!("{name} {version}"),
        None => format!("{} {name}", address.rsplit('/').next()?),
    };
    Some((name, manifest.parent()?.to_owned()))
}

/// The list and the texts.
fn text(packages: &[Package]) -> Result<String, Error> {
    let mut text = HEAD.to_owned();
    // By their words, since one text comes with many line breaks; with the first of its spellings.
    let mut texts: BTreeMap<String, (String, BTreeSet<&str>)> = BTreeMap::new();
    text.push('\n');
    for package in packages {
        let mut files = Vec::new();
        gather(&package.folder, &mut files)?;
        let licence = if package.licence.is_empty() { "see its text" } else { &package.licence };
        let lacks = if files.is_empty() { "; it holds no text" } else { "" };
        let _ = writeln!(text, "{}: {licence}; {}{lacks}", package.name, package.address);
        for file in files {
            let bytes = fs::read(&file).map_err(Error::file("read", &file))?;
            let found = String::from_utf8_lossy(&bytes).replace('\r', "");
            let words = found.split_whitespace().collect::<Vec<_>>().join(" ");
            if !words.is_empty() {
                texts.entry(words).or_insert_with(|| (found, BTreeSet::new())).1.insert(&package.name);
            }
        }
    }
    let mut texts: Vec<_> = texts.into_values().collect();
    texts.sort_by(|one, other| one.1.cmp(&other.1));
    for (found, holders) in texts {
        let holders = holders.into_iter().collect::<Vec<_>>().join(", ");
        let _ = write!(text, "\n{:=<100}\n{holders}\n{:=<100}\n\n{}\n", "", "", found.trim_matches('\n'));
    }
    Ok(text)
}

/// The files below a folder that hold a licence, in the order of their names. One called COPYING counts where no other lies
/// beside it: it may be the licence that was not chosen.
fn gather(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(Error::file("read", folder))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_source =
        |path: &PathBuf| path.extension().is_some_and(|ending| ending == "rs" || ending == "html");
    let (folders, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    let mut here: Vec<PathBuf> = files.into_iter().filter(|path| !is_source(path)).collect();
    here.retain(|path| NAMES.iter().any(|start| name(path).starts_with(start)));
    if here.iter().any(|path| !name(path).starts_with("copying")) {
        here.retain(|path| !name(path).starts_with("copying"));
    }
    found.append(&mut here);
    // Some packages have a folder of licences, and some hold other projects.
    for folder in folders.iter().filter(|folder| !LEFT_OUT.contains(&name(folder).as_str())) {
        if NAMES.iter().any(|start| name(folder).starts_with(start)) {
            let entries = fs::read_dir(folder).map_err(Error::file("read", folder))?;
            let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            inside.retain(|path| path.is_file());
            inside.sort();
            found.append(&mut inside);
        } else {
            gather(folder, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Folder;

    fn message(id: &str, folder: &Path) -> String {
        format!("{{\"package_id\":\"{id}\",\"manifest_path\":\"{}/Cargo.toml\"}}\n", folder.display())
    }

    /// Four packages as cargo names them, one of them the workspace's own.
    fn found(folder: &Folder) -> Vec<Package> {
        let at = folder.path();
        let artifacts = [
            message("registry+https://example.org/index#one@1.0.0", &at.join("cargo/one")),
            message("registry+https://example.org/index#two@2.1.0+c.3", &at.join("cargo/two")),
            message("registry+https://example.org/index#three@0.1.0", &at.join("cargo/three")),
            message("registry+https://example.org/index#built@0.1.0", &at.join("cargo/built")),
            message("path+file:///checkout/own#0.1.0", &at.join("checkout/own")),
            "{\"reason\":\"build-finished\"}\n".to_owned(),
        ];
        let tree = "own v0.1.0 (/checkout/own)|MIT|\ntwo v2.1.0+c.3|BSD-3-Clause|https://two\n\
            one v1.0.0|MIT OR Apache-2.0|https://one\nthree v0.1.0|MIT|https://three\none v1.0.0|MIT OR Apache-2.0|https://one\n";
        packages(tree, &artifacts.concat(), &at.join("checkout")).unwrap()
    }

    fn files(folder: &Folder) {
        folder.write("cargo/one/LICENSE-MIT", "Copyright one\r\n\r\nMay be used.\r\n");
        folder.write("cargo/one/LICENSE-APACHE", "Apache\n  text");
        folder.write("cargo/one/src/license.rs", "not a licence");
        folder.write("cargo/one/tests/LICENSE", "of a font in a test");
        folder.write("cargo/two/licence.txt", "Apache text\n");
        folder.write("cargo/two/COPYING", "the GPL, which was not chosen");
        folder.write("cargo/two/c-3/COPYING", "Copyright C");
        folder.write("cargo/two/LICENSES/Other.txt", "another");
        folder.write("cargo/three/Cargo.toml", "");
        folder.write("checkout/own/LICENSE", "ours");
    }

    #[test]
    fn every_package_is_named_and_every_text_is_there_once() {
        let folder = Folder::new();
        files(&folder);
        let text = text(&found(&folder)).unwrap();
        let list = "one 1.0.0: MIT OR Apache-2.0; https://one\n\
            three 0.1.0: MIT; https://three; it holds no text\n\
            two 2.1.0+c.3: BSD-3-Clause; https://two\n";
        assert!(text.contains(list), "{text}");
        for (words, holders) in [
            ("Copyright one\n\nMay be used.", "one 1.0.0"),
            ("Apache\n  text", "one 1.0.0, two 2.1.0+c.3"),
            ("Copyright C", "two 2.1.0+c.3"),
            ("another", "two 2.1.0+c.3"),
        ] {
            assert!(text.contains(&format!("=\n{holders}\n{:=<100}\n\n{words}\n", "")), "{words}: {text}");
        }
        assert_eq!(text.matches(&format!("\n{:=<100}\n", "")).count(), 8, "{text}");
        for word in ["not a licence", "font", "GPL", "ours", "\r"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }

    #[test]
    fn a_package_that_cargo_does_not_say_where_it_is_is_an_error_that_names_it() {
        let refused = packages("lost v1.0.0|MIT|", "", Path::new("/work"));
        assert!(refused.is_err_and(|error| error.to_string().contains("lost 1.0.0")));
    }
}
