//! Files that would never end, wait for ever, or are far larger than what they hold; and files that must not be written
//! over. What waits for ever runs into the time-out of every program here.

use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::Command;

use crate::arrays::Pairs;
use crate::cli::{Ended, Place};
use crate::{one_message, refused};

fn fifo(place: &Place, name: &str) {
    assert!(Command::new("mkfifo").arg(place.path(name)).status().unwrap().success());
}

#[test]
fn what_is_no_regular_file_is_refused_wherever_a_file_is_read() {
    let place = Place::new();
    fifo(&place, "pipe");
    fifo(&place, "pipe.npz");
    fifo(&place, "pipe.safetensors");
    Pairs::new(100, 16, 16).write_folder(&place.path("set"));
    fs::remove_file(place.path("set/labels.csv")).unwrap();
    fifo(&place, "set/labels.csv");
    let why = "it is a FIFO, not a regular file";
    refused(&place, &["run", "--config", "pipe"], &[], &["cannot read pipe", why]);
    refused(&place, &["run", "--config", "/dev/zero"], &[], &["it is a device, not a regular file"]);
    for source in ["pipe.npz", "pipe.safetensors", "set"] {
        let set = format!("data.source={source}");
        refused(&place, &["run"], &[&set], &["cannot read", why]);
    }
    for checkpoint in ["pipe", "/dev/zero"] {
        let ended = place.program(&["evaluate", checkpoint, "--data", "clip-like"]);
        one_message(&ended, &[checkpoint, "not a regular file"]);
    }
    fs::remove_file(place.path("set/text.npy")).unwrap();
    fifo(&place, "set/text.npy");
    refused(&place, &["run"], &["data.source=set"], &["cannot read", "a FIFO"]);
}

#[test]
fn a_module_that_is_no_regular_file_or_no_module_is_refused() {
    let place = Place::new();
    fifo(&place, "pipe.pt");
    place.write("words.pt", "these are words");
    place.write("concat.pt", "");
    let refuse = |files: &str, parts: &[&str]| {
        let set = format!("sweep.fusions=[{files}]");
        refused(&place, &["run"], &[&set], parts)
    };
    refuse("\"torchscript:pipe.pt\"", &["pipe.pt: it cannot be read: it is a FIFO, not a regular file"]);
    refuse(
        "\"torchscript:words.pt\"",
        &["words.pt: it is no TorchScript module: save it by torch.jit.script"],
    );
    refuse("\"torchscript:none.pt\"", &["sweep.fusions: ", "none.pt: it cannot be read: No such file"]);
    refuse("\"torchscript:concat.pt\"", &["would be called \"concat\": rename it"]);
    refuse(
        "\"torchscript:a/x.pt\", \"torchscript:b/x.pt\"",
        &["\"torchscript:a/x.pt\" and", "both called x"],
    );
    refuse("\"torchscript\"", &["names no file: write torchscript:my_fusion.pt"]);
    // Elsewhere: what lies in the place is read before and after.
    let elsewhere = tempfile::tempdir().unwrap();
    let sparse = elsewhere.path().join("sparse.pt");
    File::create(&sparse).unwrap().set_len(1 << 36).unwrap();
    refuse(
        &format!("\"torchscript:{}\"", sparse.display()),
        &["68719476736 bytes, and at most 1073741824 are read"],
    );
}

#[test]
fn a_run_whose_journal_is_no_regular_file_is_no_run() {
    let place = Place::new();
    fs::create_dir(place.path("here")).unwrap();
    fifo(&place, "here/events.jsonl");
    for args in [&["report", "here"][..], &["resume", "here", "--headless"], &["watch", "here", "--plain"]] {
        one_message(&place.program(args), &["here holds no run"]);
    }
}

#[test]
fn a_configuration_of_gigabytes_is_refused_by_its_size() {
    let place = Place::new();
    File::create(place.path("sparse.toml")).unwrap().set_len(1 << 36).unwrap();
    let ended = place.program(&["run", "--config", "sparse.toml"]);
    one_message(&ended, &["sparse.toml", "68719476736 bytes", "at most 4194304"]);
}

