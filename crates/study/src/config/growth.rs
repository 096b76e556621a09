//! What may be asked of a run that is resumed: more of the grid, another place for its files, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use super::Config;

/// Keys of the process that computes and of where files are, not of what is computed. Whether another source holds
/// the same data is for their fingerprint to say.
const OF_THE_PROCESS: [&str; 12] = [
    "run.device",
    "run.workers",
    "run.memory",
    "run.kernels",
    "data.source",
    "data.table",
    "data.key",
    "data.table_key",
    "data.order",
    "data.missing",
    "checkpoints.directory",
    "checkpoints.every",
];
/// How a study's jobs are submitted.
const OF_THE_CLUSTER: &str = "cluster.";
/// The grid, whose resolved values may grow.
const OF_THE_GRID: &str = "sweep.";
/// Keys that add models to the grid.
const MORE_OF_THE_GRID: [&str; 3] = ["fusion.lmf.rank", "fusion.dynmm.gate", "train.robust"];
/// Keys whose lists may get longer at their end: of equal rates the first is chosen. The trials of a single value do not
/// name it, and so it may not become a list.
const LISTS: &str = "learning_rate";

/// A key whose value may not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its path.
    pub key: String,
    /// What the run has.
    pub run: String,
    /// What was asked for.
    pub asked: String,
}

/// What `asked` changes of `run`'s configuration beside the grid, places and the process's own keys.
pub fn differences(run: &Config, asked: &Config) -> Vec<Difference> {
    let is_of_the_grid = |key: &str| key.starts_with(OF_THE_GRID) || MORE_OF_THE_GRID.contains(&key);
    // A fusion that the run does not have may come with any settings.
    let is_free = |key: &str| {
        OF_THE_PROCESS.contains(&key)
            || key.starts_with(OF_THE_CLUSTER)
            || is_of_the_grid(key)
            || !run.is_used(key)
    };
    let (of_run, of_asked) = (values(run), values(asked));
    let keys: BTreeSet<&String> = of_run.keys().chain(of_asked.keys()).collect();
    let is_longer = |key: &str| {
        let lists = [&of_run, &of_asked].map(|values| values.get(key).and_then(Value::as_array));
        matches!(lists, [Some(run), Some(asked)] if key.ends_with(LISTS) && asked.starts_with(run))
    };
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    keys.into_iter()
        .filter(|key| of_run.get(*key) != of_asked.get(*key) && !is_free(key) && !is_longer(key))
        .map(|key| Difference {
            key: key.clone(),
            run: shown(of_run.get(key)),
            asked: shown(of_asked.get(key)),
        })
        .collect()
}

pub(super) fn values(config: &Config) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    if let Ok(Value::Table(sections)) = Value::try_from(config) {
        sections.into_iter().for_each(|(key, value)| lay_flat(key, value, &mut values));
    }
    values
}

fn lay_flat(path: String, value: Value, values: &mut BTreeMap<String, Value>) {
    match value {
        Value::Table(below) => {
            below.into_iter().for_each(|(key, value)| lay_flat(format!("{path}.{key}"), value, values));
        }
        value => drop(values.insert(path, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_the_process_and_places_may_change_and_nothing_else() {
        let run = Config::default();
        let mut asked = run.clone();
        asked.run.workers = 3;
        asked.checkpoints.every = 1.0;
        asked.checkpoints.directory = "/elsewhere".into();
        asked.data.source = "/elsewhere/pairs.npz".into();
        asked.sweep.smallest = 16;
        assert_eq!(differences(&run, &asked), []);
        asked.train.epochs = 31;
        asked.data.positive = vec![super::super::LabelValue::Number(1)];
        let found = differences(&run, &asked);
        let shown: Vec<_> = found.iter().map(|found| (&*found.key, &*found.run, &*found.asked)).collect();
        assert_eq!(shown, [("data.positive", "[]", "[1]"), ("train.epochs", "30", "31")]);
    }
}
