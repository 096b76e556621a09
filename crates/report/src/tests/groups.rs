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
    for (format, name) in [
        (Format::Md, "1,412 groups of `user[31m\\_id`"),
        (Format::Html, "1,412 groups of `user[31m_id`"),
        (Format::Tex, "1,412 groups of `user[31m\\_id`"),
    ] {
        let text = with(groups(), format);
        let said = format!("; resampled are the {name} that the rows are in)");
        assert!(
            text.contains(&said),
            "{format:?}: {}",
            text.lines().find(|line| line.contains("resampled")).unwrap_or("not said")
        );
        assert!(!with(None, format).contains("resampled are"), "{format:?}");
    }
    let json: serde_json::Value = serde_json::from_str(&with(groups(), Format::Json)).unwrap();
    assert_eq!(json["findings"]["test_groups"]["groups"], 1_412);
    let json: serde_json::Value = serde_json::from_str(&with(None, Format::Json)).unwrap();
    assert!(json["findings"].get("test_groups").is_none());
}
