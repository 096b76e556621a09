//! A task of several classes resumes after a kill.

use std::fs;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::arrays::Pairs;
use crate::cli::{Place, small_study};
use crate::process::RunProcess;
use crate::{Results, count};

const STUDY: [&str; 7] = [
    "data.source=set",
    "train.batch_size=8",
    "train.epochs=200",
    "sweep.sizes=[256]",
    "sweep.tasks=[\"real\"]",
    "checkpoints.every=0.02",
    "train.patience=150",
];

#[test]
fn a_killed_run_of_four_classes_ends_like_an_untouched_one_once_resumed() {
    let place = Place::new();
    let pairs = Pairs::new(400, 48, 48);
    pairs.write_folder(&place.path("set"));
    let class = |row: usize| {
        let (text, image) = (pairs.text[row * 48] > 0.0, pairs.image[row * 48] > 0.0);
        [["a", "b"], ["c", "d"]][usize::from(text)][usize::from(image)]
    };
    let labels: Vec<&str> = ["label"].into_iter().chain((0..400).map(class)).collect();
    place.write("set/labels.csv", labels.join("\n"));
    let ended = place.study(&["run", "--run-dir", "untouched"], &STUDY);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let mut run = RunProcess::start(&place, &small_study(&["run", "--run-dir", "here"], &STUDY));
    run.until(&place.path("here/events.jsonl"), "\"epoch\":20,");
    let folder = place.path("here/positions/concat-real-256");
    let is_saved = || {
        let mut files = fs::read_dir(&folder).into_iter().flatten().flatten();
        files.any(|file| {
            file.file_name().to_str().is_some_and(|name| !name.starts_with('.') && !name.contains("best"))
        })
    };
    while !is_saved() {
        thread::sleep(Duration::from_millis(1));
    }
    run.signal(Signal::KILL);
    assert_eq!(run.end(), None);
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let here = place.path("here");
    assert_eq!((count(&here, "run_resumed"), count(&here, "cohort_resumed")), (1, 1));
    let results = Results::of(&here);
    assert!(results.rows.iter().all(|row| row["classes"] == "4"));
    assert_eq!(results, Results::of(&place.path("untouched")));
}
