//! Right and wrong under noise: every level and condition from two draws.
//!
//! By default each level is a forward pass ([`by_level`]). Where a fusion is linear or bilinear in what is added, its
//! backend evaluates all levels from a few passes: with one draw `e` (text) and `f` (image) for
//! all levels the hidden layer before its activation is `h(α) = a + α·b` (text), `a + α·c` (image) and
//! `a + α·(b + c) + α²·d` (both), with d = 0 for concat, and for one modality alone also b or c.

mod by_level;
mod draws;

use std::cell::LazyCell;
use std::collections::BTreeMap;

use tch::Tensor;

use crate::backend::Backend;
use crate::backend::inputs::FusedRows;
use crate::backend::noise::{Condensed, NoisyRows};
use crate::backend::parameters::Parameters;
use by_level::ByLevel;
pub(crate) use draws::{Draws, Moments};
use study::config::{Activation, Mixing, NoiseConfig, NoiseMeans};
use study::event::{GateWeights, NoiseCurve, NoiseMean};
use study::grid::{Condition, Seed};

/// The noise of one task: its settings, its draws, and the labels of the test rows.
pub(crate) struct Noise<'a> {
    pub(crate) config: &'a NoiseConfig,
    pub(crate) levels: &'a [f64],
    pub(crate) draws: &'a Draws,
    /// `[rows]`, numbers of classes on the device.
    pub(crate) labels: &'a Tensor,
}

/// What noise does to one head.
#[derive(Default)]
pub(crate) struct Noised {
    /// One for each condition and mean.
    pub(crate) curves: Vec<NoiseCurve>,
    /// As [`study::rows::SeedRows::areas`].
    pub(crate) areas: BTreeMap<(Condition, NoiseMean), Vec<f32>>,
    /// As [`study::rows::SeedRows::slight_text`].
    pub(crate) slight_text: BTreeMap<NoiseMean, Vec<bool>>,
}

impl Noise<'_> {
    /// What it does to the single `head`; `rows` are the test rows as the head reads them.
    pub(crate) fn evaluate(
        &self,
        backend: &dyn Backend,
        seed: Seed,
        head: &Parameters,
        activation: Activation,
        rows: &FusedRows,
    ) -> Noised {
        let clean = self.draws.rows();
        // With [`Mixing::Blend`] the difference of noise and rows, since (1 − α)·x + α·e is x + α·(e − x).
        let added = |mean| {
            let ([x, y], [e, f]) = (&clean, self.draws.draw(seed, mean));
            match self.config.mixing {
                Mixing::Add => [e, f],
                Mixing::Blend => [e - x, f - y],
            }
        };
        let noisy = NoisyRows {
            levels: self.levels,
            labels: self.labels,
            means: self.means(),
            on: self.config.conditions.iter().filter_map(|condition| condition.own_noise()).collect(),
            clean: clean.each_ref().map(Tensor::shallow_clone),
            added: &added,
        };
        let at_all_levels = backend.under_noise(head, activation, rows, &noisy);
        self.collect(seed, head, activation, at_all_levels)
    }

    /// The default: every level by a forward pass.
    #[cfg(test)]
    pub(crate) fn by_level(&self, seed: Seed, head: &Parameters, activation: Activation) -> Noised {
        self.collect(seed, head, activation, None)
    }

    /// Takes what a backend evaluated `at_all_levels`, and evaluates the rest level by level.
    fn collect(
        &self,
        seed: Seed,
        head: &Parameters,
        activation: Activation,
        at_all_levels: Option<Vec<Condensed>>,
    ) -> Noised {
        let mut at_all_levels = at_all_levels.map(Vec::into_iter);
        let mut noised = Noised::default();
        for &mean in self.means() {
            let by_level = LazyCell::new(|| ByLevel::new(self, head, activation, seed, mean));
            for &condition in &self.config.conditions {
                let results = at_all_levels.as_mut().filter(|_| condition.own_noise().is_some());
                let condensed = results.and_then(Iterator::next);
                let condensed = condensed.unwrap_or_else(|| by_level.condense(condition));
                noised.add(condition, mean, condensed);
            }
        }
        noised
    }

    /// Mean weights that the single model's gate gives its experts, without noise and under each condition at the highest
    /// level; none for models without a gate.
    pub(crate) fn gate(&self, seed: Seed, model: &Parameters, activation: Activation) -> Vec<GateWeights> {
        if model.shape().fusion.fusion.definition().experts().is_empty() {
            return Vec::new();
        }
        let highest = self.levels.iter().copied().fold(0.0, f64::max);
        let by_level = ByLevel::new(self, model, activation, seed, self.means()[0]);
        let without_noise = by_level.gate(Condition::Both, 0.0).map(|weights| (None, weights));
        let under_noise = self
            .config
            .conditions
            .iter()
            .filter_map(|&condition| Some((Some(condition), by_level.gate(condition, highest)?)));
        let all = without_noise.into_iter().chain(under_noise);
        all.map(|(condition, weights)| GateWeights { condition, weights }).collect()
    }

    fn means(&self) -> &'static [NoiseMean] {
        match self.config.mean {
            NoiseMeans::Both => &[NoiseMean::Empirical, NoiseMean::Zero],
            NoiseMeans::Empirical => &[NoiseMean::Empirical],
            NoiseMeans::Zero => &[NoiseMean::Zero],
        }
    }
}

impl Noised {
    fn add(&mut self, condition: Condition, mean: NoiseMean, condensed: Condensed) {
        let Condensed { accuracy, areas, slight } = condensed;
        self.curves.push(NoiseCurve { condition, mean, accuracy });
        self.areas.insert((condition, mean), areas);
        if condition == Condition::Text {
            self.slight_text.insert(mean, slight);
        }
    }
}
