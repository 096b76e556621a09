//! What a data set holds, for its user to read before a sweep (`data inspect`).

mod json;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use ndarray::Array2;

use study::config::Config;
use study::event::{DataFacts, SplitOf, TaskFacts};
use study::format;
use study::grid::Task;

use super::blocks::gather;
use super::column::Column;
use super::encoder::Modality;
use super::error::{DataError, listed, printable};
use super::health::{Health, HealthInput, Level};
use super::labels::Labels;
use super::prepare::{Planned, plan, prepare};
use super::progress::Progress;
use super::repeats::SEEN;
use super::source::Source;

/// Most label values that are listed.
const MOST_VALUES: usize = 20;

/// What a source holds, what the model would receive, what its user should know, and what stands against it.
#[derive(Debug)]
pub struct Inspection {
    place: String,
    arrays: Vec<ArraySummary>,
    label: Option<(String, Vec<(String, usize)>)>,
    prepared: Option<DataFacts>,
    health: Option<Health>,
    refused: Vec<String>,
}

/// One modality as it lies in the source.
#[derive(Debug)]
struct ArraySummary {
    role: &'static str,
    name: String,
    rows: usize,
    width: usize,
}

/// Looks into the data set that `config` names. What [`super::load`] would refuse is listed in the
/// inspection; only a source that cannot be opened is an error.
pub fn inspect(config: &Config) -> Result<Inspection, DataError> {
    let mut source = Source::open(config)?;
    let mut inspection = Inspection {
        place: source.place.clone(),
        arrays: Vec::new(),
        label: None,
        prepared: None,
        health: None,
        refused: Vec::new(),
    };
    match &source.label {
        Ok(column) => inspection.label = Some((printable(&config.data.label), Column::counts(column))),
        // Without the real task no label is read.
        Err(error) if config.sweep.tasks.contains(&Task::Real) => inspection.refused.push(error.to_string()),
        Err(_) => {}
    }
    let elements = Modality::ALL.map(|of| source.element(of));
    let mut held = Vec::new();
    for (of, name) in Modality::ALL.into_iter().zip([&config.data.text, &config.data.image]) {
        match source.matrix(of) {
            Ok(rows) => {
                let (count, width) = rows.dim();
                let (role, name) = (of.name(), printable(name));
                inspection.arrays.push(ArraySummary { role, name, rows: count, width });
                held.push(Arc::new(rows));
            }
            Err(error) => inspection.refuse(error.to_string()),
        }
    }
    let Ok(rows) = <[Arc<Array2<f32>>; 2]>::try_from(held) else { return Ok(inspection) };
    let mut source = source.with_rows(rows.each_ref().map(Arc::clone));
    inspection.look_at(&mut source, &rows, &elements, config);
    Ok(inspection)
}

impl Inspection {
    /// Whether [`super::load`] would take this data set.
    pub const fn is_usable(&self) -> bool {
        self.prepared.is_some()
    }

    /// What the model would receive, if it would.
    pub const fn facts(&self) -> Option<&DataFacts> {
        self.prepared.as_ref()
    }

    /// How healthy the data are, where both modalities could be read.
    pub const fn health(&self) -> Option<&Health> {
        self.health.as_ref()
    }

    /// What its user should know before a study: the health report's problems and warnings, and what loading warns of besides.
    pub fn warnings(&self) -> Vec<String> {
        let findings = self.health.iter().flat_map(|health| &health.findings);
        // Of copies loading says the same, and names rows.
        let found = findings.filter(|finding| finding.level > Level::Note && !finding.what.ends_with(SEEN));
        let found = found.map(|finding| format!("{}: {}", finding.what, finding.fix));
        let facts = self.prepared.iter().flat_map(|facts| &facts.warnings);
        found.chain(facts.cloned()).collect()
    }

    fn refuse(&mut self, reason: String) {
        if !self.refused.contains(&reason) {
            self.refused.push(reason);
        }
    }

