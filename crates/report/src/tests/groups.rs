//! What is said of intervals over groups of test rows.

use super::*;
use study::claims::{Findings, TestGroups};

#[test]
fn every_legend_of_intervals_says_which_groups_are_resampled() {
    let state = sample::state();
    let with = |test_groups: Option<TestGroups>, format| {
        let rows = RunRows::new();
        let findings = Findings { test_groups, ..sample::findings() };
        let contents = Contents::with(&state, &rows, findings).unwrap();
        Report { contents }.render(format).unwrap()
    };
    let groups = || Some(TestGroups { column: "user\u{1b}[31m\u{202e}_id".into(), groups: 1_412 });
    for format in [Format::Md, Format::Html, Format::Tex] {
        let text = with(groups(), format);
        let said = text.lines().find(|line| line.contains("; resampled are the 1,412 groups of "));
        let said = said.unwrap_or_else(|| panic!("{format:?} does not say it")).replace('\\', "");
        assert!(said.contains("user[31m_id"), "{format:?}: {said}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{format:?}");
        assert!(!with(None, format).contains("resampled are"), "{format:?}");
    }
    let json: serde_json::Value = serde_json::from_str(&with(groups(), Format::Json)).unwrap();
    assert_eq!(json["findings"]["test_groups"]["groups"], 1_412);
    let json: serde_json::Value = serde_json::from_str(&with(None, Format::Json)).unwrap();
    assert!(json["findings"].get("test_groups").is_none());
}
