//! In which keys the configurations of several runs differ, as each run's own values.

use std::collections::BTreeMap;

use toml::Value;

use study::config::Config;

/// Keys that every run has for itself.
const OWN: [&str; 2] = ["run.name", "checkpoints.directory"];

/// For each run, `key = value` for every key in which the runs that are known differ.
pub fn differing(configs: &[Option<&Config>]) -> Vec<String> {
    let all: Vec<Option<BTreeMap<String, String>>> =
        configs.iter().map(|config| config.map(values)).collect();
    let known = || all.iter().flatten();
    let keys: Vec<&String> = known().next().into_iter().flat_map(BTreeMap::keys).collect();
    let differs = |key: &&&String| {
        let mut values = known().map(|values| values.get(**key));
        let first = values.next();
        !OWN.contains(&key.as_str()) && values.any(|value| Some(value) != first)
    };
    let keys: Vec<&&String> = keys.iter().filter(differs).collect();
    let listed = |values: &BTreeMap<String, String>| {
        let pair = |key: &&&String| values.get(**key).map(|value| format!("{key} = {value}"));
        keys.iter().filter_map(pair).collect::<Vec<_>>().join(", ")
    };
    all.iter().map(|values| values.as_ref().map_or_else(String::new, listed)).collect()
}

/// Every key's value as it is written.
fn values(config: &Config) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    if let Ok(whole) = Value::try_from(config) {
        lay_flat(String::new(), whole, &mut values);
    }
    values
}

fn lay_flat(path: String, value: Value, values: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(below) => {
            for (key, value) in below {
                let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                lay_flat(path, value, values);
            }
        }
        value => drop(values.insert(path, value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_named_and_a_runs_own_keys_are_not() {
        let one = Config::default();
        let mut other = Config::default();
        other.run.name = "longer".into();
        other.train.epochs = 60;
        other.model.hidden = 64;
        let shown = differing(&[Some(&one), None, Some(&other)]);
        let (a, b) = ("model.hidden = 32, train.epochs = 30", "model.hidden = 64, train.epochs = 60");
        assert_eq!(shown, [a, "", b]);
        assert_eq!(differing(&[Some(&one), Some(&one)]), ["", ""]);
    }
}
