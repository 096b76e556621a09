//! What rows that are not trained were chosen from: how often each candidate was, and which verdicts hang on that.

use super::cell::count;
use super::contents::Contents;
use super::grid::{Entry, Grid};
use super::tables::ABSENT;
use study::choices::Choices;
use study::claims::{ClaimId, Finding};
use study::model::{ModelId, Rate};

/// The tables of a run with such rows, each with what stands over it; none for other runs.
pub(super) fn tables(contents: &Contents) -> Vec<(&'static str, Grid)> {
    let (searched, rates): (Vec<&Choices>, Vec<&Choices>) =
        contents.choices.iter().partition(|choices| choices.row.fusion.is_searched());
    let mut tables = Vec::new();
    if !searched.is_empty() {
        let over = "searched: of how many seeds each fusion was chosen, by its validation accuracy.";
        tables.push((over, counts(&searched, |model| model.at_rate(None).plain().to_string())));
    }
    if !rates.is_empty() {
        let rate = |model: ModelId| model.rate().map(|rate| rate.to_string()).unwrap_or_default();
        let over = "Of how many seeds each learning rate was chosen, by its validation accuracy.";
        tables.push((over, counts(&rates, rate)));
    }
    if !contents.findings().rates.is_empty() {
        let over = "Verdicts with the chosen learning rates, and as if one rate had been the only one.";
        tables.push((over, verdicts(contents)));
    }
    tables
}

/// A row for each model, task and size; a column for each name of a candidate.
fn counts(choices: &[&Choices], name: impl Fn(ModelId) -> String) -> Grid {
    let mut columns: Vec<String> = Vec::new();
    for (model, _) in choices.iter().flat_map(|choices| &choices.counts) {
        let column = name(*model);
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let row = |choices: &&Choices| {
        let cell = |column: &String| {
            let mut of_column = choices.counts.iter().filter(|(model, _)| name(*model) == *column).peekable();
            let is_candidate = of_column.peek().is_some();
            let seeds: usize = of_column.map(|(_, seeds)| seeds).sum();
            if is_candidate { count(seeds) } else { ABSENT.to_owned() }
        };
        let place =
            [choices.row.fusion.to_string(), choices.row.task.to_string(), count(choices.row.train_size)];
        place.into_iter().chain(columns.iter().map(cell)).map(Entry::from).collect()
    };
    let rows = choices.iter().map(row).collect();
    let names = ["fusion", "task", "train size"].map(str::to_owned);
    Grid { names: names.into_iter().chain(columns.iter().cloned()).collect(), rows }
}

/// A row for each claim; a column for the chosen rates, one for each rate, and one that says where they differ.
fn verdicts(contents: &Contents) -> Grid {
    let findings = contents.findings();
    let verdict =
        |claims: &[Finding], id: ClaimId| claims.iter().find(|finding| finding.id == id).map(|of| of.verdict);
    let row = |finding: &Finding| {
        let single: Vec<_> = findings.rates.iter().map(|of| verdict(&of.claims, finding.id)).collect();
        let hangs = single.iter().any(|verdict| *verdict != Some(finding.verdict));
        let named = single.iter().map(|verdict| verdict.map_or(ABSENT, |verdict| verdict.name()).to_owned());
        [finding.id.name().to_owned(), finding.verdict.name().to_owned()]
            .into_iter()
            .chain(named)
            .chain([if hangs { "yes" } else { "no" }.to_owned()])
            .map(Entry::from)
            .collect()
    };
    let rates =
        findings.rates.iter().filter_map(|of| Rate::new(of.learning_rate)).map(|rate| rate.to_string());
    let names = ["claim", "chosen"].map(str::to_owned).into_iter().chain(rates);
    Grid {
        names: names.chain(["hangs on the rate".to_owned()]).collect(),
        rows: findings.claims.iter().map(row).collect(),
    }
}