    /// Prepares the study and works out the health report of these rows, with as much of labels, splits and groups as
    /// there is.
    fn look_at(
        &mut self,
        source: &mut Source,
        rows: &[Arc<Array2<f32>>; 2],
        elements: &[String; 2],
        config: &Config,
    ) {
        let mut ignored = |_| {};
        let mut progress = Progress::new(0, &mut ignored);
        let planned =
            plan(source, config, &mut progress).map_err(|error| self.refuse(error.to_string())).ok();
        let none = Labels::none(0);
        let (labels, splits, groups, kept) = match &planned {
            Some(Planned { rows, splits, .. }) => {
                (rows.labels.clone(), splits.clone(), rows.groups().map(<[u32]>::to_vec), rows.kept.clone())
            }
            None => (none, Vec::new(), None, None),
        };
        let prepared = planned.map(|planned| prepare(source, planned, config, &mut progress));
        let mut fitted = None;
        match prepared {
            Some(Ok(dataset)) => {
                fitted = dataset.partitions().first().map(|partition| partition.fitted.clone());
                self.prepared = Some(dataset.facts);
            }
            Some(Err(error)) => self.refuse(error.to_string()),
            None => {}
        }
        let [text, image] = [0, 1].map(|of: usize| match &kept {
            Some(kept) => Cow::Owned(gather(&rows[of], kept)),
            None => Cow::Borrowed(&*rows[of]),
        });
        self.health = Some(Health::of(&HealthInput {
            text: &text,
            image: &image,
            element_types: [&elements[0], &elements[1]],
            classes: if labels.are_given() { &labels.classes } else { &[] },
            class_names: &labels.names,
            splits: &splits,
            groups: groups.as_deref(),
            places: kept.as_deref(),
            fitted: fitted.as_ref(),
            config,
        }));
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "source      {}", self.place)?;
        for array in &self.arrays {
            writeln!(f, "{array}")?;
        }
        if let Some((name, counts)) = &self.label {
            write_label(f, name, counts)?;
        }
        if let Some(facts) = &self.prepared {
            write_facts(f, facts)?;
        }
        if let Some(health) = &self.health {
            writeln!(f, "\n{health}")?;
        }
        for reason in &self.refused {
            writeln!(f, "refused     {reason}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ArraySummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, name, rows, width } = self;
        write!(f, "{role:<11} `{name}` {rows} rows × {width}")
    }
}

fn write_label(f: &mut fmt::Formatter<'_>, name: &str, counts: &[(String, usize)]) -> fmt::Result {
    let shown: Vec<String> =
        counts.iter().take(MOST_VALUES).map(|(value, count)| format!("{value}: {count}")).collect();
    write!(f, "label       `{name}` {}", shown.join(", "))?;
    if counts.len() > MOST_VALUES {
        write!(f, ", … ({} values in all)", counts.len())?;
    }
    writeln!(f)
}

/// A line for each class.
fn write_classes(f: &mut fmt::Formatter<'_>, task: &TaskFacts, rows: SplitOf<usize>) -> fmt::Result {
    for (class, share) in task.class_shares.iter().enumerate().take(MOST_VALUES) {
        let of = |share: f64, rows: usize| (share * rows as f64).round();
        writeln!(
            f,
            "{:<11} `{}`: train {} rows ({:.1} %), validation {}, test {}",
            "",
            task.class_name(class),
            of(share.train, rows.train),
            share.train * 100.0,
            of(share.validation, rows.validation),
            of(share.test, rows.test)
        )?;
    }
    let more = task.class_count().saturating_sub(MOST_VALUES);
    if more > 0 { writeln!(f, "{:<11} … and {more} more", "") } else { Ok(()) }
}

fn write_facts(f: &mut fmt::Formatter<'_>, facts: &DataFacts) -> fmt::Result {
    let rows = facts.rows;
    write!(f, "splits      train {}, validation {}, test {}", rows.train, rows.validation, rows.test)?;
    if facts.has_several_splits() {
        let seeds: Vec<String> = facts.splits.iter().map(|split| split.seed.0.to_string()).collect();
        write!(f, "; {} of them, with seeds {}", seeds.len(), listed(&seeds))?;
    }
    writeln!(f)?;
    writeln!(f, "model sees  text {} wide, image {} wide", facts.text_width, facts.image_width)?;
    for task in &facts.tasks {
        if task.class_count() > 2 {
            write!(f, "{:<11} {} classes", task.task, task.class_count())?;
        } else {
            let share = task.positive_share.map(|share| share * 100.0);
            let class =
                if task.classes.is_empty() { "label 1".into() } else { format!("`{}`", task.class_name(1)) };
            write!(
                f,
                "{:<11} {class}: train {:.1} %, validation {:.1} %, test {:.1} %",
                task.task, share.train, share.validation, share.test
            )?;
        }
        match (facts.has_several_splits(), facts.draws_of(task.task)) {
            (false, 1) => {}
            (true, 1) => write!(f, " (mean of the splits)")?,
            (false, draws) => write!(f, " (mean of {draws} draws)")?,
            (true, draws) => write!(f, " (mean of the splits and {draws} draws)")?,
        }
        if let Some(additive) = task.additive {
            write!(f, ", {}", format::additive(additive))?;
        }
        let cuts = facts.splits.iter().filter_map(|split| split.cut(task.task)).chain(task.threshold);
        match cuts.map(|cut| format!("{cut:.4}")).collect::<Vec<_>>() {
            cuts if cuts.is_empty() => writeln!(f)?,
            cuts => writeln!(f, ", cut at {}", listed(&cuts))?,
        }
        if task.class_count() > 2 {
            write_classes(f, task, rows)?;
        }
    }
    writeln!(f, "fingerprint {}", facts.fingerprint)?;
    facts.warnings.iter().try_for_each(|warning| writeln!(f, "warning     {warning}"))
}
