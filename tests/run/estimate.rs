//! What a run says before its start: how long it takes, from what that is estimated, and how much memory.

use std::fs;

use serde_json::Value;

use crate::cli::Place;

/// The first line of a run on standard error that says what it takes.
fn plan(place: &Place) -> String {
    let ended = place.study(&["run"], &["sweep.sizes=[32]", "sweep.seeds=1"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let line = ended.err.lines().find(|line| line.contains("plan: "));
    line.unwrap_or_else(|| panic!("{ended:?}")).to_owned()
}

#[test]
fn the_second_run_is_estimated_from_the_first() {
    let place = Place::new();
    let first = plan(&place);
    assert!(first.contains("6 trials (3 fusions × 2 tasks × 1 size × 1 seed), under a minute"), "{first}");
    assert!(first.contains("(at the device's peak: real runs take longer); memory: up to "), "{first}");
    let file = place.cache().join("superfuse-tui/rates.json");
    let mut kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(kept["format"], 1);
    let rates = kept["rates"].as_array_mut().unwrap();
    assert_eq!(rates.len(), 3, "one for each fusion: {rates:?}");
    // A machine on which tensor fusion takes an hour for what it costs here.
    let mut cost = 0.0;
    for rate in rates.iter_mut() {
        let is_tensor = rate["model"] == "tensor";
        rate["seconds"] = if is_tensor { 7_200.0 } else { 1.0 }.into();
        cost += rate["cost"].as_f64().unwrap();
    }
    assert!(cost > 0.0);
    fs::write(&file, kept.to_string()).unwrap();
    let second = plan(&place);
    let time = "about 2 h, nearly all of it tensor (from the last run on this machine); memory: up to ";
    assert!(second.contains(time), "{second}");
    // What cannot be read is as if it were not there.
    fs::write(&file, "{").unwrap();
    assert!(plan(&place).contains("(at the device's peak"));
}
