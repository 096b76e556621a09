//! Too little memory for what was asked for.

use std::path::Path;

use crate::cli::Place;
use crate::refused;

#[test]
fn memory_that_holds_no_seed_is_refused_with_the_smallest_amount_that_works() {
    if !Path::new("/proc/self/status").exists() {
        println!("skipped: this system does not say what a process holds");
        return;
    }
    let place = Place::new();
    let sizes = "sweep.sizes=[32]";
    let parts = [
        "run.memory: 1.00 MB is too small for ",
        "-32, which needs ",
        "the smallest amount that works is \"",
    ];
    let refusal = refused(&place, &["run"], &[sizes, "run.memory=1 MB"], &parts);
    let works = refusal.split("that works is \"").nth(1).unwrap().split('"').next().unwrap();
    let memory = format!("run.memory={works}");
    let ended = place.study(&["run", "--run-dir", "here"], &[sizes, &memory]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let resumed = ["resume", "here", "--headless", "--set=run.memory=1 MB", "--set=sweep.seeds=3"];
    let ended = place.program(&resumed);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains("run.memory: 1.00 MB is too small for "), "{ended:?}");
}
