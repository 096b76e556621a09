//! The fingerprint of a configuration: equal for two that train the same numbers, whatever they are called and
//! wherever their files are.
//!
//! Version 2 is BLAKE3 of a line `key=value` for each key that decides results and is not at its default, in the
//! order of the keys, then one of the name and the file's hash for each module. Keys of fusions that the sweep does not
//! name decide nothing. So a new key with a default leaves the fingerprints of older configurations as they are; a new
//! default of a known key, and a new way to write a value, want a new version. Version 1 was BLAKE3 of the whole
//! configuration as TOML, paths included, and cannot be checked.

use serde::{Deserialize, Serialize};
use toml::Value;

use super::Config;
use super::growth::values;

/// The version that this program computes.
const VERSION: u32 = 2;
/// Keys that decide where and how fast, and what is kept, but no number of the results.
const NO_RESULT: [&str; 13] = [
    "run.name",
    "run.device",
    "run.workers",
    "run.memory",
    "run.kernels",
    "data.source",
    // How the source's rows come about is in the fingerprint of the data.
    "data.table",
    "data.key",
    "data.table_key",
    "data.order",
    "data.missing",
    "synthetic.allow_imbalance",
    // A row that is derived from trials changes none.
    "sweep.searched",
];
const NO_RESULTS_BELOW: [&str; 2] = ["checkpoints.", "cluster."];

/// A configuration's fingerprint and how it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// How it was made; 2 for one that this program can check.
    pub version: u32,
    /// Hexadecimal.
    pub value: String,
}

impl Fingerprint {
    /// Of `config`.
    pub fn of(config: &Config) -> Self {
        let default = values(&Config::default());
        let mut hasher = blake3::Hasher::new();
        for (key, value) in values(&without_places(config)) {
            let decides = !NO_RESULT.contains(&key.as_str())
                && !NO_RESULTS_BELOW.iter().any(|section| key.starts_with(section))
                && config.is_used(&key);
            if decides && default.get(&key) != Some(&value) {
                hasher.update(format!("{key}={}\n", written(&value)).as_bytes());
            }
        }
        for module in config.fusion.torchscript.modules {
            hasher.update(format!("{}={}\n", module.model, module.hash).as_bytes());
        }
        Self { version: VERSION, value: hasher.finalize().to_hex().to_string() }
    }

    /// Whether it is not that of `config`. An unknown version is not compared.
    pub fn contradicts(&self, config: &Config) -> bool {
        self.version == VERSION && *self != Self::of(config)
    }
}

/// With the names of modules in place of their files' paths.
fn without_places(config: &Config) -> Config {
    let mut config = config.clone();
    config.sweep.fusions.iter_mut().for_each(|fusion| *fusion = fusion.without_file());
    config
}

/// A value in a way that no library's release changes.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => format!("s{}:{text}", text.len()),
        Value::Integer(number) => format!("i{number}"),
        Value::Float(number) => format!("f{:016x}", number.to_bits()),
        Value::Boolean(truth) => format!("b{truth}"),
        Value::Datetime(time) => format!("t{time}"),
        Value::Array(values) => format!("[{}]", values.iter().map(written).collect::<Vec<_>>().join(",")),
        Value::Table(values) => {
            let pair = |(key, value): (&String, &Value)| format!("{}:{key}={}", key.len(), written(value));
            format!("{{{}}}", values.iter().map(pair).collect::<Vec<_>>().join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Keep, Precision, Seeds};
    use super::*;

    fn of(change: impl Fn(&mut Config)) -> String {
        let mut config = Config::default();
        change(&mut config);
        Fingerprint::of(&config).value
    }

    #[test]
    fn names_places_and_the_process_change_nothing_and_what_decides_a_number_does() {
        let default = of(|_| {});
        let same: [fn(&mut Config); 7] = [
            |config| config.run.name = "other".into(),
            |config| config.run.workers = 3,
            |config| config.data.source = "/elsewhere/pairs.npz".into(),
            |config| config.checkpoints.directory = "/elsewhere".into(),
            |config| config.checkpoints.keep = Keep::All,
            |config| config.checkpoints.every = 1.0,
            |config| config.synthetic.allow_imbalance = true,
        ];
        assert!(same.iter().all(|change| of(change) == default));
        let others: [fn(&mut Config); 8] = [
            |config| config.data.group = "user".into(),
            |config| config.train.epochs = 31,
            |config| config.train.learning_rate = 1.000_000_1e-3.into(),
            |config| config.run.precision = Precision::Bf16,
            |config| config.sweep.seeds = Seeds::Count(11),
            |config| config.data.text = "a".into(),
            |config| config.data.image = "a".into(),
            |config| config.claims.margin = 0.01,
        ];
        let mut different: Vec<String> = others.iter().map(of).chain([default]).collect();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), others.len() + 1);
    }

    // Another value here means that headers of runs that exist are refused: raise the version instead.
    #[test]
    fn version_2_stays_what_it_is() {
        let empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(of(|_| {}), empty);
        let changed = of(|config| {
            config.train.epochs = 2;
            config.train.learning_rate = 0.25.into();
            config.sweep.seeds = Seeds::Count(2);
            config.data.split = "split".into();
        });
        let text =
            "data.split=s5:split\nsweep.seeds=i2\ntrain.epochs=i2\ntrain.learning_rate=f3fd0000000000000\n";
        assert_eq!(changed, blake3::hash(text.as_bytes()).to_hex().to_string());
    }

    #[test]
    fn an_edited_configuration_is_contradicted_and_an_unknown_version_says_nothing() {
        let mut config = Config::default();
        let fingerprint = Fingerprint::of(&config);
        assert!(!fingerprint.contradicts(&config));
        config.train.epochs = 5;
        assert!(fingerprint.contradicts(&config));
        assert!(!Fingerprint { version: 3, ..fingerprint }.contradicts(&config));
    }
}
