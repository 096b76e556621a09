//! `[fusion.<name>]`: what single fusions are built with, and which models a sweep's names stand for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::growth::values;
use super::{Config, OneOrMore};
use crate::model::{
    DynmmGate, Fusion, FusionSettings, GmuGate, ModelId, Module, ModuleOutput, Rate, Robust, Variant,
};

/// `[fusion]`: a section for each fusion and baseline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FusionConfig {
    /// `[fusion.concat]`
    #[serde(skip_serializing_if = "PlainFusion::is_empty")]
    pub concat: PlainFusion,
    /// `[fusion.product]`
    #[serde(skip_serializing_if = "PlainFusion::is_empty")]
    pub product: PlainFusion,
    /// `[fusion.tensor]`
    #[serde(skip_serializing_if = "PlainFusion::is_empty")]
    pub tensor: PlainFusion,
    /// `[fusion.tfn]`
    #[serde(skip_serializing_if = "PlainFusion::is_empty")]
    pub tfn: PlainFusion,
    /// `[fusion.mcb]`
    pub mcb: McbConfig,
    /// `[fusion.lmf]`
    pub lmf: LmfConfig,
    /// `[fusion.gmu]`
    pub gmu: GmuConfig,
    /// `[fusion.dynmm]`
    pub dynmm: DynmmConfig,
    /// `[fusion.torchscript]`
    pub torchscript: TorchscriptConfig,
    /// `[fusion.text]`
    #[serde(skip_serializing_if = "PlainFusion::is_empty")]
    pub text: PlainFusion,
    /// `[fusion.image]`
    #[serde(skip_serializing_if = "PlainFusion::is_empty")]
    pub image: PlainFusion,
    /// `[fusion.late]`
    #[serde(skip_serializing_if = "PlainFusion::is_empty")]
    pub late: PlainFusion,
    /// `[fusion.permuted]`
    pub permuted: PermutedConfig,
}

/// The section of a fusion without keys of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlainFusion {
    /// In place of `train.learning_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<OneOrMore<f64>>,
}

impl PlainFusion {
    /// Whether nothing is written in it.
    const fn is_empty(&self) -> bool {
        self.learning_rate.is_none()
    }
}

/// `[fusion.mcb]`: the sketches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct McbConfig {
    /// Width D of the features; 0: n + m.
    pub width: usize,
    /// Sketches that the seeds are assigned to: seed s has sketch s mod their number.
    pub sketches: usize,
    /// In place of `train.learning_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<OneOrMore<f64>>,
}

/// `[fusion.lmf]`: the ranks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LmfConfig {
    /// Rank of each hidden unit; each one is a fusion, `lmf-<rank>`.
    pub rank: OneOrMore<Variant>,
    /// In place of `train.learning_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<OneOrMore<f64>>,
}

/// `[fusion.gmu]`: the gate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GmuConfig {
    /// What the gate reads.
    pub gate: GmuGate,
    /// In place of `train.learning_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<OneOrMore<f64>>,
}

/// `[fusion.dynmm]`: the gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DynmmConfig {
    /// Soft is the fusion `dynmm`, hard `dynmm-hard`.
    pub gate: OneOrMore<DynmmGate>,
    /// Temperature τ of the softmax over experts.
    pub temperature: f64,
    /// Weight λ of the experts' cost in the loss.
    pub cost_weight: f64,
    /// In place of `train.learning_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<OneOrMore<f64>>,
}

/// `[fusion.torchscript]`: the modules that `sweep.fusions` names as `torchscript:<path>`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TorchscriptConfig {
    /// What their `forward` returns.
    pub output: ModuleOutput,
    /// In place of `train.learning_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<OneOrMore<f64>>,
    /// What is in the files, once they were read: no key, and in a journal it stands beside the configuration.
    #[serde(skip)]
    pub modules: &'static [Module],
}

/// `[fusion.permuted]`: the permutations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PermutedConfig {
    /// Permutations that the seeds are assigned to: seed s has permutation s mod their number.
    pub draws: usize,
    /// In place of `train.learning_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<OneOrMore<f64>>,
}

impl Default for McbConfig {
    fn default() -> Self {
        let FusionSettings { mcb_width: width, sketches, .. } = FusionSettings::default();
        Self { width, sketches, learning_rate: None }
    }
}

impl Default for LmfConfig {
    fn default() -> Self {
        Self { rank: OneOrMore::one(4), learning_rate: None }
    }
}

impl Default for DynmmConfig {
    fn default() -> Self {
        let FusionSettings { temperature, cost_weight, .. } = FusionSettings::default();
        Self { gate: OneOrMore::one(DynmmGate::Soft), temperature, cost_weight, learning_rate: None }
    }
}

impl Default for PermutedConfig {
    fn default() -> Self {
        Self { draws: FusionSettings::default().permutations, learning_rate: None }
    }
}

impl FusionConfig {
    /// What makes no model of its own.
    pub const fn settings(&self) -> FusionSettings {
        FusionSettings {
            mcb_width: self.mcb.width,
            sketches: self.mcb.sketches,
            permutations: self.permuted.draws,
            gmu_gate: self.gmu.gate,
            temperature: self.dynmm.temperature,
            cost_weight: self.dynmm.cost_weight,
            modules: self.torchscript.modules,
        }
    }

