//! `[missing]` and `[evaluation]`: what trained heads are tested on beside clean rows and noise.

use serde::{Deserialize, Serialize};

use super::Fill;

/// `[missing]`: test rows without one modality.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MissingConfig {
    /// What stands in place of the missing modality.
    pub fill: Fill,
}

/// `[evaluation]`: what is computed of trained heads beside their accuracy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluationConfig {
    /// Test rows whose texts and images are paired with each other for the additive projection, or all where there are
    /// fewer; 0: none.
    pub emap_rows: usize,
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        Self { emap_rows: 256 }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Fill, Fingerprint, differences, read};

    fn of(text: &str) -> Config {
        read(Some(text), &[]).unwrap()
    }

    #[test]
    fn the_keys_are_read_and_refused_where_they_cannot_be_meant() {
        let config = of("missing.fill = \"zero\"\nevaluation.emap_rows = 0");
        assert_eq!((config.missing.fill, config.evaluation.emap_rows), (Fill::Zero, 0));
        for (written, complaint) in [
            ("missing.fill = \"median\"", "\"median\" is unknown; allowed: mean, zero"),
            ("evaluation.emap_rows = 20000", "20000 is too large; allowed: a whole number from 0 to 10000"),
        ] {
            let (key, _) = written.split_once(" =").unwrap();
            let refused = read(Some(written), &[]).unwrap_err().to_string();
            assert_eq!(refused, format!("line 1: {key}: {complaint}"));
        }
    }

    #[test]
    fn a_run_from_before_them_has_their_defaults_and_its_fingerprint() {
        let mut old = serde_json::to_value(Config::default()).unwrap();
        for section in ["missing", "evaluation"] {
            old.as_object_mut().unwrap().remove(section).unwrap();
        }
        let old: Config = serde_json::from_value(old).unwrap();
        assert_eq!(old, Config::default());
        let other = of("missing.fill = \"zero\"");
        assert_ne!(Fingerprint::of(&old), Fingerprint::of(&other));
        let keys: Vec<String> = differences(&old, &other).into_iter().map(|change| change.key).collect();
        assert_eq!(keys, ["missing.fill"]);
    }
}
