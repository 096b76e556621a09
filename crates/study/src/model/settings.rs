//! What single fusions are built with: numbers and words of `[fusion.<name>]` that do not make a model of their own.

use serde::{Deserialize, Serialize};

use super::Module;

/// Settings of the fusions that have any.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FusionSettings {
    /// Width D of `mcb`'s features; 0: n + m.
    pub mcb_width: usize,
    /// Sketches that `mcb`'s seeds are assigned to.
    pub sketches: usize,
    /// Permutations that `permuted`'s seeds are assigned to.
    pub permutations: usize,
    /// What `gmu`'s gate reads.
    pub gmu_gate: GmuGate,
    /// Temperature τ of `dynmm`'s gate.
    pub temperature: f64,
    /// Weight λ of the experts' cost in `dynmm`'s loss.
    pub cost_weight: f64,
    /// What is known of the modules that `torchscript` reads from files.
    pub modules: &'static [Module],
}

impl Default for FusionSettings {
    fn default() -> Self {
        Self {
            mcb_width: 0,
            sketches: 4,
            permutations: 4,
            gmu_gate: GmuGate::Inputs,
            temperature: 1.0,
            cost_weight: 0.0,
            modules: &[],
        }
    }
}

/// What `gmu`'s gate reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GmuGate {
    /// Text and image.
    #[default]
    Inputs,
    /// The two projections, before tanh.
    Projections,
}

/// `dynmm`'s gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DynmmGate {
    /// A weight for each expert.
    #[default]
    Soft,
    /// The expert of the largest weight alone.
    Hard,
}

/// What the `forward` of a module returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModuleOutput {
    /// What a head reads, as behind any other fusion.
    #[default]
    Features,
    /// A number for each class.
    Logits,
}

impl GmuGate {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Inputs, Self::Projections];

    /// The word in `config.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inputs => "inputs",
            Self::Projections => "projections",
        }
    }
}

impl DynmmGate {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Soft, Self::Hard];

    /// The word in `config.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Hard => "hard",
        }
    }
}

impl ModuleOutput {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Features, Self::Logits];

    /// The word in `config.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Features => "features",
            Self::Logits => "logits",
        }
    }
}
