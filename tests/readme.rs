//! What the README says, as far as a test can check it.

use superfuse::tui::key_tables;

const README: &str = include_str!("../README.md");

#[test]
fn the_readmes_key_tables_are_the_ones_that_dispatch() {
    for (screen, table) in key_tables() {
        assert!(README.contains(table.trim()), "put this into README.md, {screen}:\n{table}");
    }
}
