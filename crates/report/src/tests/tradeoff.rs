//! Models that are trained in more than one way.

use super::*;
use study::model::{ModelId, Robust};

/// A finished run with two fusions, each in those ways.
fn trained(ways: &[Robust]) -> RunState {
    let mut header = sample::header();
    let fusions = [ModelId::CONCAT, ModelId::PRODUCT];
    header.sweep.fusions =
        fusions.iter().flat_map(|model| ways.iter().map(|&way| model.trained_with(way))).collect();
    RunState::replay(&sample::events(header))
}

fn figure(state: &RunState, name: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    export(state, folder.path());
    fs::read_to_string(folder.path().join("figures").join(name)).ok()
}

#[test]
fn a_study_that_trains_against_noise_too_has_the_figure_of_the_trade_off() {
    let ways = trained(&Robust::ALL);
    let svg = figure(&ways, "tradeoff.svg").unwrap();
    for text in [
        "test accuracy without noise, %",
        "area under noise on both, %",
        "real task",
        "synthetic task",
        "4,200",
    ] {
        assert!(svg.contains(text), "no {text:?}");
    }
    // The legend names each model once: marker and colour are the same however it is trained.
    let names = |name: &str| svg.lines().filter(|line| line.trim() == name).count();
    assert_eq!((names("concat"), names("product"), names("concat-noise")), (1, 1, 0), "{svg}");
    // One more way has two models in two panels each: four arrows' heads, and two diamonds.
    let two = figure(&trained(&[Robust::None, Robust::Noise]), "tradeoff.svg").unwrap();
    let polygons = |svg: &str| svg.matches("<polygon").count();
    assert_eq!(polygons(&svg) - polygons(&two), 4 + 2);
    for name in ["trained plainly", "with noise", "with dropped modalities"] {
        assert_eq!(names(name), 1, "{svg}");
    }
    assert!(svg.contains("arrows: to training with noise"));
    // Without plain training every marker is hollow, and the legend says which is which.
    let robust = figure(&trained(&[Robust::Noise, Robust::Drop]), "tradeoff.svg").unwrap();
    let has = |name: &str| robust.lines().any(|line| line.trim() == name);
    assert!(has("with noise") && has("with dropped modalities") && !has("trained plainly"), "{robust}");
    assert!(!robust.contains("arrows:"));
    assert!(render(&ways, Format::Html).unwrap().contains("What training against noise costs and gives"));

    for ways in [&[Robust::None][..], &[Robust::Noise]] {
        assert_eq!(figure(&trained(ways), "tradeoff.svg"), None, "one way has nothing to trade");
    }
}

#[test]
fn lines_without_markers_have_signs_of_how_their_model_is_trained() {
    let drawn = |ways: &[Robust]| {
        let mut header = sample::header();
        header.sweep.baselines = ways.iter().map(|&way| ModelId::TEXT.trained_with(way)).collect();
        let svg = figure(&RunState::replay(&sample::events(header)), "accuracy.svg").unwrap();
        svg.matches("<circle").count()
    };
    let plain = drawn(&[Robust::None]);
    // Four sizes of two tasks, and the legend; a ring is a circle on a white one.
    assert_eq!(drawn(&[Robust::None, Robust::Noise]) - plain, 2 * (4 * 2 + 1));
    assert_eq!(drawn(&[Robust::None, Robust::Drop]) - plain, 4 * 2 + 1);
}

#[test]
fn what_fusions_cost_is_shown_of_models_that_are_trained_in_one_way() {
    let svg = figure(&trained(&Robust::ALL), "complexity.svg").unwrap();
    let plain = figure(&trained(&[Robust::None]), "complexity.svg").unwrap();
    // The two runs' numbers differ a little: which of the made-up seeds diverge depends on the grid.
    let drawn = |svg: &str| {
        let markers = ["<circle", "<polygon"].map(|shape| svg.matches(shape).count());
        let words: Vec<String> = svg
            .split_once("</metadata>")
            .unwrap()
            .1
            .lines()
            .filter(|line| !line.starts_with('<'))
            .map(str::to_owned)
            .collect();
        (markers, words)
    };
    assert_eq!(drawn(&svg), drawn(&plain));
}
