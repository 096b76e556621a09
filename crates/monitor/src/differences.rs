//! In which keys the configurations of several runs differ, and in what else computes them, as each run's own values.

use std::collections::BTreeMap;

use toml::Value;

use study::config::Config;
use study::event::RunHeader;

/// Keys that every run has for itself.
const OWN: [&str; 2] = ["run.name", "checkpoints.directory"];

/// Keys of how jobs are submitted, which change nothing that runs have.
const CLUSTER: &str = "cluster.";

/// A key in which runs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// `train.epochs`; in words where it is no key of the configuration.
    pub key: String,
    /// Whether it is one of the configuration.
    pub is_setting: bool,
    /// Each run's value as it is written; absent where the run is not known yet or lacks the key.
    pub values: Vec<Option<String>>,
}

/// Every key in which the runs that are known differ, those of the configuration first.
pub fn differing(headers: &[Option<&RunHeader>]) -> Vec<Differing> {
    let configs: Vec<Option<BTreeMap<String, String>>> =
        headers.iter().map(|header| header.map(|header| values(&header.config))).collect();
    let mut keys: Vec<&String> = configs.iter().flatten().flat_map(BTreeMap::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    let of_key = |key: &String| Differing {
        key: key.clone(),
        is_setting: true,
        values: configs.iter().map(|values| values.as_ref()?.get(key).cloned()).collect(),
    };
    let of_config = keys.into_iter().filter(|key| is_compared(key)).map(of_key);
    let is_known: Vec<bool> = headers.iter().map(Option::is_some).collect();
    of_config.chain(beside(headers)).filter(|one| one.differs(&is_known)).collect()
}

fn is_compared(key: &str) -> bool {
    !OWN.contains(&key) && !key.starts_with(CLUSTER)
}

/// What a run is beside its configuration.
fn beside(headers: &[Option<&RunHeader>]) -> impl Iterator<Item = Differing> {
    type Fact = fn(&RunHeader) -> &str;
    const FACTS: [(&str, Fact); 4] = [
        ("the data's fingerprint", |header| &header.data.fingerprint),
        ("program", |header| &header.provenance.program),
        ("LibTorch", |header| &header.provenance.libtorch),
        ("device used", |header| &header.provenance.device),
    ];
    FACTS.into_iter().map(|(name, fact)| Differing {
        key: name.to_owned(),
        is_setting: false,
        values: headers.iter().map(|header| header.map(|header| fact(header).to_owned())).collect(),
    })
}

impl Differing {
    /// Whether the known runs have more than one value, or some lack it.
    fn differs(&self, is_known: &[bool]) -> bool {
        let mut known = self.values.iter().zip(is_known).filter(|(_, known)| **known).map(|(value, _)| value);
        let first = known.next();
        known.any(|value| Some(value) != first)
    }
}

/// `key = value` for every key of the configuration in which the run in `place` differs from others; those that are no
/// keys are left out.
pub fn listed(all: &[Differing], place: usize) -> String {
    let keys = all.iter().filter(|one| one.is_setting);
    let pair = |one: &Differing| Some(format!("{} = {}", one.key, one.values.get(place)?.as_ref()?));
    keys.filter_map(pair).collect::<Vec<_>>().join(", ")
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
    use crate::fixture::{Stage, model};
    use study::config::OneOrMore;

    #[test]
    fn only_what_differs_is_named_and_a_runs_own_keys_are_not() {
        let one = model(Stage::Planned).run.header().unwrap().clone();
        let mut other = one.clone();
        other.config.run.name = "longer".into();
        other.config.train.epochs = 60;
        other.config.model.hidden = 64;
        other.provenance.device = "cuda:0".into();
        let all = differing(&[Some(&one), None, Some(&other)]);
        let keys: Vec<&str> = all.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["model.hidden", "train.epochs", "device used"]);
        assert_eq!(all[0].values, [Some("32".into()), None, Some("64".into())]);
        let (a, b) = ("model.hidden = 32, train.epochs = 12", "model.hidden = 64, train.epochs = 60");
        assert_eq!([0, 1, 2].map(|place| listed(&all, place)), [a, "", b]);
        assert_eq!(differing(&[Some(&one), Some(&one)]), []);
    }

    #[test]
    fn a_key_that_one_configuration_alone_has_is_a_difference() {
        let one = model(Stage::Planned).run.header().unwrap().clone();
        let mut other = one.clone();
        other.config.fusion.concat.learning_rate = Some(OneOrMore::one(0.01));
        for (headers, values) in
            [([&one, &other], [None, Some("0.01")]), ([&other, &one], [Some("0.01"), None])]
        {
            let all = differing(&headers.map(Some));
            assert_eq!(all.len(), 1, "whichever run comes first");
            assert_eq!((all[0].key.as_str(), all[0].is_setting), ("fusion.concat.learning_rate", true));
            assert_eq!(all[0].values, values.map(|value| value.map(str::to_owned)));
        }
    }
}
