//! How the code is laid out: files name each other one way, and none is long.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Every file below `folder` as a module's path, with its text less what is for tests alone.
fn modules(folder: &Path, path: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        let name = entry.file_stem().unwrap().to_str().unwrap().to_owned();
        if entry.is_dir() && name != "tests" {
            modules(&entry, &format!("{path}::{name}"), found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&entry).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            let is_folder = matches!(name.as_str(), "mod" | "lib" | "main");
            found.insert(if is_folder { path.to_owned() } else { format!("{path}::{name}") }, text);
        }
    }
}

/// The paths that a `use` names, its braces taken apart.
fn leaves(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap().trim();
        found.push(if path == "self" {
            prefix.trim_end_matches("::").to_owned()
        } else {
            format!("{prefix}{path}")
        });
        return;
    };
    let (inner, mut depth, mut from) = (rest.rsplit_once('}').unwrap().0, 0, 0);
    for (place, letter) in inner.char_indices().chain([(inner.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inner[from..place].trim().is_empty() {
                    leaves(&format!("{prefix}{}", head.trim()), &inner[from..place], found);
                }
                from = place + 1;
            }
            _ => {}
        }
    }
}

/// A path that a file names, with the crate's name as its root.
fn absolute(module: &str, path: &str) -> String {
    let mut at: Vec<&str> = module.split("::").collect();
    let mut steps = path.split("::").peekable();
    match steps.peek() {
        Some(&"crate") => {
            at.truncate(1);
            steps.next();
        }
        Some(&"super") => {
            while steps.next_if_eq(&"super").is_some() {
                at.pop();
            }
        }
        // A child, or another crate, which is no file of ours.
        _ => {}
    }
    at.extend(steps);
    at.join("::")
}

/// Which files name which, parent and child left out.
fn graph(files: &BTreeMap<String, String>) -> Graph {
    let mut graph = Graph::new();
    for (module, text) in files {
        let code: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .fold(String::new(), |code, line| code + line + "\n");
        let mut paths = Vec::new();
        for (place, _) in code.match_indices("use ") {
            // Not part of a sentence.
            let line = code[..place].rsplit('\n').next().unwrap().trim_start();
            if line.is_empty() || line.starts_with("pub") && line.ends_with(' ') {
                leaves("", code[place + 4..].split(';').next().unwrap(), &mut paths);
            }
        }
        for name in code.split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | ':'))) {
            if name.starts_with("crate::") || name.starts_with("super::") {
                paths.push(name.to_owned());
            }
        }
        let named = paths.iter().filter_map(|path| {
            let mut path = absolute(module, path);
            while !files.contains_key(&path) {
                path.truncate(path.rfind("::")?);
            }
            Some(path)
        });
        let is_below = |path: &str, above: &str| path == above || path.starts_with(&format!("{above}::"));
        let is_kin = |other: &String| is_below(other, module) || is_below(module, other);
        graph.insert(module.clone(), named.filter(|other| !is_kin(other)).collect());
    }
    graph
}

/// A way from `at` back to a file on `way`, if there is one.
fn circle(
    graph: &Graph,
    at: &str,
    way: &mut Vec<String>,
    over: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    if let Some(begin) = way.iter().position(|file| file == at) {
        return Some(way[begin..].to_vec());
    }
    if over.contains(at) {
        return None;
    }
    way.push(at.to_owned());
    let found = graph[at].iter().find_map(|next| circle(graph, next, way, over));
    way.pop();
    over.insert(at.to_owned());
    found
}

/// The crates' folders, and the program's.
fn sources() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found =
        vec![("program".to_owned(), root.join("src")), ("xtask".to_owned(), root.join("xtask/src"))];
    for folder in fs::read_dir(root.join("crates")).unwrap() {
        let folder = folder.unwrap();
        found.push((folder.file_name().into_string().unwrap(), folder.path().join("src")));
    }
    found
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let mut named = 0;
    for (name, folder) in sources() {
        let mut files = BTreeMap::new();
        modules(&folder, &name, &mut files);
        let graph = graph(&files);
        named += graph.values().map(BTreeSet::len).sum::<usize>();
        let mut over = BTreeSet::new();
        for file in graph.keys() {
            assert_eq!(circle(&graph, file, &mut Vec::new(), &mut over), None, "{name}");
        }
    }
    assert!(named > 200, "only {named} names of other files were found");
}

#[test]
fn a_screen_names_no_other_and_what_screens_are_made_from_names_none() {
    let mut files = BTreeMap::new();
    modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/tui/src"), "tui", &mut files);
    let screen = |path: &str| path.strip_prefix("tui::screens::")?.split("::").next().map(str::to_owned);
    for (file, named) in graph(&files) {
        for other in named.iter().filter_map(|other| screen(other)) {
            // The list says how many runs are compared at most.
            let is_known = screen(&file).as_deref() == Some("runs") && other == "compare";
            assert!(screen(&file) == Some(other.clone()) || is_known, "{file} names the screen {other}");
        }
    }
}

/// Lines of a source file at most.
const LONGEST: usize = 400;

fn lines(folder: &Path, long: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            lines(&path, long);
        } else if path
            .extension()
            .is_some_and(|extension| matches!(extension.to_str(), Some("rs" | "cpp" | "h")))
        {
            let count = fs::read_to_string(&path).unwrap().lines().count();
            if count > LONGEST {
                long.push(format!("{} has {count} lines", path.display()));
            }
        }
    }
}

#[test]
fn no_file_is_longer_than_four_hundred_lines() {
    let mut long = Vec::new();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for folder in sources().into_iter().map(|(_, folder)| folder).chain([tests]) {
        lines(&folder, &mut long);
    }
    assert!(long.is_empty(), "{long:#?}");
}
