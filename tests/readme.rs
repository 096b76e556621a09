//! The README tells the truth where a test can see it.

use superfuse::tui::keys_as_markdown;

const README: &str = include_str!("../README.md");

#[test]
fn the_readmes_key_table_is_the_one_that_dispatches() {
    let table = keys_as_markdown();
    assert!(README.contains(table.trim()), "put this into README.md:\n{table}");
}
