//! A model has one name in every file, and how it is trained stands beside it.

use super::*;
use study::model::{ModelId, Robust};

#[test]
fn the_name_of_a_users_module_is_text_in_every_format() {
    let mut header = sample::header();
    header.sweep.fusions.push(ModelId::of_module("a_b").unwrap());
    let state = RunState::replay(&sample::events(header));
    let latex = render(&state, Format::Tex).unwrap();
    assert!(latex.contains(r"& a\_b \\") && latex.contains(r"    a\_b & "), "{latex}");
    assert!(!latex.contains("a_b"), "an underscore alone breaks LaTeX");
    assert!(render(&state, Format::Md).unwrap().contains(r"| tensor | a\_b |"));
    assert!(render(&state, Format::Html).unwrap().contains("<td>a_b</td>"));
    assert!(render(&state, Format::Csv).unwrap().lines().any(|line| line.starts_with("a_b,real,32,5,")));
    let json: serde_json::Value = serde_json::from_str(&render(&state, Format::Json).unwrap()).unwrap();
    assert_eq!(json["sweep"]["fusions"], serde_json::json!(["concat", "product", "tensor", "a_b"]));
    assert_eq!(json["rows"][12]["fusion"], "a_b");
    let folder = tempfile::tempdir().unwrap();
    export(&state, folder.path());
    let svg = fs::read_to_string(folder.path().join("figures/accuracy.svg")).unwrap();
    assert!(svg.lines().any(|line| line.trim() == "a_b"), "{svg}");
}

#[test]
fn json_has_plain_names_and_how_models_are_trained_beside_them() {
    let mut header = sample::header();
    let ways = [Robust::None, Robust::Noise];
    header.sweep.fusions = [ModelId::CONCAT, ModelId::PRODUCT]
        .into_iter()
        .flat_map(|model| ways.map(|way| model.trained_with(way)))
        .collect();
    header.sweep.searched = true;
    header.config.sweep.searched = true;
    let text = render(&RunState::replay(&sample::events(header)), Format::Json).unwrap();
    assert!(!text.contains("\"concat-noise\"") && !text.contains("\"searched-noise\""), "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["sweep"]["fusions"], serde_json::json!(["concat", "product"]));
    assert_eq!(json["sweep"]["robust"], serde_json::json!(["none", "noise"]));
    assert_eq!(json["sweep"]["seeds"], serde_json::json!([0, 1, 2, 3, 4]));
    for of in [
        &json["rows"],
        &json["best_checkpoints"],
        &json["findings"]["interquartile_means"],
        &json["findings"]["noise"],
        &json["findings"]["roc"],
        &json["chosen"],
    ] {
        for way in ["none", "noise"] {
            let is_it = |row: &&serde_json::Value| row["fusion"] == "concat" && row["robust"] == way;
            let is_derived = |row: &&serde_json::Value| row["fusion"] == "searched" && row["robust"] == way;
            let rows = of.as_array().unwrap();
            assert!(rows.iter().any(|row| is_it(&row) || is_derived(&row)), "{way}: {of}");
        }
    }
    let candidate = &json["chosen"][0]["candidate"];
    assert!(candidate == "concat" || candidate == "product", "{candidate}");
}

#[test]
fn other_models_keep_no_fusion_of_the_paper_from_being_the_best() {
    let mut header = sample::header();
    header.sweep.fusions.extend([ModelId::GMU, ModelId::PRODUCT.trained_with(Robust::Noise)]);
    let state = RunState::replay(&sample::events(header));
    let bold = "| 4,200 | 76.1 ± 0.6 | **76.7 ± 0.6** | 72.3 ± 0.6 | ";
    let markdown = with_findings(&state, Format::Md);
    assert!(markdown.contains(bold), "{markdown}");
    assert!(markdown.contains("Bold is the best of the paper's fusions"), "{markdown}");
    let latex = with_findings(&state, Format::Tex);
    assert!(latex.contains("better than each other of the paper's fusions"), "{latex}");
    assert_eq!(latex.matches(r"\mathbf").count(), 1);
}

#[test]
fn the_grid_is_said_in_the_words_of_the_estimate() {
    let mut header = sample::header();
    header.sweep.fusions.push(ModelId::PRODUCT.trained_with(Robust::Noise));
    let state = RunState::replay(&sample::events(header));
    let page = render(&state, Format::Html).unwrap();
    assert!(page.contains("4 models × 2 tasks × 4 sizes × 5 seeds, 3 epochs"), "{page}");
    let page = render(&sample::state(), Format::Html).unwrap();
    assert!(page.contains("3 fusions × 2 tasks × 4 sizes × 5 seeds, 3 epochs"), "{page}");
}
