//! The keys in the comparison's footer: those that do something in the view, and no others.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::others::THEME;
use crate::chrome::Chrome;
use crate::screens::compare::draw::draw;
use crate::screens::compare::keys::View;
use crate::screens::compare::look::{Looked, Shown};
use crate::screens::compare::side::Side;
use monitor::differences::differing;
use monitor::fixture::{Extent, SMALL, Stage, model, model_of};
use monitor::model::Model;
use study::grid::Task;
use study::model::ModelId;

/// The last line of a wide screen.
fn footer(runs: &[(&str, &Model)], looked: Looked, width: u16) -> String {
    let area = Rect::new(0, 0, width, 40);
    let mut buffer = Buffer::empty(area);
    let headers: Vec<_> = runs.iter().map(|(_, model)| model.run.header()).collect();
    let differences = differing(&headers);
    let side = Side { runs, differences: &differences, looked, chrome: &Chrome::default(), theme: THEME };
    draw(&mut buffer, area, &side);
    let last = buffer.content().chunks(width.into()).next_back().unwrap();
    let text: String = last.iter().map(ratatui::buffer::Cell::symbol).collect();
    text.trim_end().to_owned()
}

#[test]
fn each_view_of_the_comparison_offers_what_acts_there() {
    let finished = model(Stage::Finished);
    let runs = [("one", &finished), ("two", &finished)];
    let of = |view| footer(&runs, Looked { view, ..Looked::default() }, 200);
    let views = "234567 views  ";
    let chart = format!("{views}Tab fusion  Esc back  a all  b band  r reference  t task  ");
    let end = "? help  q quit";
    assert_eq!(of(View::Accuracy), format!("{chart}v val/test  {end}"));
    assert_eq!(of(View::Robustness), format!("{chart}n noise  ←→ size  {end}"));
    assert_eq!(of(View::Roc), format!("{chart}←→ size  {end}"));
    let table = format!("{views}Esc back  r reference  ");
    assert_eq!(of(View::Results), format!("{table}{end}"));
    assert_eq!(of(View::Paired), format!("{table}v val/test  {end}"));
    assert_eq!(of(View::Configurations), format!("{table}{end}"));
    // One run has no reference, and a sweep of one fusion, task and size no next one.
    let alone = [("one", &finished)];
    assert!(!footer(&alone, Looked::default(), 200).contains("reference"));
    let least = model_of(Stage::Finished, Extent { sizes: 1, tasks: &[Task::Real], ..SMALL });
    let least = [("one", &least), ("two", &least)];
    let roc = footer(&least, Looked { view: View::Roc, ..Looked::default() }, 200);
    assert!(!roc.contains("task") && !roc.contains("size") && roc.contains("band"), "{roc}");
}

#[test]
fn keys_to_the_side_are_offered_where_there_is_more_to_see() {
    let finished = model(Stage::Finished);
    let many: Vec<(&str, &Model)> = ["a", "b", "c", "d", "e", "f", "g"].map(|name| (name, &finished)).into();
    let looked = Looked { view: View::Configurations, ..Looked::default() };
    assert!(footer(&many, looked, 80).contains("←→ more runs"), "{}", footer(&many, looked, 80));
    assert!(!footer(&many, looked, 200).contains("more runs"));
    // Below the accuracy chart there are numbers of every size, as many as fit.
    let sizes = model_of(Stage::Finished, Extent { sizes: 12, seeds: 2, epochs: 2, ..SMALL });
    let runs = [("one", &sizes), ("two", &sizes)];
    let looked = Looked { fusion: ModelId::CONCAT, ..Looked::default() };
    assert!(footer(&runs, looked, 120).contains("←→ size"), "{}", footer(&runs, looked, 120));
    let all = Looked { shown: Shown::All, ..looked };
    assert!(!footer(&runs, all, 120).contains("size"), "{}", footer(&runs, all, 120));
}