    /// The learning rates of the model's own section; absent where they are those of `train.learning_rate`. Logistic
    /// regression has those of the fusion whose features it reads.
    fn learning_rates(&self, model: ModelId) -> Option<&OneOrMore<f64>> {
        let own = match model.fusion {
            Fusion::Concat => &self.concat.learning_rate,
            Fusion::Product => &self.product.learning_rate,
            Fusion::Tensor => &self.tensor.learning_rate,
            Fusion::Tfn => &self.tfn.learning_rate,
            Fusion::Mcb => &self.mcb.learning_rate,
            Fusion::Lmf => &self.lmf.learning_rate,
            Fusion::Gmu => &self.gmu.learning_rate,
            Fusion::Dynmm => &self.dynmm.learning_rate,
            Fusion::Torchscript => &self.torchscript.learning_rate,
            Fusion::Text => &self.text.learning_rate,
            Fusion::Image => &self.image.learning_rate,
            Fusion::Late => &self.late.learning_rate,
            Fusion::Permuted => &self.permuted.learning_rate,
            // It is not trained.
            Fusion::Searched => return None,
        };
        own.as_ref()
    }

    /// The models that a fusion's name in `sweep.fusions` stands for.
    fn models(&self, fusion: ModelId) -> Vec<ModelId> {
        if fusion == ModelId::LMF {
            self.lmf.rank.values().iter().map(|&rank| fusion.with_variant(rank)).collect()
        } else if fusion == ModelId::DYNMM {
            self.dynmm.gate.values().iter().map(|&gate| fusion.with_variant(gate as Variant)).collect()
        } else {
            vec![fusion.without_file()]
        }
    }
}

impl Config {
    /// The fusions that a sweep trains, in order: each rank of `lmf` is one, and each way to train.
    pub fn fusions(&self) -> Vec<ModelId> {
        self.in_every_way(self.plain_fusions())
    }

    /// What it trains beside them, in the order in which `sweep.baselines` names it.
    pub fn baselines(&self) -> Vec<ModelId> {
        let fusions = self.plain_fusions();
        self.in_every_way(
            self.sweep.baselines.iter().flat_map(|baseline| baseline.trained(&fusions)).collect(),
        )
    }

    fn plain_fusions(&self) -> Vec<ModelId> {
        self.sweep.fusions.iter().flat_map(|&fusion| self.fusion.models(fusion)).collect()
    }

    /// Each model in every way to train that is asked for.
    fn in_every_way(&self, models: Vec<ModelId>) -> Vec<ModelId> {
        let ways = self.train.robust.values();
        models.into_iter().flat_map(|model| ways.iter().map(move |&way| model.trained_with(way))).collect()
    }

    /// The learning rates of a model, in the order of its list.
    pub fn learning_rates(&self, model: ModelId) -> Vec<Rate> {
        let written = self.fusion.learning_rates(model).unwrap_or(&self.train.learning_rate);
        written.values().iter().filter_map(|&rate| Rate::new(rate)).collect()
    }

    /// The learning rate that a model is trained at: its own of several, or the only one. Absent where the configuration
    /// has none, which only a damaged journal's does, and for a row that is derived from several models.
    pub fn learning_rate(&self, model: ModelId) -> Option<Rate> {
        let only = |rates: Vec<Rate>| rates.first().copied().filter(|_| !model.is_searched());
        model.rate().or_else(|| only(self.learning_rates(model)))
    }

    /// The rates of each model of the sweep that has several.
    pub fn rates(&self) -> BTreeMap<ModelId, Vec<Rate>> {
        let models = self.fusions().into_iter().chain(self.baselines());
        models.map(|model| (model, self.learning_rates(model))).filter(|(_, rates)| rates.len() > 1).collect()
    }

    /// Keys that are set to something else than their defaults and say nothing of this configuration.
    pub fn unused_keys(&self) -> Vec<String> {
        let default = values(&Self::default());
        let is_set = |(key, value): &(String, toml::Value)| default.get(key) != Some(value);
        let unused = values(self).into_iter().filter(is_set).map(|(key, _)| key);
        unused.filter(|key| !self.is_used(key)).collect()
    }

    /// Whether a key says something of this configuration: one of `[fusion.<name>]` does so where the sweep names that
    /// fusion or baseline, `synthetic.draws` where it has a task with draws, and settings of training against noise
    /// where it trains so.
    pub(super) fn is_used(&self, key: &str) -> bool {
        let trains = |way| self.train.robust.values().contains(&way);
        match key {
            "synthetic.draws" => return self.sweep.tasks.iter().any(|task| task.has_draws()),
            "train.noise_max" => return trains(Robust::Noise),
            "train.drop" => return trains(Robust::Drop),
            _ => {}
        }
        let Some(name) = key.strip_prefix("fusion.").and_then(|rest| rest.split('.').next()) else {
            return true;
        };
        self.sweep.fusions.iter().any(|fusion| ModelId::hidden(fusion.fusion).name() == name)
            || self.sweep.baselines.iter().any(|baseline| baseline.name() == name)
    }
}

#[cfg(test)]
mod tests;
