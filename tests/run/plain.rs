//! `--plain`: a run read line by line, while it trains and afterwards.

use crate::cli::Place;
use crate::names;

fn matching(out: &str, part: &str) -> usize {
    out.lines().filter(|line| line.contains(part)).count()
}

#[test]
fn a_plain_run_reports_each_configuration_in_one_line() {
    let place = Place::new();
    let ended = place.study(&["run", "--plain"], &["train.epochs=3"]);
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    assert_eq!(matching(&ended.out, " completed 2 seeds in "), 12, "{}", ended.out);
    let plan = "24 trials (3 fusions × 2 tasks × 2 sizes × 2 seeds), under a minute, of which tensor about ";
    assert_eq!(matching(&ended.out, plan), 1, "{}", ended.out);
    assert_eq!(matching(&ended.out, "progress: 50 %, "), 1, "{}", ended.out);
    assert_eq!(matching(&ended.out, "every configuration has an outcome"), 1, "{}", ended.out);
    let control = ended.out.contains(|letter: char| letter.is_control() && letter != '\n');
    assert!(!control, "{:?}", ended.out);

    // Afterwards the same can be read from the journal.
    let run = format!("runs/{}", names(&place.path("runs"))[0]);
    let watched = place.program(&["watch", "--plain", &run]);
    assert_eq!(watched.status, Some(0), "{watched:?}");
    assert_eq!(matching(&watched.out, " completed 2 seeds in "), 12, "{}", watched.out);
    let two = place.program(&["watch", "--plain", &run, &run]);
    assert_eq!((two.status, two.out.as_str()), (Some(2), ""), "{two:?}");
}
