//! Places that are gone or others than before: they are no part of a result.

use std::fs;
use std::path::Path;

use crate::cli::Place;

const SMALL: [&str; 3] = ["sweep.sizes=[32]", "sweep.tasks=[\"real\"]", "sweep.fusions=[\"concat\"]"];
const MORE: &str = "--set=sweep.seeds=3";

/// A finished run below `runs/`, by its name.
fn finished(place: &Place, sets: &[&str]) -> String {
    let ended = place.study(&["run"], &[&SMALL[..], sets].concat());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let run = fs::read_dir(place.path("runs")).unwrap().next().unwrap().unwrap();
    run.file_name().into_string().unwrap()
}

/// Resumes with one more seed, which has to go well, and says what was said on standard error.
#[track_caller]
fn grow(place: &Place, name: &str, sets: &[&str]) -> String {
    let run = format!("runs/{name}");
    let ended = place.program(&[&["resume", &run, "--headless", MORE], sets].concat());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    ended.err
}

fn checkpoint(folder: &Path) -> bool {
    folder.join("concat-real-32.safetensors").is_file()
}

#[test]
fn a_folder_of_checkpoints_that_is_gone_is_made_again() {
    let place = Place::new();
    let name = finished(&place, &["checkpoints.keep=all"]);
    fs::remove_dir_all(place.path("checkpoints")).unwrap();
    let said = grow(&place, &name, &[]);
    let made = format!("the folder of checkpoints is gone; runs/{name}/checkpoints was made");
    assert!(said.contains(&made), "{said}");
    let kept = place.path(&format!("runs/{name}/checkpoints/concat-real-32-seed2.safetensors"));
    assert!(kept.is_file());
}

#[test]
fn a_project_that_was_moved_with_its_checkpoints_is_resumed_in_its_new_place() {
    let place = Place::new();
    let name = finished(&place, &["checkpoints.keep=all"]);
    fs::create_dir(place.path("new")).unwrap();
    for folder in ["runs", "checkpoints"] {
        fs::rename(place.path(folder), place.path("new").join(folder)).unwrap();
    }
    let run = format!("new/runs/{name}");
    let ended = place.program(&["resume", &run, "--headless", MORE]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(place.path(&format!("new/checkpoints/{name}/concat-real-32-seed2.safetensors")).is_file());
    assert!(!place.path("checkpoints").exists());
}

#[test]
fn another_folder_of_checkpoints_is_taken_and_kept() {
    let place = Place::new();
    let name = finished(&place, &[]);
    let said = grow(&place, &name, &["--set=checkpoints.directory=elsewhere"]);
    assert!(said.contains(&format!("elsewhere/{name} from here on")), "{said}");
    let run = format!("runs/{name}");
    let sizes = "--set=sweep.sizes=[32, 64]";
    assert_eq!(place.program(&["resume", &run, "--headless", MORE, sizes]).status, Some(0));
    assert!(checkpoint(&place.path(&format!("checkpoints/{name}"))));
    assert!(place.path(&format!("elsewhere/{name}/concat-real-64.safetensors")).is_file());
}

#[test]
fn a_finished_run_whose_places_alone_change_needs_no_memory_and_is_exported_once() {
    let place = Place::new();
    let name = finished(&place, &[]);
    let run = format!("runs/{name}");
    let exports = || {
        let log = fs::read_to_string(place.path(&format!("{run}/log.txt"))).unwrap();
        log.matches("wrote report and figures").count()
    };
    assert_eq!(exports(), 1);
    let other = ["--set=checkpoints.directory=elsewhere", "--set=run.memory=2 MB"];
    let ended = place.program(&[&["resume", &run, "--headless"], &other[..]].concat());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(exports(), 2);
}

#[test]
fn data_that_were_moved_are_taken_where_they_are_the_same() {
    let place = Place::new();
    let small = ["data.clip_like.samples=200", "data.clip_like.width=16"];
    assert_eq!(place.study(&["data", "generate", "pairs.npz"], &small).status, Some(0));
    let name = finished(&place, &["data.source=pairs.npz"]);
    fs::rename(place.path("pairs.npz"), place.path("moved.npz")).unwrap();
    let said = grow(&place, &name, &["--set=data.source=moved.npz"]);
    assert!(said.contains("moved.npz, which holds what"), "{said}");
    // From here on it is the run's.
    let run = format!("runs/{name}");
    assert_eq!(place.program(&["resume", &run, "--headless", "--set=sweep.seeds=4"]).status, Some(0));
    let other = ["data.clip_like.seed=1", small[0], small[1]];
    assert_eq!(place.study(&["data", "generate", "other.npz"], &other).status, Some(0));
    let ended = place.program(&["resume", &run, "--headless", "--set=data.source=other.npz"]);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("other.npz does not hold the data that the run was begun with"),
        "{}",
        ended.err
    );
}

#[test]
fn a_configurations_fingerprint_does_not_depend_on_the_working_directory() {
    let fingerprint = || {
        let place = Place::new();
        let name = finished(&place, &[]);
        let mut table = csv::Reader::from_path(place.path(&format!("runs/{name}/summary.csv"))).unwrap();
        let column = table.headers().unwrap().iter().position(|name| name == "config_fingerprint").unwrap();
        table.records().next().unwrap().unwrap()[column].to_owned()
    };
    assert_eq!(fingerprint(), fingerprint());
}

#[test]
fn what_stands_in_a_checkpoints_place_is_an_error_and_nothing_waits() {
    let place = Place::new();
    let name = finished(&place, &[]);
    fs::create_dir_all(place.path(&format!("checkpoints/{name}/concat-real-64.safetensors/x"))).unwrap();
    let run = format!("runs/{name}");
    let ended = place.program(&["resume", &run, "--headless", "--set=sweep.sizes=[32, 64]"]);
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.out.contains("concat-real-64.safetensors"), "{}", ended.out);
    assert!(!ended.err.contains("the run waits"), "{}", ended.err);
}
