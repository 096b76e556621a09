//! Rows that validation chooses among trained models.

use super::*;
use study::config;
use study::model::{ModelId, Rate};

/// Concat at two rates, the second of which is worse by nothing, and the row of the best fusion.
fn state() -> RunState {
    let mut header = sample::header();
    let epochs = header.config.train.epochs;
    header.config = config::read(Some("fusion.concat.learning_rate = [1e-3, 1e-4]"), &[]).unwrap();
    header.config.train.epochs = epochs;
    header.config.sweep.searched = true;
    header.sweep.searched = true;
    let rates = [1e-3, 1e-4].map(|rate| Rate::new(rate).unwrap());
    header.sweep.rates = [(ModelId::CONCAT, rates.to_vec())].into();
    RunState::replay(&sample::events(header))
}

#[test]
fn a_derived_row_stands_behind_the_fusions_in_every_format() {
    let state = state();
    let csv = render(&state, Format::Csv).unwrap();
    // Three fusions and the row, two tasks, four sizes.
    assert_eq!(csv.lines().count(), 1 + 4 * 2 * 4);
    let searched: Vec<&str> = csv.lines().filter(|line| line.starts_with("searched,")).collect();
    assert_eq!(searched.len(), 2 * 4);
    // Product was stopped at the first size.
    assert!(searched[0].starts_with("searched,real,32,0,,,,"), "{}", searched[0]);
    assert!(searched[1].starts_with("searched,real,128,5,,0."), "{}", searched[1]);
    let markdown = render(&state, Format::Md).unwrap();
    for text in [
        "| train size | concat | product | tensor | searched |",
        "## Chosen by validation",
        "| searched | real | 32 | 0 | 0 | 0 |",
        "| fusion | task | train size | 0.001 | 0.0001 |",
        "searched has for each seed the trial of the fusion with the highest validation accuracy",
        "A model that was trained at several learning rates has for each seed",
        "| task | fusion | learning rate | train size |",
        "| real | concat | 0.001 | 4,200 |",
        "| real | product | 0.001 | 4,200 |",
    ] {
        assert!(markdown.contains(text), "no {text:?} in {markdown}");
    }
    assert!(!markdown.contains("concat-lr"), "{markdown}");
    assert!(render(&state, Format::Html).unwrap().contains("<h2>Chosen by validation</h2>"));
    assert!(render(&state, Format::Tex).unwrap().contains("& searched"));
    assert!(terminal_summary(&state, 80).contains(" searched"));
    let plain = render(&sample::state(), Format::Md).unwrap();
    assert!(!plain.contains("searched") && !plain.contains("several learning rates"));
}