#[test]
fn of_fifty_thousand_unknown_keys_the_first_twenty_are_named() {
    let place = Place::new();
    let keys: Vec<String> = (0..50_000).map(|key| format!("epohcs{key} = 1")).collect();
    place.write("config.toml", format!("[train]\n{}\n", keys.join("\n")));
    let err = refused(&place, &["run"], &[], &["line 2: train.epohcs0: unknown key"]);
    assert_eq!(err.lines().count(), 22, "{err}");
    assert_eq!(err.lines().last(), Some("and 49980 more"));
    let sizes: Vec<String> = (1..=4_000).map(|size| size.to_string()).collect();
    let set = format!("sweep.sizes=[{}]", sizes.join(","));
    refused(&Place::new(), &["bench", "study"], &[&set], &["sweep.sizes", "4000 sizes is too long"]);
}

#[test]
fn a_table_without_an_end_of_a_line_is_refused() {
    let place = Place::new();
    Pairs::new(100, 16, 16).write_folder(&place.path("set"));
    let source = ["data.source=set"];
    File::create(place.path("set/labels.csv")).unwrap().set_len(1 << 36).unwrap();
    let inspected = place.study(&["data", "inspect"], &source);
    one_message(&inspected, &["labels.csv is cut short or damaged", "more than 1048576 bytes"]);
    // A quote that is never closed takes every line behind it.
    place.write("set/labels.csv", format!("label\n0\n\"{}", "1\n".repeat(1 << 20)));
    refused(&place, &["run"], &source, &["labels.csv", "more than 1048576 bytes"]);
}

#[test]
fn arrays_that_do_not_fit_into_memory_are_refused_with_both_numbers_and_the_key() {
    let place = Place::new();
    place.write("set.npz", Pairs::new(100, 4_000, 4_000).npz());
    // 100 rows × 4,000 × 4 bytes are 1.6 MB, and one modality of two is held twice for a while.
    let sets = ["data.source=set.npz", "run.memory=3 MB"];
    refused(&place, &["run"], &sets, &["set.npz needs 3.20 MB", "`run.memory` allows 3.00 MB"]);
    let generated = ["data.clip_like.samples=100000000", "data.clip_like.width=768"];
    refused(&place, &["run"], &generated, &["the generator needs", "`run.memory`"]);
    refused(&place, &["data", "generate", "new.npz"], &generated, &["the generator needs"]);
}

#[test]
fn labels_of_far_more_rows_than_the_arrays_have_are_not_read() {
    let place = Place::new();
    let mut pairs = Pairs::new(100, 16, 16);
    pairs.label = vec![0; 30_000_000];
    place.write("set.npz", pairs.npz());
    let parts = ["row counts differ", "`text` has 100", "`label` has 30000000"];
    refused(&place, &["run"], &["data.source=set.npz"], &parts);
    Pairs::new(100, 16, 16).write_folder(&place.path("set"));
    place.write("set/labels.csv", format!("label\n{}", "1\n".repeat(3_000_000)));
    refused(&place, &["run"], &["data.source=set"], &["row counts differ", "`label` has more than 100"]);
}

#[test]
fn a_header_of_ninety_megabytes_is_not_parsed() {
    let place = Place::new();
    let mut bytes = (90_u64 << 20).to_le_bytes().to_vec();
    bytes.resize(8 + (90 << 20), b' ');
    place.write("set.safetensors", &bytes);
    let parts = ["set.safetensors", "its header has 94371840 bytes, and at most"];
    refused(&place, &["run"], &["data.source=set.safetensors"], &parts);
    let ended = place.program(&["evaluate", "set.safetensors", "--data", "clip-like"]);
    one_message(&ended, &["set.safetensors", "its header has 94371840 bytes"]);
}

#[test]
fn a_data_set_is_written_over_a_regular_file_and_over_nothing_else() {
    let place = Place::new();
    place.write("other.npz", "an old file");
    symlink("other.npz", place.path("link.npz")).unwrap();
    fifo(&place, "pipe.npz");
    fs::create_dir(place.path("folder.npz")).unwrap();
    let generate = |file: &str, sets: &[&str]| -> Ended { place.study(&["data", "generate", file], sets) };
    for (file, what) in
        [("link.npz", "a symbolic link"), ("pipe.npz", "a FIFO"), ("folder.npz", "a directory")]
    {
        one_message(&generate(file, &[]), &["cannot write ", file, what]);
    }
    assert!(fs::symlink_metadata(place.path("link.npz")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(place.path("pipe.npz")).unwrap().file_type().is_fifo());
    assert_eq!(fs::read(place.path("other.npz")).unwrap(), b"an old file");
    let ended = generate("./other.npz", &["data.source=other.npz"]);
    one_message(&ended, &["cannot write ./other.npz", "read at the same time"]);
    assert_eq!(generate("other.npz", &[]).status, Some(0));
}
