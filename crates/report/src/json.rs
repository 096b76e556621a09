//! `summary.json`: the rows with all that is needed to read them without the run.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{Formatter, PrettyFormatter};

use super::contents::Contents;
use super::{ReportError, sentences};
use store::format::v1::{DataFacts, Provenance};
use study::choices::Choices;
use study::claims::Findings;
use study::grid::{self, CohortId, Seed, Task};
use study::model::{ModelId, Rate, Robust};
use study::summary::{BestCheckpoint, SummaryRow};
use study::text;

/// The file's shape; names are part of the interface.
#[derive(Serialize)]
struct Summary<'a> {
    name: &'a str,
    started_ms: Option<u64>,
    open_configurations: usize,
    rows: &'a [SummaryRow],
    best_checkpoints: &'a [BestCheckpoint],
    findings: &'a Findings,
    sweep: Sweep<'a>,
    noise_levels: &'a [f64],
    data: DataFacts,
    provenance: Vec<Provenance>,
    definitions: Vec<String>,
    shortfalls: Vec<String>,
    /// How often each candidate of a derived row was chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chosen: Vec<Chosen>,
}

/// The grid. Every model is trained in every way of `robust`.
#[derive(Serialize)]
struct Sweep<'a> {
    fusions: Vec<ModelId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    baselines: Vec<ModelId>,
    robust: Vec<&'static str>,
    tasks: &'a [Task],
    sizes: &'a [usize],
    seeds: &'a [Seed],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    searched: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    learning_rates: Vec<Rates>,
}

/// A model that is trained at several learning rates.
#[derive(Serialize)]
struct Rates {
    fusion: ModelId,
    rates: Vec<f64>,
}

#[derive(Serialize)]
struct Chosen {
    #[serde(flatten)]
    row: CohortId,
    /// Trained as the row is.
    candidate: ModelId,
    learning_rate: Option<f64>,
    seeds: usize,
}

pub(super) fn render(contents: &Contents) -> Result<String, ReportError> {
    let header = contents.header;
    let summary = Summary {
        name: &header.config.run.name,
        started_ms: contents.state.started_ms(),
        open_configurations: contents.state.cohorts().filter(|(_, cohort)| !cohort.status.is_over()).count(),
        rows: &contents.rows,
        best_checkpoints: &contents.best,
        findings: contents.findings(),
        sweep: sweep(&header.sweep),
        noise_levels: &header.levels,
        data: (&header.data).into(),
        provenance: contents.state.provenances().map(Into::into).collect(),
        definitions: sentences::definitions(contents),
        shortfalls: sentences::shortfalls(contents),
        chosen: contents.choices.iter().flat_map(|choices| chosen(contents, choices)).collect(),
    };
    let failed = |why: String| ReportError::Table { format: "JSON", why };
    let mut bytes = Vec::new();
    let mut writer = Serializer::with_formatter(&mut bytes, Lines::default());
    summary.serialize(&mut writer).map_err(|error| failed(error.to_string()))?;
    let document = String::from_utf8(bytes).map_err(|error| failed(error.to_string()))?;
    Ok(text::json(&document) + "\n")
}

/// With the plain name of each model once, as rows have it.
fn sweep(of: &grid::Sweep) -> Sweep<'_> {
    let plain = |models: &[ModelId]| {
        let mut names: Vec<ModelId> = Vec::new();
        for model in models.iter().map(|model| model.plain()) {
            if !names.contains(&model) {
                names.push(model);
            }
        }
        names
    };
    let is_used = |way: &Robust| of.trained().any(|model| model.robust == *way);
    let with_rates: Vec<ModelId> = of.rates.keys().copied().collect();
    let rates = |fusion: ModelId| {
        let (_, rates) = of.rates.iter().find(|(model, _)| model.plain() == fusion)?;
        Some(Rates { fusion, rates: rates.iter().map(|rate| rate.value()).collect() })
    };
    Sweep {
        fusions: plain(&of.fusions),
        baselines: plain(&of.baselines),
        robust: Robust::ALL.into_iter().filter(is_used).map(Robust::name).collect(),
        tasks: &of.tasks,
        sizes: &of.sizes,
        seeds: &of.seeds,
        searched: of.searched,
        learning_rates: plain(&with_rates).into_iter().filter_map(rates).collect(),
    }
}

fn chosen(contents: &Contents, choices: &Choices) -> Vec<Chosen> {
    let of_candidate = |&(model, seeds): &(ModelId, usize)| Chosen {
        row: choices.row,
        candidate: model.at_rate(None).plain(),
        learning_rate: contents.header.config.learning_rate(model).map(Rate::value),
        seeds,
    };
    choices.counts.iter().map(of_candidate).collect()
}

/// A line for each key, but none for each number of an array: a mean ROC curve has 201.
#[derive(Default)]
struct Lines(PrettyFormatter<'static>);

impl Formatter for Lines {
    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}
