//! What a gate gives its experts.

use super::*;
use study::model::ModelId;

#[test]
fn a_model_with_a_gate_has_a_table_of_its_weights() {
    let mut header = sample::header();
    header.sweep.fusions.push(ModelId::DYNMM);
    let state = RunState::replay(&sample::events(header));
    let markdown = render(&state, Format::Md).unwrap();
    let table = "\
| fusion | noise on | text | image | concat | product |
| ---: | ---: | ---: | ---: | ---: | ---: |
| dynmm | none | 0.0 | 1.0 | 75.0 | 24.0 |
| dynmm | text | 0.0 | 1.0 | 77.0 | 22.0 |
| dynmm | image | 0.0 | 1.0 | 79.0 | 20.0 |
| dynmm | both | 0.0 | 1.0 | 81.0 | 18.0 |
";
    assert_eq!(markdown.matches(table).count(), 2, "{markdown}");
    assert!(markdown.contains("noise of the highest level (α = 0.95)"), "{markdown}");
    assert!(render(&state, Format::Html).unwrap().contains("<td>dynmm</td><td>none</td><td>0.0</td>"));
    assert!(!render(&sample::state(), Format::Md).unwrap().contains("gate's weight"));
}
